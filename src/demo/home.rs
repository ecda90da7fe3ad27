//! The demo's folder: its log, its configuration, its secrets.

use super::Script;
use crate::verify::{Catalogue, example_secret};
use std::io;
use std::path::PathBuf;
use tempfile::TempDir;

/// Name of a secret that is kept and that nobody uses: what is signed with it is `BAD`, and the doctor finds it.
pub(super) const SPARE: &str = "stripe-test-mode";
/// Its value. In the demo no secret is one.
pub(super) const SPARE_VALUE: &str = "whsec_demo_of_the_test_mode";

/// A folder that is removed with it.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// Makes the folder, with a secret for everybody who sends in the script.
    pub fn new(script: &Script) -> io::Result<Home> {
        let folder = tempfile::Builder::new().prefix("whisper-tui-demo-").tempdir()?;
        let secrets = folder.path().join("secrets");
        std::fs::create_dir(&secrets)?;
        let mut config = String::from("# The demo's configuration; it goes with the demo.\n[secrets]\n");
        for id in script.providers() {
            let Some(provider) = Catalogue::in_force().get(id) else { continue };
            std::fs::write(secrets.join(id), example_secret(provider))?;
            config += &format!("{id} = [\"file:secrets/{id}\"]\n");
        }
        std::fs::write(folder.path().join("config.toml"), config)?;
        std::fs::write(folder.path().join("secrets.toml"), format!("{SPARE} = \"{SPARE_VALUE}\"\n"))?;
        Ok(Home { folder })
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
