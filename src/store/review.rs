//! A person's decision on a case. What it means comes from `resolve`; here it is written down whole.

use serde_json::json;

use super::{
    Store, StoreError, cases,
    custody::{self, Entry},
    outbox::{self, Event},
    row, spots,
};
use crate::{
    base::CaseId,
    judge::RejectedSpot,
    resolve::{Case, Decision, Review},
};

impl Store {
    /// Decides on a case and, for a rejection, begins its `spot`. The channels that were told of the
    /// case's opening are told of the decision. Returns the case as it now stands.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for no such case, [`StoreError::Conflict`] when its state does not
    /// allow the decision (somebody was faster), others when the database refuses.
    pub async fn review(
        &self,
        id: &CaseId,
        review: &Review,
        spot: Option<&RejectedSpot>,
    ) -> Result<Case, StoreError> {
        let mut tx = self.begin().await?;
        let mut case = cases::one(&mut tx, id)
            .await?
            .ok_or_else(|| StoreError::not_found("case", id.as_str()))?;
        case.review(review)?;
        let decision = review.decision.as_str();
        sqlx::query("UPDATE cases SET status = ? WHERE id = ?")
            .bind(case.status.as_str())
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO reviews (case_id, decision, by, reason, at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(id.as_str())
        .bind(decision)
        .bind(&review.by)
        .bind(&review.reason)
        .bind(review.at.millis())
        .execute(&mut *tx)
        .await?;
        let payload = json!({
            "decision": decision,
            "by": review.by,
            "at": review.at,
            "reason": review.reason,
            "spot": spot.map(|s| &s.id),
            "case": row::value_of(&case)?,
        });
        let entry =
            Entry::person(review.at, &review.by, custody::CASE_REVIEWED, id.as_str(), payload);
        custody::append(&mut tx, entry).await?;
        if let Some(spot) = spot {
            spots::insert(&mut tx, spot, id, review.at).await?;
        }
        let channels = outbox::channels_of(&mut tx, id).await?;
        outbox::enqueue(&mut tx, event(review.decision), &case, &channels, review.at).await?;
        tx.commit().await?;
        Ok(case)
    }
}

fn event(decision: Decision) -> Event {
    match decision {
        Decision::Confirmed => Event::Confirmed,
        Decision::Rejected => Event::Rejected,
    }
}
