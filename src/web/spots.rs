//! The rejected spots: the list, and lifting one.

use axum::{
    Json,
    extract::{Path, State as Shared},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    State,
    error::{ApiError, ErrorBody},
    request::{Body, LONGEST_NAME, LONGEST_REASON},
    review::{mail, now, to_the_end},
    view::SpotView,
};
use crate::runtime::judging::Mail;

/// The rejected spots that hold.
#[derive(Serialize, ToSchema)]
pub struct SpotList {
    /// The spots.
    pub spots: Vec<SpotView>,
}

/// Who lifts a spot and why.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; `lift` reads it")]
pub struct LiftBody {
    /// Who.
    by: String,
    /// Why.
    reason: String,
}

/// The rejected spots that were not lifted.
#[utoipa::path(get, path = "/api/v1/spots", tag = "spots",
    responses((status = 200, body = SpotList), (status = 401, body = ErrorBody)))]
pub async fn list(Shared(state): Shared<State>) -> Result<Json<SpotList>, ApiError> {
    let spots = state.store.spots().await?;
    Ok(Json(SpotList { spots: spots.iter().map(SpotView::from).collect() }))
}

/// Lifts a rejected spot: cases may open there again.
#[utoipa::path(delete, path = "/api/v1/spots/{id}", tag = "spots", request_body = LiftBody,
    params(("id" = String, Path, description = "spot id")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 400, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 401, body = ErrorBody)))]
pub async fn lift(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    mut body: Body,
) -> Result<StatusCode, ApiError> {
    let by = body.text("by", LONGEST_NAME)?;
    let reason = body.text("reason", LONGEST_REASON)?;
    body.finish()?;
    to_the_end(async move {
        state.store.lift_spot(&id, &by, &reason, now()).await?;
        mail(&state, Mail::Lift(id)).await;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
