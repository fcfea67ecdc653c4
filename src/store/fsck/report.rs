//! What fsck found, as values. Says nothing of how it was found.

use std::fmt;

use serde::Serialize;

use crate::base::CaseId;

/// One file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whose file, where that is known.
    pub case: Option<CaseId>,
    /// Path below the evidence folder.
    pub file: String,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.case {
            Some(case) => write!(f, "case {case}: {}: {}", self.file, self.detail),
            None => write!(f, "{}: {}", self.file, self.detail),
        }
    }
}

/// One place where the custody log does not hold together or does not tell what the rows tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainFault {
    /// The entry, where it is one.
    pub seq: Option<i64>,
    /// What it is about.
    pub subject: String,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "custody entry {seq} ({}): {}", self.subject, self.detail),
            None => write!(f, "{}: {}", self.subject, self.detail),
        }
    }
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Cases.
    pub cases: u64,
    /// Evidence files hashed.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Custody entries.
    pub entries: u64,
}

/// What fsck found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FsckReport {
    /// Rows whose file is not there.
    pub missing: Vec<Finding>,
    /// Files whose bytes are not those of their row.
    pub altered: Vec<Finding>,
    /// Files without a row.
    pub orphaned: Vec<Finding>,
    /// Faults of the custody log.
    pub chain_broken: Vec<ChainFault>,
    /// Faults SQLite itself names.
    pub database: Vec<String>,
    /// Cases without any evidence: told, but no fault, since a case may come without pictures.
    pub bare: Vec<CaseId>,
    /// How much was looked at.
    pub checked: Checked,
}

impl FsckReport {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty()
            && self.altered.is_empty()
            && self.orphaned.is_empty()
            && self.chain_broken.is_empty()
            && self.database.is_empty()
    }

    /// One line a fault, its kind first.
    pub fn lines(&self) -> Vec<String> {
        let kinds =
            [("missing", &self.missing), ("altered", &self.altered), ("orphaned", &self.orphaned)];
        let files =
            kinds.iter().flat_map(|(kind, all)| all.iter().map(move |f| format!("{kind}: {f}")));
        let chain = self.chain_broken.iter().map(|fault| format!("chain broken: {fault}"));
        let database = self.database.iter().map(|fault| format!("database: {fault}"));
        files.chain(chain).chain(database).collect()
    }
}
