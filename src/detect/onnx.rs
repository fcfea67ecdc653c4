//! Detectors that run a model file with ONNX Runtime. Only this file and its folder name `ort`.
//!
//! Not here: how pixels become numbers and numbers become boxes. The library is loaded once per
//! process, the first path wins. A session is used by one owner thread.

mod bound;
mod kernel;
mod provider;
mod runner;
mod second;
mod session;

use ndarray::Ix3;
use ort::environment::Environment;

use super::{
    DetectError, Detector, ModelCard, Options, Place, Provider, ProviderUsed, blank, tensor::Reader,
};
use crate::base::{Detection, Frame};
pub use kernel::Kernel;
use runner::Runner;
pub use second::{OnnxSecondLook, RawSecondLook};
use session::Spinning;

/// A detector that runs a model file.
#[derive(Debug)]
pub struct OnnxDetector {
    runner: Runner,
    model: String,
    output_names: Vec<String>,
    max_batch: usize,
    /// One for each shape of the input.
    readers: Vec<Reader>,
}

impl OnnxDetector {
    /// Opens the card's model in the first of `options`' places that works, and looks at a grey
    /// picture of each shape there, so that a model that cannot run is refused here and not at the first frame.
    ///
    /// # Errors
    /// [`DetectError`]: no library, a corrupt model, or one that does not match its card.
    pub fn open(card: &ModelCard, options: &Options) -> Result<(Self, ProviderUsed), DetectError> {
        let environment = session::environment(options.library.as_deref())?;
        let mut reasons: Vec<String> = Vec::new();
        for place in options.places() {
            match Self::open_at(&environment, card, options, place) {
                Ok(detector) => {
                    let used = ProviderUsed {
                        asked: options.providers.clone(),
                        used: place.provider,
                        device: place.device,
                        tried: reasons.len(),
                        why: (!reasons.is_empty()).then(|| reasons.join("; ")),
                    };
                    return Ok((detector, used));
                }
                Err(DetectError::Model { reason, .. } | DetectError::Run { reason, .. }) => {
                    reasons.push(format!("{place}: {reason}"));
                }
                // whatever the place, the card would not fit
                Err(fault) => return Err(fault),
            }
        }
        Err(DetectError::Model { file: card.file().to_owned(), reason: reasons.join("; ") })
    }

    fn open_at(
        environment: &Environment,
        card: &ModelCard,
        options: &Options,
        place: Place,
    ) -> Result<Self, DetectError> {
        let session = session::open(environment, card, options, place, Spinning::Never)?;
        let max_batch = session::fitting(card, &session, options.max_batch)?;
        let runner = Runner::new(session, card, options, place, max_batch)?;
        let names = std::iter::once(&card.output().name).chain(&card.output().boxes);
        let readers: Vec<_> =
            runner.shapes().iter().map(|input| Reader::new(card, input)).collect();
        let pictures = runner.shapes().iter().map(|input| blank(input.width, input.height));
        let pictures: Vec<_> = pictures.collect();
        let mut detector = Self {
            runner,
            model: card.name().to_owned(),
            output_names: names.cloned().collect(),
            max_batch,
            readers,
        };
        for picture in pictures {
            detector.detect(&[picture])?;
        }
        Ok(detector)
    }

    /// A batch of frames that are all shown in the shape of this number.
    fn look(&mut self, shape: usize, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let slots = self.runner.fill(shape, frames)?;
        let failed = |reason: String| DetectError::Run { model: self.model.clone(), reason };
        let outputs = self.runner.run()?;
        let arrays = self.output_names.iter().map(|name| outputs.array::<Ix3>(name));
        let arrays: Vec<_> = arrays.collect::<Result<_, _>>().map_err(failed)?;
        slots.read(&self.readers[shape], &arrays)
    }

    /// Runs the model once more on the batch that was looked at last, or that part of it that was shown in one
    /// shape, its outputs not looked at: what the library alone takes in the same session. For the benchmark; on
    /// no frame's road.
    ///
    /// # Errors
    /// [`DetectError::Run`].
    pub fn again(&mut self) -> Result<(), DetectError> {
        self.runner.run().map(|_| ())
    }
}

impl Detector for OnnxDetector {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        if frames.is_empty() {
            return Ok(Vec::new());
        }
        if frames.len() > self.max_batch {
            return Err(DetectError::TooMany { found: frames.len(), most: self.max_batch });
        }
        let shape = self.runner.shape_for(&frames[0]);
        if frames.iter().all(|frame| self.runner.shape_for(frame) == shape) {
            return self.look(shape, frames);
        }
        let shapes: Vec<usize> = frames.iter().map(|frame| self.runner.shape_for(frame)).collect();
        let mut found = vec![Vec::new(); frames.len()];
        for shape in 0..self.readers.len() {
            let members: Vec<usize> = (0..frames.len()).filter(|&i| shapes[i] == shape).collect();
            if members.is_empty() {
                continue;
            }
            let shown: Vec<Frame> = members.iter().map(|&i| frames[i].clone()).collect();
            for (index, seen) in members.into_iter().zip(self.look(shape, &shown)?) {
                found[index] = seen;
            }
        }
        Ok(found)
    }

    fn max_batch(&self) -> usize {
        self.max_batch
    }
}

/// ONNX Runtime alone: the model on one batch that is laid out already, over and over, its outputs
/// not looked at. The limit that the benchmark holds a detector against; on no frame's road.
#[derive(Debug)]
pub struct RawLoop {
    runner: Runner,
}

impl RawLoop {
    /// For a batch of all `frames`, in the shape that shows the first largest, in the first of `options`' places
    /// and no other, with as many threads and the same memory. All else is as the library has it by itself: unlike a detector's,
    /// its threads spin while they wait for each other, but not between two runs.
    ///
    /// # Errors
    /// [`DetectError`]: no library, a model or provider that cannot be had, an unreadable frame.
    pub fn open(
        card: &ModelCard,
        options: &Options,
        frames: &[Frame],
    ) -> Result<Self, DetectError> {
        let environment = session::environment(options.library.as_deref())?;
        let place = options.places().next();
        let place = place.unwrap_or(Place { provider: Provider::Cpu, device: None });
        let of_place = |fault| match fault {
            DetectError::Model { file, reason } => {
                DetectError::Model { file, reason: format!("{place}: {reason}") }
            }
            other => other,
        };
        let session = session::open(&environment, card, options, place, Spinning::WithinRun)
            .map_err(of_place)?;
        let mut runner = Runner::new(session, card, options, place, frames.len().max(1))?;
        let shape = frames.first().map_or(0, |frame| runner.shape_for(frame));
        let _rows = runner.fill(shape, frames)?;
        Ok(Self { runner })
    }

    /// Runs the model once.
    ///
    /// # Errors
    /// [`DetectError::Run`].
    pub fn run(&mut self) -> Result<(), DetectError> {
        self.runner.run().map(|_| ())
    }
}

#[cfg(test)]
mod tests;
