//! Known answers: requests that a provider's own software signed or accepted, to prove an entry.
//! It must not make one: an answer of our own signer proves nothing.

use super::{Called, Params, Proof, Provider, Question, judge};
use crate::model::{Headers, Judgement, Secret, Timestamp};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::collections::BTreeMap;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/known-answers");

/// A file `ID.json`.
#[derive(Deserialize)]
struct Answer {
    /// The software that made it.
    source: String,
    secret: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    #[serde(default)]
    params: BTreeMap<String, String>,
    body: String,
    /// When it arrived, in Unix seconds.
    at: i64,
}

/// What an entry makes of its known answer, and the software that made the answer; `None` where there is none.
pub fn check(provider: &Provider) -> Option<(Judgement, String)> {
    let file = FILES.get_file(format!("{}.json", provider.id))?;
    let answer: Answer = serde_json::from_slice(file.contents()).ok()?;
    let headers: Headers = answer.headers.iter().map(|(name, value)| (name, value)).collect();
    let params: Params = answer.params.into_iter().collect();
    let question = Question {
        method: &answer.method,
        called: Called::Url(&answer.url),
        headers: &headers,
        body: answer.body.as_bytes(),
        arrived: Timestamp::from_secs(answer.at),
        params: &params,
    };
    let secret = Secret::new("known answer", answer.secret.into_bytes());
    Some((judge(provider, &[secret], &question, Proof::Wanted), answer.source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Verdict;
    use crate::verify::{Catalogue, Confidence};

    #[test]
    fn every_proven_entry_has_an_answer_that_holds() {
        for file in FILES.files() {
            let id = file.path().file_stem().unwrap().to_str().unwrap();
            let (judgement, _) = check(Catalogue::in_force().get(id).unwrap()).unwrap();
            assert_eq!(judgement.verdict, Verdict::Valid, "{id}: {judgement:?}");
        }
        for provider in Catalogue::in_force().all() {
            let proven = matches!(provider.confidence, Confidence::Vectors | Confidence::Sdk);
            assert!(!proven || check(provider).is_some(), "{} has no known answer", provider.id);
        }
    }
}
