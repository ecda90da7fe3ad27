//! Counting what arrived over a span of time. It looks at the newest events first, and at a bounded number of them.

use super::{Reader, StoreError};
use crate::model::{Bar, EventId, Percentiles, Timeline, TimelineWish, Timestamp};

/// Events that are counted at most.
const MOST: usize = 200_000;
/// By how much an event may be committed after one that arrived later: as long as a body may take.
const DISORDER_US: i64 = 600_000_000;
/// The parts of an acknowledgement, in the order of the columns below.
const PARTS: [&str; 6] = ["head", "body", "verify", "queue", "commit", "answer"];

impl Reader {
    /// What arrived in the span that ends at `now`.
    pub fn timeline(&self, wish: &TimelineWish, now: Timestamp) -> Result<Timeline, StoreError> {
        let heads = self.heads()?;
        let from = Timestamp(now.0 - wish.span_us);
        let mut bars = vec![Bar::default(); wish.bars.max(1)];
        let (mut acks, mut sums) = (Vec::new(), [0u64; PARTS.len()]);
        let mut statement = self.connection.prepare_cached(
            "SELECT e.id, e.received_at, e.verdict IN ('invalid', 'unknown'), e.class = 'rejected', a.status, a.total_us,
                e.head_us, e.body_us, e.verify_us, e.queue_us, a.commit_us, a.answer_us
             FROM events e LEFT JOIN answers a ON a.event = e.id ORDER BY e.id DESC",
        )?;
        let mut rows = statement.query([])?;
        let (mut seen, mut cut) = (0, false);
        while let Some(row) = rows.next()? {
            let at: i64 = row.get(1)?;
            // Rows stand in the order of their commits, which is nearly that of their arrival.
            if at < from.0 - DISORDER_US {
                break;
            }
            if at < from.0 {
                continue;
            }
            seen += 1;
            if seen > MOST {
                cut = true;
                break;
            }
            // Whatever a clock did meanwhile: what is later than now belongs to the last bar.
            let part = (at - from.0) as i128 * bars.len() as i128 / i128::from(wish.span_us.max(1));
            let last = bars.len() - 1;
            let bar = &mut bars[usize::try_from(part).unwrap_or(0).min(last)];
            let status: Option<u16> = row.get(4)?;
            bar.arrived += 1;
            bar.suspect += u64::from(row.get::<_, bool>(2)?);
            bar.failed += u64::from(row.get::<_, bool>(3)? || status.is_some_and(|s| !(200..300).contains(&s)));
            bar.first = Some(EventId(row.get(0)?));
            if let Some(total) = row.get::<_, Option<i64>>(5)? {
                acks.push(total as u64);
                for (n, sum) in sums.iter_mut().enumerate() {
                    *sum += row.get::<_, Option<i64>>(6 + n)?.unwrap_or(0) as u64;
                }
            }
        }
        let many = acks.len().max(1) as u64;
        let parts = PARTS.into_iter().zip(sums.map(|sum| sum / many)).collect();
        Ok(Timeline { from, to: now, bars, ack: Percentiles::of(acks), parts, cut, heads })
    }
}
