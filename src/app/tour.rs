//! The demo's tour: one thing to try after the other, each done by doing it.
//! It must not press keys or change anything itself.

use super::command::Command;
use super::{App, Overlay, Tab};
use crate::model::{Standing, SubscriberState, Verdict};
use unicode_width::UnicodeWidthStr;

/// How far the user has come.
#[derive(Debug, Default)]
pub struct Tour {
    step: usize,
    /// Commands since this step began.
    seen: Vec<Command>,
}

struct Step {
    words: &'static str,
    done: fn(&App, &[Command]) -> bool,
}

const STEPS: [Step; 12] = [
    Step {
        words: "Events of a dozen senders arrive, as they would by a tunnel. j and k (or the arrows) choose one; G follows the newest.",
        done: |_, seen| seen.iter().any(|command| MOVES.contains(command)),
    },
    Step {
        words: "Enter opens it. ] turns the tabs: body, headers, the signature with its proof, deliveries, timing. Esc goes back to the list.",
        done: |app, _| app.detail.tab != Tab::Body,
    },
    Step {
        words: "Who is not genuine? In the list (Esc) ! shows problems only. Choose a Stripe event that says BAD.",
        done: |app, _| {
            app.list.selected.as_ref().is_some_and(|row| row.source == "stripe" && row.verdict == Verdict::Invalid)
        },
    },
    Step {
        words: "Enter opens it; ] until Signature: the cause stands under Why. a and Enter use the secret that matches; stored events are judged again.",
        done: |app, seen| {
            let right = |verdict: Verdict| verdict == Verdict::Valid;
            seen.contains(&Command::Secret) && app.current().is_some_and(|o| right(o.stored.event.judgement.verdict))
        },
    },
    Step {
        words: "Esc, and ! shows all again. r sends an event on to a handler of the demo that fails now and then: press it until it answers 200.",
        done: |app, seen| {
            let taken = app.current().and_then(|o| o.stored.attempts.last()).is_some_and(|a| a.what.succeeded());
            seen.contains(&Command::Resend) && app.sending == 0 && taken
        },
    },
    Step {
        words: "Enter opens the event, d shows there what changed between its last two answers. (R asks for another target, e edits the event.)",
        done: |app, _| matches!(app.overlay, Overlay::Sheet(_) | Overlay::Resend(_)),
    },
    Step {
        words: "Esc to the list. / filters: type source:github or is:duplicate, then Enter. (/ Ctrl-u Enter shows all again.)",
        done: |app, _| app.list.scope.filter.is_some() && app.list.matching.is_some_and(|many| many > 0),
    },
    Step {
        words: "Do senders retry? b, choose flaky, Enter, Esc: each event is answered 500 twice before it is taken. Wait for x2 and x3 in the list.",
        done: |app, _| {
            let failed = |s: &Standing| s.told.iter().any(|(kind, many)| kind != "200" && *many > 2);
            matches!(app.overlay, Overlay::None) && app.standings.iter().any(|s| s.on && failed(s))
        },
    },
    Step {
        words: "2: who gets events by itself, with what waits and what was given up. s suspends it, s again lets it catch up. (Esc: the list)",
        done: |app, seen| {
            seen.contains(&Command::Hold) && app.subscribers.all.iter().all(|s| s.state != SubscriberState::Suspended)
        },
    },
    Step {
        words: "3 shows arrivals over time, and what senders were told; 4 what happened, and when nobody listened: such gaps stand in the list, too.",
        done: |_, seen| seen.contains(&Command::ViewTiming) && seen.contains(&Command::ViewLog),
    },
    Step {
        words: "1 is the list again. ? finds every key by a word. x shows all that can be done with an event; c copies it as curl, # is a note.",
        done: |_, seen| seen.contains(&Command::Help) && seen.contains(&Command::Actions),
    },
    Step {
        words: "That was the tour: look around. q leaves, and nothing stays behind. Then: whisper-tui --secret stripe=env:YOUR_SECRET",
        done: |_, _| false,
    },
];

const MOVES: [Command; 6] =
    [Command::Down, Command::Up, Command::First, Command::Last, Command::PageUp, Command::PageDown];

impl App {
    /// A command is being carried out.
    pub(super) fn tour_sees(&mut self, command: Command) {
        if let Some(tour) = self.tour.as_mut().filter(|tour| !tour.seen.contains(&command)) {
            tour.seen.push(command);
        }
    }

    /// Goes on with the tour where its step is done.
    pub(super) fn tour_goes_on(&mut self) {
        let Some(tour) = &self.tour else { return };
        if STEPS.get(tour.step).is_some_and(|step| (step.done)(self, &tour.seen)) {
            self.tour = Some(Tour { step: tour.step + 1, seen: Vec::new() });
        }
    }

    /// Rows at the foot of the screen that the tour takes, equal for all its steps.
    pub fn tour_height(&self) -> u16 {
        let rows = |step: usize| wrapped(step, self.size.0.into()).len() as u16;
        if self.tour.is_none() { 0 } else { (0..STEPS.len()).map(rows).max().unwrap_or(0) }
    }

    /// The tour's rows as they are now; nothing where there is no tour.
    pub fn tour_rows(&self) -> Vec<String> {
        self.tour.as_ref().map_or_else(Vec::new, |tour| wrapped(tour.step, self.size.0.into()))
    }
}

/// The words of a step on rows of so many columns.
fn wrapped(step: usize, width: usize) -> Vec<String> {
    let words = format!("Tour {}/{}: {}", step + 1, STEPS.len(), STEPS[step].words);
    let mut rows: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match rows.last_mut().filter(|row| row.width() + 1 + word.width() < width) {
            Some(row) => {
                row.push(' ');
                row.push_str(word);
            }
            None => rows.push(format!(" {word}")),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_room_on_a_small_screen() {
        for step in 0..STEPS.len() {
            for width in [60, 80, 140] {
                let rows = wrapped(step, width);
                assert!(rows.len() <= if width < 80 { 3 } else { 2 }, "{rows:?}");
                assert!(rows.iter().all(|row| row.width() <= width), "{rows:?}");
            }
        }
    }
}
