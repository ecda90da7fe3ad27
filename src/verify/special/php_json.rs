//! One part of a JSON body as PHP's `json_encode` writes it: compact, `/` escaped, all but ASCII as `\u` (Treezor).

use super::{Group, Question, Special, with};
use crate::model::{json_ascii, json_compact, json_lookup_raw};

/// The part that is signed.
const PART: &str = "object_payload";

pub(super) struct PhpJson;

impl Special for PhpJson {
    fn groups(&self, question: &Question, _: &str, read: Vec<Group>) -> Result<Vec<Group>, &'static str> {
        let content = json_lookup_raw(question.body, PART).and_then(|raw| json_compact(raw.as_bytes()));
        let content = content.and_then(|compact| json_ascii(&compact));
        with(read, content.map(|text| String::from_utf8_lossy(&text).replace('/', "\\/").into_bytes()))
    }
}
