//! What became of one thing: the events about it in the order in which they were made, and what of that is still pending.
//! It must not know how they were found.

use super::{Delivery, EventId, Timestamp, Verdict};

/// The events about one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// The sender's id of it.
    pub object: String,
    /// The entrance through which its events come.
    pub source: String,
    /// Its events, in the order in which they were made; where that is not known, in which they came.
    pub chapters: Vec<Chapter>,
    /// There are earlier ones.
    pub cut: bool,
}

/// One event of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chapter {
    /// Which.
    pub id: EventId,
    /// When it arrived.
    pub received_at: Timestamp,
    /// When it was made, where that is known.
    pub made_at: Option<Timestamp>,
    /// Its type, or method and target.
    pub label: String,
    /// What its signature is worth.
    pub verdict: Verdict,
    /// Which arrival of its family it is.
    pub arrival: u32,
    /// It came after an event that was made later.
    pub overtaken_by: Option<EventId>,
    /// In which state it says that the object is.
    pub state: Option<String>,
    /// What became of it for subscribers.
    pub deliveries: Vec<Delivery>,
    /// Subscribers that have not tried it yet.
    pub waits_for: Vec<String>,
}

impl Chapter {
    fn when(&self) -> (Timestamp, EventId) {
        (self.made_at.unwrap_or(self.received_at), self.id)
    }
}

impl Story {
    /// The story that these events tell, whatever their order.
    pub fn of(object: String, source: String, mut chapters: Vec<Chapter>, cut: bool) -> Story {
        chapters.sort_by_key(Chapter::when);
        Story { object, source, chapters, cut }
    }

    /// The event that says in which state the object is: the last one made that does and whose signature is not wrong.
    pub fn last_state(&self) -> Option<(&Chapter, &str)> {
        let believed = |chapter: &&Chapter| !chapter.verdict.is_suspect();
        self.chapters.iter().rev().filter(believed).find_map(|one| Some((one, one.state.as_deref()?)))
    }

    /// For each subscriber that has not taken everything, the events that it has not.
    pub fn pending(&self) -> Vec<(String, Vec<EventId>)> {
        let mut out: Vec<(String, Vec<EventId>)> = Vec::new();
        for chapter in &self.chapters {
            let open = chapter.deliveries.iter().filter(|one| !one.state.is_final()).map(|one| &one.subscriber);
            for name in open.chain(&chapter.waits_for) {
                match out.iter_mut().find(|(known, _)| known == name) {
                    Some((_, ids)) => ids.push(chapter.id),
                    None => out.push((name.clone(), vec![chapter.id])),
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DeliveryState;

    #[test]
    fn the_order_is_the_senders_and_a_forged_event_says_nothing() {
        let chapter = |id, made: i64, state: Option<&str>, verdict| Chapter {
            id: EventId(id),
            received_at: Timestamp::from_secs(100 + id),
            made_at: Some(Timestamp::from_secs(made)),
            label: "payment".into(),
            verdict,
            arrival: 1,
            overtaken_by: None,
            state: state.map(str::to_owned),
            deliveries: Vec::new(),
            waits_for: Vec::new(),
        };
        let delivery = Delivery {
            subscriber: "billing".into(),
            event: EventId(2),
            url: String::new(),
            state: DeliveryState::Retrying,
            attempts: 2,
            status: Some(503),
            reason: None,
            due: None,
        };
        let paid = Chapter { deliveries: vec![delivery], ..chapter(2, 50, Some("paid"), Verdict::Valid) };
        let created = Chapter { waits_for: vec!["billing".into()], ..chapter(3, 10, Some("new"), Verdict::Valid) };
        let forged = chapter(4, 90, Some("refunded"), Verdict::Invalid);
        let story = Story::of("o".into(), "s".into(), vec![paid, created, forged], false);
        assert_eq!(story.chapters.iter().map(|one| one.id.0).collect::<Vec<_>>(), [3, 2, 4]);
        assert_eq!(story.last_state().map(|(one, state)| (one.id.0, state)), Some((2, "paid")));
        assert_eq!(story.pending(), [("billing".to_owned(), vec![EventId(3), EventId(2)])]);
    }
}
