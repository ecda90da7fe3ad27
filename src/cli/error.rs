//! Errors at the edge: what went wrong, what to do about it, and the exit status.

use crate::config::ConfigError;
use crate::control::ControlError;
use crate::delivery::ResendError;
use crate::exchange::ImportError;
use crate::model::filter::FilterError;
use crate::model::safe;
use crate::runtime::ExportError;
use crate::runtime::{AttachError, ServeError};
use crate::store::{AppendError, StoreError};

/// The answer is no.
pub(super) const NO: u8 = 1;
/// Wrong usage or configuration.
pub(super) const USAGE: u8 = 2;
/// Cannot start or read.
pub(super) const CANNOT: u8 = 3;

/// Why a command ends early.
#[derive(Debug)]
pub(super) struct Failure {
    status: u8,
    pub(super) what: String,
    hint: String,
}

impl Failure {
    pub(super) fn new(status: u8, what: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure { status, what: what.into(), hint: hint.into() }
    }

    /// The answer is no, and nothing is wrong with the question.
    /// In one line, the file by its name alone: there is little room on a screen.
    pub(super) fn in_short(&self, file: &std::path::Path) -> String {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        format!("{}; {}", self.what.replace(&file.display().to_string(), &name), self.hint)
    }

    pub(super) fn is_no(&self) -> bool {
        self.status == NO
    }

    pub(super) fn is_usage(&self) -> bool {
        self.status == USAGE
    }

    /// Prints it and gives the exit status.
    pub(super) fn report(&self) -> u8 {
        // Help and version are asked for, not errors; a closed pipe is nobody's fault.
        if !self.what.is_empty() {
            eprintln!("error: {}", safe(&self.what));
            eprintln!("hint: {}", safe(&self.hint));
        }
        self.status
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        if !error.use_stderr() {
            // stdout may be closed already; there is nobody left to tell.
            let _ = error.print();
            return Failure::new(0, "", "");
        }
        let text = error.render().to_string();
        let paragraph: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        let what = paragraph.join(" ");
        let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
        let hint = tip.unwrap_or("whisper-tui --help lists commands and options");
        Failure::new(USAGE, what.strip_prefix("error: ").unwrap_or(&what), hint)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::new(USAGE, error.what, error.hint)
    }
}

impl From<FilterError> for Failure {
    fn from(error: FilterError) -> Self {
        Failure::new(USAGE, error.what, error.hint)
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        Failure::new(CANNOT, error.to_string(), "whisper-tui check looks at the log")
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::new(CANNOT, error.to_string(), error.hint())
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Store(error) => error.into(),
            ServeError::Listen(error) if error.source.kind() == std::io::ErrorKind::AddrInUse => {
                let next = error.address.port().saturating_add(1);
                let hint = format!(
                    "another one: whisper-tui --listen {}:{next}; any free one: --listen {}:0",
                    error.address.ip(),
                    error.address.ip()
                );
                Failure::new(CANNOT, format!("port {} is in use", error.address.port()), hint)
            }
            ServeError::Listen(error) => {
                Failure::new(CANNOT, error.to_string(), "another address: whisper-tui --listen ADDR:PORT")
            }
            ServeError::Control(_) => {
                Failure::new(CANNOT, error.to_string(), "put the log into another folder with --store PATH")
            }
        }
    }
}

impl From<ResendError> for Failure {
    fn from(error: ResendError) -> Self {
        let status = match &error {
            error if error.is_usage() => USAGE,
            ResendError::Store(_) => CANNOT,
            _ => NO,
        };
        Failure::new(status, error.to_string(), error.hint())
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Refused { what, hint, exit } => Failure::new(exit, what, hint),
            error => Failure::new(CANNOT, error.to_string(), "start one: whisper-tui, or whisper-tui serve"),
        }
    }
}

impl From<AttachError> for Failure {
    fn from(error: AttachError) -> Self {
        match error {
            AttachError::Store(error) => error.into(),
            AttachError::Control(error) => error.into(),
            AttachError::Io(error) => error.into(),
        }
    }
}

/// Writing to a closed pipe ends a command quietly.
impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::Io(error) => error.into(),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Failure::new(NO, error.to_string(), "a file that export wrote, or a HAR")
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::new(0, "", ""),
            _ => Failure::new(CANNOT, error.to_string(), "check the file and its permissions"),
        }
    }
}
