//! Other programs: a command that gets bytes, the pager, the editor. The listener and the queues go on meanwhile.
//! It must not let anything untrusted reach the terminal raw: a command's output is caught, the pager gets escapes.

use crate::app::Output;
use crate::model::safe_bytes;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of its output that are kept.
const MOST: u64 = 1 << 20;

/// Runs a command in a shell with `input` on its standard input, and catches what it says.
pub(super) async fn pipe(command: String, input: Vec<u8>) -> Output {
    let ran = tokio::time::timeout(PATIENCE, run(&command, &input)).await;
    let (bytes, failure) = match ran {
        Ok(Ok((bytes, failure))) => (bytes, failure),
        Ok(Err(error)) => (Vec::new(), Some(error.to_string())),
        Err(_) => (Vec::new(), Some(format!("given up after {} s", PATIENCE.as_secs()))),
    };
    Output { command, bytes, failure }
}

async fn run(command: &str, input: &[u8]) -> std::io::Result<(Vec<u8>, Option<String>)> {
    // One pipe for both, so that errors stand where they were said.
    let mut child = shell(&format!("{{ {command}\n}} 2>&1"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let give = async {
        if let Some(mut stdin) = stdin {
            // A command that does not read all of it, such as head, closes its end.
            let _ = stdin.write_all(input).await;
        }
    };
    let take = async {
        let mut bytes = Vec::new();
        if let Some(stdout) = stdout {
            stdout.take(MOST).read_to_end(&mut bytes).await?;
        }
        std::io::Result::Ok(bytes)
    };
    let ((), bytes) = tokio::join!(give, take);
    let bytes = bytes?;
    if bytes.len() as u64 >= MOST {
        child.start_kill()?;
        return Ok((bytes, Some("only the first 1 MB of its output is kept".into())));
    }
    let status = child.wait().await?;
    Ok((bytes, (!status.success()).then(|| status.to_string())))
}

fn shell(command: &str) -> Command {
    let mut shell = Command::new(if cfg!(windows) { "cmd" } else { "sh" });
    shell.args([if cfg!(windows) { "/C" } else { "-c" }, command]);
    shell
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

/// Has a text edited; gives what is left of it.
pub(super) async fn edit(text: String) -> Result<String, String> {
    let mut file =
        tempfile::Builder::new().prefix("whisper-tui-").suffix(".http").tempfile().map_err(|e| e.to_string())?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(|e| e.to_string())?;
    open_with(&variable(&["VISUAL", "EDITOR"], "vi"), file.path()).await?;
    let edited = std::fs::read(file.path()).map_err(|e| format!("the edited text cannot be read: {e}"))?;
    let edited = String::from_utf8(edited).map_err(|_| "the edited text is not UTF-8".to_owned())?;
    match edited == text {
        true => Err("nothing was changed, so nothing is sent".into()),
        false => Ok(edited),
    }
}

fn variable(names: &[&str], default: &str) -> String {
    let set = names.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.trim().is_empty());
    set.unwrap_or_else(|| default.to_owned())
}

/// Runs a program, which may have arguments of its own, on a file, with the terminal for itself.
async fn open_with(program: &str, file: &std::path::Path) -> Result<(), String> {
    let path = file.display().to_string().replace('\'', "'\\''");
    let status = shell(&format!("{program} '{path}'")).status().await;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}")),
        Err(error) => Err(format!("{program} cannot be started: {error}")),
    }
}
