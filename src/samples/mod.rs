//! Events as providers send them, made fresh: of a sample in `assets/samples`, of the catalogue's entry, or like a stored one.
//! It must not send: `delivery` does.

mod draft;
mod file;
mod fill;
mod prepare;
mod set;

pub use draft::{Draft, Signing};
pub use file::types;
pub use fill::Fresh;
pub use prepare::{Prepared, Sending, Signed};
