//! The asking end of the socket.

#[cfg(unix)]
use super::protocol::{Request, Step};
use crate::model::{
    EventId, MarkOrder, ResendOrder, Retention, SecretOrder, SetupOrder, SubscriberOrder, SubscriberStanding,
};
use serde_json::Value;
use std::path::Path;
#[cfg(unix)]
use std::time::Duration;

/// How long a question may go without an answer.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a re-send may take, the time that a subscriber gives its target included.
#[cfg(unix)]
const RESEND: Duration = Duration::from_secs(3600);

/// Why the serving process did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody serves the log.
    #[error("no whisper-tui serves {0}")]
    Nobody(String),
    /// The connection broke.
    #[error("the serving process is gone: {0}")]
    Broken(std::io::Error),
    /// It has ended.
    #[error("the serving process has ended")]
    Ended,
    /// It is there and says nothing.
    #[error("the serving process does not answer")]
    Silent,
    /// It refused.
    #[error("{what}")]
    Refused {
        /// Why.
        what: String,
        /// What to do about it.
        hint: String,
        /// Exit status for a command.
        exit: u8,
    },
}

/// A connection to the process that serves a log.
pub struct Client {
    #[cfg(unix)]
    stream: std::io::BufReader<std::os::unix::net::UnixStream>,
}

#[cfg(unix)]
impl Client {
    /// Connects to the process that serves `log`.
    pub fn connect(log: &Path) -> Result<Client, ControlError> {
        let nobody = |_| ControlError::Nobody(log.display().to_string());
        let socket = crate::store::socket_path(log);
        let (short, _folder) = super::socket::reachable(&socket).map_err(nobody)?;
        let stream = std::os::unix::net::UnixStream::connect(short).map_err(nobody)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(ControlError::Broken)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(ControlError::Broken)?;
        Ok(Client { stream: std::io::BufReader::new(stream) })
    }

    /// Where it listens.
    pub fn urls(&mut self) -> Result<Vec<String>, ControlError> {
        let hello = self.ask(&Request::Hello)?;
        let urls = hello["urls"].as_array().cloned().unwrap_or_default();
        Ok(urls.iter().filter_map(|u| u.as_str().map(str::to_owned)).collect())
    }

    /// Has an event sent again; the reply is the shape of `resend --json`.
    pub fn resend(&mut self, order: &ResendOrder) -> Result<Value, ControlError> {
        self.patience(Some(RESEND))?;
        self.ask(&Request::Resend { order: order.clone() })
    }

    /// Has a mark set on events; gives those for which that changed something.
    pub fn mark(&mut self, order: &MarkOrder) -> Result<Vec<EventId>, ControlError> {
        let reply = self.ask(&Request::Mark { order: order.clone() })?;
        let changed = reply["changed"].as_array().cloned().unwrap_or_default();
        Ok(changed.iter().filter_map(|id| id.as_i64().map(EventId)).collect())
    }

    /// Has a secret used, or all of them read again, and an event judged again; gives words for what was done.
    pub fn keys(&mut self, order: Option<SecretOrder>, event: Option<EventId>) -> Result<String, ControlError> {
        let reply = self.ask(&Request::Keys { order, event })?;
        Ok(reply["done"].as_str().unwrap_or_default().to_owned())
    }

    /// How the subscribers are doing.
    pub fn subscribers(&mut self) -> Result<Vec<SubscriberStanding>, ControlError> {
        let reply = self.ask(&Request::Subscribers)?;
        serde_json::from_value(reply["subscribers"].clone()).map_err(|e| ControlError::Broken(e.into()))
    }

    /// Tells a subscriber what to do.
    pub fn subscriber(&mut self, name: &str, order: SubscriberOrder) -> Result<(), ControlError> {
        self.ask(&Request::Subscriber { name: name.to_owned(), order }).map(drop)
    }

    /// Has the subscribers of the configuration changed; gives words for what was done, or the text that was asked for.
    pub fn set_up(&mut self, order: &SetupOrder) -> Result<String, ControlError> {
        let reply = self.ask(&Request::Setup { order: order.clone() })?;
        Ok(reply["done"].as_str().unwrap_or_default().to_owned())
    }

    /// Has events taken in, one a line as a file has them; gives their ids.
    pub fn import(&mut self, lines: &str) -> Result<Vec<EventId>, ControlError> {
        self.patience(None)?;
        let reply = self.ask(&Request::Import { lines: lines.to_owned() })?;
        let ids = reply["imported"].as_array().cloned().unwrap_or_default();
        Ok(ids.iter().filter_map(|id| id.as_i64().map(EventId)).collect())
    }

    /// Has a rule for answers turned on or off.
    pub fn answer(&mut self, rule: &str, on: bool) -> Result<(), ControlError> {
        self.ask(&Request::Answer { rule: rule.to_owned(), on }).map(drop)
    }

    /// Has removed what may go; gives how many events that were.
    pub fn prune(&mut self, retention: &Retention) -> Result<u64, ControlError> {
        self.patience(None)?;
        let reply = self.ask(&Request::Prune { retention: *retention })?;
        Ok(reply["removed"].as_u64().unwrap_or(0))
    }

    /// Starts to watch; then every `step` returns at the next change of the log.
    pub fn watch(&mut self) -> Result<(), ControlError> {
        self.ask(&Request::Watch)?;
        self.patience(None)
    }

    /// Waits for the next change.
    pub fn step(&mut self) -> Result<Step, ControlError> {
        serde_json::from_str(&self.line()?).map_err(|e| ControlError::Broken(e.into()))
    }

    /// The same, and whether anything changed within this time.
    pub fn step_within(&mut self, limit: Duration) -> Result<bool, ControlError> {
        // Nothing at all would be no limit.
        self.patience(Some(limit.max(Duration::from_millis(1))))?;
        match self.step() {
            Ok(_) => Ok(true),
            Err(ControlError::Silent) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn patience(&mut self, limit: Option<Duration>) -> Result<(), ControlError> {
        self.stream.get_ref().set_read_timeout(limit).map_err(ControlError::Broken)
    }

    fn ask(&mut self, request: &Request) -> Result<Value, ControlError> {
        use std::io::Write;
        let mut line = serde_json::to_string(request).map_err(|e| ControlError::Broken(e.into()))?;
        line.push('\n');
        self.stream.get_mut().write_all(line.as_bytes()).map_err(ControlError::Broken)?;
        let reply: Value = serde_json::from_str(&self.line()?).map_err(|e| ControlError::Broken(e.into()))?;
        match reply["error"].as_str() {
            None => Ok(reply),
            Some(what) => Err(ControlError::Refused {
                what: what.to_owned(),
                hint: reply["hint"].as_str().unwrap_or_default().to_owned(),
                exit: reply["exit"].as_u64().and_then(|e| u8::try_from(e).ok()).unwrap_or(1),
            }),
        }
    }

    fn line(&mut self) -> Result<String, ControlError> {
        use std::io::BufRead;
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => Err(ControlError::Ended),
            Ok(_) => Ok(line),
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => Err(ControlError::Silent),
            Err(e) => Err(ControlError::Broken(e)),
        }
    }
}

/// Named pipes are not there yet: on other systems every command finds nobody serving.
#[cfg(not(unix))]
impl Client {
    /// Finds nobody.
    pub fn connect(log: &Path) -> Result<Client, ControlError> {
        Err(ControlError::Nobody(log.display().to_string()))
    }
    /// Never called without a connection.
    pub fn urls(&mut self) -> Result<Vec<String>, ControlError> {
        Ok(Vec::new())
    }
    /// Never called without a connection.
    pub fn resend(&mut self, order: &ResendOrder) -> Result<Value, ControlError> {
        Err(ControlError::Nobody(order.target.clone()))
    }
    /// Never called without a connection.
    pub fn mark(&mut self, _: &MarkOrder) -> Result<Vec<EventId>, ControlError> {
        Ok(Vec::new())
    }
    /// Never called without a connection.
    pub fn subscribers(&mut self) -> Result<Vec<SubscriberStanding>, ControlError> {
        Ok(Vec::new())
    }
    /// Never called without a connection.
    pub fn subscriber(&mut self, _: &str, _: SubscriberOrder) -> Result<(), ControlError> {
        Ok(())
    }
    /// Never called without a connection.
    pub fn set_up(&mut self, _: &SetupOrder) -> Result<String, ControlError> {
        Ok(String::new())
    }
    /// Never called without a connection.
    pub fn answer(&mut self, _: &str, _: bool) -> Result<(), ControlError> {
        Ok(())
    }
    /// Never called without a connection.
    pub fn import(&mut self, _: &str) -> Result<Vec<EventId>, ControlError> {
        Ok(Vec::new())
    }
    /// Never called without a connection.
    pub fn prune(&mut self, _: &Retention) -> Result<u64, ControlError> {
        Ok(0)
    }
    /// Never called without a connection.
    pub fn watch(&mut self) -> Result<(), ControlError> {
        Ok(())
    }
    /// Never called without a connection.
    pub fn keys(&mut self, _: Option<SecretOrder>, _: Option<EventId>) -> Result<String, ControlError> {
        Ok(String::new())
    }
    /// Never called without a connection.
    pub fn step_within(&mut self, _: std::time::Duration) -> Result<bool, ControlError> {
        Ok(false)
    }
    /// Never called without a connection.
    pub fn step(&mut self) -> Result<Step, ControlError> {
        Ok(Step::default())
    }
}
