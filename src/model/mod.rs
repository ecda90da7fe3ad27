//! The vocabulary: events, verdicts, attempts, filters, as plain data and the rules that need nothing else.
//! It must not know a socket, a file, a clock, a terminal or any other room of this crate.
//! Events come to life in `listener`, are judged in `verify` and kept in `store`.

mod arrivals;
mod attempt;
mod cloud_event;
mod content;
#[cfg(test)]
mod corpora;
mod counts;
mod curl;
mod decoded;
mod delivery;
mod diagnosis;
mod draft;
mod drift;
mod event;
pub mod filter;
mod head;
mod histogram;
mod human;
mod json_forms;
mod json_path;
mod live;
mod mark;
mod order;
mod origin;
mod outgoing;
mod overview;
mod page;
mod painted;
mod part;
mod percentiles;
mod retention;
mod run;
mod secret;
pub mod shape;
mod source_report;
mod standing;
mod story;
mod subscriber;
mod subscriber_standing;
mod suggest;
mod tally;
mod target;
mod text;
mod time;
mod trace;
mod track;
mod verdict;

pub use arrivals::{Arrival, Spaced, spaced};
pub use attempt::{Attempt, Cause, NewAttempt, Phases, is_success, outcome};
pub use cloud_event::cloud_attributes;
pub use content::{Content, is_literal, unescaped};
#[cfg(test)]
pub(crate) use corpora::hostile_texts;
pub use counts::{Arrivals, Counts, Skews, Slow, Totals, Tries, Waiting};
pub use curl::{curl, is_credential};
pub use decoded::decoded;
pub use delivery::{Delivery, DeliveryState, Queued, QueuedEvent};
pub use diagnosis::{Assumed, Diagnosis, Guess};
pub use draft::{Edited, draft, read_draft};
pub use drift::{Drift, Schema};
#[cfg(test)]
pub(crate) use event::sample;
pub use event::{
    Answer, Class, Event, EventId, Family, How, LogId, Receipt, StoredEvent, Timing, default_source, path_of,
};
pub use head::{Head, Headers};
pub use histogram::Histogram;
pub use human::{bytes_size, count, duration, micros, thousands};
pub use json_forms::{JsonLayout, json_ascii, json_compact, json_laid_out, json_pretty, json_sorted, json_spaced};
pub use json_path::{json_array, json_lookup, json_lookup_raw, json_matching_key, json_members, json_value};
pub use live::Live;
pub use mark::{Mark, MarkOrder, Marks};
pub use order::{Change, KeyPolicy, ResendOrder, Resent, SignaturePolicy, TestWish};
pub use origin::{Origin, Punctuality};
pub use outgoing::{Outgoing, ReplayMark, end_to_end, hops, outgoing};
pub use overview::{Overview, OverviewWish, TargetOverview};
pub use page::{Anchor, Brought, Heads, Health, Page, PageWish, Row, Scope, Sent};
pub use painted::{Painted, Role};
pub use part::Part;
pub use percentiles::{Percentiles, Usual};
pub use retention::Retention;
pub use run::{Gap, Run};
pub use secret::{Entrance, NewSecret, Secret, SecretOrder, SecretRef};
pub use source_report::{Answered, Recent, Skill, SourceFacts};
pub use standing::Standing;
pub use story::{Chapter, Story};
pub use subscriber::{Order, Signer, Start, Subscriber, Wanted};
pub use subscriber_standing::{SetupOrder, SubscriberOrder, SubscriberStanding, SubscriberState};
pub use suggest::{SuggestWish, Suggestions};
pub use tally::Tally;
pub use target::{Allowed, Destination, Target, TargetError, is_forbidden};
pub use text::{glob, safe, safe_bytes, safe_json};
pub use time::Timestamp;
pub use trace::trace_id;
pub use track::Track;
pub use verdict::{Judgement, Reason, Step, Verdict};
