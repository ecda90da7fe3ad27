//! The one table of commands: keys, hints and help come from it.

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
    /// More room for the list.
    WidenList,
    /// Less room for the list.
    NarrowList,
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
    /// What differs between two events.
    Compare,
    /// What changed between the last two answers.
    Diff,
    /// Only events that match.
    Filter,
    /// Why a filter leaves the event out.
    Explain,
    /// All that happened to what the event is about.
    Story,
    /// Find a text in the tab in front.
    Find,
    /// The next hit.
    NextHit,
    /// The previous hit.
    PreviousHit,
    /// Edit, then send.
    Edit,
    /// The body to a command.
    Pipe,
    /// Stop the process for a while.
    Suspend,
    /// Copy something.
    Copy,
    /// Copy as curl.
    Curl,
    /// The list and the selected event.
    ViewEvents,
    /// Who gets events by themselves.
    ViewSubscribers,
    /// What arrived over time.
    ViewTiming,
    /// What happened.
    ViewLog,
    /// Each entrance.
    ViewSources,
    /// The events of the source.
    ListSource,
    /// The bar to the left.
    EarlierBar,
    /// The bar to the right.
    LaterBar,
    /// Begin or end a range of bars.
    BarRange,
    /// A longer span of time.
    LongerSpan,
    /// A shorter span of time.
    ShorterSpan,
    /// The events of the bar.
    ListBar,
    /// A test event to the own listener.
    Test,
    /// Suspend the subscriber, or go on.
    Hold,
    /// Try again what the subscriber has given up.
    Retry,
    /// What waits for the subscriber; of that, the event in the list.
    OpenQueue,
    /// One subscriber more.
    AddSubscriber,
    /// The subscriber's settings in the editor.
    EditSubscriber,
    /// Drop what the subscriber has given up, or the subscriber.
    DropDead,
    /// Send the subscriber again what it would get.
    Replay,
    /// What senders are told on purpose.
    Answers,
    /// Use or add a secret.
    Secret,
    /// Verify with today's secrets.
    Verify,
    /// Where to send events.
    Where,
    /// The mouse here, or in the terminal.
    Mouse,
    /// What can be done with the selected event.
    Actions,
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
    /// In every view.
    Anywhere,
    /// In the list and in the detail.
    Events,
    /// In the list.
    List,
    /// In the detail.
    Detail,
    /// In the subscribers' view.
    Subscribers,
    /// In the timing view.
    Timing,
    /// In the log view.
    Log,
    /// In the sources' view.
    Sources,
}

impl Context {
    /// Whether what is at home here works in `place` too.
    pub fn covers(self, place: Context) -> bool {
        match self {
            Context::Anywhere => true,
            Context::Events => matches!(place, Context::Events | Context::List | Context::Detail),
            own => own == place,
        }
    }
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
    /// It is done with the selected event, and stands in its menu.
    pub action: bool,
}

const fn entry(
    command: Command,
    keys: &'static [&'static str],
    context: Context,
    help: &'static str,
    hint: Option<&'static str>,
) -> Entry {
    Entry { command, keys, context, help, hint, action: false }
}

impl Entry {
    /// It stands in the selected event's menu.
    const fn in_menu(self) -> Entry {
        Entry { action: true, ..self }
    }
}

/// All commands, in the order of help and hints.
pub const TABLE: &[Entry] = &[
    entry(Command::Resend, &["r"], Context::Events, "re-send to the last target", Some("re-send")).in_menu(),
    entry(Command::ResendTo, &["R"], Context::Events, "re-send to a target of choice (dialog)", Some("to..."))
        .in_menu(),
    entry(Command::Edit, &["e"], Context::Events, "edit in $EDITOR, then send it (dialog)", Some("edit")).in_menu(),
    entry(Command::Compare, &["d"], Context::List, "compare two events; after a re-send its answers", Some("diff"))
        .in_menu(),
    entry(Command::Diff, &["d"], Context::Detail, "what changed between the last two answers", Some("diff")).in_menu(),
    entry(Command::Open, &["Enter"], Context::List, "open the detail; unfold x3", Some("open")),
    entry(Command::PreviousTab, &["[", "("], Context::Events, "previous detail tab", None),
    entry(Command::NextTab, &["]", ")"], Context::Events, "next detail tab", Some("tab")),
    entry(
        Command::Mode,
        &["m"],
        Context::Detail,
        "body as pretty, tree, raw, hex; timing folded, linear, log",
        Some("mode"),
    ),
    entry(Command::Left, &["h", "Left"], Context::Detail, "fold, or scroll left; timing: the try before", None),
    entry(Command::Right, &["l", "Right"], Context::Detail, "unfold, or scroll right; timing: the next try", None),
    entry(Command::Wrap, &["w"], Context::Events, "wrap long lines, or cut them at the edge", None),
    entry(Command::Hidden, &["."], Context::Detail, "show or mask this event's credentials", None),
    entry(Command::FoldAll, &["-"], Context::Detail, "fold all; timing: all tries", None),
    entry(Command::UnfoldAll, &["=", "+"], Context::Detail, "unfold all; timing: this try alone", None),
    entry(Command::Filter, &["/"], Context::List, "filter: source:stripe -sig:ok since:1h, or a word", Some("filter")),
    entry(Command::Explain, &["X"], Context::Events, "why a filter leaves this event out", None).in_menu(),
    entry(Command::Story, &["E"], Context::Events, "all events about the same thing, and what is pending", None)
        .in_menu(),
    entry(Command::Find, &["/"], Context::Detail, "find text in this tab", Some("find")),
    entry(Command::NextHit, &["n"], Context::Detail, "next hit", None),
    entry(Command::PreviousHit, &["N"], Context::Detail, "previous hit", None),
    entry(
        Command::Copy,
        &["y"],
        Context::Events,
        "copy body, headers, curl, raw, path, value, timing, id",
        Some("copy"),
    )
    .in_menu(),
    entry(Command::Pipe, &["|"], Context::Events, "the body to a command; to none: $PAGER", None).in_menu(),
    entry(Command::Curl, &["c"], Context::Events, "copy as curl (short for yc)", None).in_menu(),
    entry(Command::Secret, &["a"], Context::Events, "use or add a secret for this sender", None).in_menu(),
    entry(Command::Verify, &["V"], Context::Events, "verify again, secrets read anew", None).in_menu(),
    entry(Command::Mark, &["Space"], Context::List, "mark for the next action, and go on", Some("mark")).in_menu(),
    entry(Command::Range, &["v"], Context::List, "begin a range of marks; again: mark it", None),
    entry(Command::MarkAll, &["A"], Context::List, "mark all that is shown; again: no mark", None),
    entry(Command::Problems, &["!"], Context::List, "problems only, or everything", Some("problems")),
    entry(Command::NextProblem, &["n"], Context::List, "next problem", None),
    entry(Command::PreviousProblem, &["N"], Context::List, "previous problem", None),
    entry(Command::Pin, &["p"], Context::Events, "pin (kept whatever is pruned), or unpin", Some("pin")).in_menu(),
    entry(Command::Note, &["#"], Context::Events, "a note beside the event", None).in_menu(),
    entry(Command::Delete, &["D"], Context::List, "delete softly (u undoes); a deleted one comes back", None).in_menu(),
    entry(Command::Undo, &["u"], Context::Events, "undo the last delete, pin or note", None).in_menu(),
    entry(Command::Trash, &["."], Context::List, "show deleted events too, or not", None),
    entry(Command::FoldFamilies, &["-"], Context::List, "retries of one event in one row (x3)", None),
    entry(Command::UnfoldFamilies, &["=", "+"], Context::List, "every arrival in a row of its own", None),
    entry(Command::Order, &["o"], Context::List, "the newest below, or above", None),
    entry(Command::Compact, &["m"], Context::List, "fewer columns, or all", None),
    entry(Command::Down, &["j", "Down"], Context::Anywhere, "down", None),
    entry(Command::Up, &["k", "Up"], Context::Anywhere, "up; in the list follow goes off", None),
    entry(Command::First, &["g", "Home"], Context::Anywhere, "first; in the list the oldest", None),
    entry(Command::Last, &["G", "End"], Context::Anywhere, "last; in the list the newest, follow on", None),
    entry(Command::PageDown, &["PageDown", "Ctrl-f"], Context::Anywhere, "a page down", None),
    entry(Command::PageUp, &["PageUp", "Ctrl-b"], Context::Anywhere, "a page up", None),
    entry(Command::HalfDown, &["Ctrl-d"], Context::Anywhere, "half a page down", None),
    entry(Command::HalfUp, &["Ctrl-u"], Context::Anywhere, "half a page up", None),
    entry(Command::DetailDown, &["J"], Context::List, "scroll the detail down", None),
    entry(Command::DetailUp, &["K"], Context::List, "scroll the detail up", None),
    entry(Command::NextPane, &["Tab", "Shift-Tab"], Context::Events, "the other pane", None),
    entry(Command::Follow, &["f"], Context::List, "follow on or off", Some("follow")),
    entry(Command::Zoom, &["z"], Context::Events, "the pane alone", Some("zoom")),
    entry(Command::WidenList, &[">"], Context::Events, "more room for the list (or drag the border)", None),
    entry(Command::NarrowList, &["<"], Context::Events, "less room for the list", None),
    entry(Command::ViewEvents, &["1"], Context::Anywhere, "the events", None),
    entry(Command::ViewSubscribers, &["2"], Context::Anywhere, "the subscribers", None),
    entry(Command::ViewTiming, &["3"], Context::Anywhere, "arrivals over time, acknowledgement", None),
    entry(Command::ViewLog, &["4"], Context::Anywhere, "what happened", None),
    entry(Command::ViewSources, &["5"], Context::Anywhere, "the sources: verdicts, rhythm, what is done well", None),
    entry(Command::ListSource, &["Enter"], Context::Sources, "the events of the source", Some("its events")),
    entry(Command::Hold, &["s"], Context::Subscribers, "suspend the subscriber, or go on", Some("suspend")),
    entry(
        Command::Retry,
        &["r"],
        Context::Subscribers,
        "retry what it has given up; in the queue: that one now",
        Some("retry"),
    ),
    entry(
        Command::OpenQueue,
        &["Enter"],
        Context::Subscribers,
        "its queue; in it, the event in the list",
        Some("queue"),
    ),
    entry(
        Command::AddSubscriber,
        &["a"],
        Context::Subscribers,
        "add a subscriber, kept in the configuration",
        Some("add"),
    ),
    entry(Command::Replay, &["R"], Context::Subscribers, "replay events of a filter to it", Some("replay")),
    entry(Command::EditSubscriber, &["e"], Context::Subscribers, "edit its settings in $EDITOR", Some("edit")),
    entry(
        Command::DropDead,
        &["D"],
        Context::Subscribers,
        "drop what it has given up; then the subscriber",
        Some("drop"),
    ),
    entry(Command::EarlierBar, &["Left", "h"], Context::Timing, "the bar before", Some("bar")),
    entry(Command::LaterBar, &["Right", "l"], Context::Timing, "the bar after", None),
    entry(Command::BarRange, &["v"], Context::Timing, "begin a range of bars; again: one bar", Some("range")),
    entry(Command::LongerSpan, &["-"], Context::Timing, "a longer span", Some("longer")),
    entry(Command::ShorterSpan, &["=", "+"], Context::Timing, "a shorter span", Some("shorter")),
    entry(Command::ListBar, &["Enter"], Context::Timing, "the events of the bars; Esc comes back", Some("list them")),
    entry(Command::Filter, &["/"], Context::Timing, "filter: all figures are of what matches", Some("filter")),
    entry(Command::Actions, &["x"], Context::Events, "all that can be done with the event", Some("actions")),
    entry(Command::Answers, &["b"], Context::Anywhere, "break answers on purpose: 500s, delays, drops ...", None)
        .in_menu(),
    entry(Command::Test, &["t"], Context::Events, "send a test event to this listener", None),
    entry(Command::Where, &["i"], Context::Anywhere, "where to send events", None),
    entry(Command::Mouse, &["M"], Context::Anywhere, "mouse off, to select text with it; or on again", None),
    entry(Command::Back, &["Esc"], Context::Anywhere, "one step back; never quits", None),
    entry(Command::Suspend, &["Ctrl-z"], Context::Anywhere, "suspend; a listener of this screen stops meanwhile", None),
    entry(Command::Redraw, &["Ctrl-l"], Context::Anywhere, "draw the screen anew", None),
    entry(Command::Help, &["?", ":", "F1"], Context::Anywhere, "this help: type to search, Enter runs", Some("help")),
    entry(Command::Quit, &["q"], Context::Anywhere, "quit; a listener of this screen stops with it", Some("quit")),
];

impl Command {
    /// Its name in the configuration's `[keys]`: `resend_to`.
    pub fn name(self) -> String {
        let mut out = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !out.is_empty() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        }
        out
    }

    /// Whether each view has its own answer to it.
    pub(super) fn is_of_a_view(self) -> bool {
        use Command::*;
        matches!(self, Down | Up | First | Last | PageDown | PageUp | HalfDown | HalfUp | Back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_key_and_help_and_no_key_two_meanings() {
        for (n, e) in TABLE.iter().enumerate() {
            assert!(!e.keys.is_empty() && !e.help.is_empty(), "{:?}", e.command);
            let clash = |o: &Entry| {
                let shared = o.context.covers(e.context) || e.context.covers(o.context);
                shared && o.keys.iter().any(|k| e.keys.contains(k))
            };
            assert!(!TABLE[n + 1..].iter().any(clash), "{:?}", e.command);
        }
    }
}
