//! Rejected spots: kept for ever, active until lifted or expired.

use serde_json::json;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    Store, StoreError,
    custody::{self, Entry},
    row,
};
use crate::{
    base::{CaseId, ClassName, LonLat, WallTime},
    judge::RejectedSpot,
};

/// Spots that nobody lifted, in order of their beginning.
pub(super) async fn active(db: &mut SqliteConnection) -> Result<Vec<RejectedSpot>, StoreError> {
    let rows = sqlx::query("SELECT * FROM spots WHERE lifted_at IS NULL ORDER BY from_ms, id")
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

fn read(r: &SqliteRow) -> Result<RejectedSpot, StoreError> {
    Ok(RejectedSpot {
        id: r.try_get("id")?,
        class: ClassName::new(r.try_get::<String, _>("class")?),
        place: LonLat { lon: r.try_get("lon")?, lat: r.try_get("lat")? },
        radius_m: r.try_get("radius_m")?,
        from: WallTime::from_millis(r.try_get("from_ms")?),
        until: WallTime::from_millis(r.try_get("until_ms")?),
        by: r.try_get("by")?,
        reason: r.try_get("reason")?,
    })
}

/// Writes a spot that the rejection of `case` made; one of that id that is there already is left.
pub(super) async fn insert(
    db: &mut SqliteConnection,
    spot: &RejectedSpot,
    case: &CaseId,
    at: WallTime,
) -> Result<(), StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO spots (id, case_id, class, lon, lat, radius_m, from_ms, until_ms, by, reason) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&spot.id)
    .bind(case.as_str())
    .bind(spot.class.as_str())
    .bind(spot.place.lon)
    .bind(spot.place.lat)
    .bind(spot.radius_m)
    .bind(spot.from.millis())
    .bind(spot.until.millis())
    .bind(&spot.by)
    .bind(&spot.reason)
    .execute(&mut *db)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(());
    }
    let payload = json!({ "case": case, "spot": row::value_of(spot)? });
    custody::append(db, Entry::person(at, &spot.by, custody::SPOT_REJECTED, &spot.id, payload))
        .await
}

impl Store {
    /// Rejected spots that nobody lifted, expired ones included.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spots(&self) -> Result<Vec<RejectedSpot>, StoreError> {
        let mut db = self.reader().acquire().await?;
        active(&mut db).await
    }

    /// Lifts a rejected spot. The caller tells the judge.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when no such spot holds.
    pub async fn lift_spot(
        &self,
        id: &str,
        by: &str,
        reason: &str,
        at: WallTime,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let lifted = sqlx::query(
            "UPDATE spots SET lifted_at = ?, lifted_by = ?, lifted_reason = ? \
             WHERE id = ? AND lifted_at IS NULL",
        )
        .bind(at.millis())
        .bind(by)
        .bind(reason)
        .bind(id)
        .execute(&mut *tx)
        .await?;
        if lifted.rows_affected() == 0 {
            return Err(StoreError::not_found("rejected spot", id));
        }
        let payload = json!({ "spot": id, "reason": reason });
        custody::append(&mut tx, Entry::person(at, by, custody::SPOT_LIFTED, id, payload)).await?;
        Ok(tx.commit().await?)
    }
}
