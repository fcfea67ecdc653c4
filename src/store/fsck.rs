//! Compares database, custody log and evidence files. Changes nothing, and may run beside a daemon.

use std::{
    collections::{HashMap, HashSet},
    fmt, io,
};

use serde::Serialize;
use sqlx::Row;

use super::{
    Evidence, EvidenceError, EvidenceRow, Store, StoreError, cases,
    custody::{self, ChainCheck},
    evidence, row,
};
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

impl Store {
    /// Checks everything. Reads every evidence file, so it takes as long as the disk needs.
    ///
    /// # Errors
    /// When database or disk cannot be read at all; what is merely wrong is in the report.
    pub async fn fsck(&self) -> Result<FsckReport, StoreError> {
        // Files, then attaches in flight, then rows: beside a daemon, a file linked before the
        // listing is then either in flight still or committed by the time the rows are read.
        let listed = self.on_disk(list).await?;
        let in_flight = self.on_disk(Evidence::in_flight).await?;
        let mut tx = self.reader().begin().await?;
        let rows = sqlx::query("SELECT * FROM evidence ORDER BY path").fetch_all(&mut *tx).await?;
        let rows = rows.iter().map(evidence::rows::read).collect::<Result<Vec<_>, _>>()?;
        let cases = cases::all(&mut tx).await?;
        let reviews: Vec<(String, i64)> =
            sqlx::query_as("SELECT case_id, at FROM reviews ORDER BY id")
                .fetch_all(&mut *tx)
                .await?;
        let database = integrity(&mut tx).await?;
        let mut report = FsckReport { database, ..FsckReport::default() };
        let told = check_chain(&mut tx, &mut report).await?;
        tx.commit().await?;

        report.checked.cases = cases.len() as u64;
        let with_evidence: HashSet<&CaseId> = rows.iter().map(|row| &row.case).collect();
        report.bare =
            cases.iter().map(|c| &c.id).filter(|id| !with_evidence.contains(id)).cloned().collect();
        let opened = cases.iter().map(|c| (custody::CASE_OPENED, c.id.as_str().to_owned(), None));
        let reviewed = reviews.into_iter().map(|(case, _)| (custody::CASE_REVIEWED, case, None));
        let kept = rows
            .iter()
            .map(|row| (custody::EVIDENCE_KEPT, row.path.clone(), row::json_of(row).ok()));
        report.chain_broken.extend(told.untold(opened.chain(reviewed).chain(kept)));
        report.orphaned = orphans(listed, &in_flight, &rows);
        self.on_disk(move |evidence| check_files(evidence, &rows, report)).await
    }
}

async fn integrity(db: &mut sqlx::SqliteConnection) -> Result<Vec<String>, StoreError> {
    let mut faults: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut *db).await?;
    faults.retain(|line| line != "ok");
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(db).await?;
    for row in &dangling {
        let (table, parent): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        faults.push(format!("a row of {table} names a row of {parent} that is not there"));
    }
    Ok(faults)
}

/// What the custody log tells: how often, and with which payload.
#[derive(Default)]
struct Told(HashMap<(String, String), Vec<String>>);

impl Told {
    /// What the rows hold and the log does not tell, or tells otherwise.
    fn untold(
        mut self,
        rows: impl Iterator<Item = (&'static str, String, Option<String>)>,
    ) -> Vec<ChainFault> {
        let mut faults = Vec::new();
        for (what, subject, payload) in rows {
            let detail =
                match self.0.get_mut(&(what.to_owned(), subject.clone())).and_then(Vec::pop) {
                    None => format!("the log has no {what} entry for it"),
                    Some(told) if payload.as_ref().is_some_and(|p| !same_json(p, &told)) => {
                        format!("its row was altered since its {what} entry")
                    }
                    Some(_) => continue,
                };
            faults.push(ChainFault { seq: None, subject, detail });
        }
        faults
    }
}

fn same_json(a: &str, b: &str) -> bool {
    let read = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    read(a) == read(b)
}

async fn check_chain(
    db: &mut sqlx::SqliteConnection,
    report: &mut FsckReport,
) -> Result<Told, StoreError> {
    let mut check = ChainCheck::new();
    let mut told = Told::default();
    for row in sqlx::query("SELECT * FROM custody ORDER BY seq").fetch_all(db).await? {
        let entry = custody::read(&row)?;
        report.checked.entries += 1;
        if let Some(detail) = check.next(&entry) {
            let subject = entry.subject.clone();
            report.chain_broken.push(ChainFault { seq: Some(entry.seq), subject, detail });
        }
        told.0.entry((entry.what, entry.subject)).or_default().push(entry.payload);
    }
    Ok(told)
}

/// Every name below the evidence folder, folders of folders included as they are.
fn list(evidence: &Evidence) -> Result<Vec<String>, EvidenceError> {
    let root = evidence.cases_dir();
    let names =
        |dir: &std::path::Path| evidence::names_in(dir).map_err(|e| EvidenceError::io(dir, e));
    let mut found = Vec::new();
    for name in names(&root)? {
        let folder = root.join(&name);
        if folder.is_dir() {
            found.extend(names(&folder)?.into_iter().map(|file| format!("{name}/{file}")));
        } else {
            found.push(name);
        }
    }
    Ok(found)
}

fn orphans(listed: Vec<String>, in_flight: &HashSet<String>, rows: &[EvidenceRow]) -> Vec<Finding> {
    let known: HashSet<&str> = rows.iter().map(|row| row.path.as_str()).collect();
    let stray = listed.into_iter().filter(|path| {
        !known.contains(path.as_str()) && !in_flight.contains(path) && !is_being_written(path)
    });
    stray
        .map(|file| Finding {
            case: file.split_once('/').map(|(case, _)| CaseId::new(case)),
            file,
            detail: "no row names it".to_owned(),
        })
        .collect()
}

/// Temporary names belong to a running daemon, or go at the next start.
fn is_being_written(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(evidence::TEMP_PREFIX))
}

fn check_files(
    evidence: &Evidence,
    rows: &[EvidenceRow],
    mut report: FsckReport,
) -> Result<FsckReport, StoreError> {
    for row in rows {
        let finding = |detail: String| Finding {
            case: Some(row.case.clone()),
            file: row.path.clone(),
            detail,
        };
        match evidence::sha256_of_file(&evidence.file_of(&row.path)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                report.missing.push(finding("the file is not there".to_owned()));
            }
            Err(e) => report.missing.push(finding(format!("the file cannot be read: {e}"))),
            Ok((sha256, len)) => {
                report.checked.files += 1;
                report.checked.bytes += len;
                if sha256 != row.sha256 {
                    let detail = format!("sha256 is {sha256}, the row says {}", row.sha256);
                    report.altered.push(finding(detail));
                }
            }
        }
    }
    Ok(report)
}
