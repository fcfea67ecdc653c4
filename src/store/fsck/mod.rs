//! Compares database, custody log and evidence files. Changes nothing, and may run beside a daemon.

mod report;
mod told;

use std::{
    collections::{HashMap, HashSet},
    io,
};

use serde_json::json;
use sqlx::Row;

pub use report::{ChainFault, Checked, Finding, FsckReport};
use told::{Claim, Told};

use super::{
    Evidence, EvidenceError, EvidenceRow, Store, StoreError, cases,
    custody::{self, ChainCheck},
    evidence, row,
};
use crate::{
    base::{CaseId, WallTime},
    resolve::{Case, CaseStatus},
};

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
        let reviews = reviews(&mut tx).await?;
        let database = integrity(&mut tx).await?;
        let mut report = FsckReport { database, ..FsckReport::default() };
        let told = check_chain(&mut tx, &mut report).await?;
        tx.commit().await?;

        report.checked.cases = cases.len() as u64;
        let with_evidence: HashSet<&CaseId> = rows.iter().map(|row| &row.case).collect();
        report.bare =
            cases.iter().map(|c| &c.id).filter(|id| !with_evidence.contains(id)).cloned().collect();
        report.chain_broken.extend(told.untold(claims(&cases, &reviews, &rows)?));
        report.chain_broken.extend(unreviewed(&cases, &reviews));
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

/// A row of the reviews: whose, and what the log must tell of it.
struct ReviewRow {
    case: String,
    decision: String,
    claim: Claim,
}

async fn reviews(db: &mut sqlx::SqliteConnection) -> Result<Vec<ReviewRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM reviews ORDER BY id").fetch_all(db).await?;
    let read = |r: &sqlx::sqlite::SqliteRow| {
        let (case, decision): (String, String) = (r.try_get("case_id")?, r.try_get("decision")?);
        let fields = json!({
            "decision": decision,
            "by": r.try_get::<String, _>("by")?,
            "reason": r.try_get::<String, _>("reason")?,
            "at": WallTime::from_millis(r.try_get("at")?),
        });
        let claim = Claim { what: custody::CASE_REVIEWED, subject: case.clone(), fields };
        Ok(ReviewRow { case, decision, claim })
    };
    rows.iter().map(read).collect()
}

/// What the log must tell, by the rows.
fn claims(
    cases: &[Case],
    reviews: &[ReviewRow],
    evidence: &[EvidenceRow],
) -> Result<Vec<Claim>, StoreError> {
    let mut claims: Vec<Claim> = reviews.iter().map(|review| review.claim.clone()).collect();
    for case in cases {
        let fields = json!({
            "id": case.id, "violation": case.violation, "class": case.class, "code": case.code,
            "code_name": case.code_name, "opened_at": case.opened_at, "grid": case.grid,
            "first_seen": case.first_seen, "recurrence_of": case.recurrence_of,
            "permit": case.permit,
        });
        let subject = case.id.to_string();
        claims.push(Claim { what: custody::CASE_OPENED, subject, fields });
    }
    for row in evidence {
        let (subject, fields) = (row.path.clone(), row::value_of(row)?);
        claims.push(Claim { what: custody::EVIDENCE_KEPT, subject, fields });
    }
    Ok(claims)
}

/// Cases whose state is not what their latest review says.
fn unreviewed(cases: &[Case], reviews: &[ReviewRow]) -> Vec<ChainFault> {
    let latest: HashMap<&str, &str> =
        reviews.iter().map(|r| (r.case.as_str(), r.decision.as_str())).collect();
    let fault = |case: &Case| {
        let (is, said) = (case.status, latest.get(case.id.as_str()).copied());
        let holds = match is {
            CaseStatus::Clue => said.is_none(),
            CaseStatus::Confirmed | CaseStatus::Rejected => said == Some(is.as_str()),
            _ => true,
        };
        let said = said.unwrap_or("nothing");
        (!holds).then(|| ChainFault {
            seq: None,
            subject: case.id.to_string(),
            detail: format!("its state is {is}, its latest review says {said}"),
        })
    };
    cases.iter().filter_map(fault).collect()
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
        told.note(&entry);
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
