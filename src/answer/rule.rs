//! One rule: for which events, counted by what, and the script of its steps.
//! It must not know how far the script has come.

use super::Step;
use crate::model::StoredEvent;
use crate::model::filter::Filter;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A rule (contract section 6, `[[answer]]`).
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// For which events; `None` = all.
    pub when: Option<Filter>,
    /// What the script counts by.
    pub per: Per,
    /// What is told, step by step; the last one repeats. Never empty.
    pub script: Vec<Step>,
    /// A subscriber whose real answer is told, if it comes in time; else the script's.
    pub through: Option<Through>,
    /// How often it applies to an event that it is for.
    pub chance: Chance,
    /// It acts from the start.
    pub on: bool,
}

/// Whose answer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Through {
    /// The subscriber's name.
    pub subscriber: String,
    /// How long it has.
    pub within: std::time::Duration,
}

/// What a script counts by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Arrivals of one event. Where its sender gives it no id, arrivals of the same request.
    #[default]
    Family,
    /// Arrivals at one source.
    Source,
    /// All arrivals that the rule is for.
    Rule,
}

impl Per {
    /// The number that stands for what this event is counted with.
    pub(super) fn key(self, stored: &StoredEvent) -> u64 {
        let e = &stored.event;
        let mut hasher = DefaultHasher::new();
        match (self, &e.key) {
            (Per::Rule, _) => {}
            (Per::Source, _) => e.source.hash(&mut hasher),
            (Per::Family, Some(key)) => (&e.source, key).hash(&mut hasher),
            (Per::Family, None) => (&e.source, &e.method, &e.target, &e.body).hash(&mut hasher),
        }
        hasher.finish()
    }
}

/// A probability, and the seed that makes its draws the same in every run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// From 0 (never) to 1 (always).
    pub probability: f64,
    /// Another seed, other draws.
    pub seed: u64,
}

impl Default for Chance {
    fn default() -> Self {
        Chance { probability: 1.0, seed: 0 }
    }
}

impl Chance {
    /// Whether the `n`th draw says yes.
    pub(super) fn says_yes(self, n: u64) -> bool {
        self.probability >= 1.0 || self.draw(n, 0) < self.probability
    }

    /// A number from 0 to 1 (exclusive), the same for the same seed, `n` and `kind` (SplitMix64).
    pub(super) fn draw(self, n: u64, kind: u64) -> f64 {
        let mut z = self.seed.wrapping_add(kind.wrapping_mul(0xD1B5_4A32_D192_ED03));
        z = z.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

impl Rule {
    /// Whether this step is the end of all that it does: the last one, for everything that it counts, and a plain 200.
    pub(super) fn ends_with(&self, step: usize) -> bool {
        let last = step + 1 == self.script.len() && step > 0;
        last && self.per == Per::Rule && self.script[step] == Step::default()
    }

    /// What it does, in words: `500 twice, then 200, for each event`.
    pub fn words(&self) -> String {
        let last = self.script.len().saturating_sub(1);
        let steps: Vec<String> = self.script.iter().enumerate().map(|(n, step)| step.words(n == last)).collect();
        let mut words = steps.join(", then ");
        if let Some(through) = &self.through {
            let (name, within) = (&through.subscriber, through.within.as_secs_f64());
            words = format!("what `{name}` answers within {within} s, else {words}");
        }
        if last > 0 {
            words += match self.per {
                Per::Family => "; for each event",
                Per::Source => "; for each source",
                Per::Rule => "",
            };
        }
        if self.chance.probability < 1.0 {
            words += &format!("; with probability {}", self.chance.probability);
        }
        match &self.when {
            Some(when) => format!("{words}; {when}"),
            None => words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_in_every_run_and_as_often_as_said() {
        let chance = Chance { probability: 0.3, seed: 7 };
        let yes = (0..10_000).filter(|&n| chance.says_yes(n)).count();
        assert!((2_800..3_200).contains(&yes), "{yes}");
        let first: Vec<bool> = (0..12).map(|n| chance.says_yes(n)).collect();
        assert_eq!(first, (0..12).map(|n| chance.says_yes(n)).collect::<Vec<_>>());
        let other = Chance { seed: 8, ..chance };
        assert_ne!(first, (0..12).map(|n| other.says_yes(n)).collect::<Vec<_>>());
        assert!((0..1_000).all(|n| Chance::default().says_yes(n)));
        assert!((0..1_000).all(|n| !Chance { probability: 0.0, seed: 1 }.says_yes(n)));
    }
}
