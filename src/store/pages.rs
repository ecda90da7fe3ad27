//! Windows of rows for the events list: which events have a row, and what stands in it.
//! It must not know what is selected or how rows are drawn.

use super::index::Verified;
use super::narrow::PROBLEM;
use super::sieve::Walk;
use super::{Reader, Sieve, StoreError, rows};
use crate::model::filter::Filter;
use crate::model::{
    Anchor, Brought, Class, EventId, Heads, Marks, Origin, Page, PageWish, Row, Scope, Sent, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, ToSql};
use std::cell::RefCell;

/// One row of the list; `e` are the events, `a` the answers, `m` the marks.
const ROW: &str = "SELECT e.id, e.received_at, e.class, e.source,
        coalesce(e.type, e.method || ' ' || e.target) AS label, e.verdict, e.size, a.total_us, e.deadline_us, e.overtaken_by,
        EXISTS (SELECT 1 FROM drifts f WHERE f.event = e.id) AS drifts,
        CASE WHEN a.status NOT BETWEEN 200 AND 299 THEN a.status END AS refused, e.arrival, e.rejected,
        (SELECT coalesce(t.status, 0) * 2 + (t.error IS NOT NULL) FROM attempts t
         WHERE t.event = e.id AND t.subscriber IS NULL ORDER BY t.id DESC LIMIT 1) AS sent,
        (SELECT printf('%d %d %d', total(d.state = 'delivered'), total(d.state = 'dead'), total(d.state = 'retrying'))
         FROM deliveries d WHERE d.event = e.id) AS brought,
        CASE WHEN e.arrival > 1 THEN e.received_at - (SELECT f.received_at FROM events f
            WHERE f.source = e.source AND f.key = e.key AND f.id < e.id ORDER BY f.id DESC LIMIT 1) END AS after_us,
        m.read, m.pinned, m.note, m.deleted_at,
        instr(lower(CAST(substr(e.head, 1, 4096) AS TEXT)), char(10) || 'whisper-test:') > 0 AS test";

const FROM: &str = "FROM events e LEFT JOIN answers a ON a.event = e.id LEFT JOIN marks m ON m.event = e.id";

/// Arrivals that are one row when folded: those of a family with the same verdict and the same body, so that a forged
/// one never hides a genuine one: whether there is a newer one.
const ALIKE: &str = "e.key IS NOT NULL AND EXISTS (
        SELECT 1 FROM events f LEFT JOIN marks n ON n.event = f.id
        WHERE f.source = e.source AND f.key = e.key AND f.id > e.id
            AND f.verdict = e.verdict AND f.body_sha256 = e.body_sha256 AND n.deleted_at IS NULL)";

/// The older arrivals `f` that are folded into an event `e`: those alike that have no row of their own.
pub(super) const FOLDED: &str = "events f LEFT JOIN marks n ON n.event = f.id
        WHERE f.source = e.source AND f.key = e.key AND f.id < e.id
            AND f.verdict = e.verdict AND f.body_sha256 = e.body_sha256
            AND NOT coalesce(n.pinned, 0) AND n.note IS NULL AND n.deleted_at IS NULL";

/// Whether an event is of the family that is unfolded; `:family` is one of its events.
const IN_FAMILY: &str = "(e.source, e.key) = (SELECT source, key FROM events WHERE id = :family)";

impl Reader {
    /// A window of rows, as the log is at one moment; `None` once it has been overtaken.
    pub fn page(&self, wish: &PageWish, sieve: &Sieve) -> Result<Option<Page>, StoreError> {
        let moment = self.connection.unchecked_transaction()?;
        let heads = self.heads()?;
        let index = self.index()?;
        let window = Window {
            db: &moment,
            index: &index,
            scope: &wish.scope,
            keep: wish.keep,
            sieve,
            picked: RefCell::default(),
        };
        let found = window.problem(wish.anchor)?;
        let (rows, from_start, to_end) = window.rows(wish.anchor, found, wish.limit)?;
        let problems = if wish.scope.problems { Some(problems(&moment, &wish.scope)?) } else { None };
        let gaps = match (rows.first(), rows.last()) {
            (Some(first), Some(last)) => self.gaps(EventId(first.id.0 - 1), last.id)?,
            _ => Vec::new(),
        };
        let total = total(&moment, &wish.scope, heads)?;
        moment.commit()?;
        let all = from_start && to_end && wish.scope.filter.is_some();
        let matching = all.then_some(rows.len() as u64);
        let page = Page {
            wish: wish.clone(),
            found,
            rows,
            gaps,
            from_start,
            to_end,
            total,
            problems,
            matching,
            heads,
            searching: false,
        };
        let picked: Vec<EventId> = page.rows.iter().map(|row| row.id).collect();
        Ok((!(sieve.overtaken)(&picked)).then_some(page))
    }

    /// The rows of what has been picked of a window so far, oldest first: it is still being read.
    pub fn partly(&self, wish: &PageWish, picked: &[EventId]) -> Result<Page, StoreError> {
        let heads = self.heads()?;
        let mut ids = picked.to_vec();
        ids.sort_unstable();
        let mut statement = self.connection.prepare_cached(&format!("{ROW}, 0 AS folds {FROM} WHERE e.id = ?1"))?;
        let rows = ids.iter().map(|id| statement.query_row([id.0], list_row)).collect::<Result<Vec<_>, _>>()?;
        let total = total(&self.connection, &wish.scope, heads)?;
        Ok(Page {
            wish: wish.clone(),
            found: None,
            rows,
            gaps: Vec::new(),
            from_start: false,
            to_end: false,
            total,
            problems: None,
            matching: None,
            heads,
            searching: true,
        })
    }

    /// How many rows there are of the events up to one; `None` once it has been overtaken.
    pub fn count(&self, scope: &Scope, upto: EventId, sieve: &Sieve) -> Result<Option<u64>, StoreError> {
        let index = self.index()?;
        let window =
            Window { db: &self.connection, index: &index, scope, keep: None, sieve, picked: RefCell::default() };
        let found = window.ids((0, upto.0), "DESC", usize::MAX, false)?.len() as u64;
        Ok((!(sieve.overtaken)(&[])).then_some(found))
    }

    /// The ids of the rows between two events, both included, the newest `limit` of them, ascending.
    pub fn ids(
        &self,
        scope: &Scope,
        between: (EventId, EventId),
        limit: usize,
        sieve: &Sieve,
    ) -> Result<Vec<EventId>, StoreError> {
        let index = self.index()?;
        let window =
            Window { db: &self.connection, index: &index, scope, keep: None, sieve, picked: RefCell::default() };
        let mut ids = window.ids((between.0.0, between.1.0), "DESC", limit, false)?;
        ids.reverse();
        Ok(ids)
    }
}

/// Events in the log. Ids are given without gaps: all that were given, without those that were pruned and, unless they
/// are asked for, those that are deleted.
fn total(db: &Connection, scope: &Scope, heads: Heads) -> Result<u64, StoreError> {
    let removed: Option<i64> = db
        .prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'removed'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let deleted: i64 = match scope.deleted {
        true => 0,
        false => db
            .prepare_cached("SELECT count(*) FROM marks WHERE deleted_at IS NOT NULL")?
            .query_row([], |row| row.get(0))?,
    };
    Ok((heads.event - removed.unwrap_or(0) - deleted).max(0) as u64)
}

/// The further conditions for an event to have a row; where rows are folded they use `:family` and `:keep`.
fn shown(scope: &Scope, problems_only: bool) -> String {
    let mut out = String::new();
    let asks = |filter: &Filter| filter.asks_for_deleted();
    if !scope.deleted && !scope.filter.as_ref().is_some_and(asks) {
        out.push_str(" AND m.deleted_at IS NULL");
    }
    if scope.problems || problems_only {
        out.push_str(&format!(" AND {PROBLEM}"));
    }
    if folds(scope) {
        out.push_str(&format!(
            " AND (e.id = :keep OR m.pinned OR m.note IS NOT NULL OR m.deleted_at IS NOT NULL OR {IN_FAMILY} OR NOT ({ALIKE}))"
        ));
    }
    out
}

/// A filter shows every match, whatever it could be folded into.
fn folds(scope: &Scope) -> bool {
    !scope.unfolded && scope.filter.is_none()
}

fn problems(db: &Connection, scope: &Scope) -> Result<u64, StoreError> {
    let deleted = if scope.deleted { "" } else { " AND m.deleted_at IS NULL" };
    let sql = format!("SELECT count(*) FROM events e LEFT JOIN marks m ON m.event = e.id WHERE {PROBLEM}{deleted}");
    let many: i64 = db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
    Ok(many as u64)
}

/// What a window is read with.
struct Window<'a> {
    db: &'a Connection,
    index: &'a Verified,
    scope: &'a Scope,
    keep: Option<EventId>,
    sieve: &'a Sieve<'a>,
    /// What the filter has picked so far.
    picked: RefCell<Vec<EventId>>,
}

impl Window<'_> {
    /// The problem that is looked for.
    fn problem(&self, anchor: Anchor) -> Result<Option<EventId>, StoreError> {
        let (between, order) = match anchor {
            Anchor::ProblemAfter(id) => ((id.0 + 1, i64::MAX), "ASC"),
            Anchor::ProblemBefore(id) => ((0, id.0 - 1), "DESC"),
            Anchor::Newest | Anchor::Oldest | Anchor::Around(_) | Anchor::After(_) => return Ok(None),
        };
        Ok(self.ids(between, order, 1, true)?.pop())
    }

    /// The rows, and whether they begin and end where all do.
    fn rows(&self, anchor: Anchor, found: Option<EventId>, limit: usize) -> Result<(Vec<Row>, bool, bool), StoreError> {
        match (anchor, found) {
            (Anchor::Newest, _) => {
                let rows = self.older(i64::MAX, limit)?;
                let from_start = rows.len() < limit;
                Ok((rows, from_start, true))
            }
            (Anchor::Oldest, _) => {
                let rows = self.newer(0, limit)?;
                let to_end = rows.len() < limit;
                Ok((rows, true, to_end))
            }
            (Anchor::After(id), _) => {
                let rows = self.newer(id.0 + 1, limit)?;
                let to_end = rows.len() < limit;
                Ok((rows, false, to_end))
            }
            (Anchor::Around(id) | Anchor::ProblemAfter(id) | Anchor::ProblemBefore(id), found) => {
                let id = found.unwrap_or(id).0;
                let (first, second) = (limit / 2, limit - limit / 2);
                let (mut rows, after) = (self.older(id, first)?, self.newer(id, second)?);
                let ends = (rows.len() < first, after.len() < second);
                rows.extend(after);
                Ok((rows, ends.0, ends.1))
            }
        }
    }

    /// Rows before an id, ascending.
    fn older(&self, before: i64, limit: usize) -> Result<Vec<Row>, StoreError> {
        let mut rows = self.half((0, before.saturating_sub(1)), "DESC", limit)?;
        rows.reverse();
        Ok(rows)
    }

    /// Rows from an id on.
    fn newer(&self, from: i64, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.half((from, i64::MAX), "ASC", limit)
    }

    fn half(&self, between: (i64, i64), order: &str, limit: usize) -> Result<Vec<Row>, StoreError> {
        let folded = match folds(self.scope) {
            false => "0".to_owned(),
            true => format!(
                "CASE WHEN e.arrival > 1 AND NOT coalesce({IN_FAMILY}, 0) THEN (SELECT count(*) FROM {FOLDED}) ELSE 0 END"
            ),
        };
        let select = format!("{ROW}, {folded} AS folds {FROM} WHERE");
        if self.scope.filter.is_some() {
            // The filter decides first; then the rows of what it has picked are read.
            let mut statement = self.db.prepare_cached(&format!("{select} e.id = ?1"))?;
            let ids = self.ids(between, order, limit, false)?.into_iter();
            return Ok(ids.map(|id| statement.query_row([id.0], list_row)).collect::<Result<Vec<_>, _>>()?);
        }
        let shown = shown(self.scope, false);
        let sql = format!("{select} e.id BETWEEN :from AND :to{shown} ORDER BY e.id {order} LIMIT {limit}");
        let mut statement = self.db.prepare_cached(&sql)?;
        self.bound(&between, |bound| {
            let rows = statement.query_map(bound, list_row)?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })
    }

    /// The ids of events that have a row.
    fn ids(
        &self,
        between: (i64, i64),
        order: &str,
        limit: usize,
        problems_only: bool,
    ) -> Result<Vec<EventId>, StoreError> {
        let shown = shown(self.scope, problems_only);
        if let Some(filter) = &self.scope.filter {
            let walk = Walk { between, downwards: order == "DESC", conditions: &shown, whole: false };
            // Of two halves the second one tells of both.
            let before = self.picked.borrow().clone();
            let overtaken = |ids: &[EventId]| match before.is_empty() {
                true => (self.sieve.overtaken)(ids),
                false => (self.sieve.overtaken)(&[&before[..], ids].concat()),
            };
            let sieve = Sieve { overtaken: &overtaken, ..*self.sieve };
            let ids = sieve.pick((self.db, self.index), filter, &walk, limit)?;
            self.picked.borrow_mut().extend(&ids);
            return Ok(ids);
        }
        let tail = format!("e.id BETWEEN :from AND :to{shown} ORDER BY e.id {order}");
        self.bound(&between, |bound| {
            let mut statement = self.db.prepare_cached(&format!("SELECT e.id {FROM} WHERE {tail}"))?;
            let ids = statement.query_map(bound, |row| row.get(0).map(EventId))?.take(limit);
            Ok(ids.collect::<Result<Vec<_>, _>>()?)
        })
    }

    /// Does something with the values of what `shown` names.
    fn bound<T>(
        &self,
        (from, to): &(i64, i64),
        work: impl FnOnce(&[(&str, &dyn ToSql)]) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (family, keep) = (self.scope.family.map(|id| id.0), self.keep.map(|id| id.0));
        let all: [(&str, &dyn ToSql); 4] = [(":from", from), (":to", to), (":family", &family), (":keep", &keep)];
        work(&all[..if folds(self.scope) { 4 } else { 2 }])
    }
}

fn list_row(row: &rusqlite::Row) -> rusqlite::Result<Row> {
    let (ack_us, deadline_us) = (rows::us(row, "total_us")?, rows::us(row, "deadline_us")?);
    let origin = Origin { deadline_us, ..Origin::default() };
    Ok(Row {
        id: EventId(row.get("id")?),
        received_at: Timestamp(row.get("received_at")?),
        class: Class::from_name(&row.get::<_, String>("class")?).unwrap_or(Class::Request),
        source: row.get("source")?,
        label: row.get("label")?,
        verdict: rows::verdict(row)?,
        size: row.get::<_, i64>("size")? as u64,
        punctuality: ack_us.and_then(|us| origin.punctuality(us)),
        overtaken_by: row.get::<_, Option<i64>>("overtaken_by")?.map(EventId),
        drifts: row.get("drifts")?,
        ack_us,
        refused: row.get("refused")?,
        sent: row.get::<_, Option<i64>>("sent")?.map(|sent| Sent {
            status: u16::try_from(sent / 2).ok().filter(|&status| status > 0),
            failed: sent % 2 == 1,
        }),
        brought: brought(&row.get::<_, String>("brought")?),
        arrival: row.get("arrival")?,
        after_us: row.get("after_us")?,
        test: row.get("test")?,
        folds: row.get::<_, i64>("folds")? as u64,
        marks: Marks {
            read: row.get::<_, Option<bool>>("read")?.unwrap_or_default(),
            pinned: row.get::<_, Option<bool>>("pinned")?.unwrap_or_default(),
            note: row.get("note")?,
            deleted_at: row.get::<_, Option<i64>>("deleted_at")?.map(Timestamp),
        },
        rejected: row.get("rejected")?,
    })
}

fn brought(text: &str) -> Brought {
    let mut numbers = text.split(' ').map(|n| n.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    Brought { delivered: next(), dead: next(), coming: next(), held: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, Mark, MarkOrder};
    use crate::store::Store;
    use crate::store::sample::event;
    use jiff::tz::TimeZone;

    /// A log's folder, what writes it, and what waits for that.
    struct Log(#[allow(dead_code)] tempfile::TempDir, Store, tokio::runtime::Runtime);

    impl Log {
        fn new() -> Log {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(&folder.path().join("e.db")).unwrap();
            Log(folder, store, tokio::runtime::Builder::new_current_thread().build().unwrap())
        }

        fn append(&self, key: Option<&str>, body: &str) {
            let event = Event { key: key.map(str::to_owned), ..event("/a", "", body) };
            self.2.block_on(self.1.append(event)).unwrap();
        }

        fn mark(&self, events: &[i64], mark: Mark, folded: &[i64]) -> Vec<i64> {
            let ids = |ids: &[i64]| ids.iter().map(|&id| EventId(id)).collect();
            let order = MarkOrder { events: ids(events), mark, folded: ids(folded) };
            self.2.block_on(self.1.mark(order)).unwrap().into_iter().map(|id| id.0).collect()
        }

        fn page(&self, anchor: Anchor, limit: usize, scope: Scope, keep: Option<i64>) -> Page {
            let reader = Reader::open(self.1.path()).unwrap();
            let sieve = Sieve { now: Timestamp(0), zone: &TimeZone::UTC, overtaken: &|_| false };
            let wish = PageWish { anchor, limit, scope, keep: keep.map(EventId) };
            reader.page(&wish, &sieve).unwrap().unwrap()
        }

        fn ids(&self, scope: Scope) -> Vec<i64> {
            self.page(Anchor::Newest, 100, scope, None).rows.iter().map(|row| row.id.0).collect()
        }
    }

    #[test]
    fn arrivals_with_one_body_are_one_row_and_what_is_kept_stays() {
        let log = Log::new();
        for (key, body) in [(Some("k"), "A"), (Some("k"), "B"), (Some("k"), "C"), (Some("k"), "A"), (None, "A")] {
            log.append(key, body);
        }
        // Another body is another row, whatever the first one was.
        assert_eq!(log.ids(Scope::default()), [2, 3, 4, 5]);
        assert_eq!(log.ids(Scope { unfolded: true, ..Scope::default() }), [1, 2, 3, 4, 5]);
        assert_eq!(log.ids(Scope { family: Some(EventId(4)), ..Scope::default() }), [1, 2, 3, 4, 5]);
        assert_eq!(log.page(Anchor::Newest, 100, Scope::default(), Some(1)).rows[0].id, EventId(1));
        log.append(Some("k"), "A");
        assert_eq!(log.ids(Scope::default()), [2, 3, 5, 6]);
        // A pinned one has a row of its own, and is not deleted with the row that the others are folded into.
        assert_eq!(log.mark(&[4], Mark::Pinned(true), &[]), [4]);
        assert_eq!(log.mark(&[4], Mark::Pinned(true), &[]), [] as [i64; 0]);
        assert_eq!(log.ids(Scope::default()), [2, 3, 4, 5, 6]);
        assert_eq!(log.mark(&[6], Mark::Deleted(Some(Timestamp(1))), &[6]), [6, 1]);
        assert_eq!(log.ids(Scope::default()), [2, 3, 4, 5]);
        assert_eq!(log.page(Anchor::Newest, 100, Scope::default(), None).total, 4);
        assert_eq!(log.ids(Scope { deleted: true, unfolded: true, ..Scope::default() }), [1, 2, 3, 4, 5, 6]);
        log.1.close();
    }

    #[test]
    fn windows_say_where_they_begin_and_end() {
        let log = Log::new();
        (0..10).for_each(|_| log.append(None, ""));
        let window = |anchor, limit| {
            let page = log.page(anchor, limit, Scope::default(), None);
            let ids: Vec<i64> = page.rows.iter().map(|row| row.id.0).collect();
            (ids.first().copied(), ids.len(), page.from_start, page.to_end)
        };
        assert_eq!(window(Anchor::Newest, 4), (Some(7), 4, false, true));
        assert_eq!(window(Anchor::Oldest, 4), (Some(1), 4, true, false));
        assert_eq!(window(Anchor::Around(EventId(5)), 4), (Some(3), 4, false, false));
        assert_eq!(window(Anchor::Around(EventId(2)), 4), (Some(1), 3, true, false));
        assert_eq!(window(Anchor::After(EventId(8)), 4), (Some(9), 2, false, true));
        assert_eq!(window(Anchor::Newest, 100), (Some(1), 10, true, true));
        log.1.close();
    }
}
