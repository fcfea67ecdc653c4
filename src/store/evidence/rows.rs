//! Evidence rows in the database.

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{EvidenceRow, Moment, Role};
use crate::{
    base::{BBox, CameraId, CaseId, SecondLook, TimeSource, WallTime},
    store::{StoreError, custody, custody::Entry, row},
};

/// Writes one row and its custody entry; a path that is there already with the same bytes is left.
/// Returns whether it is new.
pub(in crate::store) async fn insert(
    db: &mut SqliteConnection,
    e: &EvidenceRow,
    at: WallTime,
) -> Result<bool, StoreError> {
    let known: Option<String> = sqlx::query_scalar("SELECT sha256 FROM evidence WHERE path = ?")
        .bind(&e.path)
        .fetch_optional(&mut *db)
        .await?;
    match known {
        Some(sha256) if sha256 == e.sha256 => return Ok(false),
        Some(_) => return Err(StoreError::EvidenceClash { path: e.path.clone() }),
        None => {}
    }
    sqlx::query(
        "INSERT INTO evidence (id, case_id, path, sha256, bytes_len, role, camera, at, time_source, \
         pts_ns, bbox, moment, derived_from, model, second_look) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&e.id)
    .bind(e.case.as_str())
    .bind(&e.path)
    .bind(&e.sha256)
    .bind(e.bytes_len.cast_signed())
    .bind(e.role.as_str())
    .bind(e.camera.as_str())
    .bind(e.at.millis())
    .bind(row::text_of(&e.time_source)?)
    .bind(e.pts_ns.map(u64::cast_signed))
    .bind(e.bbox.map(|b| row::json_of(&b)).transpose()?)
    .bind(e.moment.as_str())
    .bind(&e.derived_from)
    .bind(&e.model)
    .bind(e.second.map(|s| row::json_of(&s)).transpose()?)
    .execute(&mut *db)
    .await?;
    let entry = Entry::machine(at, custody::EVIDENCE_KEPT, &e.path, row::value_of(e)?);
    custody::append(db, entry).await?;
    Ok(true)
}

/// Reads a row of `SELECT * FROM evidence`.
pub(in crate::store) fn read(r: &SqliteRow) -> Result<EvidenceRow, StoreError> {
    let id: String = r.try_get("id")?;
    let bad = |column: &str| StoreError::unreadable("evidence", &id, column);
    let bbox: Option<String> = r.try_get("bbox")?;
    let second: Option<String> = match r.try_get("second_look") {
        // a database looked at before it was migrated
        Err(sqlx::Error::ColumnNotFound(_)) => None,
        second => second?,
    };
    Ok(EvidenceRow {
        case: CaseId::new(r.try_get::<String, _>("case_id")?),
        path: r.try_get("path")?,
        sha256: r.try_get("sha256")?,
        bytes_len: r.try_get::<i64, _>("bytes_len")?.cast_unsigned(),
        role: Role::parse(r.try_get("role")?).ok_or_else(|| bad("role"))?,
        camera: CameraId::new(r.try_get::<String, _>("camera")?),
        at: WallTime::from_millis(r.try_get("at")?),
        time_source: row::from_text::<TimeSource>(r.try_get("time_source")?)
            .ok_or_else(|| bad("time_source"))?,
        pts_ns: r.try_get::<Option<i64>, _>("pts_ns")?.map(i64::cast_unsigned),
        bbox: bbox
            .map(|text| serde_json::from_str::<BBox>(&text).map_err(|_| bad("bbox")))
            .transpose()?,
        moment: Moment::parse(r.try_get("moment")?).ok_or_else(|| bad("moment"))?,
        derived_from: r.try_get("derived_from")?,
        model: r.try_get("model")?,
        second: second
            .map(|text| serde_json::from_str::<SecondLook>(&text).map_err(|_| bad("second_look")))
            .transpose()?,
        id,
    })
}
