//! Reading cases: all of them at start, one, or a filtered page.

use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};

use super::{Store, StoreError};
use crate::{
    base::{CameraId, CaseId, ClassName, LonLat, ViolationId, WallTime},
    resolve::{Case, CaseStatus},
};

/// Which cases are asked for; a field left out does not filter.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// In this state.
    pub status: Option<CaseStatus>,
    /// Of this detector class.
    pub class: Option<ClassName>,
    /// Seen by this camera.
    pub camera: Option<CameraId>,
    /// Opened at or after.
    pub since: Option<WallTime>,
    /// Opened before.
    pub until: Option<WallTime>,
    /// Not yet rejected, closed or cancelled (or, with `false`, one of these).
    pub open: Option<bool>,
    /// Text found in number, class, code, code name or grid.
    pub text: Option<String>,
}

/// Which part of the list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// At most so many.
    pub limit: u32,
    /// After so many.
    pub offset: u64,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: 50, offset: 0 }
    }
}

/// A part of the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CasePage {
    /// How many match the filter.
    pub total: u64,
    /// This page of them, newest first.
    pub cases: Vec<Case>,
}

impl CaseFilter {
    /// Appends this filter as a WHERE clause; every value is bound, none becomes text.
    fn push(&self, q: &mut QueryBuilder<Sqlite>) {
        q.push(" WHERE 1");
        if let Some(status) = self.status {
            q.push(" AND status = ").push_bind(status.as_str());
        }
        if let Some(class) = &self.class {
            q.push(" AND class = ").push_bind(class.to_string());
        }
        if let Some(camera) = &self.camera {
            q.push(" AND EXISTS (SELECT 1 FROM json_each(cameras) WHERE value = ")
                .push_bind(camera.to_string())
                .push(")");
        }
        if let Some(since) = self.since {
            q.push(" AND opened_at >= ").push_bind(since.millis());
        }
        if let Some(until) = self.until {
            q.push(" AND opened_at < ").push_bind(until.millis());
        }
        if let Some(open) = self.open {
            q.push(" AND (status NOT IN ('rejected', 'closed', 'cancelled')) = ").push_bind(open);
        }
        if let Some(text) = self.text.as_deref().filter(|t| !t.is_empty()) {
            q.push(" AND instr(lower(id || ' ' || class || ' ' || code || ' ' || code_name || ' ' || coalesce(grid, '')), ")
                .push_bind(text.to_lowercase())
                .push(") > 0");
        }
    }
}

impl Store {
    /// A page of the cases that match, newest first, and how many match.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cases(&self, filter: &CaseFilter, page: Page) -> Result<CasePage, StoreError> {
        let mut tx = self.reader().begin().await?;
        let mut count = QueryBuilder::new("SELECT count(*) FROM cases");
        filter.push(&mut count);
        let total: i64 = count.build_query_scalar().fetch_one(&mut *tx).await?;
        let mut list = QueryBuilder::new("SELECT * FROM cases");
        filter.push(&mut list);
        list.push(" ORDER BY opened_at DESC, id DESC LIMIT ")
            .push_bind(i64::from(page.limit))
            .push(" OFFSET ")
            .push_bind(i64::try_from(page.offset).unwrap_or(i64::MAX));
        let rows = list.build().fetch_all(&mut *tx).await?;
        tx.commit().await?;
        let cases = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(CasePage { total: total.unsigned_abs(), cases })
    }

    /// One case, if there is one of that number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn case(&self, id: &CaseId) -> Result<Option<Case>, StoreError> {
        let mut db = self.reader().acquire().await?;
        one(&mut db, id).await
    }
}

/// Every case, oldest first.
pub(super) async fn all(db: &mut SqliteConnection) -> Result<Vec<Case>, StoreError> {
    let rows = sqlx::query("SELECT * FROM cases ORDER BY opened_at, id").fetch_all(db).await?;
    rows.iter().map(read).collect()
}

/// The case of that number.
pub(super) async fn one(
    db: &mut SqliteConnection,
    id: &CaseId,
) -> Result<Option<Case>, StoreError> {
    let row = sqlx::query("SELECT * FROM cases WHERE id = ?")
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Reads a row of `SELECT * FROM cases`.
fn read(r: &SqliteRow) -> Result<Case, StoreError> {
    let id: String = r.try_get("id")?;
    let bad = |column: &str| StoreError::unreadable("case", &id, column);
    let time = |column: &str| -> Result<WallTime, StoreError> {
        Ok(WallTime::from_millis(r.try_get(column)?))
    };
    Ok(Case {
        violation: ViolationId(r.try_get::<i64, _>("violation")?.cast_unsigned()),
        class: ClassName::new(r.try_get::<String, _>("class")?),
        code: r.try_get("code")?,
        code_name: r.try_get("code_name")?,
        status: CaseStatus::parse(r.try_get("status")?).map_err(|_| bad("status"))?,
        opened_at: time("opened_at")?,
        first_seen: time("first_seen")?,
        last_seen: time("last_seen")?,
        gone_at: r.try_get::<Option<i64>, _>("gone_at")?.map(WallTime::from_millis),
        cameras: serde_json::from_str(r.try_get("cameras")?).map_err(|_| bad("cameras"))?,
        place: LonLat { lon: r.try_get("lon")?, lat: r.try_get("lat")? },
        error_m: r.try_get("error_m")?,
        grid: r.try_get("grid")?,
        detections: r.try_get::<i64, _>("detections")?.unsigned_abs(),
        score: r.try_get::<f64, _>("score")? as f32,
        recurrence_of: r.try_get::<Option<String>, _>("recurrence_of")?.map(CaseId::new),
        permit: r.try_get("permit")?,
        id: CaseId::new(id),
    })
}
