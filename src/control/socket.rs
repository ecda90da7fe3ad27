//! The socket's place: beside the log, for its owner alone.

#[cfg(unix)]
use std::path::{Path, PathBuf};

/// A path short enough for the system's socket names; the folder is held open for as long as it is used.
#[cfg(unix)]
pub(super) fn reachable(path: &Path) -> std::io::Result<(PathBuf, Option<std::fs::File>)> {
    /// Linux allows 107 bytes, macOS 103.
    const LONGEST: usize = 100;
    if path.as_os_str().len() <= LONGEST || !cfg!(target_os = "linux") {
        return Ok((path.to_owned(), None));
    }
    let folder = std::fs::File::open(path.parent().unwrap_or(Path::new(".")))?;
    let number = std::os::fd::AsRawFd::as_raw_fd(&folder);
    let short = Path::new("/proc/self/fd").join(number.to_string()).join(path.file_name().unwrap_or_default());
    Ok((short, Some(folder)))
}
