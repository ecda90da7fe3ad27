//! Who sent a request: what is there of each entry's marks, weighed by how few others have them.
//! It must not check a signature, except where nothing else tells entries apart.

use super::beside::Beside;
use super::catalogue::Catalogue;
use super::entry::{Condition, Wanted};
use super::place::Kind;
use super::provider::Provider;
use super::{Keyring, Proof, Question, Source, judge};
use crate::model::{Secret, Verdict, json_lookup, json_members, json_value};
use std::borrow::Cow;
use std::collections::HashMap;

/// A header that no other entry has.
const ALONE: u32 = 60;
/// A condition or a User-Agent that holds.
const HOLDS: u32 = 100;

impl Catalogue {
    /// Whose request this looks like; `None` where nothing tells.
    pub fn recognise(&self, question: &Question, keyring: &Keyring, source: Option<&Source>) -> Option<&Provider> {
        let (score, alike) = self.candidates(question);
        match alike.as_slice() {
            [] => None,
            [only] => Some(only),
            several => choose(several, score, question, |provider| keyring.secrets(source, &provider.id)),
        }
    }

    /// The highest score and the entries that have it.
    fn candidates(&self, question: &Question) -> (u32, Vec<&Provider>) {
        let mut scores: HashMap<usize, u32> = HashMap::new();
        for (name, _) in question.headers.iter() {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let Some(entries) = self.index.headers.get(&name) else { continue };
            for &n in entries {
                *scores.entry(n).or_default() += ALONE / entries.len() as u32 + 1;
            }
        }
        let members = Members(json_members(question.body));
        for (&n, score) in &mut scores {
            *score += self.all()[n].holds(question, &members);
        }
        if scores.is_empty() {
            let known = |&n: &usize| Some((n, self.all()[n].holds(question, &members))).filter(|(_, score)| *score > 0);
            scores.extend(self.index.others.iter().filter_map(known));
        }
        let most = scores.values().copied().max().unwrap_or_default();
        let mut alike: Vec<usize> = scores.into_iter().filter(|(_, score)| *score == most).map(|(n, _)| n).collect();
        alike.sort_unstable();
        (most, alike.into_iter().map(|n| &self.all()[n]).collect())
    }
}

/// Of entries that are alike one wins whose secret is configured and verifies the request, then one whose secret is
/// configured, then the family. Without any of these a shared header says nothing: no name is better than a wrong one.
fn choose<'p, 's>(
    several: &[&'p Provider],
    score: u32,
    question: &Question,
    secrets: impl Fn(&Provider) -> &'s [Secret],
) -> Option<&'p Provider> {
    let with_secret: Vec<&Provider> =
        several.iter().copied().filter(|provider| !secrets(provider).is_empty()).collect();
    let verifies = |provider: &&&Provider| {
        let verdict = judge(provider, secrets(provider), question, Proof::Omitted).verdict;
        matches!(verdict, Verdict::Valid | Verdict::Stale)
    };
    let known = match with_secret.as_slice() {
        [] => None,
        [only] => Some(*only),
        more => more.iter().find(verifies).or(more.first()).copied(),
    };
    let family = || several.iter().copied().find(|provider| provider.detect.family);
    let first = || several.first().copied().filter(|_| score > ALONE);
    known.or_else(family).or_else(first)
}

impl Provider {
    /// How much of what is characteristic besides headers holds.
    fn holds(&self, question: &Question, members: &Members) -> u32 {
        let agent = |part: &String| question.headers.text("user-agent").is_some_and(|agent| agent.contains(part));
        let conditions = self.detect.body.iter().filter(|condition| condition.holds(question, members)).count();
        HOLDS * conditions as u32 + if self.detect.agent.as_ref().is_some_and(agent) { HOLDS } else { 0 }
    }
}

/// The members of a JSON body: it is read once, and most conditions fail at the first step of their path.
struct Members<'a>(Option<HashMap<Cow<'a, str>, &'a str>>);

impl Members<'_> {
    fn value(&self, path: &str, question: &Question) -> Option<String> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        match &self.0 {
            Some(members) => {
                let raw = members.get(first)?.as_bytes();
                let leaf = if let Some(rest) = rest { json_lookup(raw, rest) } else { json_value(raw) };
                leaf?.text().map(Cow::into_owned)
            }
            // A list, perhaps.
            None if first.bytes().all(|b| b.is_ascii_digit()) => {
                json_lookup(question.body, path)?.text().map(Cow::into_owned)
            }
            None => None,
        }
    }
}

impl Condition {
    fn holds(&self, question: &Question, members: &Members) -> bool {
        let value = match self.place.kind {
            Kind::Json => members.value(&self.place.name, question),
            _ => self.place.value(question, &Beside::default()),
        };
        match (&self.wanted, value) {
            (_, None) => false,
            (Wanted::Something, Some(_)) => true,
            (Wanted::Text(wanted), Some(value)) => value == *wanted,
            (Wanted::Matching(pattern), Some(value)) => pattern.is_match(&value),
        }
    }
}
