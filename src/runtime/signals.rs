//! Being asked to go.

/// Ends when the process is asked to go: SIGTERM, or SIGHUP when its terminal is gone.
#[cfg(unix)]
pub async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    let (term, hup) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
    match (term, hup) {
        (Ok(mut term), Ok(mut hup)) => {
            tokio::select! { _ = term.recv() => {}, _ = hup.recv() => {} }
        }
        // Without handlers the system's own reaction, ending the process, is left in place.
        _ => std::future::pending().await,
    }
}

/// Other systems end the process by themselves.
#[cfg(not(unix))]
pub async fn terminated() {
    std::future::pending().await
}
