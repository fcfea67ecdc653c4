//! Which model a person switched to, and how often people agreed with each model.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row;

use super::{
    Store, StoreError,
    custody::{self, Entry},
};
use crate::base::{CameraId, ClassName, WallTime};

/// A switch to another model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelChoice {
    /// The folder of the model's card.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the model file.
    pub sha256: String,
    /// The folder of the card that the settings named then: a choice holds until they name another.
    pub configured: String,
    /// Who switched.
    pub by: String,
    /// When.
    pub at: WallTime,
}

/// What people decided on the cases of one camera, class and model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The camera whose picture opened the case.
    pub camera: CameraId,
    /// What the machine took it for.
    pub class: ClassName,
    /// Name and version of the model.
    pub model: String,
    /// Cases a person confirmed.
    pub confirmed: u64,
    /// Cases a person rejected.
    pub rejected: u64,
}

impl Store {
    /// Writes down a switch, in the custody log too: which model saw a thing is part of the evidence.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn choose_model(&self, choice: &ModelChoice) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO model_choice (name, version, sha256, configured, by, at) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&choice.name)
        .bind(&choice.version)
        .bind(&choice.sha256)
        .bind(&choice.configured)
        .bind(&choice.by)
        .bind(choice.at.millis())
        .execute(&mut *tx)
        .await?;
        let payload = json!({ "version": choice.version, "sha256": choice.sha256 });
        let entry =
            Entry::person(choice.at, &choice.by, custody::MODEL_ACTIVATED, &choice.name, payload);
        custody::append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// The switches that were made while the settings named `configured`, newest first; none in a
    /// database of a version that knew no switching.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn model_choices(&self, configured: &str) -> Result<Vec<ModelChoice>, StoreError> {
        let known = "SELECT count(*) FROM sqlite_master WHERE name = 'model_choice'";
        if sqlx::query_scalar::<_, i64>(known).fetch_one(self.reader()).await? == 0 {
            return Ok(Vec::new());
        }
        let rows = sqlx::query("SELECT * FROM model_choice ORDER BY id DESC LIMIT 100")
            .fetch_all(self.reader())
            .await?;
        let read = |r: &sqlx::sqlite::SqliteRow| -> Result<ModelChoice, StoreError> {
            Ok(ModelChoice {
                name: r.try_get("name")?,
                version: r.try_get("version")?,
                sha256: r.try_get("sha256")?,
                configured: r.try_get("configured")?,
                by: r.try_get("by")?,
                at: WallTime::from_millis(r.try_get("at")?),
            })
        };
        let all: Vec<_> = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(all.into_iter().take_while(|c| c.configured == configured).collect())
    }

    /// How often people agreed, per camera, class and model.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn agreement(&self) -> Result<Vec<Agreement>, StoreError> {
        let rows = sqlx::query(
            "SELECT e.camera, c.class, e.model, sum(r.decision = 'confirmed') AS confirmed, \
             sum(r.decision = 'rejected') AS rejected FROM reviews r \
             JOIN cases c ON c.id = r.case_id \
             JOIN evidence e ON e.id = (SELECT x.id FROM evidence x WHERE x.case_id = c.id \
             AND x.role = 'picture' AND x.moment IN ('first', 'middle', 'last') ORDER BY x.at DESC, x.id LIMIT 1) \
             GROUP BY e.camera, c.class, e.model ORDER BY e.camera, c.class, e.model",
        )
        .fetch_all(self.reader())
        .await?;
        let count = |r: &sqlx::sqlite::SqliteRow, column: &str| -> Result<u64, StoreError> {
            Ok(r.try_get::<i64, _>(column)?.unsigned_abs())
        };
        rows.iter()
            .map(|r| {
                Ok(Agreement {
                    camera: CameraId::new(r.try_get::<String, _>("camera")?),
                    class: ClassName::new(r.try_get::<String, _>("class")?),
                    model: r.try_get("model")?,
                    confirmed: count(r, "confirmed")?,
                    rejected: count(r, "rejected")?,
                })
            })
            .collect()
    }
}
