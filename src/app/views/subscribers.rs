//! The subscribers' view. There are none in this version: it says what does their work until then.

use crate::app::App;
use crate::model::{Painted, Role};

pub(super) fn lines(app: &App) -> Vec<Painted> {
    let port = app.place.urls.first().and_then(|url| url.rsplit(':').next()).unwrap_or("9477");
    let plain = |text: &str| Painted::plain(format!("  {text}"));
    let strong = |text: &str| Painted::of(Role::Strong, format!("     {text}"));
    vec![
        Painted::default(),
        plain("A subscriber gets every event that its filter matches, with a queue and"),
        plain("retries of its own. This version has none yet. Until it has:"),
        Painted::default(),
        plain("one event, by hand       r to the last target, R to a target of choice"),
        plain("several                  Space v A mark, then r: oldest first"),
        plain("all that a filter finds"),
        strong("whisper-tui resend --filter 'since:1h' --to http://127.0.0.1:3000"),
        plain("as they come"),
        strong("whisper-tui tail --json | your-program"),
        Painted::default(),
        Painted::of(Role::Faint, format!("  listening on port {port}; Esc goes back to the events")),
    ]
}
