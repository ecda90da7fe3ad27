//! Being asked to go.

use std::pin::Pin;

/// Exit status after an interrupt.
const INTERRUPTED: u8 = 130;

/// The exit status, once somebody asks.
pub type Asked = Pin<Box<dyn Future<Output = u8> + Send>>;

/// Waits until the process is asked to go, and gives its exit status: SIGINT, SIGTERM, or SIGHUP when its terminal is gone.
/// Counted from the call, not from the first poll: a terminal taken after the call is given back whatever comes.
#[cfg(unix)]
pub fn asked_to_go() -> Asked {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    Box::pin(async move {
        match kinds {
            [Ok(mut int), Ok(mut term), Ok(mut hup)] => tokio::select! {
                _ = int.recv() => INTERRUPTED,
                _ = term.recv() => 0,
                _ = hup.recv() => 0,
            },
            // Without handlers the system's own reaction, ending the process, is left in place.
            _ => std::future::pending().await,
        }
    })
}

/// The same while another program has the terminal: an interrupt is meant for that one.
#[cfg(unix)]
pub(super) fn asked_to_go_by_others() -> impl Future<Output = u8> {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::terminate(), SignalKind::hangup()].map(signal);
    async move {
        match kinds {
            [Ok(mut term), Ok(mut hup)] => tokio::select! {
                _ = term.recv() => 0,
                _ = hup.recv() => 0,
            },
            _ => std::future::pending().await,
        }
    }
}

/// Nobody else can ask.
#[cfg(not(unix))]
pub(super) async fn asked_to_go_by_others() -> u8 {
    std::future::pending().await
}

/// Stops this process as Ctrl-Z would, until it is told to go on.
#[cfg(unix)]
pub(super) fn suspend() -> std::io::Result<()> {
    Ok(rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?)
}

/// There is no such thing.
#[cfg(not(unix))]
pub(super) fn suspend() -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Waits for Ctrl-C, and gives the exit status.
#[cfg(not(unix))]
pub fn asked_to_go() -> Asked {
    Box::pin(async {
        match tokio::signal::ctrl_c().await {
            Ok(()) => INTERRUPTED,
            Err(_) => std::future::pending().await,
        }
    })
}
