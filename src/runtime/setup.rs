//! Changes to subscribers and saved filters while the program runs: written into the configuration, and in force at once.
//! It must not decide what is right: the configuration is read again as at a start, and put back where that fails.

use super::Keys;
use super::keys::{self, Refusal};
use crate::config::{TableChange, change_subscribers, save_filter, subscriber_text};
use crate::delivery::Subscribers;
use crate::model::{Destination, SetupOrder};
use crate::store::Store;
use std::sync::PoisonError;

/// Carries out an order of whoever serves the log. Gives words for what was done, or the text that was asked for.
pub fn carry_out(
    keys: &Keys,
    (store, subscribers): (&Store, &Subscribers),
    order: &SetupOrder,
) -> Result<String, Refusal> {
    let _file = keys.file.lock().unwrap_or_else(PoisonError::into_inner);
    let refused = |what: String| (what, "whisper-tui check examines the configuration".to_owned());
    let names: Vec<String> = subscribers.list().iter().map(|one| one.name.clone()).collect();
    let (change, words) = match order {
        SetupOrder::Show(name) => return subscriber_text(&keys.config, name).map_err(refused),
        SetupOrder::Add { target, when } => {
            let target = Destination::parse(target).map_err(|e| (e.to_string(), e.hint()))?;
            if let Some(same) = subscribers.list().iter().find(|one| one.target == target) {
                let what = format!("{} sends events there already", same.name);
                return Err((what, "e edits it; the file takes a second one by another name".to_owned()));
            }
            let (name, target) = (free_name(&target, &names), target.to_string());
            let words = format!("{name} gets events from now on");
            (change_subscribers(&keys.config, &TableChange::Add(&name, &target, when)), words)
        }
        SetupOrder::Write(name, text) => {
            (change_subscribers(&keys.config, &TableChange::Write(name, text)), format!("{name} is as you wrote it"))
        }
        SetupOrder::Save { name, filter } => {
            let words = format!("@{name} stands for {filter}");
            (save_filter(&keys.config, name, filter), words)
        }
        SetupOrder::Remove(name) => {
            let words = format!("{name} gets nothing any more; its place is kept for 7 days");
            (change_subscribers(&keys.config, &TableChange::Remove(name)), words)
        }
    };
    let change = change.map_err(refused)?;
    change.write().map_err(refused)?;
    match keys::locked(keys, (store, subscribers), None, None) {
        Ok(_) => Ok(words),
        Err(refusal) => {
            change.take_back().map_err(refused)?;
            Err(refusal)
        }
    }
}

/// A name that nobody has: host and port, or the command's first word.
fn free_name(target: &Destination, taken: &[String]) -> String {
    let base = match target {
        Destination::Url(target) => target.authority(),
        Destination::Exec(command) => command.split_whitespace().next().unwrap_or("command").to_owned(),
    };
    let names = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}-{n}")));
    names.take(taken.len() + 1).find(|name| !taken.contains(name)).unwrap_or(base)
}
