//! The case and what may happen to it: number, class code, unit grid, state machine, reviews, and the
//! replay driver that runs judging and cases in virtual time. Pure: nothing here reads a file or a
//! clock, so the same lines always give the same cases.

mod case;
mod codes;
mod docket;
mod grids;
mod line;
mod number;
mod replay;
mod shots;
mod status;

pub use case::{Case, CaseChange, Review};
pub use codes::{Codes, CodesError, default_code};
pub use docket::{Docket, DocketOptions};
pub use grids::{GridError, Grids};
pub use line::{Line, LineError, ReviewLine, parse_line};
pub use number::{Division, DivisionError};
pub use replay::{CaseRow, Replay, ReplayError, ReplayState};
pub use shots::ShotPlan;
pub use status::{CaseStatus, Decision, TransitionError, UnknownWord};
