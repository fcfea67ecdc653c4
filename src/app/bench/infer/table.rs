//! The table of all combinations, and what follows from it.

use super::{Measured, Outcome, Point, Request};
use crate::app::bench::{
    contest::Figure,
    machine,
    report::{Cell, Column, Report, Row, Shown, column},
};

const COLUMNS: &[Column] = &[
    column("model", "model", Shown::Text),
    column("provider", "provider", Shown::Text),
    column("precision", "precision", Shown::Text),
    column("devices", "devices", Shown::Text),
    column("batch", "batch", Shown::Fixed(0)),
    column("sessions", "sessions", Shown::Fixed(0)),
    column("threads", "threads", Shown::Fixed(0)),
    column("raw_images_per_s", "raw img/s", Shown::Fixed(1)),
    column("images_per_s", "img/s", Shown::Fixed(1)),
    column("ratio", "ratio", Shown::Fixed(3)),
    column("raw_spread", "raw spread", Shown::Percent),
    column("spread", "spread", Shown::Percent),
    column("p50_ms", "p50 ms", Shown::Fixed(1)),
    column("p95_ms", "p95 ms", Shown::Fixed(1)),
    column("p99_ms", "p99 ms", Shown::Fixed(1)),
    column("raw_p50_ms", "raw p50", Shown::Fixed(1)),
    column("raw_p95_ms", "raw p95", Shown::Fixed(1)),
    column("raw_p99_ms", "raw p99", Shown::Fixed(1)),
    column("processor_ms_per_image", "cpu ms/img", Shown::Fixed(2)),
    column("raw_processor_ms_per_image", "raw cpu", Shown::Fixed(2)),
    column("processor_ratio", "cpu ratio", Shown::Fixed(3)),
    column("memory_mib", "MiB", Shown::Fixed(0)),
    column("gpu_memory_mib", "GPU MiB", Shown::Fixed(0)),
    column("rounds", "rounds", Shown::Fixed(0)),
    column("settled", "settled", Shown::Fixed(0)),
];

/// The table.
pub fn of(request: &Request, outcomes: &[Outcome]) -> Report {
    let on = match request.pictures.len() {
        0 => format!("drawn I420 frames of {}", request.size),
        1 => "1 picture as I420".to_owned(),
        many => format!("{many} pictures as I420"),
    };
    let mut facts = machine::facts();
    facts.push(("frames", on.clone()));
    let mut notes: Vec<String> = best(outcomes).into_iter().collect();
    if outcomes.iter().any(|(_, o)| o.as_ref().is_ok_and(|m| !m.figures.settled)) {
        notes.push("where it says no under settled, rates did not hold still".to_owned());
    }
    let left_out = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
    if left_out > 0 {
        notes.push(format!("{left_out} of {} could not be measured", outcomes.len()));
    }
    notes.extend(machine::notes());
    Report {
        bench: "infer",
        title: format!("{on} to detections, beside ONNX Runtime alone (raw) on the same inputs"),
        facts,
        columns: COLUMNS,
        rows: outcomes.iter().map(row).collect(),
        notes,
    }
}

fn row((point, outcome): &Outcome) -> Row {
    let Point { card, provider, precision, devices, batch, sessions, threads, .. } = point;
    let mut cells: Vec<Cell> = vec![
        model(card).into(),
        provider.as_str().into(),
        precision.as_str().into(),
        devices.as_str().into(),
        (*batch).into(),
        (*sessions).into(),
        (*threads).into(),
    ];
    let fault = match outcome {
        Ok(measured) => match measured.pair() {
            Some((raw, own)) => {
                cells.extend(figures(*batch as f64, raw, own, measured));
                None
            }
            None => Some("the process gave figures of something else".to_owned()),
        },
        Err(fault) => Some(fault.clone()),
    };
    Row { cells, fault }
}

/// The folder of a card is its model's name.
fn model(card: &std::path::Path) -> String {
    let folder = card.parent().and_then(|folder| folder.file_name());
    folder.map_or_else(|| card.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn figures(batch: f64, raw: &Figure, own: &Figure, measured: &Measured) -> [Cell; 18] {
    [
        (raw.calls_per_s * batch).into(),
        (own.calls_per_s * batch).into(),
        own.ratio.into(),
        raw.spread.into(),
        own.spread.into(),
        own.p50_ms.into(),
        own.p95_ms.into(),
        own.p99_ms.into(),
        raw.p50_ms.into(),
        raw.p95_ms.into(),
        raw.p99_ms.into(),
        (own.processor_ms / batch).into(),
        (raw.processor_ms / batch).into(),
        // as the rates' ratio, and steadier than that on a machine that does other things too
        (raw.processor_ms / own.processor_ms).into(),
        measured.memory_mib.into(),
        measured.gpu_memory_mib.into(),
        measured.figures.rounds.into(),
        measured.figures.settled.into(),
    ]
}

/// The best combination of either, and how they compare: where the raw loop is fastest is the limit.
fn best(outcomes: &[Outcome]) -> Option<String> {
    let rates = outcomes.iter().filter_map(|(point, outcome)| {
        let (raw, own) = outcome.as_ref().ok()?.pair()?;
        let batch = point.batch as f64;
        Some((point, raw.calls_per_s * batch, own.calls_per_s * batch, own.ratio))
    });
    let rates: Vec<_> = rates.collect();
    let (limit, raw, _, there) = rates.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let (point, _, own, _) = rates.iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
    Some(format!(
        "best raw {raw:.1} img/s ({limit}), this program there {there:.3} of it; best of this \
         program {own:.1} img/s ({point}), {:.3} of the best raw",
        own / raw
    ))
}
