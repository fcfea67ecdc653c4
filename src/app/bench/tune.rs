//! `bench tune`: measures as `infer` does, chooses the settings of inference that look at the most
//! frames a second within a latency, and writes them as a preset that settings can name. It chooses
//! among what was measured and guesses nothing in between.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};

use super::{
    infer::{self, Measured, Outcome, Point},
    machine,
    report::Report,
};
use crate::detect::Provider;

/// Combinations whose rate is at least this share of the best one's count as equal to it.
const AS_GOOD: f64 = 0.97;
/// Longer than this a frame never waits for others.
const LONGEST_WAIT_MS: f64 = 200.0;

/// What to tune for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What to choose from; one model.
    pub infer: infer::Request,
    /// How long a frame may take from being decoded to being judged, in 95 of 100.
    pub latency: Duration,
    /// Where the preset goes.
    pub out: PathBuf,
    /// Write over what is there.
    pub force: bool,
}

/// The settings chosen.
#[derive(Clone, Debug, PartialEq)]
struct Choice {
    point: Point,
    max_wait: Duration,
    images_per_s: f64,
    /// What the settings keep within.
    latency_ms: f64,
}

/// Measures, chooses and writes. The report tells what was chosen, or why nothing was; then no file
/// is written.
///
/// # Errors
/// The preset's file is there already or cannot be written; this program cannot be started once more.
pub fn tune(request: &Request, progress: &mut dyn FnMut(&str)) -> anyhow::Result<(Report, bool)> {
    let out = &request.out;
    ensure!(request.infer.cards.len() == 1, "a preset is for one model: name one");
    ensure!(
        out.extension().is_some_and(|e| e == "toml"),
        "{} is no name of a preset: let it end in .toml",
        out.display()
    );
    ensure!(
        request.force || !out.exists(),
        "{} is there already: name another file, or write over it with --force",
        out.display()
    );
    let outcomes = infer::outcomes(&request.infer, progress)?;
    finish(request, &outcomes)
}

fn finish(request: &Request, outcomes: &[Outcome]) -> anyhow::Result<(Report, bool)> {
    let choice = choose(outcomes, request.latency);
    let mut report = infer::table(&request.infer, outcomes);
    report.bench = "tune";
    report.notes.insert(0, told(request, outcomes, choice.as_ref()));
    let Some(choice) = choice else { return Ok((report, false)) };
    let text = preset(&choice, &machine::facts());
    write(&request.out, &text).with_context(|| format!("file {}", request.out.display()))?;
    Ok((report, true))
}

/// The most frames a second within the latency; of those as good, the one with the fewest sessions and
/// the smallest batch, which needs the least memory and is the quickest when there is little to do.
fn choose(outcomes: &[Outcome], latency: Duration) -> Option<Choice> {
    let latency_ms = latency.as_secs_f64() * 1e3;
    let fit = outcomes.iter().filter_map(|(point, outcome)| {
        let choice = settings(point, outcome.as_ref().ok()?, latency_ms)?;
        (choice.latency_ms <= latency_ms).then_some(choice)
    });
    let fit: Vec<Choice> = fit.collect();
    let best = fit.iter().map(|choice| choice.images_per_s).fold(0.0, f64::max);
    fit.into_iter().filter(|choice| choice.images_per_s >= AS_GOOD * best).min_by(|a, b| {
        let size = |choice: &Choice| (choice.point.sessions, choice.point.batch);
        size(a).cmp(&size(b)).then(b.images_per_s.total_cmp(&a.images_per_s))
    })
}

/// A frame that comes when a batch has just begun waits for that one to end, and then takes a batch's
/// time itself. What the latency leaves beyond is time to wait for others, up to a batch's time: by
/// then so many have come that waiting longer makes no batch fuller.
fn settings(point: &Point, measured: &Measured, latency_ms: f64) -> Option<Choice> {
    let own = measured.own()?;
    let two = 2.0 * own.p95_ms;
    let longest = if point.batch == 1 { 0.0 } else { own.p50_ms.min(LONGEST_WAIT_MS) };
    let wait_ms = (latency_ms - two).clamp(0.0, longest).floor();
    Some(Choice {
        point: point.clone(),
        max_wait: Duration::from_secs_f64(wait_ms / 1e3),
        images_per_s: own.calls_per_s * point.batch as f64,
        latency_ms: two + wait_ms,
    })
}

fn told(request: &Request, outcomes: &[Outcome], choice: Option<&Choice>) -> String {
    let latency = humantime::format_duration(request.latency);
    if let Some(choice) = choice {
        return format!(
            "chosen: {}, max_wait {}, {:.1} img/s within {:.0} ms of {latency}: {}",
            choice.point,
            humantime::format_duration(choice.max_wait),
            choice.images_per_s,
            choice.latency_ms,
            request.out.display()
        );
    }
    let quickest = outcomes.iter().filter_map(|(_, o)| Some(o.as_ref().ok()?.own()?.p95_ms * 2.0));
    match quickest.reduce(f64::min) {
        Some(ms) => format!(
            "nothing written: the quickest needs {ms:.0} ms, more than {latency}: allow more, or take \
             a smaller model"
        ),
        None => "nothing written: nothing could be measured".to_owned(),
    }
}

/// The preset's text. The processor comes last of the providers, as it is always there.
fn preset(choice: &Choice, machine: &[(&'static str, String)]) -> String {
    let Point { provider, precision, devices, sessions, threads, batch, .. } = &choice.point;
    let cpu = Provider::Cpu.as_str();
    let providers = match provider.as_str() {
        name if name == cpu => vec![cpu],
        name => vec![name, cpu],
    };
    let mut own = String::new();
    if precision != infer::AS_THE_FILE {
        own += &format!("precision = {precision:?}\n");
    }
    if !devices.is_empty() {
        own += &format!("devices = [{}]\n", devices.replace('+', ", "));
    }
    let machine: Vec<_> =
        machine.iter().map(|(name, fact)| format!("# {name}: {}\n", in_a_line(fact))).collect();
    let model = in_a_line(&choice.point.card.display().to_string());
    format!(
        "# Chosen by `streetwarden bench tune` {}: {:.1} images a second, {:.0} ms from a decoded\n\
         # frame to its judgement in 95 of 100. For this model and machine:\n# model: {model}\n{}\
         [detect]\nproviders = {providers:?}\n{own}sessions = {sessions}\nthreads = {threads}\n\
         max_batch = {batch}\nmax_wait = \"{}\"\n",
        env!("CARGO_PKG_VERSION"),
        choice.images_per_s,
        choice.latency_ms,
        machine.concat(),
        humantime::format_duration(choice.max_wait),
    )
}

/// A comment must not end before it should.
fn in_a_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Beside its place first, so that nobody ever reads half of it.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("toml.part");
    fs::write(&beside, text)?;
    fs::rename(&beside, path).inspect_err(|_| {
        // what stays is not worth another error
        let _ = fs::remove_file(&beside);
    })
}

#[cfg(test)]
mod tests;
