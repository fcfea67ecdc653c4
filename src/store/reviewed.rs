//! What people decided, for learning from it.

use sqlx::Row;

use super::{EvidenceRow, Store, StoreError, evidence::rows};
use crate::{
    base::{CaseId, ClassName, WallTime},
    resolve::Decision,
};

/// A decided case with its stills.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// Which case.
    pub case: CaseId,
    /// What the machine took it for.
    pub class: ClassName,
    /// What a person decided.
    pub decision: Decision,
    /// In the person's words.
    pub reason: String,
    /// When.
    pub at: WallTime,
    /// The stills that show the thing: no boxes drawn in, where it is known.
    pub pictures: Vec<EvidenceRow>,
}

impl Store {
    /// The cases decided at or after `since`, oldest decision first.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub async fn reviewed(&self, since: WallTime) -> Result<Vec<Reviewed>, StoreError> {
        let mut tx = self.reader().begin().await?;
        let decided = sqlx::query(
            "SELECT r.case_id, r.decision, r.reason, r.at, c.class FROM reviews r \
             JOIN cases c ON c.id = r.case_id WHERE r.at >= ? ORDER BY r.at, r.id",
        )
        .bind(since.millis())
        .fetch_all(&mut *tx)
        .await?;
        let mut all = Vec::with_capacity(decided.len());
        for row in decided {
            let case: String = row.try_get("case_id")?;
            let decision = Decision::parse(row.try_get("decision")?)
                .map_err(|_| StoreError::unreadable("review", &case, "decision"))?;
            let stills = sqlx::query(
                "SELECT * FROM evidence WHERE case_id = ? AND role = 'picture' \
                 AND bbox IS NOT NULL AND moment <> 'gone' ORDER BY at, id",
            )
            .bind(&case)
            .fetch_all(&mut *tx)
            .await?;
            all.push(Reviewed {
                class: ClassName::new(row.try_get::<String, _>("class")?),
                decision,
                reason: row.try_get("reason")?,
                at: WallTime::from_millis(row.try_get("at")?),
                pictures: stills.iter().map(rows::read).collect::<Result<_, _>>()?,
                case: CaseId::new(case),
            });
        }
        tx.commit().await?;
        Ok(all)
    }
}
