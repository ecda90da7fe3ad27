//! The arguments as clap reads them. Names and defaults are those of contract section 3.

use clap::{ArgGroup, Args as ClapArgs, Parser, Subcommand};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A terminal inspector for webhooks: keeps every request, proves its signature, sends it again.
#[derive(Debug, Parser)]
#[command(name = "whisper-tui", version, disable_help_subcommand = true)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Clone, Debug, ClapArgs)]
pub(super) struct Global {
    /// The event log [default: $XDG_DATA_HOME/whisper-tui/events.db]
    #[arg(long, global = true, env = "WHISPER_STORE", value_name = "PATH")]
    pub(super) store: Option<PathBuf>,
    /// The configuration file [default: $XDG_CONFIG_HOME/whisper-tui/config.toml]
    #[arg(long, global = true, env = "WHISPER_CONFIG", value_name = "PATH")]
    pub(super) config: Option<PathBuf>,
    /// Where to listen; repeatable; port 0 = any free one [default: 127.0.0.1:9477]
    #[arg(long, global = true, env = "WHISPER_LISTEN", value_name = "ADDR:PORT", value_delimiter = ',')]
    pub(super) listen: Vec<SocketAddr>,
    /// A subscriber named by its URL, for all events; repeatable
    #[arg(long, global = true, env = "WHISPER_FORWARD", value_name = "URL", value_delimiter = ',')]
    pub(super) forward: Vec<String>,
    /// Subscribers get what they have missed, however much that is, without a question
    #[arg(long, global = true, conflicts_with = "skip")]
    pub(super) catch_up: bool,
    /// Subscribers leave out what they have missed; it is recorded as skipped
    #[arg(long, global = true)]
    pub(super) skip: bool,
    /// A signing secret by reference: [PROVIDER=]env:NAME or file:PATH; repeatable
    #[arg(
        long,
        global = true,
        env = "WHISPER_SECRET",
        value_name = "[PROVIDER=]REF",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub(super) secret: Vec<String>,
    /// auto, dark, light, contrast, colour-blind or none (NO_COLOR = none) [default: auto]
    #[arg(long, global = true, env = "WHISPER_THEME", value_name = "NAME")]
    pub(super) theme: Option<String>,
    /// Nothing but ASCII on the screen (also where the locale is C)
    #[arg(long, global = true, env = "WHISPER_ASCII", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) ascii: bool,
    /// Machine output: one JSON object a line
    #[arg(long, global = true, env = "WHISPER_JSON", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) json: bool,
    #[arg(long, global = true, hide = true)]
    pub(super) debug_panic: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Listen without the interface; a line per event at its commit
    Serve(Serve),
    /// The interface over a log that another process is serving
    Attach,
    /// Print stored events, oldest first
    List(List),
    /// Print the last events, then follow
    Tail(Tail),
    /// Print one event
    Show(Show),
    /// Send events again and print each answer
    Resend(Resend),
    /// Pin events, note something beside them, delete or restore them
    Mark(Mark),
    /// Remove old events for good; asks on a terminal
    Prune(Prune),
    /// Which secrets there are; keep one, forget one
    Secrets(Secrets),
    /// What differs between two events; exit status 1 where something does
    Diff(Diff),
    /// Check signatures, of stored events or offline
    Verify(Verify),
    /// Wait until matching events arrive, for scripts; exit status 1 when time runs out
    Wait(Wait),
    /// Send an event as a provider would, freshly signed
    Send(Send),
    /// Who gets events by itself, and how that goes; tell one what to do
    Subscribers(Subscribers),
    /// What arrived, counted by source; when nobody listened
    Stats(Stats),
    /// Write events into a file: NDJSON, HAR or curl commands
    Export(Export),
    /// Read events from a file that export wrote, or from a HAR; they are of the class import
    Import(Import),
    /// The provider catalogue, or one entry explained
    Providers(Providers),
    /// Look around without a sender: a log of its own, events that arrive, a tour
    Demo,
    /// What is wrong with configuration, log and port, and how to mend it
    Check(Check),
    /// A script that completes commands and options in a shell
    Completions(Completions),
    /// The manual page, for man -l
    Man,
}

#[derive(Debug, Default, ClapArgs)]
pub(super) struct Serve {
    /// Metrics for Prometheus at /metrics of this address; a port alone is one of this machine
    #[arg(long, env = "WHISPER_METRICS", value_name = "[ADDR:]PORT", value_parser = metrics_address)]
    pub(super) metrics: Option<SocketAddr>,
}

/// Whoever wants to be asked from elsewhere says so.
fn metrics_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.trim_start_matches(':').parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    text.parse().map_err(|_| "write it as 9478, or as 127.0.0.1:9478".to_owned())
}

#[derive(Debug, ClapArgs)]
pub(super) struct Completions {
    /// Which shell
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Export {
    /// For example: source:stripe since:1h; without it everything
    #[arg(value_name = "FILTER")]
    pub(super) filter: Vec<String>,
    /// What is written
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: FormatWord,
    /// Credentials as they came, in place of marks that say how long they were
    #[arg(long)]
    pub(super) no_redact: bool,
    /// With --format curl: where the commands send the events [default: the own listener]
    #[arg(long, value_name = "URL")]
    pub(super) to: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(super) enum FormatWord {
    /// Complete: the lines of show --json
    #[default]
    Ndjson,
    /// HTTP Archive 1.2, as other tools read it
    Har,
    /// A command an event
    Curl,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Import {
    /// NDJSON or HAR; - is the input
    pub(super) file: String,
}

#[derive(Debug, ClapArgs)]
pub(super) struct List {
    /// For example: source:stripe -sig:ok since:10m
    #[arg(value_name = "FILTER")]
    pub(super) filter: Vec<String>,
    /// The newest N; 0 = all
    #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true)]
    pub(super) limit: usize,
    /// Those that follow this event
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub(super) after: Option<i64>,
    /// Only the number of all that match
    #[arg(long)]
    pub(super) count: bool,
    /// Why the filter does not match this event
    #[arg(long, value_name = "ID")]
    pub(super) explain: Option<i64>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Wait {
    /// For example: source:stripe type:invoice.paid
    #[arg(value_name = "FILTER")]
    pub(super) filter: Vec<String>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub(super) count: usize,
    /// Count from this event on, not from now
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub(super) after: Option<i64>,
    /// How long at most
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub(super) timeout: Duration,
}

fn time(text: &str) -> Result<Duration, String> {
    crate::config::age(text).ok_or_else(|| "write it as 500ms, 30s, 5m".to_owned())
}

#[derive(Debug, ClapArgs)]
pub(super) struct Tail {
    /// For example: source:stripe -sig:ok
    #[arg(value_name = "FILTER")]
    pub(super) filter: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Show {
    /// Which event
    pub(super) id: i64,
    #[command(flatten)]
    pub(super) part: Part,
    /// With --curl: where the command sends it [default: the own listener]
    #[arg(long, value_name = "URL", requires = "curl")]
    pub(super) to: Option<String>,
}

#[derive(Debug, ClapArgs)]
#[group(multiple = false)]
pub(super) struct Part {
    /// The body's exact bytes
    #[arg(long)]
    pub(super) body: bool,
    /// Head and body as on the wire
    #[arg(long)]
    pub(super) raw: bool,
    /// The header lines
    #[arg(long)]
    pub(super) headers: bool,
    /// The verdict and its proof
    #[arg(long)]
    pub(super) signature: bool,
    /// Where the time went
    #[arg(long)]
    pub(super) timing: bool,
    /// A command that sends it again
    #[arg(long)]
    pub(super) curl: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Resend {
    /// Which events
    #[arg(value_name = "ID", required_unless_present = "filter")]
    pub(super) ids: Vec<i64>,
    /// All events that match, oldest first
    #[arg(long, value_name = "FILTER", conflicts_with = "ids", allow_hyphen_values = true)]
    pub(super) filter: Option<String>,
    /// Where to: a URL, or the name of a subscriber
    #[arg(long, value_name = "URL|SUBSCRIBER", required = true)]
    pub(super) to: String,
    #[command(flatten)]
    pub(super) how: Manner,
}

/// How events are sent again.
#[derive(Debug, ClapArgs)]
pub(super) struct Manner {
    /// Make the signature anew with the configured secret and the present time
    #[arg(long)]
    pub(super) resign: bool,
    /// Add or replace a header; repeatable
    #[arg(long, value_name = "K: V")]
    pub(super) set_header: Vec<String>,
    /// A fresh Idempotency-Key
    #[arg(long)]
    pub(super) new_key: bool,
    /// At most so many a second, for example 10/s
    #[arg(long, value_name = "N/s", conflicts_with = "speed")]
    pub(super) rate: Option<String>,
    /// With the pauses in which they arrived, so many times faster
    #[arg(long, value_name = "TIMES", requires = "filter")]
    pub(super) speed: Option<f64>,
    /// Leave out what has been delivered there before
    #[arg(long)]
    pub(super) if_not_delivered: bool,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("change").args(["pin", "unpin", "note", "delete", "restore"]).required(true).multiple(true)))]
pub(super) struct Mark {
    /// Which events
    #[arg(value_name = "ID", required = true)]
    pub(super) ids: Vec<i64>,
    /// Keep them, whatever is pruned
    #[arg(long)]
    pub(super) pin: bool,
    /// No longer
    #[arg(long, conflicts_with = "pin")]
    pub(super) unpin: bool,
    /// Your words beside them; empty takes them away
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
    /// Leave them out of everything that does not say is:deleted
    #[arg(long)]
    pub(super) delete: bool,
    /// Bring deleted ones back
    #[arg(long, conflicts_with = "delete")]
    pub(super) restore: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Prune {
    /// Remove events older than this, for example 30d [default: the configuration's]
    #[arg(long, value_name = "AGE")]
    pub(super) keep: Option<String>,
    /// Remove the oldest until the log uses no more, for example 2GiB [default: the configuration's]
    #[arg(long, value_name = "SIZE")]
    pub(super) max_size: Option<String>,
    /// Say how many would go, and remove nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Secrets {
    #[command(subcommand)]
    pub(super) command: Option<SecretsCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SecretsCommand {
    /// Every reference, kept secret and who uses it; no values
    List,
    /// Keep a secret, read from a prompt or stdin, as kept:NAME
    Set {
        /// Its name
        name: String,
    },
    /// Forget a kept secret
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, ClapArgs)]
pub(super) struct Diff {
    /// The first event
    #[arg(value_name = "ID")]
    pub(super) a: i64,
    /// The second event
    #[arg(value_name = "ID")]
    pub(super) b: i64,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Verify {
    /// Stored events
    #[arg(value_name = "ID")]
    pub(super) ids: Vec<i64>,
    /// All stored events that match
    #[arg(long, value_name = "FILTER", conflicts_with = "ids", allow_hyphen_values = true)]
    pub(super) filter: Option<String>,
    /// Offline: the catalogue entry
    #[arg(long, value_name = "P", conflicts_with_all = ["ids", "filter"])]
    pub(super) provider: Option<String>,
    /// Offline: a setting of the entry; repeatable
    #[arg(long, value_name = "NAME=VALUE", requires = "provider")]
    pub(super) param: Vec<String>,
    /// Offline: the request's method
    #[arg(long, value_name = "M", default_value = "POST")]
    pub(super) method: String,
    /// Offline: the URL that the sender called
    #[arg(long, value_name = "U", default_value = "http://localhost/")]
    pub(super) url: String,
    /// Offline: a header line; repeatable
    #[arg(long, value_name = "K: V", requires = "provider")]
    pub(super) header: Vec<String>,
    /// Offline: the body's file (- = stdin)
    #[arg(long, value_name = "FILE", requires = "provider")]
    pub(super) body: Option<PathBuf>,
    /// Offline: when it arrived [default: now]
    #[arg(long, value_name = "UNIX_SECONDS", requires = "provider")]
    pub(super) at: Option<i64>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Subscribers {
    #[command(subcommand)]
    pub(super) command: Option<SubscribersCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SubscribersCommand {
    /// Send nothing to it until told otherwise; what arrives meanwhile waits
    Suspend {
        /// Which
        name: String,
    },
    /// Go on where it was left
    Resume {
        /// Which
        name: String,
    },
    /// Try again what was given up
    Retry {
        /// Which
        name: String,
    },
    /// Send it again what it would get, oldest first; what waits for it comes by itself
    Replay {
        /// Which
        name: String,
        /// Which of its events, for example 'since:1h delivery:dead'
        #[arg(long, value_name = "FILTER", allow_hyphen_values = true, required = true)]
        filter: String,
        #[command(flatten)]
        how: Manner,
    },
}

#[derive(Debug, ClapArgs)]
pub(super) struct Stats {
    /// For example: since:1h -source:test
    #[arg(value_name = "FILTER")]
    pub(super) filter: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Send {
    /// Whose event
    #[arg(value_name = "PROVIDER", required_unless_present_any = ["like", "list"])]
    pub(super) provider: Option<String>,
    /// What happened [default: the provider's commonest]
    #[arg(value_name = "TYPE")]
    pub(super) kind: Option<String>,
    /// Where to [default: the listener that serves the log]
    #[arg(long, value_name = "URL")]
    pub(super) to: Option<String>,
    /// A stored event in place of a sample, its signature made anew
    #[arg(long, value_name = "ID", conflicts_with = "kind", allow_negative_numbers = true)]
    pub(super) like: Option<i64>,
    /// Another body, from a file (- = stdin)
    #[arg(long, value_name = "FILE")]
    pub(super) body: Option<PathBuf>,
    /// Change a value of the body before it is signed: data.object.amount=100; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// Every provider's types, or one provider's
    #[arg(long, conflicts_with_all = ["kind", "to", "like", "body", "set"])]
    pub(super) list: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Providers {
    /// One entry, explained
    #[arg(value_name = "ID")]
    pub(super) id: Option<String>,
    /// Try the entries on signatures that their providers' own software made
    #[arg(long)]
    pub(super) check: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Check {
    /// Print the whole commented configuration
    #[arg(long)]
    pub(super) print_config: bool,
    /// Whether what gets this source's events verifies, deduplicates, queues, tolerates retries and observes
    #[arg(long, value_name = "NAME", conflicts_with = "print_config")]
    pub(super) source: Option<String>,
}

/// Lets a filter begin with `-`: a single dash that is no flag of ours gets a space before it.
pub(super) fn prepare(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let is_filter = |text: &str| {
        text.starts_with('-')
            && !text.starts_with("--")
            && text.len() > 2
            && !text[1..].starts_with(|c: char| c.is_ascii_digit())
    };
    arguments
        .into_iter()
        .map(|argument| match argument.to_str() {
            Some(text) if is_filter(text) => format!(" {text}").into(),
            _ => argument,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn clap_agrees() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_filter_may_begin_with_a_dash() {
        let parse = |words: &[&str]| Args::try_parse_from(prepare(words.iter().map(OsString::from))).unwrap();
        let args = parse(&["whisper-tui", "list", "-sig:ok", "type:push", "--limit", "5", "--json"]);
        assert!(args.global.json);
        assert!(
            matches!(args.command, Some(Command::List(l)) if l.filter == [" -sig:ok", "type:push"] && l.limit == 5)
        );
    }
}
