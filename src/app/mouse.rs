//! The mouse: a click chooses what it points at, the wheel moves the pane under the pointer.
//! It must not be the only way to anything: whatever it does a key does too.

use super::{App, Area, CHOICES, Code, Effect, Focus, Hint, Key, Line, Overlay, Tab, View};
use crate::model::Timestamp;

/// Rows that one notch of the wheel moves.
const NOTCH: isize = 3;
/// A second click on one place within this opens it, in microseconds.
const DOUBLE_US: i64 = 400_000;

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// The left button was pressed.
    Click,
    /// The mouse was moved with the left button pressed.
    Drag,
    /// The left button was let go.
    Release,
    /// The right button was pressed.
    Menu,
    /// The wheel was turned up.
    WheelUp,
    /// The wheel was turned down.
    WheelDown,
}

/// What is known of the mouse.
#[derive(Debug)]
pub struct Pointer {
    /// The terminal reports it.
    pub on: bool,
    /// Where it was pressed last, and when.
    clicked: Option<((u16, u16), Timestamp)>,
    /// The border between list and detail is being moved.
    dragging: bool,
}

impl Default for Pointer {
    fn default() -> Self {
        Pointer { on: true, clicked: None, dragging: false }
    }
}

impl App {
    /// The mouse here, or in the terminal, where it selects text.
    pub(super) fn toggle_mouse(&mut self, at: Timestamp) -> Vec<Effect> {
        self.pointer.on = !self.pointer.on;
        let words = match self.pointer.on {
            true => "the mouse works here again",
            false => "the mouse is the terminal's; M takes it back",
        };
        self.say(words, at);
        vec![Effect::Mouse(self.pointer.on)]
    }

    pub(super) fn mouse(&mut self, gesture: Gesture, at: (u16, u16), when: Timestamp) -> Vec<Effect> {
        if self.is_blind() {
            return Vec::new();
        }
        if at.1 == self.hints_row() && gesture == Gesture::Click {
            return self.click_hint(at.0, when);
        }
        if at.1 == 0 && gesture == Gesture::Click && matches!(self.overlay, Overlay::None) {
            let width = |text: &str| text.chars().count() as u16;
            let tabs = self.header().tabs;
            let tab = tabs.into_iter().find(|(x, _, text)| (*x..*x + width(text)).contains(&at.0));
            return tab.map_or_else(Vec::new, |(_, view, _)| self.turn_to(view, when));
        }
        let no_menu = matches!(self.overlay, Overlay::None);
        if self.is_first_run() && self.view == View::Events && no_menu {
            return Vec::new();
        }
        if no_menu {
            self.list.alone = false;
        }
        match gesture {
            Gesture::Drag if self.pointer.dragging => {
                self.drag_border(at);
                return Vec::new();
            }
            Gesture::Drag => return self.say("Shift-drag selects text, M turns the mouse off", when),
            Gesture::Release => {
                self.pointer.dragging = false;
                return Vec::new();
            }
            _ => {}
        }
        if self.toast.as_ref().is_some_and(|t| t.error) && gesture == Gesture::Click {
            self.toast = None;
        }
        if !matches!(self.overlay, Overlay::None) || self.view != View::Events {
            return match gesture {
                Gesture::WheelUp => self.notch(Code::Up, when),
                Gesture::WheelDown => self.notch(Code::Down, when),
                Gesture::Click if no_menu && self.view == View::Subscribers => {
                    let inside = self.layout().panes.inside(self.layout().boxed);
                    let again =
                        |(place, before): ((u16, u16), Timestamp)| place.1 == at.1 && when.since(before) < DOUBLE_US;
                    let twice = self.pointer.clicked.replace((at, when)).is_some_and(again);
                    self.click_subscribers(usize::from(at.1.saturating_sub(inside.y)), twice, when)
                }
                Gesture::Click => self.click_menu(at, when),
                Gesture::Menu | Gesture::Drag | Gesture::Release => Vec::new(),
            };
        }
        let layout = self.layout();
        let by = match gesture {
            Gesture::Click | Gesture::Menu | Gesture::Drag | Gesture::Release => 0,
            Gesture::WheelUp => -NOTCH,
            Gesture::WheelDown => NOTCH,
        };
        if gesture == Gesture::Click && self.is_border(at) {
            self.pointer.dragging = true;
            return Vec::new();
        }
        if layout.list.holds(at) {
            return match gesture {
                Gesture::Click => self.click_list(at, when),
                Gesture::Menu => {
                    let effects = self.click_list(at, when);
                    self.pointer.clicked = None;
                    self.open_menu();
                    effects
                }
                _ => self.list.scroll(self.list.downwards(by), self.list_height()),
            };
        }
        if layout.detail.holds(at) {
            return match gesture {
                Gesture::Click => {
                    self.focus = Focus::Detail;
                    self.click_detail(at)
                }
                Gesture::Menu => {
                    self.focus = Focus::Detail;
                    self.open_menu()
                }
                // The wheel moves what is under it and nothing else: keys go on meaning what they meant.
                _ => self.scroll_view(by),
            };
        }
        Vec::new()
    }

    /// What can be done with the event that was pointed at: marks mean nothing to it unless it is marked.
    fn open_menu(&mut self) -> Vec<Effect> {
        self.list.alone = self.list.selected.as_ref().is_some_and(|row| !self.list.is_marked(row.id));
        self.open(Overlay::Actions(0))
    }

    /// A notch of the wheel over what is not the list or the detail: a menu moves by a row, a text by several.
    fn notch(&mut self, code: Code, when: Timestamp) -> Vec<Effect> {
        let rows = if matches!(self.overlay, Overlay::Actions(_) | Overlay::Answers(_) | Overlay::Resend(_)) {
            1
        } else {
            NOTCH
        };
        (0..rows).flat_map(|_| self.pressed(Key { code, ctrl: false }, false, when)).collect()
    }

    /// A hint is a button: it presses its key.
    fn click_hint(&mut self, x: u16, when: Timestamp) -> Vec<Effect> {
        let wide = |hint: &Hint| (hint.key.chars().count() + hint.word.chars().count() + 1) as u16;
        let hint = self.hints().into_iter().find(|hint| (hint.x..hint.x + wide(hint)).contains(&x));
        hint.and_then(|hint| Key::named(&hint.key)).map_or_else(Vec::new, |key| self.key(key, when))
    }

    /// Runs the row of a menu; a click beside it closes it. In the help, where one reads, the first click only chooses.
    fn click_menu(&mut self, at: (u16, u16), when: Timestamp) -> Vec<Effect> {
        let panes = self.layout().panes;
        if let Overlay::Resend(dialog) = &mut self.overlay {
            return if dialog.click(panes, at) { self.ask_preview() } else { Vec::new() };
        }
        let (row, on_help) = (self.menu_row(at), self.is_on_help(at));
        let enter = Key { code: Code::Enter, ctrl: false };
        match (&mut self.overlay, row) {
            (Overlay::Help(help), Some(row)) if help.chosen != row => {
                help.chosen = row;
                return Vec::new();
            }
            (Overlay::Help(_), Some(_)) => {}
            (Overlay::Help(_), None) if on_help => return Vec::new(),
            (Overlay::Actions(chosen) | Overlay::Answers(chosen), Some(row)) => *chosen = row,
            (Overlay::Copy, Some(row)) => {
                self.overlay = Overlay::None;
                return CHOICES.get(row).map_or_else(Vec::new, |(key, _)| self.copy(*key, when));
            }
            (Overlay::Help(_) | Overlay::Actions(_) | Overlay::Answers(_) | Overlay::Copy, None) => {
                return self.close();
            }
            _ => return Vec::new(),
        }
        self.key(enter, when)
    }

    /// Chooses the row; a second click opens it.
    fn click_list(&mut self, at: (u16, u16), when: Timestamp) -> Vec<Effect> {
        self.focus = Focus::List;
        let rows = self.layout().list_rows();
        let before = self.pointer.clicked.take();
        let Some(row) = at.1.checked_sub(rows.y).filter(|_| rows.holds(at)) else { return Vec::new() };
        let height = self.list_height();
        let lines = self.list.visible(height, &self.place.zone);
        let Some(id) = lines.get(usize::from(row)).and_then(Line::event).map(|row| row.id) else { return Vec::new() };
        if before.is_some_and(|(place, first)| place.1 == at.1 && when.since(first) < DOUBLE_US) {
            // The second click opens what the first one chose, whatever has come to that place since.
            return self.open_selected(when);
        }
        self.pointer.clicked = Some((at, when));
        self.list.choose(id, height)
    }

    /// Turns to the tab, or moves the body's cursor to the line.
    fn click_detail(&mut self, at: (u16, u16)) -> Vec<Effect> {
        let layout = self.layout();
        let inside = layout.detail.inside(layout.boxed);
        if at.1 == inside.y {
            let mut x = inside.x;
            for (tab, name) in self.tab_names() {
                let width = name.chars().count() as u16 + 2;
                if (x..x + width).contains(&at.0) {
                    self.detail.tab = tab;
                    self.detail.sideways = 0;
                }
                x += width;
            }
            return Vec::new();
        }
        let area = layout.detail_lines();
        if self.detail.tab == Tab::Body && area.holds(at) {
            let row = usize::from(at.1 - area.y);
            if let Some(line) = self.detail.body_rows(area).get(row).map(|row| row.line) {
                // A second click on a line closes or opens what begins there.
                match line == self.detail.cursor {
                    true => self.detail.turn_fold(),
                    false => self.detail.cursor = line,
                }
            }
        }
        Vec::new()
    }
}

impl Area {
    /// Whether a cell lies in it.
    pub(super) fn holds(self, (x, y): (u16, u16)) -> bool {
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }
}
