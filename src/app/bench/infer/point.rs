//! One combination, measured in this process.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::bench::{
    Size,
    contest::{Figure, Figures, Times},
};

/// One combination of all that is varied, and on what it is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The model's card.
    pub card: PathBuf,
    /// Execution provider by name.
    pub provider: String,
    /// Frames a call.
    pub batch: usize,
    /// Sessions at work at the same time.
    pub sessions: usize,
    /// Threads inside a session; 0 lets the library choose.
    pub threads: usize,
    /// Pictures to take; drawn ones when there are none.
    pub pictures: Vec<PathBuf>,
    /// Size of the drawn frames.
    pub size: Size,
    /// How long to measure.
    pub times: Times,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, batch, sessions, threads, .. } = self;
        write!(f, "{provider}, batch {batch}, {sessions} sessions, {threads} threads")
    }
}

/// What was found out about a combination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// ONNX Runtime alone first, then from frames to detections; a call is a batch.
    pub figures: Figures,
    /// MiB that the process grew by when the detectors were opened and had looked once.
    pub memory_mib: Option<f64>,
    /// MiB that the graphics cards' memory in use grew by meanwhile.
    pub gpu_memory_mib: Option<f64>,
}

impl Measured {
    /// ONNX Runtime alone, and from frames to detections; none where these are figures of something
    /// else.
    pub fn pair(&self) -> Option<(&Figure, &Figure)> {
        match self.figures.each.as_slice() {
            [raw, own] => Some((raw, own)),
            _ => None,
        }
    }

    /// From frames to detections.
    pub fn own(&self) -> Option<&Figure> {
        self.pair().map(|(_, own)| own)
    }
}

/// Measures the combination that `point` describes in JSON, and answers in JSON.
///
/// # Errors
/// The text is none, or the combination cannot be measured.
pub fn answer(point: &str) -> anyhow::Result<String> {
    let point: Point = serde_json::from_str(point)?;
    Ok(serde_json::to_string(&measure(&point)?)?)
}

#[cfg(not(feature = "onnx"))]
fn measure(_: &Point) -> anyhow::Result<Measured> {
    anyhow::bail!("this build has no inference: build it with the feature \"onnx\"")
}

#[cfg(feature = "onnx")]
fn measure(point: &Point) -> anyhow::Result<Measured> {
    on::measure(point)
}

#[cfg(feature = "onnx")]
mod on {
    use std::time::Duration;

    use anyhow::{bail, ensure};

    use super::{Measured, Point};
    use crate::{
        app::{
            bench::{
                contest::{Contender, contest},
                crew::{Crew, Job},
                memory::{nvidia_mib, resident_mib},
                scene,
            },
            pictures,
        },
        base::Frame,
        detect::{Detector as _, ModelCard, OnnxDetector, Options, Provider, RawLoop, to_rgb},
    };

    /// Most different frames of a batch: beyond them none is in a cache when its turn comes again.
    const DIFFERENT: usize = 16;

    pub fn measure(point: &Point) -> anyhow::Result<Measured> {
        ensure!(point.batch > 0 && point.sessions > 0, "there is nothing to measure");
        let provider: Provider = point.provider.parse()?;
        let card = ModelCard::load(&point.card)?;
        let options = Options {
            providers: vec![provider],
            threads: point.threads,
            max_batch: point.batch,
            ..Options::for_card(&point.card)
        };
        let frames = frames(point)?;
        let has_gpu = matches!(provider, Provider::Cuda | Provider::TensorRt);
        let on_gpu = || has_gpu.then(nvidia_mib).flatten();
        let (before, before_on_gpu) = (resident_mib(), on_gpu());
        let jobs = (0..point.sessions).map(|_| detecting(&card, &options, &frames));
        let detectors = Crew::start(jobs.collect::<anyhow::Result<_>>()?)?;
        detectors.turn(Duration::ZERO)?;
        let grown = |now: Option<f64>, before: Option<f64>| Some(now? - before?);
        let memory_mib = grown(resident_mib(), before);
        let gpu_memory_mib = grown(on_gpu(), before_on_gpu);
        let jobs = (0..point.sessions).map(|_| running(&card, &options, &frames));
        let raw = Crew::start(jobs.collect::<anyhow::Result<_>>()?)?;
        let named = |name: &str, crew| Contender { name: name.to_owned(), crew };
        let both = [named("ONNX Runtime alone", raw), named("detector", detectors)];
        Ok(Measured { figures: contest(&both, point.times)?, memory_mib, gpu_memory_mib })
    }

    /// From frames to detections, as the daemon's inference threads do it.
    fn detecting(card: &ModelCard, options: &Options, frames: &[Frame]) -> anyhow::Result<Job> {
        let (mut detector, used) = OnnxDetector::open(card, options)?;
        if let Some(why) = used.why {
            bail!("{} cannot be had: {why}", options.providers[0]);
        }
        let (most, asked) = (detector.max_batch(), frames.len());
        ensure!(asked <= most, "this model takes {most} frames a call at most, not {asked}");
        let frames = frames.to_vec();
        Ok(Box::new(move || {
            std::hint::black_box(detector.detect(&frames)?);
            Ok(())
        }))
    }

    /// The model alone.
    fn running(card: &ModelCard, options: &Options, frames: &[Frame]) -> anyhow::Result<Job> {
        let mut raw = RawLoop::open(card, options, frames)?;
        Ok(Box::new(move || Ok(raw.run()?)))
    }

    /// A batch; frames that are alike still lie in different places.
    fn frames(point: &Point) -> anyhow::Result<Vec<Frame>> {
        let mut pictures = Vec::new();
        for path in point.pictures.iter().take(point.batch) {
            pictures.push(to_rgb(&pictures::read(path)?));
        }
        if pictures.is_empty() {
            pictures.push(scene::drawn(point.size));
        }
        let different = point.batch.min(DIFFERENT).max(pictures.len());
        let frames: Vec<Frame> = pictures.iter().cycle().take(different).map(scene::i420).collect();
        Ok(frames.iter().cycle().take(point.batch).cloned().collect())
    }
}
