//! What was done to bring an event somewhere: for each subscriber, and for each plain URL that it was sent to by hand.
//! It must not know how that is shown.

use super::{Attempt, Delivery, DeliveryState, StoredEvent};

/// The way of an event to one place.
#[derive(Clone, Debug)]
pub struct Track<'a> {
    /// Whose, where it is a subscriber's.
    pub subscriber: Option<&'a str>,
    /// Where it went.
    pub url: &'a str,
    /// What became of it for the subscriber.
    pub delivery: Option<&'a Delivery>,
    /// Every try, oldest first.
    pub attempts: Vec<&'a Attempt>,
}

impl Track<'_> {
    /// What became of it; `None` for a plain URL.
    pub fn state(&self) -> Option<DeliveryState> {
        self.delivery.map(|delivery| delivery.state)
    }

    /// The last answer.
    pub fn status(&self) -> Option<u16> {
        self.attempts.last().map_or(self.delivery.and_then(|delivery| delivery.status), |last| last.what.status)
    }

    /// How long the last try took, in microseconds.
    pub fn took_us(&self) -> Option<u64> {
        self.attempts.last().map(|last| last.what.total_us)
    }
}

impl StoredEvent {
    /// Subscribers in the order of their names, then others in the order of their first attempts.
    pub fn tracks(&self) -> Vec<Track<'_>> {
        let mut tracks = Vec::new();
        for delivery in &self.deliveries {
            let (subscriber, url) = (Some(delivery.subscriber.as_str()), delivery.url.as_str());
            tracks.push(Track { subscriber, url, delivery: Some(delivery), attempts: Vec::new() });
        }
        for attempt in &self.attempts {
            let subscriber = attempt.what.subscriber.as_deref();
            let url = attempt.what.url.as_str();
            let same =
                |track: &&mut Track| track.subscriber == subscriber && (subscriber.is_some() || track.url == url);
            match tracks.iter_mut().find(same) {
                Some(track) => track.attempts.push(attempt),
                None => tracks.push(Track { subscriber, url, delivery: None, attempts: vec![attempt] }),
            }
        }
        tracks
    }
}
