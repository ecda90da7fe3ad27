//! All that can change the screen, and all that the screen can ask for.

use super::{Gesture, Key, Opened, Output};
use crate::body::{Colours, Comparison};
use crate::model::filter::{Filter, Saved};
use crate::model::{
    Diagnosis, EventId, Heads, Health, MarkOrder, Outgoing, Overview, OverviewWish, Page, PageWish, Queued,
    ResendOrder, Resent, Run, Scope, SecretOrder, SetupOrder, SourceFacts, Standing, Story, SubscriberOrder,
    SubscriberStanding, SuggestWish, Suggestions, TestWish, Timestamp,
};

/// The one inlet.
#[derive(Debug)]
pub enum Msg {
    /// A key, and when.
    Key(Key, Timestamp),
    /// Text pasted into the terminal; it never acts.
    Paste(String, Timestamp),
    /// The mouse, at a column and a row, and when.
    Mouse(Gesture, (u16, u16), Timestamp),
    /// The terminal has another size.
    Resize(u16, u16),
    /// The log has gone on.
    Heads(Heads),
    /// It is listened elsewhere now: the serving process was started again.
    Listening(Vec<String>),
    /// How many other processes look on at what this one serves.
    Watched(usize),
    /// Capture works, or does not; and when that was heard.
    Health(Health, Timestamp),
    /// What arrived over a span of time was counted.
    Overview(Box<Overview>, Timestamp),
    /// The sources were looked at, and when.
    Sources(Vec<SourceFacts>, Timestamp),
    /// When somebody listened.
    Runs(Vec<Run>),
    /// A window of rows was read, and when.
    Page(Page, Timestamp),
    /// The ids of rows were read, to be marked.
    Ids(Vec<EventId>, Timestamp),
    /// An event was read whole, and when.
    Opened(Box<Opened>, Timestamp),
    /// The colours of an event's body are known.
    Colours(EventId, Colours),
    /// How many guesses the doctor has made on an event.
    Guessing(EventId, usize),
    /// Why an event's signature is not right.
    Diagnosed(EventId, Diagnosis),
    /// What came of an order about secrets: words for it, or what went wrong and what to do.
    Keyed(Result<String, (String, String)>, Timestamp),
    /// What an order would send, or why it could not be sent.
    Previewed(ResendOrder, Result<Outgoing, (String, String)>),
    /// A re-send has ended, or could not be made (what, and what to do).
    Sent(ResendOrder, Result<Box<Resent>, (String, String)>, Timestamp),
    /// A test event was taken, or was not.
    Tested(Result<String, String>, Timestamp),
    /// A mark was set, with the events for which that changed something, or could not be (what, and what to do).
    Marked(MarkOrder, Result<Vec<EventId>, (String, String)>, Timestamp),
    /// What occurs in the place of a word of a filter was counted, and when.
    Suggested(SuggestWish, Suggestions, Timestamp),
    /// The rows of the events up to one were counted.
    Counted(Scope, u64, EventId),
    /// What `@name` means in a filter from now on.
    Saved(Saved),
    /// How the subscribers are doing.
    Subscribers(Vec<SubscriberStanding>, Timestamp),
    /// A subscriber was told what to do, or could not be (what, and what to do).
    Ordered((String, SubscriberOrder), Result<(), (String, String)>, Timestamp),
    /// What waits for a subscriber was read.
    Queued(Queued),
    /// The subscribers of the configuration were changed: words for it, or what went wrong and what to do.
    SetUp(Result<String, (String, String)>, Timestamp),
    /// What a replay by this filter would send to this subscriber was found, with how many are on their way to it anyway; or
    /// what went wrong and what to do.
    Replayable((String, Filter), Result<(Vec<EventId>, u64), (String, String)>, Timestamp),
    /// How the rules for answers stand.
    Standings(Vec<Standing>, Timestamp),
    /// A rule for answers was turned on or off, or could not be (what, and what to do).
    Turned((String, bool), Result<(), (String, String)>, Timestamp),
    /// The story of what an event is about was read; nothing where that is not known.
    Story(EventId, Option<Story>, Timestamp),
    /// Two events were compared.
    Compared(EventId, EventId, Comparison),
    /// A command has ended.
    Piped(Output),
    /// The editor has ended: what it left, if that is something else, or why it could not be used.
    Edited(EventId, Result<Option<String>, String>, Timestamp),
    /// Events were written into a file: words for it, or what went wrong.
    Exported(Result<String, String>, Timestamp),
    /// Something was handed to the terminal's clipboard.
    Copied(String, Timestamp),
    /// The log could not be read.
    ReadFailed(String, Timestamp),
    /// Time has gone on; only while something waits for it.
    Tick(Timestamp),
}

/// What the outside is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Read a window of rows.
    Page(PageWish),
    /// Read the ids of the rows between two events.
    Ids(Scope, (EventId, EventId)),
    /// Read an event whole.
    Open(EventId),
    /// Say what an order would send.
    Preview(ResendOrder),
    /// Send an event.
    Resend(ResendOrder),
    /// Count what occurs in the place of a word of a filter.
    Suggest(SuggestWish),
    /// Count the rows of the events up to this one.
    Count(Scope, EventId),
    /// Count what happened over a span of time.
    Overview(OverviewWish),
    /// Look at the sources.
    Sources,
    /// Read when somebody listened.
    Runs,
    /// Send a test event to this listener.
    Test(TestWish),
    /// Tell a subscriber what to do.
    Subscriber(String, SubscriberOrder),
    /// Read what waits for a subscriber.
    Queue(String),
    /// Change the subscribers of the configuration.
    SetUp(SetupOrder),
    /// Have a subscriber's settings edited.
    EditSubscriber(String),
    /// Find what a replay by a filter would send to a subscriber.
    Replayable(String, Filter),
    /// Write what matches into a file.
    Export(Filter, String),
    /// Turn a rule for answers on or off.
    Answer(String, bool),
    /// Use a secret, or read all of them again; and judge this event again.
    Secret(Option<SecretOrder>, EventId),
    /// Set a mark on events.
    Mark(MarkOrder),
    /// Put bytes on the clipboard; the label says what they are.
    Copy(String, Vec<u8>),
    /// Read the story of what an event is about.
    Story(EventId),
    /// Compare two events.
    Compare(EventId, EventId),
    /// Have a command run with these bytes.
    Pipe(String, Vec<u8>),
    /// End the command that is running.
    StopPipe,
    /// Show these bytes in the pager.
    Pager(Vec<u8>),
    /// Have a text edited.
    Edit(EventId, String),
    /// Suspend the process.
    Suspend,
    /// Have the mouse reported, or leave it to the terminal.
    Mouse(bool),
    /// Draw everything anew.
    Redraw,
    /// Leave with this exit status.
    Quit(u8),
}
