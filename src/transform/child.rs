//! The process in which a program runs over one body: started, given both, and ended when it takes too much.
//! It must not be given anything else: it inherits no variables and no open files.

use super::program;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::Semaphore;

/// The word by which this program knows that it is to be that process.
pub const CHILD: &str = "__transform";

/// Seconds of a processor for one body.
const CPU: u64 = 2;
/// Bytes of memory for one body.
const MEMORY: u64 = 1 << 30;
/// How long it may take at all, where the processors have other work.
const TIME: Duration = Duration::from_secs(20);
/// Processes at once.
static PLACES: Semaphore = Semaphore::const_new(8);

/// What the process says first.
const VALUE: u8 = b'v';
const NOTHING: u8 = b'n';
const ERROR: u8 = b'e';

/// Runs a program over a body: the one value that it gives as JSON, `None` where it gives none. An error is one line that
/// may hold parts of the body.
pub async fn apply(program: &str, body: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let cannot = |e: io::Error| format!("jq cannot be run: {e}");
    // Whoever waits for a place has not begun.
    let _place = PLACES.acquire().await.map_err(|e| e.to_string())?;
    let mut command = Command::new(own().map_err(cannot)?);
    command.arg(CHILD).env_clear().kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(cannot)?;
    let stdin = child.stdin.take();
    let give = async {
        if let Some(mut stdin) = stdin {
            // One that has ended does not read; its status says why.
            let _ = stdin.write_all(&(program.len() as u64).to_be_bytes()).await;
            let _ = stdin.write_all(program.as_bytes()).await;
            let _ = stdin.write_all(body).await;
        }
    };
    let run = async { tokio::join!(give, child.wait_with_output()).1 };
    let output = tokio::time::timeout(TIME, run).await.map_err(|_| LONG.to_owned())?.map_err(cannot)?;
    match output.stdout.split_first() {
        Some((&VALUE, value)) if output.status.success() => Ok(Some(value.to_vec())),
        Some((&NOTHING, _)) if output.status.success() => Ok(None),
        Some((&ERROR, words)) if output.status.success() => Err(String::from_utf8_lossy(words).into_owned()),
        _ => Err(ended(output.status)),
    }
}

/// This program's own file; on Linux also after another one was put in its place.
fn own() -> io::Result<PathBuf> {
    match cfg!(target_os = "linux") {
        true => Ok("/proc/self/exe".into()),
        false => std::env::current_exe(),
    }
}

const LONG: &str = "it takes too long";

/// Why it has not said anything.
fn ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use rustix::process::Signal;
        use std::os::unix::process::ExitStatusExt;
        let by = |signal: Signal| status.signal() == Some(signal.as_raw());
        if by(Signal::XCPU) || by(Signal::KILL) {
            return LONG.to_owned();
        }
        if by(Signal::ABORT) || by(Signal::SEGV) || by(Signal::BUS) {
            return "it takes too much memory, or recurses too deep".to_owned();
        }
    }
    format!("jq has ended with {status}")
}

/// Is that process: reads a program and a body, and says what came of them. Gives its exit status.
pub fn serve() -> u8 {
    bound();
    // The default stack is small for a body that is nested deep.
    let work = || -> io::Result<()> {
        let mut length = [0; 8];
        let mut stdin = io::stdin().lock();
        stdin.read_exact(&mut length)?;
        let mut program = String::new();
        stdin.by_ref().take(u64::from_be_bytes(length)).read_to_string(&mut program)?;
        let mut body = Vec::new();
        stdin.read_to_end(&mut body)?;
        let (kind, bytes) = match program::run(&program, &body) {
            Ok(Some(value)) => (VALUE, value),
            Ok(None) => (NOTHING, Vec::new()),
            Err(why) => (ERROR, why.into_bytes()),
        };
        let mut stdout = io::stdout().lock();
        stdout.write_all(&[kind])?;
        stdout.write_all(&bytes)?;
        stdout.flush()
    };
    match program::on_large_stack(work) {
        Some(Ok(())) => 0,
        _ => 1,
    }
}

/// Takes no more than its share from here on.
fn bound() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
        // A system that does not know one of them has the others, and the time.
        let _ = setrlimit(Resource::As, limit(MEMORY));
        let _ = setrlimit(Resource::Cpu, limit(CPU));
        let _ = setrlimit(Resource::Core, limit(0));
    }
}
