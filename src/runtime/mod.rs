//! The shell around the pure parts: it starts them, carries their messages and effects, and reads the clock.
//! It must not decide: what a key means stands in `app`, what an event means in `verify`.

mod background;
mod backlog;
mod clinic;
mod clock;
mod counting;
mod exporting;
mod feed;
mod hands;
mod importing;
mod indexing;
mod input;
mod interface;
mod keys;
pub mod measure;
mod metrics;
mod open_files;
mod outside;
mod painter;
mod reader;
mod rejudge;
mod reload;
mod retention;
#[cfg(test)]
mod scripted;
mod serving;
mod setup;
mod signals;
mod sources;
mod story;
mod suggest;
mod terminal;
mod testing;
mod wishes;

pub use backlog::of_one as backlog_of;
pub use clock::{now, zone};
pub use exporting::{ExportError, Exported, Format, as_shown, export};
pub use feed::{AttachError, Feed};
pub use importing::import;
pub use interface::{Look, interface};
pub use keys::{Anew, Keys, Reload};
pub use retention::Keep;
pub use serving::{ServeError, Serving, Settings};
pub use signals::asked_to_go;
pub use sources::sources;
