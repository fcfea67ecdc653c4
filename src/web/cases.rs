//! Cases: the list and the one. Reading only; deciding is in review.rs.

use axum::{
    Json,
    extract::{Path, State as Shared},
};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    State,
    error::{ApiError, ErrorBody},
    request::Query,
    view::{CaseView, CustodyView, EvidenceView},
};
use crate::{
    base::{CameraId, CaseId, ClassName},
    resolve::CaseStatus,
    store::{CaseFilter, Page},
};

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 500;

/// What the list takes; here for its description alone, `filter_of` reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters")]
pub struct CaseQuery {
    /// `clue`, `confirmed`, `rejected`, `pending_dispatch`, `handling`, `handled`, `closed`, `cancelled`
    status: Option<String>,
    /// Detector class.
    class: Option<String>,
    /// Id of a camera that saw it.
    camera: Option<String>,
    /// Opened at or after, RFC 3339.
    since: Option<String>,
    /// Opened before, RFC 3339.
    until: Option<String>,
    /// Not yet rejected, closed or cancelled.
    open: Option<bool>,
    /// Text in number, class, code, its name, or grid.
    q: Option<String>,
    /// How many, 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// How many to leave out from the newest.
    offset: Option<u64>,
}

/// A page of cases, newest first.
#[derive(Serialize, ToSchema)]
pub struct CaseList {
    /// How many match.
    pub total: u64,
    /// How many were asked for.
    pub limit: u32,
    /// How many were left out.
    pub offset: u64,
    /// The cases.
    pub cases: Vec<CaseView>,
}

/// A case with all that belongs to it.
#[derive(Serialize, ToSchema)]
pub struct CaseDetail {
    /// The case.
    #[serde(flatten)]
    pub case: CaseView,
    /// Its evidence, oldest first.
    pub evidence: Vec<EvidenceView>,
    /// The custody log's entries about it, oldest first.
    pub custody: Vec<CustodyView>,
    /// Where to go from here.
    pub links: CaseLinks,
}

/// Addresses.
#[derive(Serialize, ToSchema)]
pub struct CaseLinks {
    /// This case.
    #[serde(rename = "self")]
    pub this: String,
    /// Its evidence.
    pub evidence: String,
    /// Where a decision goes.
    pub review: String,
    /// The former case of the same thing.
    pub former: Option<String>,
}

/// The evidence of a case.
#[derive(Serialize, ToSchema)]
pub struct EvidenceList {
    /// Oldest first.
    pub evidence: Vec<EvidenceView>,
}

fn filter_of(mut query: Query) -> Result<(CaseFilter, Page), ApiError> {
    let statuses = CaseStatus::ALL.map(CaseStatus::as_str).join(", ");
    let filter = CaseFilter {
        status: query
            .value("status", &format!("one of {statuses}"), |t| CaseStatus::parse(t).ok())?,
        class: query.text("class").map(ClassName::new),
        camera: query.text("camera").map(CameraId::new),
        since: query.time("since")?,
        until: query.time("until")?,
        open: query.value("open", "true or false", |t| t.parse().ok())?,
        text: query.text("q"),
    };
    let limit = |t: &str| t.parse().ok().filter(|n| (1..=MOST).contains(n));
    let limit = query.value("limit", "a number from 1 to 500", limit)?.unwrap_or(DEFAULT_LIMIT);
    let offset = query.value("offset", "a number", |t| t.parse().ok())?.unwrap_or(0);
    query.finish()?;
    Ok((filter, Page { limit, offset }))
}

/// The cases that match, newest first.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases", params(CaseQuery),
    responses((status = 200, body = CaseList), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody)))]
pub async fn list(Shared(state): Shared<State>, query: Query) -> Result<Json<CaseList>, ApiError> {
    let (filter, page) = filter_of(query)?;
    let (limit, offset) = (page.limit, page.offset);
    let found = state.store.cases(&filter, page).await?;
    let mut cases = Vec::with_capacity(found.cases.len());
    for case in &found.cases {
        cases.push(CaseView::of(case, &state.store.evidence_of(&case.id).await?));
    }
    Ok(Json(CaseList { total: found.total, limit, offset, cases }))
}

/// One case with its evidence and custody log.
#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "cases",
    params(("id" = String, Path, description = "case number")),
    responses((status = 200, body = CaseDetail), (status = 404, body = ErrorBody),
        (status = 401, body = ErrorBody)))]
pub async fn show(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
) -> Result<Json<CaseDetail>, ApiError> {
    let id = CaseId::new(id);
    let case = state.store.case(&id).await?.ok_or(ApiError::NotFound("case"))?;
    let evidence = state.store.evidence_of(&id).await?;
    let custody = state.store.custody_of(&id).await?;
    let address = |id: &CaseId| format!("/api/v1/cases/{id}");
    let this = address(&id);
    Ok(Json(CaseDetail {
        case: CaseView::of(&case, &evidence),
        evidence: evidence.iter().map(EvidenceView::from).collect(),
        custody: custody.into_iter().map(CustodyView::from).collect(),
        links: CaseLinks {
            evidence: format!("{this}/evidence"),
            review: format!("{this}/review"),
            former: case.recurrence_of.as_ref().map(address),
            this,
        },
    }))
}

/// The evidence of a case; the bytes are at each one's `url`.
#[utoipa::path(get, path = "/api/v1/cases/{id}/evidence", tag = "cases",
    params(("id" = String, Path, description = "case number")),
    responses((status = 200, body = EvidenceList), (status = 404, body = ErrorBody),
        (status = 401, body = ErrorBody)))]
pub async fn evidence(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
) -> Result<Json<EvidenceList>, ApiError> {
    let id = CaseId::new(id);
    state.store.case(&id).await?.ok_or(ApiError::NotFound("case"))?;
    let rows = state.store.evidence_of(&id).await?;
    Ok(Json(EvidenceList { evidence: rows.iter().map(EvidenceView::from).collect() }))
}
