//! Windows of rows for the events list: which events have a row, and what stands in it.
//! It must not know what is selected or how rows are drawn.

use super::{Reader, StoreError, rows};
use crate::model::{Anchor, Class, EventId, Marks, Page, PageWish, Row, Scope, Sent, Timestamp};
use rusqlite::{Connection, OptionalExtension, named_params};

/// One row of the list; `e` are the events, `a` the answers, `m` the marks.
const ROW: &str = "SELECT e.id, e.received_at, e.class, e.source,
        coalesce(e.type, e.method || ' ' || e.target) AS label, e.verdict, e.size, a.total_us, e.arrival, e.rejected,
        (SELECT coalesce(t.status, 0) * 2 + (t.error IS NOT NULL) FROM attempts t
         WHERE t.event = e.id ORDER BY t.id DESC LIMIT 1) AS sent,
        m.read, m.pinned, m.note, m.deleted_at";

const FROM: &str = "FROM events e LEFT JOIN answers a ON a.event = e.id LEFT JOIN marks m ON m.event = e.id";

/// What `is:problem` means, as far as columns tell; the words are those of the index `events_problem`.
const PROBLEM: &str = "(e.verdict IN ('invalid', 'unknown') OR e.class = 'rejected')";

/// Arrivals that are one row when folded: those of a family with the same verdict and the same body, so that a forged
/// one never hides a genuine one. `{than}` is how the other one's id compares.
const ALIKE: &str = "e.key IS NOT NULL AND EXISTS (
        SELECT 1 FROM events f LEFT JOIN marks n ON n.event = f.id
        WHERE f.source = e.source AND f.key = e.key AND f.id {than} e.id
            AND f.verdict = e.verdict AND f.conflict = e.conflict AND n.deleted_at IS NULL)";

/// Whether an event is of the family that is unfolded; `:family` is one of its events.
const IN_FAMILY: &str = "(e.source, e.key) = (SELECT source, key FROM events WHERE id = :family)";

impl Reader {
    /// A window of rows, as the log is at one moment.
    pub fn page(&self, wish: &PageWish) -> Result<Page, StoreError> {
        let moment = self.connection.unchecked_transaction()?;
        let heads = self.heads()?;
        // Ids are given without gaps: all that were given, without those that were pruned.
        let removed: i64 = moment
            .prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'removed'")?
            .query_row([], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        let found = problem(&moment, wish)?;
        let (rows, from_start, to_end) = window(&moment, wish, found)?;
        let deleted: i64 = match wish.scope.deleted {
            true => 0,
            false => moment
                .prepare_cached("SELECT count(*) FROM marks WHERE deleted_at IS NOT NULL")?
                .query_row([], |row| row.get(0))?,
        };
        let problems = match wish.scope.problems {
            true => Some(problems(&moment, wish)? as u64),
            false => None,
        };
        let gaps = match (rows.first(), rows.last()) {
            (Some(first), Some(last)) => self.gaps(EventId(first.id.0 - 1), last.id)?,
            _ => Vec::new(),
        };
        moment.commit()?;
        let total = (heads.event - removed - deleted).max(0) as u64;
        Ok(Page { wish: *wish, found, rows, gaps, from_start, to_end, total, problems, heads })
    }

    /// The ids of the rows between two events, both included, the newest `limit` of them, ascending.
    pub fn ids(&self, scope: Scope, between: (EventId, EventId), limit: usize) -> Result<Vec<EventId>, StoreError> {
        let sql = format!(
            "SELECT e.id {FROM} WHERE e.id BETWEEN :from AND :to AND {} ORDER BY e.id DESC LIMIT :limit",
            shown(scope, false)
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let bound = named_params! {
            ":from": between.0.0, ":to": between.1.0, ":limit": limit as i64,
            ":family": scope.family.map(|id| id.0), ":keep": None::<i64>,
        };
        let mut ids = statement.query_map(bound, |row| row.get(0).map(EventId))?.collect::<Result<Vec<_>, _>>()?;
        ids.reverse();
        Ok(ids)
    }
}

/// The condition that an event has a row; it may use `:family` and `:keep`.
fn shown(scope: Scope, problems_only: bool) -> String {
    let mut out = String::from("(:family IS NULL OR :family > 0) AND (:keep IS NULL OR :keep > 0)");
    if !scope.deleted {
        out.push_str(" AND m.deleted_at IS NULL");
    }
    if scope.problems || problems_only {
        out.push_str(&format!(" AND {PROBLEM}"));
    }
    if !scope.unfolded {
        let newer = ALIKE.replace("{than}", ">");
        out.push_str(&format!(
            " AND (e.id = :keep OR m.pinned OR m.note IS NOT NULL OR m.deleted_at IS NOT NULL OR {IN_FAMILY} OR NOT ({newer}))"
        ));
    }
    out
}

fn problem(db: &Connection, wish: &PageWish) -> Result<Option<EventId>, StoreError> {
    let (from, compare, order) = match wish.anchor {
        Anchor::ProblemAfter(id) => (id, ">", "ASC"),
        Anchor::ProblemBefore(id) => (id, "<", "DESC"),
        Anchor::Newest | Anchor::Oldest | Anchor::Around(_) => return Ok(None),
    };
    let sql = format!(
        "SELECT e.id {FROM} WHERE e.id {compare} :from AND {} ORDER BY e.id {order} LIMIT 1",
        shown(wish.scope, true)
    );
    let bound = named_params! {
        ":from": from.0, ":family": wish.scope.family.map(|id| id.0), ":keep": wish.keep.map(|id| id.0),
    };
    Ok(db.prepare_cached(&sql)?.query_row(bound, |row| row.get(0).map(EventId)).optional()?)
}

fn problems(db: &Connection, wish: &PageWish) -> Result<i64, StoreError> {
    let deleted = if wish.scope.deleted { "" } else { " AND m.deleted_at IS NULL" };
    let sql = format!("SELECT count(*) FROM events e LEFT JOIN marks m ON m.event = e.id WHERE {PROBLEM}{deleted}");
    Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// The rows, and whether they begin and end where all do.
fn window(db: &Connection, wish: &PageWish, found: Option<EventId>) -> Result<(Vec<Row>, bool, bool), StoreError> {
    let older = |before: i64, limit| half(db, wish, ("<", "DESC"), before, limit);
    let newer = |from: i64, limit| half(db, wish, (">=", "ASC"), from, limit);
    let limit = wish.limit;
    match (wish.anchor, found) {
        (Anchor::Newest, _) => {
            let rows = older(i64::MAX, limit)?;
            let from_start = rows.len() < limit;
            Ok((rows, from_start, true))
        }
        (Anchor::Oldest, _) => {
            let rows = newer(0, limit)?;
            let to_end = rows.len() < limit;
            Ok((rows, true, to_end))
        }
        (Anchor::Around(id) | Anchor::ProblemAfter(id) | Anchor::ProblemBefore(id), found) => {
            let id = found.unwrap_or(id).0;
            let (first, second) = (limit / 2, limit - limit / 2);
            let (mut rows, after) = (older(id, first)?, newer(id, second)?);
            let ends = (rows.len() < first, after.len() < second);
            rows.extend(after);
            Ok((rows, ends.0, ends.1))
        }
    }
}

/// Rows on one side of an id, ascending.
fn half(
    db: &Connection,
    wish: &PageWish,
    (compare, order): (&str, &str),
    id: i64,
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    let folds = match wish.scope.unfolded {
        true => "0".to_owned(),
        false => format!("e.arrival > 1 AND NOT coalesce({IN_FAMILY}, 0) AND {}", ALIKE.replace("{than}", "<")),
    };
    let sql = format!(
        "{ROW}, {folds} AS folds {FROM} WHERE e.id {compare} :id AND {} ORDER BY e.id {order} LIMIT :limit",
        shown(wish.scope, false)
    );
    let mut statement = db.prepare_cached(&sql)?;
    let bound = named_params! {
        ":id": id, ":limit": limit as i64,
        ":family": wish.scope.family.map(|id| id.0), ":keep": wish.keep.map(|id| id.0),
    };
    let mut rows = statement.query_map(bound, list_row)?.collect::<Result<Vec<_>, _>>()?;
    if order == "DESC" {
        rows.reverse();
    }
    Ok(rows)
}

fn list_row(row: &rusqlite::Row) -> rusqlite::Result<Row> {
    Ok(Row {
        id: EventId(row.get("id")?),
        received_at: Timestamp(row.get("received_at")?),
        class: Class::from_name(&row.get::<_, String>("class")?).unwrap_or(Class::Request),
        source: row.get("source")?,
        label: row.get("label")?,
        verdict: rows::verdict(row)?,
        size: row.get::<_, i64>("size")? as u64,
        ack_us: rows::us(row, "total_us")?,
        sent: row.get::<_, Option<i64>>("sent")?.map(|sent| Sent {
            status: u16::try_from(sent / 2).ok().filter(|&status| status > 0),
            failed: sent % 2 == 1,
        }),
        arrival: row.get("arrival")?,
        folds: row.get("folds")?,
        marks: Marks {
            read: row.get::<_, Option<bool>>("read")?.unwrap_or_default(),
            pinned: row.get::<_, Option<bool>>("pinned")?.unwrap_or_default(),
            note: row.get("note")?,
            deleted_at: row.get::<_, Option<i64>>("deleted_at")?.map(Timestamp),
        },
        rejected: row.get("rejected")?,
    })
}
