//! The description of the API, made from the handlers.

use axum::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use super::{camera, cases, evidence, models, probe, review, site, spots};

/// The API.
#[derive(OpenApi)]
#[openapi(
    info(title = "streetwarden", description = "Cases found by street cameras, for a person to decide about."),
    paths(
        cases::list, cases::show, cases::evidence, evidence::bytes, review::decide, spots::list,
        spots::lift, camera::list, models::list, models::activate, models::precision, site::show, probe::healthz, probe::readyz, probe::metrics, show
    ),
    modifiers(&Bearer),
    security(("token" = []), ())
)]
pub struct Api;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        api.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "site",
    responses((status = 200, description = "OpenAPI 3.1")))]
pub async fn show() -> Json<openapi::OpenApi> {
    Json(Api::openapi())
}
