//! The one table of commands: keys, hints and help come from it.

use super::Key;

/// What a key can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// One row or line down.
    Down,
    /// One row or line up.
    Up,
    /// To the first.
    First,
    /// To the last; in the list follow on.
    Last,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// Half a page down.
    HalfDown,
    /// Half a page up.
    HalfUp,
    /// Scroll the detail from the list, down.
    DetailDown,
    /// Scroll the detail from the list, up.
    DetailUp,
    /// The other pane.
    NextPane,
    /// Open the detail.
    Open,
    /// One step back.
    Back,
    /// Previous tab.
    PreviousTab,
    /// Next tab.
    NextTab,
    /// The focused pane alone.
    Zoom,
    /// The body's next display mode.
    Mode,
    /// Fold or scroll left.
    Left,
    /// Unfold or scroll right.
    Right,
    /// Fold all.
    FoldAll,
    /// Unfold all.
    UnfoldAll,
    /// Long lines wrapped or cut.
    Wrap,
    /// What is hidden.
    Hidden,
    /// Follow on or off.
    Follow,
    /// Mark the row for the next action.
    Mark,
    /// Mark a range of rows.
    Range,
    /// Mark all that is shown.
    MarkAll,
    /// Only problems, or everything.
    Problems,
    /// The next problem.
    NextProblem,
    /// The previous problem.
    PreviousProblem,
    /// Deleted events too, or not.
    Trash,
    /// Each family in one row.
    FoldFamilies,
    /// Each arrival in a row of its own.
    UnfoldFamilies,
    /// The newest below or above.
    Order,
    /// Fewer columns.
    Compact,
    /// Pin or unpin.
    Pin,
    /// Delete softly, or bring back.
    Delete,
    /// Words beside the event.
    Note,
    /// Take the last change back.
    Undo,
    /// Send to the last target.
    Resend,
    /// Send to a target of choice.
    ResendTo,
    /// What changed between the last two answers.
    Diff,
    /// Find a text in the tab in front.
    Find,
    /// The next hit.
    NextHit,
    /// The previous hit.
    PreviousHit,
    /// Copy something.
    Copy,
    /// Copy as curl.
    Curl,
    /// Where to send events.
    Where,
    /// The mouse here, or in the terminal.
    Mouse,
    /// Every command.
    Help,
    /// Draw anew.
    Redraw,
    /// Leave.
    Quit,
}

/// Where a command is at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// In both panes.
    Anywhere,
    /// In the list.
    List,
    /// In the detail.
    Detail,
}

/// A row of the table.
#[derive(Debug)]
pub struct Entry {
    /// The command.
    pub command: Command,
    /// Its keys, the first one shown in hints.
    pub keys: &'static [&'static str],
    /// Where it is at home.
    pub context: Context,
    /// One line of help.
    pub help: &'static str,
    /// A short word for the hints at the foot, where it belongs there.
    pub hint: Option<&'static str>,
}

const fn entry(
    command: Command,
    keys: &'static [&'static str],
    context: Context,
    help: &'static str,
    hint: Option<&'static str>,
) -> Entry {
    Entry { command, keys, context, help, hint }
}

/// All commands, in the order of help and hints.
pub const TABLE: &[Entry] = &[
    entry(Command::Resend, &["r"], Context::Anywhere, "re-send to the last target", Some("re-send")),
    entry(Command::ResendTo, &["R"], Context::Anywhere, "re-send to a target of choice (dialog)", Some("to...")),
    entry(Command::Diff, &["d"], Context::Anywhere, "what changed between the last two answers", Some("diff")),
    entry(Command::Open, &["Enter"], Context::List, "open the detail; unfold x3", Some("open")),
    entry(Command::PreviousTab, &["[", "("], Context::Anywhere, "previous detail tab", None),
    entry(Command::NextTab, &["]", ")"], Context::Anywhere, "next detail tab", Some("tab")),
    entry(Command::Mode, &["m"], Context::Detail, "body as pretty, tree, raw, hex", Some("mode")),
    entry(Command::Left, &["h", "Left"], Context::Detail, "fold, or scroll left", None),
    entry(Command::Right, &["l", "Right"], Context::Detail, "unfold, or scroll right (lines cut)", None),
    entry(Command::Wrap, &["w"], Context::Anywhere, "wrap long lines, or cut them at the edge", None),
    entry(Command::Hidden, &["."], Context::Detail, "show or mask this event's credentials", None),
    entry(Command::FoldAll, &["-"], Context::Detail, "fold all", None),
    entry(Command::UnfoldAll, &["=", "+"], Context::Detail, "unfold all", None),
    entry(Command::Find, &["/"], Context::Detail, "find text in this tab", Some("find")),
    entry(Command::NextHit, &["n"], Context::Detail, "next hit", None),
    entry(Command::PreviousHit, &["N"], Context::Detail, "previous hit", None),
    entry(
        Command::Copy,
        &["y"],
        Context::Anywhere,
        "copy body, headers, curl, raw, path, value, id, URL",
        Some("copy"),
    ),
    entry(Command::Curl, &["c"], Context::Anywhere, "copy as curl (short for yc)", None),
    entry(Command::Mark, &["Space"], Context::List, "mark for the next action, and go on", Some("mark")),
    entry(Command::Range, &["v"], Context::List, "begin a range of marks; again: mark it", None),
    entry(Command::MarkAll, &["A"], Context::List, "mark all that is shown; again: no mark", None),
    entry(Command::Problems, &["!"], Context::List, "problems only, or everything", Some("problems")),
    entry(Command::NextProblem, &["n"], Context::List, "next problem", None),
    entry(Command::PreviousProblem, &["N"], Context::List, "previous problem", None),
    entry(Command::Pin, &["p"], Context::Anywhere, "pin (kept whatever is pruned), or unpin", Some("pin")),
    entry(Command::Note, &["#"], Context::Anywhere, "a note beside the event", None),
    entry(Command::Delete, &["D"], Context::List, "delete softly (u undoes); a deleted one comes back", None),
    entry(Command::Undo, &["u"], Context::Anywhere, "undo the last delete, pin or note", None),
    entry(Command::Trash, &["."], Context::List, "show deleted events too, or not", None),
    entry(Command::FoldFamilies, &["-"], Context::List, "retries of one event in one row (x3)", None),
    entry(Command::UnfoldFamilies, &["=", "+"], Context::List, "every arrival in a row of its own", None),
    entry(Command::Order, &["o"], Context::List, "the newest below, or above", None),
    entry(Command::Compact, &["m"], Context::List, "fewer columns, or all", None),
    entry(Command::Down, &["j", "Down"], Context::Anywhere, "down", None),
    entry(Command::Up, &["k", "Up"], Context::Anywhere, "up; in the list follow goes off", None),
    entry(Command::First, &["g", "Home"], Context::Anywhere, "first", None),
    entry(Command::Last, &["G", "End"], Context::Anywhere, "last; in the list the newest, follow on", None),
    entry(Command::PageDown, &["PageDown"], Context::Anywhere, "a page down", None),
    entry(Command::PageUp, &["PageUp"], Context::Anywhere, "a page up", None),
    entry(Command::HalfDown, &["Ctrl-d"], Context::Anywhere, "half a page down", None),
    entry(Command::HalfUp, &["Ctrl-u"], Context::Anywhere, "half a page up", None),
    entry(Command::DetailDown, &["J"], Context::List, "scroll the detail down", None),
    entry(Command::DetailUp, &["K"], Context::List, "scroll the detail up", None),
    entry(Command::NextPane, &["Tab", "Shift-Tab"], Context::Anywhere, "the other pane", None),
    entry(Command::Follow, &["f"], Context::List, "follow on or off", Some("follow")),
    entry(Command::Zoom, &["z"], Context::Anywhere, "the pane alone", Some("zoom")),
    entry(Command::Where, &["i"], Context::Anywhere, "where to send events", None),
    entry(Command::Mouse, &["M"], Context::Anywhere, "mouse off, to select text with it; or on again", None),
    entry(Command::Back, &["Esc"], Context::Anywhere, "one step back; never quits", None),
    entry(Command::Redraw, &["Ctrl-l"], Context::Anywhere, "draw the screen anew", None),
    entry(Command::Help, &["?", ":", "F1"], Context::Anywhere, "this help: type to search, Enter runs", Some("help")),
    entry(Command::Quit, &["q"], Context::Anywhere, "quit; a listener of this screen stops with it", Some("quit")),
];

/// What `key` means where the keys go to.
pub(super) fn meaning(key: Key, context: Context) -> Option<Command> {
    let name = key.to_string();
    let here = |e: &&Entry| e.context == Context::Anywhere || e.context == context;
    TABLE.iter().filter(here).find(|e| e.keys.contains(&name.as_str())).map(|e| e.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_key_and_help_and_no_key_two_meanings() {
        for (n, e) in TABLE.iter().enumerate() {
            assert!(!e.keys.is_empty() && !e.help.is_empty(), "{:?}", e.command);
            let clash = |o: &Entry| {
                let shared = o.context == e.context || o.context == Context::Anywhere || e.context == Context::Anywhere;
                shared && o.keys.iter().any(|k| e.keys.contains(k))
            };
            assert!(!TABLE[n + 1..].iter().any(clash), "{:?}", e.command);
        }
    }
}
