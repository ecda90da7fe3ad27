//! whisper-tui
mod config;
mod listener;
mod model;
mod store;
mod verify;
