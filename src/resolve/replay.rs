//! Drives judging and cases through recorded lines in virtual time. It reads no file: lines come in,
//! cases come out, and its whole state can be taken out and put back between any two lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    case::{Case, CaseChange, Review},
    docket::{Docket, DocketOptions},
    line::{Line, LineError, ReviewLine, parse_line},
    status::Decision,
};
use crate::{
    base::{CameraId, CaseId, ClassName, WallTime},
    judge::{Judge, Options, RejectedSpot, Rule, StateError, StateValue},
};

/// How far from a review's place the case it is meant for may stand, in metres.
const REVIEW_REACH_M: f64 = 250.0;

/// A replay under way.
#[derive(Debug)]
pub struct Replay {
    judge: Judge,
    docket: Docket,
    rules: BTreeMap<ClassName, Rule>,
    table: BTreeMap<String, StateValue>,
    spots: Vec<RejectedSpot>,
    cases: BTreeMap<CaseId, Case>,
    lines: u64,
    last_at: Option<WallTime>,
    unmatched_reviews: u64,
}

/// Everything a replay knows, between two lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayState {
    /// Judging's entries.
    pub judge: Vec<(String, StateValue)>,
    /// Rejected spots.
    pub spots: Vec<RejectedSpot>,
    /// All cases.
    pub cases: Vec<Case>,
    /// Time of the last line.
    pub last_at: Option<WallTime>,
    /// Reviews that no open case answered to.
    pub unmatched_reviews: u64,
}

/// Why a replay ends early.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A line that cannot be read.
    #[error("line {line}: {reason}")]
    Line {
        /// Counted from 1 in this input.
        line: u64,
        /// Why.
        reason: LineError,
    },
    /// A line earlier than the one before.
    #[error("line {line}: its time {at} lies before {before}, that of the line before")]
    Order {
        /// Counted from 1 in this input.
        line: u64,
        /// Its time.
        at: WallTime,
        /// The time before.
        before: WallTime,
    },
    /// A frame of a camera the settings do not have.
    #[error("line {line}: camera {camera:?} is not in the settings")]
    UnknownCamera {
        /// Counted from 1 in this input.
        line: u64,
        /// The camera.
        camera: CameraId,
    },
    /// A state that does not fit.
    #[error("state: {0}")]
    State(#[from] StateError),
}

/// A case as `cases.json` has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseRow {
    /// Case number.
    pub id: CaseId,
    /// Detector class.
    pub class: ClassName,
    /// Matter code.
    pub code: String,
    /// State's word.
    pub status: String,
    /// RFC 3339.
    pub first_seen: WallTime,
    /// RFC 3339.
    pub last_seen: WallTime,
    /// RFC 3339, or null while it stands.
    pub gone_at: Option<WallTime>,
    /// Who saw it.
    pub cameras: Vec<CameraId>,
    /// WGS84 degrees.
    pub lon: f64,
    /// WGS84 degrees.
    pub lat: f64,
    /// Metres.
    pub error_m: f64,
    /// Unit grid.
    pub grid: Option<String>,
    /// Sure sightings.
    pub detections: u64,
    /// The former case.
    pub recurrence_of: Option<CaseId>,
}

impl From<&Case> for CaseRow {
    fn from(c: &Case) -> Self {
        Self {
            id: c.id.clone(),
            class: c.class.clone(),
            code: c.code.clone(),
            status: c.status.as_str().to_owned(),
            first_seen: c.first_seen,
            last_seen: c.last_seen,
            gone_at: c.gone_at,
            cameras: c.cameras.clone(),
            lon: c.place.lon,
            lat: c.place.lat,
            error_m: c.error_m,
            grid: c.grid.clone(),
            detections: c.detections,
            recurrence_of: c.recurrence_of.clone(),
        }
    }
}

impl Replay {
    /// From nothing, or from the state of a run before.
    ///
    /// # Errors
    /// [`ReplayError::State`] when the state is not one of judging's.
    pub fn new(
        judging: Options,
        docket: DocketOptions,
        state: Option<ReplayState>,
    ) -> Result<Self, ReplayError> {
        let state = state.unwrap_or(ReplayState {
            judge: Vec::new(),
            spots: Vec::new(),
            cases: Vec::new(),
            last_at: None,
            unmatched_reviews: 0,
        });
        let rules = judging.rules.clone();
        let mut judge = Judge::restore(judging, state.judge.clone())?;
        for spot in &state.spots {
            judge.reject(spot.clone());
        }
        // what putting a spot back changes is in the state already
        let _ = judge.take_changes();
        let mut docket = Docket::new(docket);
        state.cases.iter().for_each(|case| docket.adopt(case));
        Ok(Self {
            judge,
            docket,
            rules,
            table: state.judge.into_iter().collect(),
            spots: state.spots,
            cases: state.cases.into_iter().map(|c| (c.id.clone(), c)).collect(),
            lines: 0,
            last_at: state.last_at,
            unmatched_reviews: state.unmatched_reviews,
        })
    }

    /// Takes one line; an empty one is passed over.
    ///
    /// # Errors
    /// [`ReplayError`] with the line's number; nothing of the line has been applied.
    pub fn feed(&mut self, text: &str) -> Result<(), ReplayError> {
        self.lines += 1;
        let line = self.lines;
        if text.trim().is_empty() {
            return Ok(());
        }
        let parsed = parse_line(text).map_err(|reason| ReplayError::Line { line, reason })?;
        let at = match &parsed {
            Line::Detections(d) => d.at,
            Line::Review(r) => r.at,
        };
        if let Some(before) = self.last_at.filter(|before| at < *before) {
            return Err(ReplayError::Order { line, at, before });
        }
        match parsed {
            Line::Detections(frame) => {
                if !self.judge.knows(&frame.camera) {
                    return Err(ReplayError::UnknownCamera { line, camera: frame.camera });
                }
                for judgement in self.judge.observe(&frame) {
                    if let Some(change) = self.docket.apply(&judgement, at) {
                        self.keep(change);
                    }
                }
            }
            Line::Review(review) => self.review(&review),
        }
        self.last_at = Some(at);
        Ok(())
    }

    fn keep(&mut self, change: CaseChange) {
        match change {
            CaseChange::Open(case) => {
                self.cases.insert(case.id.clone(), case);
            }
            CaseChange::Update(case) => {
                if let Some(kept) = self.cases.get_mut(&case.id) {
                    *kept = Case { status: kept.status, ..case };
                }
            }
        }
    }

    /// The nearest open case of the class: one that still stands before one that has gone.
    fn meant_by(&self, review: &ReviewLine) -> Option<CaseId> {
        self.cases
            .values()
            .filter(|c| c.class == review.class)
            .filter(|c| c.status.may_become(review.decision.status()))
            .map(|c| (c.gone_at.is_some(), c.place.distance_m(review.place), c))
            .filter(|(_, distance, _)| *distance <= REVIEW_REACH_M)
            .min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(b.2.id.cmp(&a.2.id)))
            .map(|(_, _, c)| c.id.clone())
    }

    fn review(&mut self, line: &ReviewLine) {
        let Some(id) = self.meant_by(line) else {
            self.unmatched_reviews += 1;
            return;
        };
        let review = Review {
            decision: line.decision,
            by: "replay".to_owned(),
            reason: line.reason.clone(),
            at: line.at,
        };
        let Some(case) = self.cases.get_mut(&id) else { return };
        if case.review(&review).is_err() {
            self.unmatched_reviews += 1;
            return;
        }
        if let (Decision::Rejected, Some(rule)) = (line.decision, self.rules.get(&case.class)) {
            let spot = Docket::spot_for(case, &review, rule);
            self.judge.reject(spot.clone());
            self.spots.push(spot);
        }
    }

    /// The cases so far, by number.
    pub fn rows(&self) -> Vec<CaseRow> {
        self.cases.values().map(CaseRow::from).collect()
    }

    /// The cases so far, whole, by number.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    /// Reviews that no open case answered to.
    pub fn unmatched_reviews(&self) -> u64 {
        self.unmatched_reviews
    }

    /// Everything known now, to go on from later.
    pub fn state(&mut self) -> ReplayState {
        for (key, value) in self.judge.take_changes() {
            match value {
                Some(value) => self.table.insert(key, value),
                None => self.table.remove(&key),
            };
        }
        ReplayState {
            judge: self.table.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            spots: self.spots.clone(),
            cases: self.cases.values().cloned().collect(),
            last_at: self.last_at,
            unmatched_reviews: self.unmatched_reviews,
        }
    }
}
