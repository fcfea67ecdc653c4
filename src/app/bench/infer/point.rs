//! One combination, measured in this process.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::bench::{
    Size,
    contest::{Figure, Figures, Times},
};

/// Instead of a precision: as the model's file says.
pub const AS_THE_FILE: &str = "file";

/// One combination of all that is varied, and on what it is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The model's card.
    pub card: PathBuf,
    /// Execution provider by name.
    pub provider: String,
    /// Precision by name, or [`AS_THE_FILE`].
    pub precision: String,
    /// Numbers of graphics cards joined by "+"; empty for the provider's first.
    pub devices: String,
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
        let Self { provider, precision, devices, batch, sessions, threads, .. } = self;
        f.write_str(provider)?;
        if precision != AS_THE_FILE {
            write!(f, " {precision}")?;
        }
        if !devices.is_empty() {
            write!(f, " on {devices}")?;
        }
        write!(f, ", batch {batch}, {sessions} sessions, {threads} threads")
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
pub use on::accelerator;

#[cfg(feature = "onnx")]
mod on {
    use std::{
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::Duration,
    };

    use anyhow::{anyhow, bail, ensure};

    use super::{AS_THE_FILE, Measured, Point};
    use crate::{
        app::{
            bench::{
                contest::{Contender, contest},
                crew::{Crew, Job},
                memory::{available_mib, nvidia_mib, resident_mib},
                scene,
            },
            pictures,
        },
        base::Frame,
        detect::{
            Accelerator, Detector as _, ModelCard, OnnxDetector, Options, Provider, RawLoop,
            card::Dtype, to_rgb,
        },
    };

    /// Most different frames of a batch: beyond them none is in a cache when its turn comes again.
    const DIFFERENT: usize = 16;

    pub fn measure(point: &Point) -> anyhow::Result<Measured> {
        ensure!(point.batch > 0 && point.sessions > 0, "there is nothing to measure");
        let provider: Provider = point.provider.parse()?;
        let card = ModelCard::load(&point.card)?;
        let options = Options {
            providers: vec![provider],
            accelerator: accelerator(&point.precision, &point.devices, provider)?,
            threads: point.threads,
            max_batch: point.batch,
            ..Options::for_card(&point.card)
        };
        has_room(point, &card)?;
        let frames = frames(point)?;
        let has_gpu = matches!(provider, Provider::Cuda | Provider::TensorRt);
        let on_gpu = || has_gpu.then(nvidia_mib).flatten();
        let (before, before_on_gpu) = (resident_mib(), on_gpu());
        let open = |session| opened(&card, &options.of_session(session), frames.len());
        let detectors: Vec<Shared> =
            (0..point.sessions).map(open).collect::<anyhow::Result<_>>()?;
        let own = Crew::start(detectors.iter().map(|d| detecting(d, &frames)).collect())?;
        own.turn(Duration::ZERO)?;
        let grown = |now: Option<f64>, before: Option<f64>| Some(now? - before?);
        let memory_mib = grown(resident_mib(), before);
        let gpu_memory_mib = grown(on_gpu(), before_on_gpu);
        let jobs: Vec<Job> = if point.threads == 1 {
            detectors.iter().map(again).collect()
        } else {
            let of_session = |session| running(&card, &options.of_session(session), &frames);
            (0..point.sessions).map(of_session).collect::<anyhow::Result<_>>()?
        };
        let raw = Crew::start(jobs)?;
        let named = |name: &str, crew| Contender { name: name.to_owned(), crew };
        let both = [named("ONNX Runtime alone", raw), named("detector", own)];
        Ok(Measured { figures: contest(&both, point.times)?, memory_mib, gpu_memory_mib })
    }

    /// What only some providers know, refused where this one does not: a row must not say that it is of
    /// something else.
    pub fn accelerator(
        precision: &str,
        devices: &str,
        provider: Provider,
    ) -> anyhow::Result<Accelerator> {
        let mut accelerator = Accelerator::default();
        if precision != AS_THE_FILE {
            let asked = precision.parse()?;
            ensure!(
                provider.knows(asked),
                "{provider} computes as the model's file says: name a file in {precision} with --model"
            );
            accelerator.precision = Some(asked);
        }
        if !devices.is_empty() {
            ensure!(provider.has_devices(), "{provider} has no numbered devices");
            let numbers = devices.split('+').map(|text| {
                let wrong = |_| anyhow!("{text:?} is no number of a graphics card");
                text.parse().map_err(wrong)
            });
            accelerator.devices = numbers.collect::<anyhow::Result<_>>()?;
        }
        Ok(accelerator)
    }

    /// Refuses a combination whose inputs alone do not fit into what memory is free: taking it would make
    /// the system end whatever takes most, which need not be this process.
    fn has_room(point: &Point, card: &ModelCard) -> anyhow::Result<()> {
        let input = card.input();
        let bytes = if input.dtype == Dtype::U8 { 1.0 } else { 4.0 };
        let picture = 3.0 * f64::from(input.width) * f64::from(input.height) * bytes;
        // once for the detector and once for the library alone
        let needed =
            2.0 * point.sessions as f64 * point.batch as f64 * picture / f64::from(1 << 20);
        match available_mib() {
            Some(free) if needed > free => {
                bail!(
                    "its inputs need {needed:.0} MiB, {free:.0} MiB are free: ask for smaller batches"
                )
            }
            _ => Ok(()),
        }
    }

    /// A detector that one of two threads works with at a time.
    type Shared = Arc<Mutex<OnnxDetector>>;

    fn opened(card: &ModelCard, options: &Options, asked: usize) -> anyhow::Result<Shared> {
        let (detector, used) = OnnxDetector::open(card, options)?;
        if let Some(why) = used.why {
            bail!("{} cannot be had: {why}", options.providers[0]);
        }
        let most = detector.max_batch();
        ensure!(asked <= most, "this model takes {most} frames a call at most, not {asked}");
        Ok(Arc::new(Mutex::new(detector)))
    }

    fn locked(detector: &Shared) -> MutexGuard<'_, OnnxDetector> {
        detector.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From frames to detections, as the daemon's inference threads do it.
    fn detecting(detector: &Shared, frames: &[Frame]) -> Job {
        let (detector, frames) = (detector.clone(), frames.to_vec());
        Box::new(move || {
            std::hint::black_box(locked(&detector).detect(&frames)?);
            Ok(())
        })
    }

    /// The model alone in the detector's own session, so that nothing differs by where the memory of two
    /// sessions lies. With one thread a session's settings are those that the library has by itself.
    fn again(detector: &Shared) -> Job {
        let detector = detector.clone();
        Box::new(move || Ok(locked(&detector).again()?))
    }

    /// The model alone in a session of its own, whose threads wait as the library has them by itself.
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
