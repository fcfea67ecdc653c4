//! The verb `check`: settings, model, second look and every camera tried, as a table.

use std::{fmt::Write as _, path::Path, time::Duration};

use anyhow::{Context as _, anyhow};

use super::{
    detector::{self, Opened, Purpose},
    words::in_one_line,
};
use crate::{
    base::{ClassName, Frame},
    capture::{self, Capture, CaptureError},
    detect::{Holder, ModelCard, Options, Recheck, SecondLookChoice},
    settings::Settings,
};

const CAMERA_TIMEOUT: Duration = Duration::from_secs(10);
/// Cameras tried at once.
const AT_ONCE: usize = 16;

/// What was tried.
pub struct Report {
    /// The table.
    pub text: String,
    /// Whether all is well.
    pub is_good: bool,
}

/// Checks the settings file `config` and all it names.
///
/// # Errors
/// Faults of the settings; everything after that is in the report.
pub fn check(config: &Path) -> anyhow::Result<Report> {
    let settings = Settings::load(config)?;
    let mut report = Report { text: String::new(), is_good: true };
    report.line(
        "settings",
        Ok(format!(
            "{} cameras, {} rules, {} permits",
            settings.cameras.len(),
            settings.judge.rules.len(),
            settings.judge.permits.len()
        )),
    );
    // apart, so that it is said which of the two is at fault
    let alone = Options { second_look: SecondLookChoice::Off, ..settings.detect.clone() };
    let model = detector::open(&alone, Purpose::Pictures(Holder::default())).and_then(
        |Opened { card, provider, .. }| {
            settings.fit(&card).map_err(|faults| anyhow!(faults.on_one_line()))?;
            let place = provider.place();
            let why = provider.why.map(|why| format!(" ({why})")).unwrap_or_default();
            Ok(format!("{} {} on {place}{why}", card.name(), card.version()))
        },
    );
    report.line("model", model.map_err(|e| in_one_line(&e)));
    report.line("second look", second_look(&settings).map_err(|e| in_one_line(&e)));
    for (id, result) in try_cameras(&settings) {
        report.line(
            &format!("camera {id}"),
            result
                .map(|f| format!("{}x{}, {}", f.width, f.height, looks(&f, &settings)))
                .map_err(|e| e.to_string()),
        );
    }
    Ok(report)
}

/// What is looked at a second time.
fn second_look(settings: &Settings) -> anyhow::Result<String> {
    let detector = ModelCard::load(&settings.detect.card).context("without the model")?;
    let opened = detector::open_second_look(&settings.detect, &detector)?;
    let words = opened.map(|(_, card)| {
        let classes: Vec<_> = card.classes().iter().map(ClassName::as_str).collect();
        format!("{} {}: {}", card.name(), card.version(), classes.join(", "))
    });
    Ok(words.unwrap_or_else(|| "none".to_owned()))
}

/// Which frames of the camera are looked at.
fn looks(frame: &Frame, settings: &Settings) -> String {
    match settings.detect.recheck_of(&frame.camera) {
        Recheck::Off => "every frame looked at".to_owned(),
        Recheck::Every(time) => {
            format!("looked at on a change and every {}", humantime::format_duration(time))
        }
    }
}

impl Report {
    fn line(&mut self, what: &str, result: Result<String, String>) {
        self.is_good &= result.is_ok();
        let (word, text) = match result {
            Ok(text) => ("ok", text),
            Err(text) => ("FAIL", text),
        };
        // writing into a String cannot fail
        let _ = writeln!(self.text, "{what:<24} {word:<5} {text}");
    }
}

fn try_cameras(settings: &Settings) -> Vec<(String, Result<Frame, CaptureError>)> {
    let options: Vec<&capture::Options> = settings.capture().collect();
    let capture = Capture::default();
    let mut results = Vec::new();
    for group in options.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let tried: Vec<_> = group
                .iter()
                .map(|o| (o.id.to_string(), scope.spawn(|| capture.probe(o, CAMERA_TIMEOUT))))
                .collect();
            for (id, thread) in tried {
                let result = thread.join().unwrap_or(Err(CaptureError::Stopped));
                results.push((id, result));
            }
        });
    }
    results
}
