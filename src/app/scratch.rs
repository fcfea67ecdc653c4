//! A folder for the time a verb runs, or one that the user named and that stays.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A folder; a temporary one is removed with this value.
pub(super) struct Scratch {
    dir: PathBuf,
    temporary: bool,
}

impl Scratch {
    /// The folder `given`, or a temporary one of this process whose name tells the `verb`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(given: Option<PathBuf>, verb: &str) -> anyhow::Result<Self> {
        let temporary = given.is_none();
        let dir = given.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("streetwarden-{verb}-{}", std::process::id()))
        });
        std::fs::create_dir_all(&dir)
            .with_context(|| format!("{} cannot be made", dir.display()))?;
        Ok(Self { dir, temporary })
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.temporary {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}
