//! Writing what the user keeps beside events. Runs inside the writer's transaction.

use crate::model::{Mark, MarkOrder};
use rusqlite::{Connection, Result, ToSql, params};

/// The event and the older arrivals that the list folds into it (see `pages`).
const FOLDED: &str = "SELECT f.id FROM events e JOIN events f ON f.source = e.source AND f.key = e.key
        AND f.id < e.id AND f.verdict = e.verdict AND f.conflict = e.conflict
    WHERE e.id = ?1 UNION SELECT id FROM events WHERE id = ?1";

/// Sets a mark; an event that does not exist gets none.
pub(super) fn set(db: &Connection, order: &MarkOrder) -> Result<()> {
    let (column, value): (&str, &dyn ToSql) = match &order.mark {
        Mark::Read(read) => ("read", read),
        Mark::Pinned(pinned) => ("pinned", pinned),
        Mark::Note(note) => ("note", note),
        Mark::Deleted(at) => ("deleted_at", &at.map(|at| at.0)),
    };
    let events = if order.folded { FOLDED } else { "SELECT id FROM events WHERE id = ?1" };
    // An upsert after a SELECT needs a WHERE, or its ON is read as a join's.
    let sql = format!(
        "INSERT INTO marks (event, {column}) SELECT id, ?2 FROM ({events}) WHERE true
         ON CONFLICT (event) DO UPDATE SET {column} = excluded.{column}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    order.events.iter().try_for_each(|id| statement.execute(params![id.0, value]).map(drop))
}
