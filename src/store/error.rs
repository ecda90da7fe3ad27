//! What can go wrong with the log, in words for the person who has to mend it.

use std::path::PathBuf;

/// Why a log cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no file.
    #[error("there is no event log at {}", .0.display())]
    Missing(PathBuf),
    /// Another process serves it.
    #[error("another whisper-tui already serves {} (pid {pid})", path.display())]
    Served {
        /// The log.
        path: PathBuf,
        /// Who serves it.
        pid: String,
    },
    /// A later release wrote it.
    #[error("{} was made by a newer whisper-tui (log version {found}, this one knows {known})", path.display())]
    Newer {
        /// The log.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// An earlier release wrote it, and a reader never migrates.
    #[error("{} was made by an older whisper-tui (log version {found})", path.display())]
    Older {
        /// The log.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// Some other file.
    #[error("{} is not an event log of whisper-tui: {why}", path.display())]
    NotALog {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("the event log cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl StoreError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            StoreError::Missing(_) => "start whisper-tui once, or name another log with --store PATH".into(),
            StoreError::Served { .. } => "another log: whisper-tui --store PATH; or stop the other process".into(),
            StoreError::Newer { .. } => "update whisper-tui; the log was left untouched".into(),
            StoreError::Older { .. } => "start whisper-tui on it once to bring it up to date".into(),
            StoreError::NotALog { .. } => "name another file with --store PATH; this one was left untouched".into(),
            StoreError::File { .. } => {
                "check the path and its permissions, or name another log with --store PATH".into()
            }
            StoreError::Sqlite(_) => "whisper-tui check says more".into(),
        }
    }
}

/// Why an event was not kept. In each case the sender is told to try again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// More events wait for the disk than may.
    #[error("the queue to the disk is full")]
    QueueFull,
    /// The log is at twice its size.
    #[error("the log has twice the size that it may have")]
    Full,
    /// The commit failed.
    #[error("{0}")]
    Failed(String),
    /// The log is closing.
    #[error("shutting down")]
    Closed,
}
