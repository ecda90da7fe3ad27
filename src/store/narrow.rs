//! What is certain of the events that a filter matches, as a condition of SQL with bound values.
//! It must not be stricter than that; what SQL cannot say quickly is left out.

use crate::model::filter::{Beside, Column, Narrow, Number};
use rusqlite::types::Value;

/// What `is:problem` means, as far as columns tell; the words are those of the indexes `events_problem` and
/// `deliveries_failing`.
pub(super) const PROBLEM: &str = "e.id IN (
        SELECT id FROM events WHERE verdict IN ('invalid', 'unknown') OR class = 'rejected'
        UNION SELECT event FROM deliveries WHERE state IN ('dead', 'retrying'))";

/// A condition for events `e` with their answers `a` and marks `m`, and the values of its parameters `:n0`, `:n1` ...
#[derive(Debug, Default)]
pub(super) struct Condition {
    /// Empty where nothing is certain.
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Condition {
    pub(super) fn of(narrow: &Narrow) -> Condition {
        let mut condition = Condition::default();
        condition.sql = condition.write(narrow).unwrap_or_default();
        condition
    }

    /// The names of the parameters, in their order.
    pub(super) fn names(&self) -> Vec<String> {
        (0..self.values.len()).map(|n| format!(":n{n}")).collect()
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!(":n{}", self.values.len() - 1)
    }

    fn write(&mut self, narrow: &Narrow) -> Option<String> {
        match narrow {
            Narrow::Any | Narrow::Text(_) => None,
            Narrow::All(parts) => {
                let parts: Vec<String> = parts.iter().filter_map(|part| self.write(part)).collect();
                (!parts.is_empty()).then(|| format!("({})", parts.join(" AND ")))
            }
            Narrow::Some(parts) => {
                let bound = self.values.len();
                let parts: Option<Vec<String>> = parts.iter().map(|part| self.write(part)).collect();
                if parts.is_none() {
                    // What the others have bound is not used.
                    self.values.truncate(bound);
                }
                parts.map(|parts| if parts.is_empty() { "0".into() } else { format!("({})", parts.join(" OR ")) })
            }
            Narrow::Is(column, value) => {
                let column = match column {
                    Column::Source => "source",
                    Column::Provider => "provider",
                    Column::Type => "type",
                    Column::Key => "key",
                    Column::Object => "object",
                    Column::Method => "method",
                };
                let value = self.bind(value.clone());
                Some(format!("e.{column} = {value} COLLATE NOCASE"))
            }
            Narrow::Between(number, from, to) => {
                let column = match number {
                    Number::Id => "e.id",
                    Number::Received => "e.received_at",
                    Number::Size => "e.size",
                    Number::Answer => "a.status",
                    Number::Ack => "a.total_us",
                    Number::Skew => "e.skew_us",
                };
                let (from, to) = (self.bind(*from), self.bind(*to));
                Some(format!("{column} BETWEEN {from} AND {to}"))
            }
            Narrow::Verdicts(all) => Some(one_of("e.verdict", all.iter().map(|verdict| verdict.name()))),
            Narrow::Classes(all) => Some(one_of("e.class", all.iter().map(|class| class.name()))),
            Narrow::Beside(what) => Some(beside(*what).to_owned()),
        }
    }
}

/// The names are words of ours.
fn one_of(column: &str, names: impl Iterator<Item = &'static str>) -> String {
    let names: Vec<String> = names.map(|name| format!("'{name}'")).collect();
    format!("{column} IN ({})", names.join(", "))
}

fn beside(what: Beside) -> &'static str {
    match what {
        Beside::Pin => "m.pinned",
        Beside::Note => "m.note IS NOT NULL",
        Beside::Deletion => "m.deleted_at IS NOT NULL",
        Beside::Earlier => "e.duplicate_of IS NOT NULL",
        Beside::Conflict => "e.conflict",
        Beside::Delivery => {
            "(EXISTS (SELECT 1 FROM attempts t WHERE t.event = e.id)
                OR EXISTS (SELECT 1 FROM deliveries d WHERE d.event = e.id))"
        }
        Beside::Failure => "e.id IN (SELECT event FROM deliveries WHERE state IN ('dead', 'retrying'))",
        Beside::Problem => PROBLEM,
        Beside::Late => "e.id IN (SELECT event FROM answers WHERE late)",
        Beside::Drift => "e.id IN (SELECT event FROM drifts)",
        Beside::Overtaken => "e.id IN (SELECT id FROM events WHERE overtaken_by IS NOT NULL)",
    }
}
