//! What judging and resolving changed, written as one transaction: either all of it is there after a
//! crash, or none. Repeating a commit changes nothing.

use sqlx::SqliteConnection;

use super::{
    EvidenceRow, Store, StoreError, cases,
    custody::{self, Entry},
    evidence, judge_state,
    outbox::{self, Event},
    row,
};
use crate::{
    base::WallTime,
    judge::StateValue,
    resolve::{Case, CaseChange},
};

/// One step of the machine.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// Cases opened and updated, in order.
    pub changes: Vec<CaseChange>,
    /// Rows of the evidence attached for them.
    pub evidence: Vec<EvidenceRow>,
    /// The judge's state that changed; none removes a key.
    pub judge: Vec<(String, Option<StateValue>)>,
    /// Channels told of opened cases and of things gone.
    pub channels: Vec<String>,
    /// When it happened.
    pub at: WallTime,
}

impl Store {
    /// Writes `commit`, all or nothing. A case that is there already (same number, same violation)
    /// is left as it is.
    ///
    /// # Errors
    /// [`StoreError::DoubleCase`] when a violation or number would have two cases,
    /// [`StoreError::NotFound`] for an update of no case, [`StoreError::EvidenceMissing`] when a row
    /// names no file, [`StoreError::DiskFull`] and others when the database refuses.
    pub async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.check_files(&commit.evidence).await?;
        let mut tx = self.begin().await?;
        for change in &commit.changes {
            match change {
                CaseChange::Open(case) => open(&mut tx, case, commit).await?,
                CaseChange::Update(case) => update(&mut tx, case, commit).await?,
            }
        }
        for row in &commit.evidence {
            evidence::rows::insert(&mut tx, row, commit.at).await?;
        }
        judge_state::apply(&mut tx, &commit.judge).await?;
        Ok(tx.commit().await?)
    }

    /// Every row's file must be on the disk before the row is.
    async fn check_files(&self, rows: &[EvidenceRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let due: Vec<(String, u64)> = rows.iter().map(|r| (r.path.clone(), r.bytes_len)).collect();
        self.on_disk(move |evidence| {
            for (path, len) in due {
                let found = std::fs::metadata(evidence.file_of(&path)).map(|m| m.len());
                if !found.is_ok_and(|found| found == len) {
                    return Err(StoreError::EvidenceMissing { path });
                }
            }
            Ok(())
        })
        .await
    }
}

async fn open(db: &mut SqliteConnection, case: &Case, commit: &Commit) -> Result<(), StoreError> {
    let known: Vec<(String, i64)> =
        sqlx::query_as("SELECT id, violation FROM cases WHERE violation = ? OR id = ?")
            .bind(case.violation.0.cast_signed())
            .bind(case.id.as_str())
            .fetch_all(&mut *db)
            .await?;
    match known.as_slice() {
        [] => {}
        [(id, violation)]
            if id == case.id.as_str() && *violation == case.violation.0.cast_signed() =>
        {
            return Ok(());
        }
        [(id, _), ..] => {
            return Err(StoreError::DoubleCase {
                violation: case.violation,
                existing: id.as_str().into(),
                offered: case.id.clone(),
            });
        }
    }
    insert(db, case).await?;
    let payload = row::value_of(case)?;
    let entry = Entry::machine(commit.at, custody::CASE_OPENED, case.id.as_str(), payload);
    custody::append(db, entry).await?;
    outbox::enqueue(db, Event::Opened, case, &commit.channels, commit.at).await
}

async fn insert(db: &mut SqliteConnection, case: &Case) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO cases (id, violation, class, code, code_name, status, opened_at, first_seen, \
         last_seen, gone_at, cameras, lon, lat, error_m, grid, detections, score, recurrence_of, \
         permit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(case.id.as_str())
    .bind(case.violation.0.cast_signed())
    .bind(case.class.as_str())
    .bind(&case.code)
    .bind(&case.code_name)
    .bind(case.status.as_str())
    .bind(case.opened_at.millis())
    .bind(case.first_seen.millis())
    .bind(case.last_seen.millis())
    .bind(case.gone_at.map(WallTime::millis))
    .bind(row::json_of(&case.cameras)?)
    .bind(case.place.lon)
    .bind(case.place.lat)
    .bind(case.error_m)
    .bind(&case.grid)
    .bind(case.detections.cast_signed())
    .bind(f64::from(case.score))
    .bind(case.recurrence_of.as_ref().map(|id| id.as_str().to_owned()))
    .bind(&case.permit)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes the machine's fields only: what a person decided meanwhile stays.
async fn update(db: &mut SqliteConnection, case: &Case, commit: &Commit) -> Result<(), StoreError> {
    let before = cases::one(db, &case.id)
        .await?
        .ok_or_else(|| StoreError::not_found("case", case.id.as_str()))?;
    sqlx::query(
        "UPDATE cases SET last_seen = ?, gone_at = ?, cameras = ?, lon = ?, lat = ?, error_m = ?, \
         detections = ?, score = ? WHERE id = ?",
    )
    .bind(case.last_seen.millis())
    .bind(case.gone_at.map(WallTime::millis))
    .bind(row::json_of(&case.cameras)?)
    .bind(case.place.lon)
    .bind(case.place.lat)
    .bind(case.error_m)
    .bind(case.detections.cast_signed())
    .bind(f64::from(case.score))
    .bind(case.id.as_str())
    .execute(&mut *db)
    .await?;
    if before.gone_at.is_some() || case.gone_at.is_none() {
        return Ok(());
    }
    // told as it now stands in the database, a person's decision included
    let now = cases::one(db, &case.id).await?.unwrap_or_else(|| case.clone());
    let payload = row::value_of(&now)?;
    let entry = Entry::machine(commit.at, custody::CASE_GONE, case.id.as_str(), payload);
    custody::append(db, entry).await?;
    outbox::enqueue(db, Event::Gone, &now, &commit.channels, commit.at).await
}
