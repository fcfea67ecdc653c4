//! A person's decision about a case, and what judging must learn of it.
//!
//! One constraint: once the decision is stored, judging hears of its spot even if the caller hangs up
//! in between; so both steps run in a task of their own.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State as Shared},
};
use crossbeam_channel::TrySendError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    State,
    error::{ApiError, ErrorBody},
    request::{Body, LONGEST_NAME, LONGEST_REASON},
    view::{CaseView, SpotView},
};
use crate::{
    base::{CaseId, WallTime},
    judge::RejectedSpot,
    resolve::{Case, Decision, Docket, Review},
    runtime::judging::Mail,
    store::Store,
};

/// How soon a full box is tried again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// A decision.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; `decision_of` reads it")]
pub struct ReviewBody {
    /// `confirmed` or `rejected`
    decision: String,
    /// Why; required for `rejected`.
    reason: Option<String>,
    /// Who decides.
    by: String,
}

/// What a decision did.
#[derive(Serialize, ToSchema)]
pub struct Reviewed {
    /// The case as it is now.
    pub case: CaseView,
    /// The spot that is quiet now; null for a confirmation, or when the class has no rule any more.
    pub spot: Option<SpotView>,
}

fn decision_of(mut body: Body) -> Result<Review, ApiError> {
    let decision = match body.text("decision", 20)?.as_str() {
        "confirmed" => Decision::Confirmed,
        "rejected" => Decision::Rejected,
        _ => return Err(ApiError::field("decision", "confirmed or rejected is expected")),
    };
    let by = body.text("by", LONGEST_NAME)?;
    let reason = match decision {
        Decision::Rejected => body.text("reason", LONGEST_REASON)?,
        Decision::Confirmed => body.optional_text("reason", LONGEST_REASON)?.unwrap_or_default(),
    };
    body.finish()?;
    Ok(Review { decision, by, reason, at: now() })
}

/// The time of a person's act.
pub fn now() -> WallTime {
    WallTime::from(chrono::Utc::now())
}

/// Confirms or rejects a case. Rejecting makes a spot on which the class stays quiet for a time.
#[utoipa::path(post, path = "/api/v1/cases/{id}/review", tag = "cases", request_body = ReviewBody,
    params(("id" = String, Path, description = "case number")),
    responses((status = 200, body = Reviewed), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "the case's state does not allow it"),
        (status = 422, body = ErrorBody), (status = 400, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub async fn decide(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Reviewed>, ApiError> {
    let review = decision_of(body)?;
    let id = CaseId::new(id);
    let case = state.store.case(&id).await?.ok_or(ApiError::NotFound("case"))?;
    let spot = spot_of(&state, &case, &review);
    let shown = spot.as_ref().map(SpotView::from);
    let store = state.store.clone();
    let case = to_the_end(async move { carry_out(&state, &id, &review, spot).await }).await?;
    let evidence = store.evidence_of(&case.id).await?;
    Ok(Json(Reviewed { case: CaseView::of(&case, &evidence), spot: shown }))
}

fn spot_of(state: &State, case: &Case, review: &Review) -> Option<RejectedSpot> {
    if review.decision != Decision::Rejected {
        return None;
    }
    let rule = state.rules.get(&case.class);
    if rule.is_none() {
        tracing::warn!(case = %case.id, class = %case.class, "rejected without a spot: the class has no rule");
    }
    rule.map(|rule| Docket::spot_for(case, review, rule))
}

async fn carry_out(
    state: &State,
    id: &CaseId,
    review: &Review,
    spot: Option<RejectedSpot>,
) -> Result<Case, ApiError> {
    let store: &Store = &state.store;
    let case = store.review(id, review, spot.as_ref()).await?;
    if let Some(spot) = spot {
        mail(state, Mail::Reject(spot)).await;
    }
    Ok(case)
}

/// Tells judging; waits while its box is full. When judging has ended it learns from the store at the
/// next start.
pub async fn mail(state: &State, mut message: Mail) {
    loop {
        match state.reviews.try_send(message) {
            Ok(()) => return,
            // the sender blocks when asked to wait, so the waiting is done here
            Err(TrySendError::Full(back)) => message = back,
            Err(TrySendError::Disconnected(_)) => {
                tracing::warn!("judging has ended; it takes the decision up at the next start");
                return;
            }
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

/// Runs `work` in a task of its own, so that a caller who hangs up does not stop it half-way.
pub async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::spawn(work).await {
        Ok(done) => done,
        Err(e) => Err(ApiError::internal("task", &e)),
    }
}
