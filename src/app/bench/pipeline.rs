//! `bench pipeline`: the whole daemon on so many simulated cameras, beside itself on one. The cameras
//! are clips from the built-in RTSP server, which encodes nothing; server and daemon are processes of
//! their own, so that each is seen to cost what it costs.

mod daemon;
mod launch;
mod load;
mod metrics;
mod site;
pub mod start;
mod table;

use std::time::Duration;

use load::Load;
pub use site::Site;

use super::report::Report;
use crate::{app::words::in_one_line, capture::DropReason};

/// Looks of each camera before the measurement: a gated camera is looked at more often at first.
const LOOKS_BEFORE: u32 = 5;
/// Frames dropped for these reasons are work saved; for any other, work not done.
const SAVED: [DropReason; 4] =
    [DropReason::Delta, DropReason::NotDue, DropReason::Unchanged, DropReason::Cooldown];
/// A ramp ends here whatever it finds.
const MOST: usize = 1 << 14;

/// What to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Cameras; with `ramp` the number to begin with.
    pub cameras: usize,
    /// Double the cameras until it is too much.
    pub ramp: bool,
    /// How long each number of cameras is measured.
    pub span: Duration,
    /// How long the daemon runs before that; five looks of a camera when none.
    pub warm_up: Option<Duration>,
    /// 95 in 100 decisions must be made within this.
    pub late: Duration,
    /// Of what cameras and model.
    pub site: Site,
}

impl Request {
    fn warm_up(&self) -> Duration {
        self.warm_up.unwrap_or(self.site.every * LOOKS_BEFORE)
    }
}

/// What became of one number of cameras.
type Outcome = (usize, Result<Load, String>);

/// Measures one camera, then as many as asked for. `progress` is told what is being measured.
///
/// # Errors
/// This program cannot be started once more.
pub fn pipeline(request: &Request, progress: &mut dyn FnMut(&str)) -> anyhow::Result<Report> {
    let program = std::env::current_exe()?;
    let mut measure = |cameras| load::measure(&program, request, cameras);
    Ok(table::of(request, &climb(request, &mut measure, progress)))
}

fn climb(
    request: &Request,
    measure: &mut dyn FnMut(usize) -> anyhow::Result<Load>,
    progress: &mut dyn FnMut(&str),
) -> Vec<Outcome> {
    let mut outcome = |cameras: usize| {
        progress(&counted(cameras));
        (cameras, measure(cameras).map_err(|error| in_one_line(&error)))
    };
    let mut outcomes = vec![outcome(1)];
    let mut cameras = request.cameras;
    if cameras == 1 && request.ramp {
        cameras = 2;
    }
    while cameras > 1 {
        outcomes.push(outcome(cameras));
        let holds = outcomes.last().is_some_and(|(_, outcome)| {
            outcome.as_ref().is_ok_and(|load| holds(load, request.late))
        });
        cameras = if request.ramp && holds && cameras < MOST { cameras * 2 } else { 0 };
    }
    outcomes
}

fn counted(cameras: usize) -> String {
    if cameras == 1 { "1 camera".to_owned() } else { format!("{cameras} cameras") }
}

/// Whether the daemon kept up: no frame lost that was to be looked at, and decisions in time.
fn holds(load: &Load, late: Duration) -> bool {
    let in_time = load.counts.decision_ms(0.95).is_none_or(|ms| ms <= late.as_secs_f64() * 1e3);
    lost(load) == 0.0 && in_time
}

/// Frames that were to be looked at and were not.
fn lost(load: &Load) -> f64 {
    let is_lost = |reason: &str| SAVED.iter().all(|saved| saved.as_str() != reason);
    load.counts.dropped.iter().filter(|(why, _)| is_lost(why)).map(|(_, frames)| frames).sum()
}

#[cfg(test)]
mod tests;
