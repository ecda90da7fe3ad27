//! A command as a target: it is run once for an event, which it gets as JSON on its standard input.
//! It must not put anything of the event into the command's words: what a sender wrote is data.

use super::planner::Plan;
use super::sending::{ANSWER_LIMIT, Answered, GIVEN_UP, late};
use super::shell::{Group, shell};
use crate::model::shape;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

/// How long what a command has left behind may go on to speak.
const GRACE: Duration = Duration::from_millis(300);

/// Runs it. Its exit status is the answer (0 is success), what it says on standard output the answer's body, and the last
/// line that it says on standard error the reason of a failure. Where there is no shell to run it nothing was reached.
pub(super) async fn run(command: &str, plan: &Plan, limit: Duration, stopped: impl Future<Output = ()>) -> Answered {
    let mut answered = Answered::default();
    let result = tokio::select! {
        result = tokio::time::timeout(limit, try_run(command, plan, &mut answered)) => {
            result.unwrap_or_else(|_| Err(late(limit)))
        }
        () = stopped => Err(GIVEN_UP.to_owned()),
    };
    answered.error = result.err();
    answered
}

async fn try_run(command: &str, plan: &Plan, answered: &mut Answered) -> Result<(), String> {
    let mut shell = shell(command);
    #[cfg(unix)]
    shell.process_group(0);
    for name in ["Whisper-Event", "Idempotency-Key"] {
        let value = plan.out.headers.text(name).unwrap_or_default();
        shell.env(name.to_uppercase().replace('-', "_"), value);
    }
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let cannot = |e: io::Error| format!("cannot run it: {e}");
    let begin = Instant::now();
    let spawned = shell.spawn();
    // What cannot be handed over is the event's affair, not the command's.
    answered.reached = spawned.as_ref().map_or_else(|e| e.kind() == io::ErrorKind::ArgumentListTooLong, |_| true);
    let mut child = spawned.map_err(cannot)?;
    // Whatever it has started ends with it, also when nobody waits for it any more.
    let _group = Group(child.id());
    let line = format!("{}\n", shape::for_command(&plan.stored, &plan.out.headers));
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (mut answer, mut said) = (Vec::new(), Vec::new());
    let give = async {
        if let Some(mut stdin) = stdin {
            // A command that does not read all of it has its reasons.
            let _ = stdin.write_all(line.as_bytes()).await;
        }
        begin.elapsed().as_micros() as u64
    };
    let (status, (given, cut, _)) = {
        let listen = async { tokio::join!(give, heard(stdout, &mut answer), heard(stderr, &mut said)) };
        let mut listen = std::pin::pin!(listen);
        tokio::select! {
            listened = &mut listen => (child.wait().await.map_err(cannot)?, listened),
            // What it leaves in the background may hold its output for ever.
            status = child.wait() => {
                let rest = tokio::time::timeout(GRACE, listen).await;
                (status.map_err(cannot)?, rest.unwrap_or((0, false, false)))
            }
        }
    };
    answered.body = answer;
    answered.phases.send_us = Some(given);
    answered.phases.wait_us = Some((begin.elapsed().as_micros() as u64).saturating_sub(given));
    answered.truncated = cut;
    judge(status, &said, answered)
}

fn judge(status: ExitStatus, said: &[u8], answered: &mut Answered) -> Result<(), String> {
    let last = String::from_utf8_lossy(said).lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned);
    match status.code() {
        Some(0) => {
            answered.status = Some(0);
            Ok(())
        }
        Some(code) => {
            answered.status = u16::try_from(code).ok();
            Err(last.unwrap_or_else(|| format!("exit status {code}")))
        }
        None => Err(last.unwrap_or_else(|| status.to_string())),
    }
}

/// Reads what is said, as much as is kept; `true` where there was more.
async fn heard(pipe: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> bool {
    let Some(mut pipe) = pipe else { return false };
    let kept = (&mut pipe).take(ANSWER_LIMIT as u64).read_to_end(into).await.unwrap_or(0);
    // It is read to its end all the same: nobody is stopped by a full pipe.
    kept == ANSWER_LIMIT && tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await.unwrap_or(0) > 0
}
