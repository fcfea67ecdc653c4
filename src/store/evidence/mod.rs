//! Evidence on disk: pending files of things still watched, and the files of cases.
//!
//! Not the rows (`rows.rs`) and not the checking (`../fsck.rs`). Every call blocks on the disk, so
//! it belongs on a thread, never on the async runtime. A file has its final name only once its
//! bytes are synced.
//!
//! ```text
//! DIR/pending/THING/FILE        the bytes           DIR/evidence/CASE/FILE   hard link to the same
//! DIR/pending/THING/FILE.json   what they are
//! DIR/pending/THING/CASE.attach which files were linked for a case, written before the linking
//! ```

mod attach;
mod durable;
mod item;
mod pending;
pub(super) mod recovery;
pub(super) mod rows;
mod space;

use std::{
    io,
    path::{Path, PathBuf},
};

pub(super) use durable::{TEMP_PREFIX, names_in, sha256_hex, sha256_of_file};
pub use item::{EvidenceRow, Moment, NewEvidence, Role};

use crate::base::{CaseId, ThingId};

/// Bytes of a megabyte, as the settings count them.
const MB: u64 = 1_000_000;

/// Why evidence could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Less than the floor would be left. Nothing was written.
    #[error(
        "disk full: {} MB free at {}, {} MB needed; make room or lower [data] min_free_mb",
        free / MB, dir.display(), needed.div_ceil(MB)
    )]
    DiskFull {
        /// Where the evidence goes.
        dir: PathBuf,
        /// Bytes free to this user.
        free: u64,
        /// Bytes that must be free: the file and the floor.
        needed: u64,
    },
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A case number that cannot be a folder name.
    #[error("case number {0:?} cannot name a folder; use letters, digits, - and _")]
    BadName(String),
    /// A pending description that cannot be read.
    #[error("{}: {reason}; remove the file", path.display())]
    BadSidecar {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The case's folder holds another file of that name.
    #[error("{} exists with other content; move it away", .0.display())]
    Occupied(PathBuf),
}

impl EvidenceError {
    /// An I/O failure at `path`; a full disk is told apart.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { dir: path.to_owned(), free: 0, needed: 1 }
            }
            _ => Self::Io { path: path.to_owned(), source },
        }
    }

    /// Whether it is only room that lacks, so that trying again later makes sense.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull { .. })
    }
}

/// The evidence folders of one data directory. Cloning is cheap; all clones mean the same files.
#[derive(Clone, Debug)]
pub struct Evidence {
    dir: PathBuf,
    min_free_bytes: u64,
}

impl Evidence {
    /// The folders below `dir`, created when missing.
    pub(super) fn open(dir: &Path, min_free_bytes: u64) -> Result<Self, EvidenceError> {
        let evidence = Self { dir: dir.to_owned(), min_free_bytes };
        for folder in [evidence.cases_dir(), evidence.pending_dir()] {
            durable::create_dir(&folder)?;
        }
        Ok(evidence)
    }

    /// The folders below `dir` as they are, for looking only.
    pub(super) fn look(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), min_free_bytes: 0 }
    }

    /// Where the cases' folders lie; rows' paths are relative to it.
    pub fn cases_dir(&self) -> PathBuf {
        self.dir.join("evidence")
    }

    fn pending_dir(&self) -> PathBuf {
        self.dir.join("pending")
    }

    fn thing_dir(&self, thing: ThingId) -> PathBuf {
        self.pending_dir().join(thing.0.to_string())
    }

    /// The file a row's `path` means.
    pub(super) fn file_of(&self, path: &str) -> PathBuf {
        self.cases_dir().join(path)
    }

    /// Checks that writing `len` more bytes leaves the floor free.
    ///
    /// # Errors
    /// [`EvidenceError::DiskFull`] when it would not.
    pub fn check_space(&self, len: u64) -> Result<(), EvidenceError> {
        let free = space::free_bytes(&self.dir).map_err(|e| EvidenceError::io(&self.dir, e))?;
        let needed = self.min_free_bytes.saturating_add(len);
        if free < needed {
            return Err(EvidenceError::DiskFull { dir: self.dir.clone(), free, needed });
        }
        Ok(())
    }
}

/// `case` as a folder name.
fn folder_of(case: &CaseId) -> Result<&str, EvidenceError> {
    let name = case.as_str();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(EvidenceError::BadName(name.to_owned()));
    }
    Ok(name)
}
