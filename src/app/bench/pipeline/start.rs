//! `bench start`: how long the daemon takes from being called until its page answers, and until the
//! first frame of a running stream is judged. Every start is a new process on an empty data folder.

use std::{path::Path, thread::sleep, time::Duration};

use anyhow::ensure;

use super::{Site, counted, launch::launch};
use crate::app::{
    bench::{
        machine,
        report::{Cell, Column, Report, Row, Shown, column},
        statistics::{median, spread},
    },
    words::in_one_line,
};

/// Between two looks at whether a frame is judged.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long the first one may take.
const PATIENCE: Duration = Duration::from_secs(60);

const COLUMNS: &[Column] = &[
    column("cameras", "cameras", Shown::Fixed(0)),
    column("start_s", "start s", Shown::Fixed(2)),
    column("start_spread", "spread", Shown::Percent),
    column("first_decision_s", "first decision s", Shown::Fixed(2)),
    column("first_decision_spread", "spread", Shown::Percent),
    column("starts", "starts", Shown::Fixed(0)),
];

/// What to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Numbers of cameras.
    pub cameras: Vec<usize>,
    /// Starts with each.
    pub starts: usize,
    /// Of what cameras and model.
    pub site: Site,
}

/// Seconds until the page answered, and until a frame was judged.
type Start = (f64, f64);

/// Starts the daemon on each number of cameras. `progress` is told what is being measured.
///
/// # Errors
/// This program cannot be started once more.
pub fn start(request: &Request, progress: &mut dyn FnMut(&str)) -> anyhow::Result<Report> {
    let program = std::env::current_exe()?;
    let mut rows = Vec::new();
    for cameras in request.cameras.iter().copied() {
        progress(&counted(cameras));
        let starts: anyhow::Result<Vec<Start>> =
            (0..request.starts).map(|_| one(&program, &request.site, cameras)).collect();
        rows.push(row(cameras, starts));
    }
    let mut facts = machine::facts();
    facts.extend(request.site.facts());
    Ok(Report {
        bench: "start",
        title: "from the call of the daemon to its page and to its first decision".to_owned(),
        facts,
        columns: COLUMNS,
        rows,
        notes: machine::notes(),
    })
}

fn one(program: &Path, site: &Site, cameras: usize) -> anyhow::Result<Start> {
    let mut site = launch(program, site, cameras)?;
    while site.daemon.counts()?.judged < 1.0 {
        ensure!(site.began.elapsed() < PATIENCE, "no frame was judged");
        sleep(LOOK_EVERY);
    }
    Ok((site.started_after.as_secs_f64(), site.began.elapsed().as_secs_f64()))
}

fn row(cameras: usize, starts: anyhow::Result<Vec<Start>>) -> Row {
    let mut cells: Vec<Cell> = vec![cameras.into()];
    match starts {
        Ok(starts) => {
            let (pages, decisions): (Vec<f64>, Vec<f64>) = starts.iter().copied().unzip();
            for seconds in [pages, decisions] {
                cells.extend([median(&seconds).into(), spread(&seconds).into()]);
            }
            cells.push(starts.len().into());
            Row { cells, fault: None }
        }
        Err(error) => Row { cells, fault: Some(in_one_line(&error)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_starts_is_told_and_a_fault_leaves_the_rest() {
        let rows = vec![
            row(1, Ok(vec![(0.5, 1.0), (0.25, 9.0), (1.0, 2.0)])),
            row(9, Err(anyhow::anyhow!("no frame was judged"))),
        ];
        let facts = Vec::new();
        let (title, notes) = (String::new(), Vec::new());
        let report = Report { bench: "start", title, facts, columns: COLUMNS, rows, notes };
        let json = report.json();
        assert_eq!(
            (&json["rows"][0]["start_s"], &json["rows"][0]["starts"]),
            (&0.5.into(), &3.0.into())
        );
        assert_eq!(json["rows"][0]["first_decision_s"], 2.0);
        assert_eq!(json["rows"][1]["fault"], "no frame was judged");
        assert!(json["rows"][1]["start_s"].is_null() && !report.is_complete());
    }
}
