//! The story of what an event is about: its events in order, its last state, what is pending at whom.
//! It must not read the log: whoever does gives the story.

use crate::app::{App, Code, Effect, Focus, Key, Overlay, View};
use crate::model::filter::Filter;
use crate::model::{Chapter, DeliveryState, EventId, Painted, Role, Story, Timestamp, safe};

/// The popup's state.
#[derive(Debug, PartialEq)]
pub struct StorySheet {
    story: Story,
    chosen: usize,
}

impl App {
    pub(in crate::app) fn open_story(&mut self, at: Timestamp) -> Vec<Effect> {
        match self.list.selected.as_ref().map(|row| row.id) {
            Some(id) => vec![Effect::Story(id)],
            None => self.say("there is no event yet", at),
        }
    }

    pub(in crate::app) fn take_story(&mut self, id: EventId, story: Option<Story>, at: Timestamp) -> Vec<Effect> {
        let Some(story) = story else {
            return self.say(&format!("the catalogue does not know what #{id} is about"), at);
        };
        let chosen = story.chapters.iter().position(|chapter| chapter.id == id).unwrap_or(0);
        self.show_later(Overlay::Story(StorySheet { story, chosen }))
    }

    pub(in crate::app) fn story_key(&mut self, key: Key) -> Vec<Effect> {
        let height = usize::from(self.layout().panes.inside(true).height);
        let Overlay::Story(sheet) = &mut self.overlay else { return Vec::new() };
        let last = sheet.story.chapters.len().saturating_sub(1);
        match key.code {
            Code::Esc | Code::Char('q' | 'E') => return self.close(),
            Code::Enter => {
                let id = sheet.story.chapters.get(sheet.chosen).map(|chapter| chapter.id);
                self.overlay = Overlay::None;
                (self.view, self.focus) = (View::Events, Focus::List);
                return id.map(|id| self.list.jump(id)).unwrap_or_default();
            }
            Code::Char('/') => {
                let filter = Filter::about(&sheet.story.source, &sheet.story.object);
                self.overlay = Overlay::None;
                (self.view, self.focus) = (View::Events, Focus::List);
                return self.show(|scope| scope.filter = Some(filter));
            }
            _ => sheet.chosen = sheet.chosen.saturating_add_signed(super::sheet::scrolls(key, height)).min(last),
        }
        Vec::new()
    }

    /// The popup's title.
    pub fn story_title(&self, sheet: &StorySheet) -> String {
        let more = if sheet.story.cut { "the last " } else { "" };
        format!("{} of {}: {more}{}", safe(&sheet.story.object), safe(&sheet.story.source), count(&sheet.story))
    }

    /// The popup's lines, and the first one shown where there is room for so many.
    pub fn story_lines(&self, sheet: &StorySheet, (width, height): (usize, usize)) -> (Vec<Painted>, usize) {
        let mut lines = above(&sheet.story);
        let mut first = 0;
        for (n, chapter) in sheet.story.chapters.iter().enumerate() {
            lines.extend(self.chapter_lines(chapter, &sheet.story, (n == sheet.chosen, width)));
            if n == sheet.chosen {
                first = lines.len().saturating_sub(height);
            }
        }
        (lines, first)
    }

    /// An event in one line, or where there is no room for all of it in two.
    fn chapter_lines(&self, chapter: &Chapter, story: &Story, (chosen, width): (bool, usize)) -> Vec<Painted> {
        let (line, more) = (self.chapter_line(chapter, chosen), became(chapter, story));
        if line.width() + more.width() <= width {
            return vec![more.pieces().fold(line, |line, (role, text)| line.and(role, text))];
        }
        let indent = Painted::plain("        ");
        vec![line, more.pieces().fold(indent, |line, (role, text)| line.and(role, text))]
    }

    fn chapter_line(&self, chapter: &Chapter, chosen: bool) -> Painted {
        let zone = &self.place.zone;
        let mark = if chosen { "▌" } else { " " };
        let day = chapter.received_at.date(zone);
        // Of another day the date says more than the time.
        let made = chapter.made_at.map_or_else(String::new, |at| match at.date(zone) == day {
            true => at.clock(zone),
            false => at.date(zone).split_off(5),
        });
        let made = format!("{made:<8}");
        let id = format!("#{}", chapter.id);
        let label: String = safe(&chapter.label).to_string().chars().take(30).collect();
        Painted::of(
            if chosen { Role::Strong } else { Role::Plain },
            format!("{mark}{id:<7} {made}  {}  {label:<30} ", chapter.received_at.clock(zone)),
        )
        .and(chapter.verdict.into(), format!("{:<5}", chapter.verdict.word()))
        .and(Role::Key, chapter.state.as_ref().map_or(String::new(), |state| format!(" {}", safe(state))))
    }
}

/// Which arrival it is, what it came after, and what became of it for subscribers.
fn became(chapter: &Chapter, story: &Story) -> Painted {
    let mut line = Painted::default();
    if chapter.arrival > 1 {
        line.push(Role::Faint, format!(" (no. {})", chapter.arrival));
    }
    // Of events about other things the order does not matter here.
    let own = |id: &EventId| story.chapters.iter().any(|one| one.id == *id);
    if let Some(by) = chapter.overtaken_by.filter(own) {
        line.push(Role::Warn, format!(" after #{by}"));
    }
    for delivery in &chapter.deliveries {
        let role = match delivery.state {
            DeliveryState::Delivered => Role::Good,
            DeliveryState::Dead => Role::Bad,
            DeliveryState::Retrying | DeliveryState::Skipped => Role::Warn,
        };
        line.push(role, format!(" {}:{}", safe(&delivery.subscriber), delivery.state.name()));
    }
    for name in &chapter.waits_for {
        line.push(Role::Warn, format!(" {}:waiting", safe(name)));
    }
    line
}

fn above(story: &Story) -> Vec<Painted> {
    let state = match story.last_state() {
        Some((chapter, state)) => Painted::plain(" its last state  ")
            .and(Role::Strong, safe(state).to_string())
            .and(Role::Faint, format!("  said by #{}", chapter.id)),
        None => Painted::of(Role::Faint, " no event with a right signature says in which state it is"),
    };
    let pending = story.pending();
    let pending = match pending.is_empty() {
        true => Painted::of(Role::Good, " nothing of it is pending"),
        false => {
            let words: Vec<String> = pending
                .iter()
                .map(|(name, ids)| {
                    let ids: Vec<String> = ids.iter().map(|id| format!("#{id}")).collect();
                    format!("{} has not taken {}", safe(name), ids.join(" "))
                })
                .collect();
            Painted::of(Role::Warn, format!(" pending: {}", words.join("; ")))
        }
    };
    vec![
        state,
        pending,
        Painted::default(),
        Painted::of(Role::Faint, format!(" {:<7} {:<8}  {:<8}  {:<30} SIG   STATE", "EVENT", "MADE", "CAME", "TYPE")),
    ]
}

fn count(story: &Story) -> String {
    crate::model::count(story.chapters.len() as u64, "event")
}
