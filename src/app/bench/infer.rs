//! `bench infer`: frames to detections on every combination of provider, batch, sessions and
//! threads, beside ONNX Runtime alone on the same inputs in the same minute. A combination that
//! cannot be measured is named and the rest goes on.

mod apart;
mod point;
mod table;

use std::{path::PathBuf, time::Duration};

pub use point::{Measured, Point, answer};
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
        let mut points = Vec::new();
        for card in &self.cards {
            for provider in &self.providers {
                for &sessions in &self.sessions {
                    for &threads in &self.threads {
                        points.extend(self.batches.iter().map(|&batch| Point {
                            card: card.clone(),
                            provider: provider.clone(),
                            batch,
                            sessions,
                            threads,
                            pictures: self.pictures.clone(),
                            size: self.size,
                            times: self.times,
                        }));
                    }
                }
            }
        }
        points
    }
}

/// What became of one combination.
pub(super) type Outcome = (Point, Result<Measured, String>);

/// Measures all combinations, as [`outcomes`] does, and lays them out.
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
