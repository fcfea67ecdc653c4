//! One case: a violation with a number, a code, a grid and a state.

use serde::{Deserialize, Serialize};

use super::status::{CaseStatus, Decision, TransitionError};
use crate::base::{CameraId, CaseId, ClassName, LonLat, ViolationId, WallTime};

/// A case as it is kept and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Case number: 6 digits of division, 8 of local date, 5 of sequence.
    pub id: CaseId,
    /// The violation it stands for.
    pub violation: ViolationId,
    /// Detector class.
    pub class: ClassName,
    /// Matter code (GB/T 47678.5), 5 digits.
    pub code: String,
    /// The code's name in the code table; empty when the table has none.
    pub code_name: String,
    /// Where it stands.
    pub status: CaseStatus,
    /// When the machine opened it.
    pub opened_at: WallTime,
    /// When the violation began.
    pub first_seen: WallTime,
    /// When it was last seen.
    pub last_seen: WallTime,
    /// When it was found to be gone; `None` while it stands.
    pub gone_at: Option<WallTime>,
    /// All cameras that saw it.
    pub cameras: Vec<CameraId>,
    /// Where, WGS84.
    pub place: LonLat,
    /// Radius of error of `place` in metres.
    pub error_m: f64,
    /// Unit grid code, when a grid covers the place.
    pub grid: Option<String>,
    /// Sure sightings.
    pub detections: u64,
    /// Their mean score, in [0, 1].
    pub score: f32,
    /// The former case at this place.
    pub recurrence_of: Option<CaseId>,
    /// The permit whose hours or dates had ended.
    pub permit: Option<String>,
}

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Confirmed or rejected.
    pub decision: Decision,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: WallTime,
}

/// What the machine wants changed about cases.
#[derive(Clone, Debug, PartialEq)]
pub enum CaseChange {
    /// A new case.
    Open(Case),
    /// The machine's fields of a case have changed: last_seen, gone_at, cameras, place, error_m,
    /// detections, score. The person's fields, above all the status, are not the machine's to write.
    Update(Case),
}

impl CaseChange {
    /// The case, whichever the change.
    pub fn case(&self) -> &Case {
        match self {
            Self::Open(case) | Self::Update(case) => case,
        }
    }
}

impl Case {
    /// Carries out a review.
    ///
    /// # Errors
    /// [`TransitionError`] when the case's state does not allow it; the case is unchanged.
    pub fn review(&mut self, review: &Review) -> Result<(), TransitionError> {
        self.status = self.status.step(review.decision.status())?;
        Ok(())
    }
}
