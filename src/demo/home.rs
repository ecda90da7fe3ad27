//! The demo's folder: its log, its configuration, its secrets.

use super::Script;
use crate::verify::{Catalogue, example_secret};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Name of a secret that is kept and that nobody uses: what is signed with it is `BAD`, and the doctor finds it.
pub(super) const SPARE: &str = "stripe-test-mode";
/// Its value. In the demo no secret is one.
pub(super) const SPARE_VALUE: &str = "whsec_demo_of_the_test_mode";

/// What the folders of demos are called, before the number of their process.
const PREFIX: &str = "whisper-tui-demo-";

/// Removes what demos that were killed have left behind. What cannot be removed stays: it is of no use to anybody.
fn sweep(temporary: &Path) {
    for entry in std::fs::read_dir(temporary).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|rest| rest.split('-').next());
        if process.and_then(|text| text.parse().ok()).is_some_and(is_gone) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(unix)]
fn is_gone(process: i32) -> bool {
    let known = rustix::process::Pid::from_raw(process).map(rustix::process::test_kill_process);
    matches!(known, Some(Err(rustix::io::Errno::SRCH)))
}

/// Nobody knows.
#[cfg(not(unix))]
fn is_gone(_: i32) -> bool {
    false
}

/// A folder that is removed with it.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// Makes the folder, with a secret for everybody who sends in the script, and a subscriber at `handler`.
    pub fn new(script: &Script, handler: &str) -> io::Result<Home> {
        sweep(&std::env::temp_dir());
        let name = format!("{PREFIX}{}-", std::process::id());
        let folder = tempfile::Builder::new().prefix(&name).tempdir()?;
        let secrets = folder.path().join("secrets");
        std::fs::create_dir(&secrets)?;
        let mut config = String::from("# The demo's configuration; it goes with the demo.\n[secrets]\n");
        for id in script.providers() {
            let Some(provider) = Catalogue::in_force().get(id) else { continue };
            std::fs::write(secrets.join(id), example_secret(provider))?;
            config += &format!("{id} = [\"file:secrets/{id}\"]\n");
        }
        config += &format!(
            "[[subscriber]]\nname = \"orders\"\ntarget = \"{handler}/orders\"\nwhen = \"source:stripe,shopify,clerk\"\n\
             start = \"beginning\"\nretry = [\"2s\", \"4s\", \"8s\"]\n"
        );
        std::fs::write(folder.path().join("config.toml"), config)?;
        std::fs::write(folder.path().join("secrets.toml"), format!("{SPARE} = \"{SPARE_VALUE}\"\n"))?;
        Ok(Home { folder })
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
