//! What lies over the panes: menus, dialogs, prompts, sheets to read. One at a time, and each takes the keys while it is
//! there. It must not draw, and asks for what it cannot do itself.

mod actions;
mod answers;
mod compare;
mod confirm;
mod copy;
mod dialog;
mod filter;
mod foreign;
mod help;
mod menus;
mod offers;
mod outside;
mod preview;
mod secret;
mod sheet;
mod story;
mod subscribe;
mod verbs;

pub use actions::ActionRow;
pub use compare::{Compare, difference};
pub use confirm::Confirm;
pub(in crate::app) use confirm::Question;
pub use copy::CHOICES;
pub use dialog::{Dialog, Group};
pub(in crate::app) use dialog::{edit_request, pasted};
pub use filter::{FilterPrompt, SYNTAX};
pub use foreign::Foreign;
pub use help::Help;
pub use menus::first_action;
pub use offers::Offer;
pub use outside::Output;
pub use secret::SecretPrompt;
pub use sheet::Sheet;
pub use story::StorySheet;
pub use subscribe::Subscribe;
