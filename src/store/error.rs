//! What can go wrong with the store, and what to do about it.

use std::{io, path::PathBuf};

use super::EvidenceError;
use crate::{
    base::{CaseId, ViolationId},
    resolve::TransitionError,
};

/// Why the store could not do what was asked. Nothing was changed unless said otherwise.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the data directory.
    #[error("{} is in use by another streetwarden (process {holder}); stop it or name another data directory", dir.display())]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// Its process number, as it wrote it down.
        holder: String,
    },
    /// The data directory cannot be used.
    #[error("{}: {source}", path.display())]
    Directory {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no database to look at.
    #[error("{} has no streetwarden.db; check the data directory in the settings", .0.display())]
    NoDatabase(PathBuf),
    /// The file is no database, or a damaged one.
    #[error("{} is no SQLite database or is damaged; restore it from a backup, then run fsck", .0.display())]
    Damaged(PathBuf),
    /// The database was made by a later version of streetwarden.
    #[error(
        "the database is of a newer streetwarden (layout {0}); run that version, or restore a backup of this one"
    )]
    Newer(i64),
    /// Migrating failed.
    #[error("the database cannot be brought to this version's layout: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    /// The database has no room to grow.
    #[error("disk full: the database cannot grow; make room")]
    DiskFull,
    /// The database failed.
    #[error("database: {0}")]
    Database(sqlx::Error),
    /// Evidence files failed.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// A row names a file that is not there; the commit was refused.
    #[error("evidence {path} is not on the disk; attach it before committing")]
    EvidenceMissing {
        /// Path below the evidence folder.
        path: String,
    },
    /// A file's bytes are not those its row names.
    #[error("evidence {path} was altered: sha256 is {found}, the row says {expected}")]
    EvidenceAltered {
        /// Path below the evidence folder.
        path: String,
        /// What the file has.
        found: String,
        /// What it should have.
        expected: String,
    },
    /// A row of this path exists with another hash.
    #[error("evidence {path} is already recorded with other content")]
    EvidenceClash {
        /// Path below the evidence folder.
        path: String,
    },
    /// There is nothing of that id.
    #[error("no {what} {id}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// The id asked for.
        id: String,
    },
    /// The case does not allow this decision in its state.
    #[error(transparent)]
    Conflict(#[from] TransitionError),
    /// One violation or number would have two cases.
    #[error("case {offered} of violation {} clashes with case {existing}", violation.0)]
    DoubleCase {
        /// The violation offered.
        violation: ViolationId,
        /// The case that is there.
        existing: CaseId,
        /// The case offered.
        offered: CaseId,
    },
    /// A row holds what this version cannot read.
    #[error("{table} {id}: column {column} cannot be read; run fsck")]
    Unreadable {
        /// Which table.
        table: &'static str,
        /// Which row.
        id: String,
        /// Which column.
        column: String,
    },
    /// A value cannot be written as JSON.
    #[error("a value cannot be written as JSON: {0}")]
    Unwritable(serde_json::Error),
    /// A disk task was cancelled because the process is ending.
    #[error("the disk task was cancelled")]
    Cancelled,
}

impl StoreError {
    pub(super) fn unreadable(table: &'static str, id: &str, column: &str) -> Self {
        Self::Unreadable { table, id: id.to_owned(), column: column.to_owned() }
    }

    pub(super) fn not_found(what: &'static str, id: &str) -> Self {
        Self::NotFound { what, id: id.to_owned() }
    }

    /// Whether it is only room that lacks, so that trying again later makes sense.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::DiskFull => true,
            Self::Evidence(e) => e.is_disk_full(),
            _ => false,
        }
    }
}

/// SQLite's result code for a full disk.
const SQLITE_FULL: &str = "13";
/// SQLite's result codes for a damaged database, and for a file that is none.
const SQLITE_DAMAGED: [&str; 2] = ["11", "26"];

/// The error of opening the database file at `path`.
pub(super) fn opening(path: PathBuf, error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|e| e.code().map(|c| c.into_owned()));
    let damaged = code.is_some_and(|code| SQLITE_DAMAGED.contains(&code.as_str()));
    if damaged { StoreError::Damaged(path) } else { error.into() }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(version) => Self::Newer(version),
            other => Self::Migrate(other),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|e| e.code().map(|c| c.into_owned()));
        if code.as_deref() == Some(SQLITE_FULL) { Self::DiskFull } else { Self::Database(error) }
    }
}
