//! The files of a log and who may use them: modes 0700 and 0600 under any umask, one serving process.
//! It must not look inside the log.

use super::StoreError;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The right to serve a log, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock beside `log`, creating its folder if needed.
    pub fn take(log: &Path) -> Result<Lock, StoreError> {
        if let Some(folder) = log.parent().filter(|f| !f.as_os_str().is_empty() && !f.exists()) {
            create_private_folder(folder).map_err(|source| file_error(folder, source))?;
        }
        let path = beside(log, ".lock");
        let mut file = open_private(&path).map_err(|source| file_error(&path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Who holds it is only told; that it is held is certain.
                let _ = file.read_to_string(&mut pid);
                return Err(StoreError::Served { path: log.to_owned(), pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(file_error(&path, source)),
        }
        let write_pid = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write_pid(&mut file).map_err(|source| file_error(&path, source))?;
        Ok(Lock { _file: file })
    }
}

/// The control socket beside a log.
pub fn socket_path(log: &Path) -> PathBuf {
    beside(log, ".sock")
}

/// The search index beside a log.
pub(super) fn index_path(log: &Path) -> PathBuf {
    beside(log, ".index")
}

/// Creates the log's file for its owner alone; SQLite gives its companions the same mode.
pub(super) fn create_log_file(path: &Path) -> Result<(), StoreError> {
    open_private(path).map(drop).map_err(|source| file_error(path, source))
}

fn beside(log: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = log.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn file_error(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { path: path.to_owned(), source }
}

/// Opens a file for reading and writing, creating it for its owner alone.
pub(super) fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    if let Some(above) = folder.parent().filter(|f| !f.as_os_str().is_empty() && !f.exists()) {
        create_private_folder(above)?;
    }
    fs::create_dir(folder)?;
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}
