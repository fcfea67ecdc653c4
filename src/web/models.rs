//! Which models there are, which one looks, and switching to another without a restart. Opening and
//! switching is the runtime's work, behind [`ModelSwitch`].

use axum::{
    Json,
    extract::{Path, State as Shared},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    State,
    error::{ApiError, ErrorBody},
    request::{Body, LONGEST_NAME},
    review::to_the_end,
};
use crate::store::Agreement;

/// A model that could look.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelView {
    /// The folder of its card: what it is activated by.
    pub name: String,
    /// Its version; empty when the card cannot be read.
    pub version: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Its licence.
    pub licence: String,
    /// Whether it looks now.
    pub active: bool,
    /// Whether it looked before the active one: activating it is going back.
    pub previous: bool,
    /// Why it cannot be used, where that is known.
    pub fault: Option<String>,
}

/// Why a model was not activated; the one before goes on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SwitchFault {
    /// There is no card of that name.
    #[error("there is no model {0}")]
    Unknown(String),
    /// Card, file, settings or library do not fit.
    #[error("model {name} is refused: {reason}")]
    Refused {
        /// Which.
        name: String,
        /// The difference.
        reason: String,
    },
    /// It could not be written down.
    #[error("the choice could not be stored: {0}")]
    NotStored(String),
}

/// What switches models.
pub trait ModelSwitch: Send + Sync {
    /// Every model with a card.
    fn list(&self) -> Vec<ModelView>;

    /// Opens the model, writes the choice down and gives the model to every session. Blocks.
    ///
    /// # Errors
    /// [`SwitchFault`]; nothing has changed then.
    fn activate(&self, name: &str, by: &str) -> Result<ModelView, SwitchFault>;
}

/// The models.
#[derive(Serialize, ToSchema)]
pub struct ModelsView {
    /// In order of their names.
    pub models: Vec<ModelView>,
}

/// Who switches.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; `activate` reads it")]
pub struct ActivateBody {
    /// Who switches.
    by: String,
}

/// How often people agreed with a model.
#[derive(Serialize, ToSchema)]
pub struct PrecisionView {
    /// One entry a camera, class and model.
    pub precision: Vec<PrecisionRow>,
}

/// One camera, class and model.
#[derive(Serialize, ToSchema)]
pub struct PrecisionRow {
    /// Camera id.
    pub camera: String,
    /// Detector class.
    pub class: String,
    /// Model name and version.
    pub model: String,
    /// Cases a person confirmed.
    pub confirmed: u64,
    /// Cases a person rejected.
    pub rejected: u64,
    /// Confirmed of all decided.
    pub precision: f64,
}

impl From<Agreement> for PrecisionRow {
    fn from(a: Agreement) -> Self {
        let decided = (a.confirmed + a.rejected).max(1);
        Self {
            camera: a.camera.to_string(),
            class: a.class.to_string(),
            precision: a.confirmed as f64 / decided as f64,
            model: a.model,
            confirmed: a.confirmed,
            rejected: a.rejected,
        }
    }
}

/// Every model that has a card beside the active one.
#[utoipa::path(get, path = "/api/v1/models", tag = "models",
    responses((status = 200, body = ModelsView), (status = 401, body = ErrorBody)))]
pub async fn list(Shared(state): Shared<State>) -> Result<Json<ModelsView>, ApiError> {
    let models = blocking(move || state.models.list()).await?;
    Ok(Json(ModelsView { models }))
}

/// Switches to another model, or back, without a restart. Refused when the file does not match its
/// card or the card lacks a class of a rule; the old model goes on then.
#[utoipa::path(post, path = "/api/v1/models/{action}", tag = "models", request_body = ActivateBody,
    params(("action" = String, Path, description = "`NAME:activate`")),
    responses((status = 200, body = ModelView), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "the model is refused; the message says why"),
        (status = 422, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub async fn activate(
    Shared(state): Shared<State>,
    Path(action): Path<String>,
    mut body: Body,
) -> Result<Json<ModelView>, ApiError> {
    let name = action.strip_suffix(":activate").ok_or(ApiError::NoRoute)?.to_owned();
    let by = body.text("by", LONGEST_NAME)?;
    body.finish()?;
    let switch = state.models.clone();
    let switched =
        to_the_end(async move { blocking(move || switch.activate(&name, &by)).await }).await?;
    match switched {
        Ok(model) => Ok(Json(model)),
        Err(SwitchFault::Unknown(_)) => Err(ApiError::NotFound("model")),
        Err(fault @ SwitchFault::Refused { .. }) => Err(ApiError::Conflict(fault.to_string())),
        Err(fault) => Err(ApiError::internal("switching the model", &fault)),
    }
}

/// Confirmed and rejected cases per camera, class and model version.
#[utoipa::path(get, path = "/api/v1/precision", tag = "models",
    responses((status = 200, body = PrecisionView), (status = 401, body = ErrorBody)))]
pub async fn precision(Shared(state): Shared<State>) -> Result<Json<PrecisionView>, ApiError> {
    let rows = state.store.agreement().await?;
    Ok(Json(PrecisionView { precision: rows.into_iter().map(PrecisionRow::from).collect() }))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| ApiError::internal("working on models", &e))
}
