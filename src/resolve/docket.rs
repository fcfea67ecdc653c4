//! The docket: turns what judging says into cases with numbers, codes and grids.
//!
//! It knows only what it needs to go on: the last number of each day, the cases still standing, and
//! which case a violation became. It never touches what a person decides.

use std::collections::BTreeMap;

use super::{
    case::{Case, CaseChange, Review},
    codes::{Codes, default_code},
    grids::Grids,
    number::{number, series, taken_apart},
    status::CaseStatus,
};
use crate::{
    base::{CaseId, ClassName, ViolationId, WallTime},
    judge::{Judgement, RejectedSpot, Rule, Violation},
};

/// The code of a class that has neither a configured nor a default one. A reviewer sees it.
const NO_CODE: &str = "00000";

/// What the docket must be told.
#[derive(Clone, Debug)]
pub struct DocketOptions {
    /// Six digits used in numbers of cases outside every grid.
    pub division: String,
    /// The zone whose date stands in case numbers.
    pub timezone: chrono_tz::Tz,
    /// The unit grids.
    pub grids: Grids,
    /// Matter codes of classes, over the defaults.
    pub codes: BTreeMap<ClassName, String>,
}

/// See the file's head.
#[derive(Clone, Debug)]
pub struct Docket {
    options: DocketOptions,
    names: Codes,
    last_number: BTreeMap<String, u32>,
    standing: BTreeMap<ViolationId, Case>,
    case_of: BTreeMap<ViolationId, CaseId>,
}

impl Docket {
    /// An empty docket.
    pub fn new(options: DocketOptions) -> Self {
        Self {
            options,
            names: Codes::builtin(),
            last_number: BTreeMap::new(),
            standing: BTreeMap::new(),
            case_of: BTreeMap::new(),
        }
    }

    /// Takes up a case from before a restart. All cases must be adopted, gone ones too: their
    /// numbers are used.
    pub fn adopt(&mut self, case: &Case) {
        if let Some((series, n)) = taken_apart(&case.id) {
            let last = self.last_number.entry(series.to_owned()).or_default();
            *last = n.max(*last);
        }
        self.case_of.insert(case.violation, case.id.clone());
        if case.gone_at.is_none() {
            self.standing.insert(case.violation, case.clone());
        }
    }

    /// What `judgement`, made at `at`, means for a case.
    pub fn apply(&mut self, judgement: &Judgement, at: WallTime) -> Option<CaseChange> {
        match judgement {
            Judgement::Opened(v) => Some(CaseChange::Open(self.open(v, at))),
            Judgement::Seen(v) => {
                let case = self.standing.get_mut(&v.id)?;
                see(case, v);
                Some(CaseChange::Update(case.clone()))
            }
            Judgement::Gone { violation, at } => {
                let mut case = self.standing.remove(violation)?;
                case.gone_at = Some(*at);
                Some(CaseChange::Update(case))
            }
            Judgement::Candidate { .. }
            | Judgement::CandidateEnded { .. }
            | Judgement::Suppressed { .. } => None,
        }
    }

    fn open(&mut self, v: &Violation, at: WallTime) -> Case {
        let place = v.position.place;
        let grid = self.options.grids.locate(place).map(str::to_owned);
        let division = grid.as_deref().and_then(|g| g.get(..6)).unwrap_or(&self.options.division);
        let day = at.to_utc().with_timezone(&self.options.timezone).date_naive();
        let series = series(division, day);
        let last = self.last_number.entry(series.clone()).or_default();
        *last += 1;
        let id = number(&series, *last);
        let code = self.code_of(&v.class);
        let case = Case {
            id: id.clone(),
            violation: v.id,
            class: v.class.clone(),
            code_name: self.names.name(&code).unwrap_or_default().to_owned(),
            code,
            status: CaseStatus::Clue,
            opened_at: at,
            first_seen: v.first_seen,
            last_seen: v.last_seen,
            gone_at: None,
            cameras: v.cameras.clone(),
            place,
            error_m: v.position.error_m,
            grid,
            detections: v.detections,
            score: v.score,
            recurrence_of: v.recurrence_of.and_then(|former| self.case_of.get(&former).cloned()),
            permit: v.permit.clone(),
        };
        self.case_of.insert(v.id, id);
        self.standing.insert(v.id, case.clone());
        case
    }

    fn code_of(&self, class: &ClassName) -> String {
        let configured = self.options.codes.get(class).map(String::as_str);
        configured.or_else(|| default_code(class.as_str())).unwrap_or(NO_CODE).to_owned()
    }

    /// The spot that a rejection of `case` makes under its class's rule.
    pub fn spot_for(case: &Case, review: &Review, rule: &Rule) -> RejectedSpot {
        RejectedSpot {
            id: format!("spot-{}", case.id),
            class: case.class.clone(),
            place: case.place,
            radius_m: rule.reject_radius_m,
            from: review.at,
            until: review.at.plus(rule.reject_for),
            by: review.by.clone(),
            reason: review.reason.clone(),
        }
    }
}

/// Writes the machine's fields. The grid stays the one the case was opened in: it names who is
/// responsible, and a centimetre across a border must not move a case to another desk.
fn see(case: &mut Case, v: &Violation) {
    case.last_seen = v.last_seen;
    case.cameras.clone_from(&v.cameras);
    case.place = v.position.place;
    case.error_m = v.position.error_m;
    case.detections = v.detections;
    case.score = v.score;
}
