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
        self.0.iter().find_map(|choice| {
            let parts: Vec<String> =
                choice.iter().filter_map(|p| p.value(question, beside)).filter(|text| !text.is_empty()).collect();
            (!parts.is_empty()).then(|| parts.join("."))
        })
    }

    /// The places that it is read from.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.0.iter().flatten()
    }
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
