//! What a provider says of an event besides its signature: type, id, time and the number of the attempt.

use super::Question;
use super::age;
use super::age::TimeUnit;
use super::beside::Beside;
use super::place::Place;
use crate::model::Timestamp;
use serde::Deserialize;

/// Where the facts stand.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Facts {
    #[serde(rename = "type")]
    pub(super) kind: Fact,
    pub(super) key: Fact,
    pub(super) time: Fact,
    pub(super) time_unit: Option<TimeUnit>,
    pub(super) attempt: Fact,
    /// What the event is about; parts are joined with `#`.
    pub(super) object: Fact,
    /// In which state that is now.
    pub(super) state: Fact,
    /// A number that only grows.
    pub(super) sequence: Fact,
}

/// `a | b`: the first that is there; `a + b`: joined with a point.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Fact(Vec<Vec<Place>>);

impl TryFrom<String> for Fact {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let place = |text: &str| Place::try_from(text.trim().to_owned()).map_err(|e| e.to_string());
        let choice = |text: &str| text.split(" + ").map(place).collect();
        text.split(" | ").map(choice).collect::<Result<_, _>>().map(Fact)
    }
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let joined = |choice: &Vec<Place>| choice.iter().map(Place::to_string).collect::<Vec<_>>().join(" + ");
        f.write_str(&self.0.iter().map(joined).collect::<Vec<_>>().join(" | "))
    }
}

impl Fact {
    /// The fact, where it is there.
    pub(super) fn of(&self, question: &Question, beside: &Beside) -> Option<String> {
        self.0.iter().map(|choice| parts(choice, question, beside)).find(|parts| !parts.is_empty()).map(|p| p.join("."))
    }

    /// The fact as a name made of parts, all of which have to be there, with `#` between.
    pub(super) fn name(&self, question: &Question, beside: &Beside) -> Option<String> {
        let whole = |choice: &Vec<Place>| Some(parts(choice, question, beside)).filter(|p| p.len() == choice.len());
        self.0.iter().find_map(whole).map(|parts| parts.join("#"))
    }

    /// The places that it is read from.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.0.iter().flatten()
    }
}

fn parts(choice: &[Place], question: &Question, beside: &Beside) -> Vec<String> {
    // An object or a list is no name of anything.
    let plain = |text: &String| !text.is_empty() && !text.starts_with(['{', '[']);
    choice.iter().filter_map(|place| place.value(question, beside)).filter(plain).collect()
}

impl Facts {
    /// When the provider made the event.
    pub(super) fn time(&self, question: &Question, beside: &Beside) -> Option<Timestamp> {
        let text = self.time.of(question, beside)?;
        // Where the unit is not known, the text says it.
        let guessed = if text.bytes().all(|b| b.is_ascii_digit()) { TimeUnit::Auto } else { TimeUnit::Iso8601 };
        age::read(self.time_unit.unwrap_or(guessed), &text)
    }
}
