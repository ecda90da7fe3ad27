//! How many files and sockets this process may have open.

/// Raises the limit to what the system allows without asking: a connection is a file, and shells allow few.
#[cfg(unix)]
pub(super) fn raise() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    if now.current != now.maximum {
        // Where it cannot be raised fewer connections are open at once; the rest waits to be accepted.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, ..now });
    }
}

/// There is no such limit here.
#[cfg(not(unix))]
pub(super) fn raise() {}
