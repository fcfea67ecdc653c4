//! `bench infer`: frames to detections on every combination of provider, batch, sessions and
//! threads, beside ONNX Runtime alone on the same inputs in the same minute. A combination that
//! cannot be measured is named and the rest goes on.

mod apart;
mod point;
mod table;

use std::{path::PathBuf, time::Duration};

#[cfg(feature = "onnx")]
pub(super) use point::accelerator;
pub use point::{AS_THE_FILE, Measured, Point, answer};
pub(super) use table::of as table;

use super::{Size, contest::Times, report::Report};
use crate::app::words::in_one_line;

/// What to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Model cards; one a precision, say.
    pub cards: Vec<PathBuf>,
    /// Execution providers by name. One nobody knows is a row of the table that says so.
    pub providers: Vec<String>,
    /// Precisions by name; [`AS_THE_FILE`] for what the model's file says.
    pub precisions: Vec<String>,
    /// Graphics cards by number, several joined by "+" when sessions take them in turn; empty for the
    /// provider's first.
    pub devices: Vec<String>,
    /// Frames a call.
    pub batches: Vec<usize>,
    /// Sessions at work at the same time, each on its own thread.
    pub sessions: Vec<usize>,
    /// Threads inside a session; 0 lets the library choose.
    pub threads: Vec<usize>,
    /// Pictures to take, in their own sizes; drawn ones of `size` when there are none.
    pub pictures: Vec<PathBuf>,
    /// Size of the drawn I420 frames.
    pub size: Size,
    /// How long to measure each combination.
    pub times: Times,
    /// When to give a combination up: some take very long to open, others hang.
    pub patience: Duration,
}

impl Request {
    /// Every combination, the last named turning fastest.
    fn points(&self) -> Vec<Point> {
        let mut points = vec![Point {
            card: PathBuf::new(),
            provider: String::new(),
            precision: String::new(),
            devices: String::new(),
            batch: 0,
            sessions: 0,
            threads: 0,
            pictures: self.pictures.clone(),
            size: self.size,
            times: self.times,
        }];
        vary(&mut points, &self.cards, |point| &mut point.card);
        vary(&mut points, &self.providers, |point| &mut point.provider);
        vary(&mut points, &self.precisions, |point| &mut point.precision);
        vary(&mut points, &self.devices, |point| &mut point.devices);
        vary(&mut points, &self.sessions, |point| &mut point.sessions);
        vary(&mut points, &self.threads, |point| &mut point.threads);
        vary(&mut points, &self.batches, |point| &mut point.batch);
        points
    }
}

/// Each point once with every value.
fn vary<T: Clone>(points: &mut Vec<Point>, values: &[T], field: fn(&mut Point) -> &mut T) {
    let with = |point: &Point, value: &T| {
        let mut point = point.clone();
        *field(&mut point) = value.clone();
        point
    };
    *points = points.iter().flat_map(|p| values.iter().map(|v| with(p, v))).collect();
}

/// What became of one combination.
pub(super) type Outcome = (Point, Result<Measured, String>);

/// Measures all combinations and lays them out.
///
/// # Errors
/// This program cannot be started once more.
pub fn infer(request: &Request, progress: &mut dyn FnMut(&str)) -> anyhow::Result<Report> {
    Ok(table(request, &outcomes(request, progress)?))
}

/// Measures all combinations, each in a process of its own: one that takes all memory or brings a
/// driver down ends itself alone, and memory is what that combination needs. `progress` is told
/// what is being measured.
///
/// # Errors
/// This program cannot be started once more.
pub(super) fn outcomes(
    request: &Request,
    progress: &mut dyn FnMut(&str),
) -> anyhow::Result<Vec<Outcome>> {
    let program = std::env::current_exe()?;
    let mut measure = |point: &Point| apart::measure(&program, point, request.patience);
    Ok(sweep(request.points(), &mut measure, progress))
}

fn sweep(
    points: Vec<Point>,
    measure: &mut dyn FnMut(&Point) -> anyhow::Result<Measured>,
    progress: &mut dyn FnMut(&str),
) -> Vec<Outcome> {
    let count = points.len();
    let outcome = |(index, point): (usize, Point)| {
        progress(&format!("{} of {count}: {point}", index + 1));
        let measured = measure(&point).map_err(|error| in_one_line(&error));
        (point, measured)
    };
    points.into_iter().enumerate().map(outcome).collect()
}

#[cfg(test)]
mod tests;
