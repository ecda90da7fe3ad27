//! What can stand in the place of the word that is being typed, and putting it there.
//! It must not know where it comes from.

use crate::model::filter::Saved;
use crate::model::filter::complete::{self, Asked, Typing};
use crate::model::{SuggestWish, Suggestions, count};
use std::ops::Range;
use tui_input::Input;

/// Most that are shown.
const MOST: usize = 8;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What would be written.
    pub text: String,
    /// How many events have it, of those that were looked at.
    pub count: Option<u64>,
    /// What it is, where that is not plain.
    pub about: String,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Offers {
    typing: Option<Typing>,
    all: Vec<Offer>,
    /// What the counts stand on, in words.
    pub about: String,
    /// Where one of them stands now, and which.
    cycle: Option<(Range<usize>, usize)>,
    /// What occurs has been asked for and is not known yet.
    pub(super) awaited: bool,
}

impl Offers {
    /// Another word is being typed: what is certain at once.
    pub(super) fn begin(&mut self, typing: Typing, saved: &Saved) {
        self.all = match &typing.wanted {
            Asked::Name(begin) => names(begin, saved),
            Asked::Value(name, typed) => {
                let fixed = complete::fixed(name).into_iter().filter(|value| value.starts_with(typed.as_str()));
                fixed.map(|value| Offer { text: value.to_owned(), count: None, about: String::new() }).collect()
            }
        };
        (self.typing, self.cycle, self.about, self.awaited) = (Some(typing), None, String::new(), true);
    }

    /// What occurs in its place.
    pub(super) fn take(&mut self, wish: &SuggestWish, found: Suggestions, saved: &Saved) {
        if self.typing.as_ref().map(|typing| &typing.wanted) != Some(&wish.wanted) || self.is_cycling() {
            return;
        }
        self.awaited = false;
        let known = |text: &str| found.values.iter().find(|(value, _)| value == text).map(|(_, many)| *many);
        match &wish.wanted {
            Asked::Name(begin) => {
                let more =
                    found.values.iter().filter(|(name, _)| name.to_lowercase().starts_with(&begin.to_lowercase()));
                let more =
                    more.map(|(name, many)| Offer { text: name.clone(), count: Some(*many), about: String::new() });
                self.all = more.chain(names(begin, saved)).collect();
                for (name, many) in &found.saved {
                    let own = format!("@{name}");
                    self.all.iter_mut().filter(|offer| offer.text == own).for_each(|offer| offer.count = Some(*many));
                }
            }
            Asked::Value(_, typed) => {
                self.all.iter_mut().for_each(|offer| offer.count = known(&offer.text).or(Some(0)));
                let written = self.all.iter().map(|offer| offer.text.clone()).collect::<Vec<_>>();
                self.all.extend(of_values(typed, &found.values).into_iter().filter(|o| !written.contains(&o.text)));
                // Those that occur most first; the sort leaves the others in their order.
                if !complete::fixed(wish.wanted.field()).is_empty() {
                    self.all.sort_by_key(|offer| std::cmp::Reverse(offer.count));
                }
            }
        }
        self.about = match (found.looked_at, found.whole) {
            (n, true) => format!("counted with the rest of the filter: {}", count(n, "event")),
            (n, false) => format!("counted with the rest of the filter: its newest {}", count(n, "event")),
        };
    }

    /// Puts one in the place of the word, or the next one where that was done already. Where the word is whole then, or goes
    /// on, one does not cycle.
    pub(super) fn complete(&mut self, input: &mut Input, back: bool) {
        let Some(typing) = self.typing.clone().filter(|_| !self.all.is_empty()) else { return };
        let many = self.all.len();
        let (place, n) = match self.cycle.take() {
            Some((place, n)) => (place, if back { (n + many - 1) % many } else { (n + 1) % many }),
            None => {
                let shared = self.shared();
                let typed = match &typing.wanted {
                    Asked::Name(typed) | Asked::Value(_, typed) => typed,
                };
                if matches!(typing.wanted, Asked::Name(_)) && many > 1 && shared.len() > typed.len() {
                    put(input, typing.at, &shared);
                    return;
                }
                (typing.at, if back { many - 1 } else { 0 })
            }
        };
        let text = match &typing.wanted {
            Asked::Name(_) => self.all[n].text.clone(),
            Asked::Value(..) => complete::written(&self.all[n].text),
        };
        let place = put(input, place, &text);
        if many > 1 && !text.ends_with([':', '.']) {
            self.cycle = Some((place, n));
        }
    }

    /// Whether there is nothing to choose from yet.
    pub(super) fn are_to_come(&self) -> bool {
        self.awaited && self.all.is_empty()
    }

    /// Something else is being typed.
    pub(super) fn forget(&mut self) {
        self.cycle = None;
    }

    pub(super) fn is_cycling(&self) -> bool {
        self.cycle.is_some()
    }

    /// What all of them begin with.
    fn shared(&self) -> String {
        let mut all = self.all.iter().map(|offer| offer.text.as_str());
        let first = all.next().unwrap_or_default();
        let same = all.fold(first.len(), |same, text| {
            let here = first.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
            same.min(here)
        });
        (0..=same).rev().find_map(|at| first.get(..at)).unwrap_or_default().to_owned()
    }

    /// How the word would go on.
    pub(super) fn ghost(&self) -> Option<String> {
        let first = &self.all.first()?.text;
        let (typed, plain) = match &self.typing.as_ref()?.wanted {
            Asked::Name(typed) => (typed, true),
            Asked::Value(_, typed) => (typed, complete::written(first) == *first),
        };
        let plain = plain && !typed.is_empty() && !self.is_cycling();
        first.strip_prefix(typed.as_str()).filter(|rest| plain && !rest.is_empty()).map(str::to_owned)
    }

    /// Those in view, the one that stands in the text marked.
    pub(super) fn shown(&self) -> impl Iterator<Item = (bool, &Offer)> {
        let chosen = self.cycle.as_ref().map(|(_, n)| *n);
        let from = chosen.map_or(0, |n| (n + 1).saturating_sub(MOST));
        let all = self.all.iter().enumerate().skip(from).take(MOST);
        all.map(move |(n, offer)| (chosen == Some(n), offer))
    }
}

fn names(begin: &str, saved: &Saved) -> Vec<Offer> {
    let names = complete::names(begin, saved);
    let (of_users, of_ours): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.starts_with('@'));
    let about = |name: &str| saved.get(name.trim_start_matches('@')).unwrap_or_default().to_owned();
    of_users.into_iter().chain(of_ours).map(|text| Offer { about: about(&text), text, count: None }).collect()
}

/// Values that begin with what is typed, those that occur most first; then those that hold it, then all that begin so.
fn of_values(typed: &str, found: &[(String, u64)]) -> Vec<Offer> {
    let low = typed.to_lowercase();
    let offer = |(value, many): &(String, u64)| Offer { text: value.clone(), count: Some(*many), about: String::new() };
    let begins = |value: &str| value.to_lowercase().starts_with(&low);
    let first: Vec<Offer> = found.iter().filter(|(value, _)| begins(value)).map(offer).collect();
    let holding = found.iter().filter(|(value, _)| !begins(value) && value.to_lowercase().contains(&low));
    let wildcard = (first.len() > 1 && !typed.is_empty()).then(|| Offer {
        text: format!("{typed}*"),
        count: Some(first.iter().filter_map(|offer| offer.count).sum()),
        about: "all that begin so".into(),
    });
    let holding: Vec<Offer> = holding.map(offer).collect();
    first.into_iter().chain(wildcard).chain(holding).collect()
}

/// Replaces a part of the text, given in bytes; gives where it stands now.
fn put(input: &mut Input, at: Range<usize>, text: &str) -> Range<usize> {
    let old = input.value();
    let new = format!("{}{text}{}", &old[..at.start], &old[at.end..]);
    let end = at.start + text.len();
    let cursor = new[..end].chars().count();
    *input = Input::new(new).with_cursor(cursor);
    at.start..end
}
