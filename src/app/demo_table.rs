//! The table that `demo --once` ends with.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{health_view::worded, truth::Compared};
use crate::{
    base::{CameraId, ClassName},
    resolve::Case,
    runtime::health::Health,
};

/// Cameras, then classes.
pub fn table(health: &Health, cases: &[Case], compared: &BTreeMap<ClassName, Compared>) -> String {
    let mut text = String::new();
    // writing into a String cannot fail
    let _ = cameras(&mut text, health, cases);
    let _ = classes(&mut text, compared);
    text
}

fn cameras(out: &mut String, health: &Health, cases: &[Case]) -> std::fmt::Result {
    writeln!(
        out,
        "{:<10} {:<10} {:>6} {:>8} {:>8}  {:<34} {:>10} {:>6} {:>8} {:>8}",
        "camera",
        "state",
        "in",
        "sampled",
        "dropped",
        "of these",
        "detections",
        "cases",
        "p50 ms",
        "p95 ms"
    )?;
    for camera in health.cameras() {
        let (account, judged) = (camera.account(), camera.judged());
        let reasons: Vec<String> =
            account.dropped.iter().map(|(why, n)| format!("{why} {n}")).collect();
        let ms =
            |share| judged.latency(share).map_or("-".to_owned(), |d| d.as_millis().to_string());
        writeln!(
            out,
            "{:<10} {:<10} {:>6} {:>8} {:>8}  {:<34} {:>10} {:>6} {:>8} {:>8}",
            camera.id.as_str(),
            worded(&camera.capture().state).0,
            account.frames_in,
            account.sampled,
            account.dropped_in_all(),
            reasons.join(", "),
            judged.detections,
            seen_by(cases, &camera.id),
            ms(0.5),
            ms(0.95)
        )?;
    }
    writeln!(out)
}

fn seen_by(cases: &[Case], camera: &CameraId) -> usize {
    cases.iter().filter(|c| c.cameras.contains(camera)).count()
}

fn classes(out: &mut String, compared: &BTreeMap<ClassName, Compared>) -> std::fmt::Result {
    writeln!(
        out,
        "{:<14} {:>10} {:>6} {:>7} {:>8} {:>6}",
        "class", "violations", "found", "missed", "doubled", "false"
    )?;
    for (class, row) in compared {
        writeln!(
            out,
            "{:<14} {:>10} {:>6} {:>7} {:>8} {:>6}  {}",
            class.as_str(),
            row.violations,
            row.found,
            row.missed.len(),
            row.doubled,
            row.false_cases.len(),
            row.missed.iter().chain(&row.false_cases).cloned().collect::<Vec<_>>().join(" ")
        )?;
    }
    Ok(())
}
