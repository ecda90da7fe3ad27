//! JSON with the keys of every object sorted, as JavaScript writes it (NOWPayments).

use super::{Group, Question, Special, with};
use crate::model::json_sorted;

pub(super) struct SortedJson;

impl Special for SortedJson {
    fn groups(&self, question: &Question, _: &str, read: Vec<Group>) -> Result<Vec<Group>, &'static str> {
        with(read, json_sorted(question.body))
    }
}
