//! Writing what the user keeps beside events. Runs inside the writer's transaction.

use super::pages::FOLDED;
use crate::model::{EventId, Mark, MarkOrder};
use rusqlite::{Connection, Result, ToSql, params};

/// Sets a mark, and gives the events for which that changed something; one that does not exist gets none.
pub(super) fn set(db: &Connection, order: &MarkOrder) -> Result<Vec<EventId>> {
    let (column, value): (&str, &dyn ToSql) = match &order.mark {
        Mark::Read(read) => ("read", read),
        Mark::Pinned(pinned) => ("pinned", pinned),
        Mark::Note(note) => ("note", note),
        Mark::Deleted(at) => ("deleted_at", &at.map(|at| at.0)),
    };
    let differs = match &order.mark {
        Mark::Read(_) | Mark::Pinned(_) => format!("coalesce(m.{column}, 0) IS NOT ?2"),
        Mark::Note(_) => "m.note IS NOT ?2".to_owned(),
        // What is deleted already stays deleted since then.
        Mark::Deleted(_) => "(m.deleted_at IS NULL) IS NOT (?2 IS NULL)".to_owned(),
    };
    let mut events = order.events.clone();
    let mut folded = db.prepare_cached(&format!("SELECT f.id FROM events e JOIN {FOLDED} AND e.id = ?1"))?;
    for id in &order.folded {
        for older in folded.query_map([id.0], |row| row.get(0).map(EventId))? {
            events.push(older?);
        }
    }
    // An upsert after a SELECT needs a WHERE, or its ON is read as a join's.
    let mut statement = db.prepare_cached(&format!(
        "INSERT INTO marks (event, {column})
         SELECT e.id, ?2 FROM events e LEFT JOIN marks m ON m.event = e.id WHERE e.id = ?1 AND {differs}
         ON CONFLICT (event) DO UPDATE SET {column} = excluded.{column}"
    ))?;
    let mut changed = Vec::new();
    for id in events {
        if statement.execute(params![id.0, value])? > 0 {
            changed.push(id);
        }
    }
    Ok(changed)
}
