//! Other programs, and what is handed over as a file: a command that gets bytes, the pager, the editor, a long copy. The
//! listener and the queues go on meanwhile.
//! It must not let anything untrusted reach the terminal raw: a command's output is caught, the pager gets escapes.

use crate::app::Output;
use crate::delivery::shell::{Group, shell};
use crate::model::safe_bytes;
use std::io::{self, Write};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of its output that are kept.
const MOST: u64 = 1 << 20;

/// Runs a command in a shell with `input` on its standard input, and catches what it says.
pub(super) async fn pipe(command: String, input: Vec<u8>) -> Output {
    let mut bytes = Vec::new();
    let ran = tokio::time::timeout(PATIENCE, run(&command, &input, &mut bytes)).await;
    let failure = match ran {
        Ok(Ok(failure)) => failure,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("given up after {} s", PATIENCE.as_secs())),
    };
    Output { command, bytes, failure }
}

/// How long what a command has left behind may go on to speak.
const GRACE: Duration = Duration::from_millis(300);

async fn run(command: &str, input: &[u8], bytes: &mut Vec<u8>) -> std::io::Result<Option<String>> {
    // One pipe for both, so that errors stand where they were said.
    let mut shell = shell(&format!("{{ {command}\n}} 2>&1"));
    #[cfg(unix)]
    shell.process_group(0);
    let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    // Whatever it has started ends with it, and when nobody waits for it any more.
    let _group = Group(child.id());
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let speak = async {
        let give = async {
            if let Some(mut stdin) = stdin {
                // A command that does not read all of it, such as head, closes its end.
                let _ = stdin.write_all(input).await;
            }
        };
        let take = async {
            match stdout {
                Some(stdout) => stdout.take(MOST).read_to_end(bytes).await,
                None => Ok(0),
            }
        };
        tokio::join!(give, take).1
    };
    let mut speak = std::pin::pin!(speak);
    let read = tokio::select! {
        read = &mut speak => read?,
        // What it leaves in the background may hold the pipe for ever.
        _ = child.wait() => tokio::time::timeout(GRACE, speak).await.unwrap_or(Ok(0))?,
    };
    if read as u64 >= MOST {
        return Ok(Some("only the first 1 MB of its output is kept".into()));
    }
    let status = child.wait().await?;
    Ok((!status.success()).then(|| status.to_string()))
}

/// Shows bytes in `$PAGER`, each that controls a terminal as a visible escape.
pub(super) async fn pager(bytes: Vec<u8>) -> Result<(), String> {
    let mut file = tempfile::Builder::new().prefix("whisper-tui-").tempfile().map_err(|e| e.to_string())?;
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let (text, end) = line.strip_suffix(b"\n").map_or((line, ""), |text| (text, "\n"));
        write!(file, "{}{end}", safe_bytes(text)).map_err(|e| e.to_string())?;
    }
    file.flush().map_err(|e| e.to_string())?;
    open_with(&variable(&["PAGER"], "less"), file.path()).await
}

/// Has a text edited, in a file whose name ends so; gives what is left of it, `None` if nothing was changed.
pub(super) async fn edit(text: String, ending: &str) -> Result<Option<String>, String> {
    let mut file =
        tempfile::Builder::new().prefix("whisper-tui-").suffix(ending).tempfile().map_err(|e| e.to_string())?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(|e| e.to_string())?;
    open_with(&variable(&["VISUAL", "EDITOR"], "vi"), file.path()).await?;
    let edited = std::fs::read(file.path()).map_err(|e| format!("the edited text cannot be read: {e}"))?;
    let edited = String::from_utf8(edited).map_err(|_| "the edited text is not UTF-8".to_owned())?;
    Ok(Some(edited).filter(|edited| *edited != text))
}

fn variable(names: &[&str], default: &str) -> String {
    let set = names.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.trim().is_empty());
    set.unwrap_or_else(|| default.to_owned())
}

/// Runs a program, which may have arguments of its own, on a file, with the terminal for itself.
async fn open_with(program: &str, file: &std::path::Path) -> Result<(), String> {
    let path = file.display().to_string().replace('\'', "'\\''");
    let status = shell(&format!("{program} '{path}'")).kill_on_drop(true).status().await;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}")),
        Err(error) => Err(format!("{program} cannot be started: {error}")),
    }
}

/// The last way of a copy: a file that only its owner can read; gives its path.
pub(super) fn kept_in_a_file(bytes: &[u8]) -> io::Result<String> {
    let mut file = tempfile::Builder::new().prefix("whisper-tui-copy-").tempfile()?;
    file.write_all(bytes)?;
    let (_, path) = file.keep().map_err(|e| e.error)?;
    Ok(path.display().to_string())
}
