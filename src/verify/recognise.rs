//! Who sent a request: what is there of each entry's marks, weighed by how few others have them.
//! It must not check a signature, except where nothing else tells entries apart.

use super::beside::Beside;
use super::catalogue::Catalogue;
use super::entry::{Condition, Wanted};
use super::place::{Kind, Place};
use super::provider::Provider;
use super::{Keyring, Proof, Question, Source, judge};
use crate::model::{Secret, json_lookup, json_members, json_value};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

/// A header that no other entry has.
const ALONE: u32 = 60;
/// A condition or a User-Agent that holds.
const HOLDS: u32 = 100;

/// What speaks for an entry.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    /// All of it.
    sum: u32,
    /// Something among it tells the sender by itself: headers that others send too do not.
    tells: bool,
}

impl Catalogue {
    /// Whose request this looks like; `None` where nothing tells.
    pub fn recognise(&self, question: &Question, keyring: &Keyring, source: Option<&Source>) -> Option<&Provider> {
        self.sender(&Glance::at(question), keyring, source)
    }

    /// The same, by a glance that was had already.
    pub(super) fn sender(&self, glance: &Glance, keyring: &Keyring, source: Option<&Source>) -> Option<&Provider> {
        let (question, scores) = (glance.question, self.scores(glance));
        let secrets = |provider: &Provider| keyring.secrets(source, &provider.id);
        let tells = best(&scores, |score| score.tells);
        match tells.as_slice() {
            [] => {
                // Headers that several send: the secret that is configured tells, or the family stands for all.
                let usable = |n: usize| !secrets(&self.all()[n]).is_empty();
                let alike = best_of(&scores, |n, _| usable(n) || self.all()[n].detect.family);
                choose(&self.at(&alike), question, secrets)
            }
            [only] => Some(&self.all()[*only]),
            several => {
                let alike = self.at(several);
                choose(&alike, question, secrets).or(alike.first().copied())
            }
        }
    }

    fn at(&self, entries: &[usize]) -> Vec<&Provider> {
        entries.iter().map(|&n| &self.all()[n]).collect()
    }

    /// What speaks for each entry for which anything does.
    fn scores(&self, glance: &Glance) -> HashMap<usize, Score> {
        let mut scores: HashMap<usize, Score> = HashMap::new();
        for (name, _) in glance.question.headers.iter() {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let (entries, tells) = self.index.senders_of(&name);
            for &n in entries {
                let score = scores.entry(n).or_default();
                score.sum += ALONE / entries.len() as u32 + 1;
                score.tells |= tells;
            }
        }
        for &n in &self.index.told {
            let more = self.all()[n].holds(glance);
            if more > 0 {
                let score = scores.entry(n).or_default();
                *score = Score { sum: score.sum + more, tells: true };
            }
        }
        scores
    }
}

/// The entries with the highest sum among those for which `counts` holds, in their order.
fn best(scores: &HashMap<usize, Score>, counts: impl Fn(&Score) -> bool) -> Vec<usize> {
    best_of(scores, |_, score| counts(score))
}

fn best_of(scores: &HashMap<usize, Score>, counts: impl Fn(usize, &Score) -> bool) -> Vec<usize> {
    let counted = || scores.iter().filter(|(n, score)| counts(**n, score));
    let most = counted().map(|(_, score)| score.sum).max();
    let mut best: Vec<usize> = counted().filter(|(_, score)| Some(score.sum) == most).map(|(n, _)| *n).collect();
    best.sort_unstable();
    best
}

/// Of entries that are alike one wins whose secret is configured and verifies the request, then one whose secret is
/// configured, then the family.
fn choose<'p, 's>(
    alike: &[&'p Provider],
    question: &Question,
    secrets: impl Fn(&Provider) -> &'s [Secret],
) -> Option<&'p Provider> {
    let with_secret: Vec<&Provider> = alike.iter().copied().filter(|provider| !secrets(provider).is_empty()).collect();
    let verifies = |provider: &&&Provider| {
        let verdict = judge(provider, secrets(provider), question, Proof::Omitted).verdict;
        verdict.is_proved()
    };
    let known = match with_secret.as_slice() {
        [] => None,
        [only] => Some(*only),
        more => more.iter().find(verifies).or(more.first()).copied(),
    };
    known.or_else(|| alike.iter().copied().find(|provider| provider.detect.family))
}

impl Provider {
    /// How much of what is characteristic besides headers holds.
    fn holds(&self, glance: &Glance) -> u32 {
        let agent =
            |part: &String| glance.question.headers.text("user-agent").is_some_and(|agent| agent.contains(part));
        let conditions = self.detect.body.iter().filter(|condition| condition.holds(glance)).count();
        HOLDS * conditions as u32 + if self.detect.agent.as_ref().is_some_and(agent) { HOLDS } else { 0 }
    }
}

/// A request at a glance: what hundreds of conditions ask for is read once.
pub(super) struct Glance<'q> {
    question: &'q Question<'q>,
    /// The members of a JSON object, values as written.
    members: Option<HashMap<Cow<'q, str>, &'q str>>,
    query: OnceCell<Vec<(String, String)>>,
    form: OnceCell<Option<Vec<(String, String)>>>,
}

impl<'q> Glance<'q> {
    pub(super) fn at(question: &'q Question<'q>) -> Glance<'q> {
        let members = json_members(question.body);
        Glance { question, members, query: OnceCell::new(), form: OnceCell::new() }
    }

    fn value(&self, place: &Place) -> Option<String> {
        let named = |pairs: &[(String, String)]| {
            pairs.iter().find(|(name, _)| *name == place.name).map(|(_, value)| value.clone())
        };
        match place.kind {
            Kind::Json if !place.name.ends_with(".#") => self.json(&place.name),
            Kind::Query => named(self.query.get_or_init(|| self.question.query())),
            // A path into the JSON that a field holds begins with the field's name.
            Kind::Form => {
                let form = self.form.get_or_init(|| self.question.form()).as_ref()?;
                named(form).or_else(|| place.value(self.question, &Beside::default()))
            }
            _ => place.value(self.question, &Beside::default()),
        }
    }

    /// Most paths end at their first step.
    fn json(&self, path: &str) -> Option<String> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        match &self.members {
            Some(members) => {
                let raw = members.get(first)?.as_bytes();
                let leaf = if let Some(rest) = rest { json_lookup(raw, rest) } else { json_value(raw) };
                leaf?.text().map(Cow::into_owned)
            }
            // A list, perhaps.
            None if first.bytes().all(|b| b.is_ascii_digit()) => {
                json_lookup(self.question.body, path)?.text().map(Cow::into_owned)
            }
            None => None,
        }
    }
}

impl Condition {
    pub(super) fn holds(&self, glance: &Glance) -> bool {
        match (&self.wanted, glance.value(&self.place)) {
            // A body is always there; it may be empty.
            (Wanted::Nothing, value) => value.is_none_or(|value| self.place.kind == Kind::Body && value.is_empty()),
            (_, None) => false,
            (Wanted::Something, Some(_)) => true,
            (Wanted::Text(wanted), Some(value)) => value == *wanted,
            (Wanted::Matching(pattern), Some(value)) => pattern.is_match(&value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Headers, Timestamp};
    use crate::verify::{Called, Params};

    fn sender(headers: &str, body: &str) -> Option<&'static str> {
        let headers = Headers::parse_lines(headers.replace('|', "\r\n").as_bytes());
        let params = Params::new();
        let question = Question {
            method: "POST",
            called: Called::Target("/"),
            headers: &headers,
            body: body.as_bytes(),
            arrived: Timestamp(0),
            params: &params,
        };
        Catalogue::in_force().recognise(&question, &Keyring::default(), None).map(|provider| provider.id.as_str())
    }

    #[test]
    fn what_is_characteristic_counts_more_than_headers_that_many_send() {
        let signed = "X-Hub-Signature: sha1=00|X-Hub-Signature-256: sha256=00|X-Request-Id: 7|";
        let whatsapp = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[]}]}"#;
        assert_eq!(sender(signed, whatsapp), Some("meta"));
        assert_eq!(sender(&format!("{signed}X-GitHub-Event: push|X-GitHub-Delivery: 1|"), "{}"), Some("github"));
        let both = format!("{signed}X-GitHub-Event: push|X-Gitea-Event: push|X-Gitea-Signature: 00|");
        assert_eq!(sender(&both, "{}"), Some("gitea"));
        assert_eq!(sender("User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)|", "{}"), Some("stripe"));
        assert_eq!(
            sender("webhook-id: 1|webhook-timestamp: 2|webhook-signature: v1,AA|", "{}"),
            Some("standard-webhooks")
        );
    }

    #[test]
    fn a_header_that_anybody_may_send_names_nobody() {
        for name in
            ["X-Request-Id", "X-Signature", "X-API-Key", "Digest", "Signature", "X-Webhook-Signature", "X-Event-Name"]
        {
            assert_eq!(sender(&format!("{name}: 00|"), "{\"a\":1}"), None, "{name}");
        }
    }
}
