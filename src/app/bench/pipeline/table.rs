//! The table of all numbers of cameras, and what follows from it.

use super::{Load, Outcome, Request, SAVED, counted, holds};
use crate::{
    app::bench::{
        machine,
        report::{Cell, Column, Report, Row, Shown, column},
    },
    capture::DropReason,
};

const COLUMNS: &[Column] = &[
    column("cameras", "cameras", Shown::Fixed(0)),
    column("holds", "holds", Shown::Fixed(0)),
    column("processor_millicores_per_camera", "mcore/cam", Shown::Fixed(2)),
    column("cameras_per_core", "cam/core", Shown::Fixed(1)),
    column("memory_mib", "MiB", Shown::Fixed(1)),
    column("memory_mib_per_camera", "MiB/cam", Shown::Fixed(2)),
    column("threads", "threads", Shown::Fixed(0)),
    column("threads_per_camera", "threads/cam", Shown::Fixed(2)),
    column("judged_per_s", "judged/s", Shown::Fixed(2)),
    column("second_looks_per_s", "2nd looks/s", Shown::Fixed(2)),
    column("second_looks_recalled_per_s", "recalled/s", Shown::Fixed(2)),
    column("decision_p50_ms", "p50 ms", Shown::Fixed(0)),
    column("decision_p95_ms", "p95 ms", Shown::Fixed(0)),
    column("dropped_delta", "delta", Shown::Fixed(0)),
    column("dropped_not_due", "not due", Shown::Fixed(0)),
    column("dropped_unchanged", "unchanged", Shown::Fixed(0)),
    column("dropped_cooldown", "cooldown", Shown::Fixed(0)),
    column("dropped_superseded", "superseded", Shown::Fixed(0)),
    column("dropped_undecodable", "undecodable", Shown::Fixed(0)),
    column("dropped_stopping", "stopping", Shown::Fixed(0)),
    column("dropped_else", "else", Shown::Fixed(0)),
    column("server_millicores_per_camera", "server mcore", Shown::Fixed(2)),
    column("seconds", "s", Shown::Fixed(1)),
];

/// Those that have a column, in the columns' order; any other is counted under `else`.
const REASONS: [DropReason; 7] = [
    SAVED[0],
    SAVED[1],
    SAVED[2],
    SAVED[3],
    DropReason::Superseded,
    DropReason::Undecodable,
    DropReason::Stopping,
];

/// The table.
pub fn of(request: &Request, outcomes: &[Outcome]) -> Report {
    let every = humantime::format_duration(request.site.every);
    let first = outcomes.iter().find(|(cameras, _)| *cameras == 1);
    let first = first.and_then(|(_, outcome)| outcome.as_ref().ok());
    Report {
        bench: "pipeline",
        title: format!("simulated cameras, each looked at every {every}, through the whole daemon"),
        facts: facts(request),
        columns: COLUMNS,
        rows: outcomes.iter().map(|outcome| row(request, first, outcome)).collect(),
        notes: notes(request, outcomes),
    }
}

fn facts(request: &Request) -> Vec<(&'static str, String)> {
    let mut facts = machine::facts();
    facts.extend(request.site.facts());
    facts.push(("warm_up", humantime::format_duration(request.warm_up()).to_string()));
    facts
}

fn row(request: &Request, first: Option<&Load>, (cameras, outcome): &Outcome) -> Row {
    let mut cells: Vec<Cell> = vec![(*cameras).into()];
    match outcome {
        Ok(load) => {
            cells.extend(figures(request, *cameras, first, load));
            Row { cells, fault: None }
        }
        Err(fault) => Row { cells, fault: Some(fault.clone()) },
    }
}

fn figures(request: &Request, cameras: usize, first: Option<&Load>, load: &Load) -> Vec<Cell> {
    let many = cameras as f64;
    let cores = load.processor_s / load.seconds;
    // what one more camera brings, against what the daemon is with one
    let beyond = |now: Option<f64>, of_first: Option<f64>| {
        (cameras > 1).then(|| Some((now? - of_first?) / (many - 1.0))).flatten()
    };
    let mut cells: Vec<Cell> = vec![
        holds(load, request.late).into(),
        (1e3 * cores / many).into(),
        (many / cores).into(),
        load.memory_mib.into(),
        beyond(load.memory_mib, first.and_then(|first| first.memory_mib)).into(),
        load.threads.into(),
        beyond(load.threads, first.and_then(|first| first.threads)).into(),
        (load.counts.judged / load.seconds).into(),
        (load.counts.shown_again / load.seconds).into(),
        (load.counts.recalled / load.seconds).into(),
        load.counts.decision_ms(0.5).into(),
        load.counts.decision_ms(0.95).into(),
    ];
    let mut dropped = load.counts.dropped.clone();
    let named = REASONS.map(|reason| dropped.remove(reason.as_str()).unwrap_or(0.0));
    cells.extend(named.map(Cell::from));
    // a sum of nothing is -0
    cells.push((0.0 + dropped.values().sum::<f64>()).into());
    cells.push((1e3 * load.server_s / load.seconds / many).into());
    cells.push(load.seconds.into());
    cells
}

fn notes(request: &Request, outcomes: &[Outcome]) -> Vec<String> {
    let late = humantime::format_duration(request.late);
    let held = |outcome: &Outcome| match outcome {
        (cameras, Ok(load)) => Some((*cameras, holds(load, request.late))),
        (_, Err(_)) => None,
    };
    let most = outcomes.iter().filter_map(held).filter(|(_, holds)| *holds).max();
    let fewest = outcomes.iter().filter_map(held).filter(|(_, holds)| !holds).min();
    let mut notes = vec![format!(
        "holds: no frame dropped but delta, not due, unchanged or cooldown, and p95 from a \
         keyframe's arrival to its decision within {late}"
    )];
    notes.extend(most.map(|(cameras, _)| format!("{}: holds", counted(cameras))));
    notes.extend(fewest.map(|(cameras, _)| format!("{}: too much", counted(cameras))));
    if outcomes.iter().any(|(_, outcome)| outcome.is_err()) {
        notes.push("some could not be measured".to_owned());
    }
    notes.extend(machine::notes());
    notes
}
