//! Alive, ready, counted: for supervisors and Prometheus. Not for the page.

use axum::{
    Json,
    extract::State as Shared,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    State,
    error::{ApiError, ErrorBody},
    guard,
};

/// A probe's good answer.
#[derive(Serialize, ToSchema)]
pub struct Alive {
    /// Always `ok`.
    pub status: &'static str,
}

/// The process answers. Needs no token.
#[utoipa::path(get, path = "/healthz", tag = "probes", security(()),
    responses((status = 200, body = Alive)))]
pub async fn healthz() -> Json<Alive> {
    Json(Alive { status: "ok" })
}

/// The service can do its work. Needs no token, but says why not only to who brings it.
#[utoipa::path(get, path = "/readyz", tag = "probes", security(()),
    responses((status = 200, body = Alive), (status = 503, body = ErrorBody)))]
pub async fn readyz(
    Shared(state): Shared<State>,
    headers: HeaderMap,
) -> Result<Json<Alive>, ApiError> {
    match (state.ready)() {
        Ok(()) => Ok(Json(Alive { status: "ok" })),
        Err(reason) if guard::is_authorized(&state, &headers) => Err(ApiError::Unavailable(reason)),
        Err(_) => Err(ApiError::Unavailable("not ready".to_owned())),
    }
}

/// Metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "probes",
    responses((status = 200, body = String, content_type = "text/plain"), (status = 401, body = ErrorBody)))]
pub async fn metrics(Shared(state): Shared<State>) -> Response {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], (state.metrics)()).into_response()
}
