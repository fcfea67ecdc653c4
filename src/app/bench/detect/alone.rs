//! ONNX Runtime alone with all that `detect` has it do for a folder of pictures: the detector on as many
//! pictures, and the cut-outs that the second look is shown of them. All of it is laid out beforehand.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;

use super::Layout;
use crate::{
    app::{
        bench::crew::{Crew, Job},
        detector::open_second_look,
        pictures,
    },
    base::Frame,
    detect::{
        CropModel, DetectError, Detector as _, FLOOR, ModelCard, OnnxDetector, Options, RawLoop,
        RawSecondLook, SecondLooking, Verdict, tensor::Crop,
    },
};

/// A crew, and what one call of each of its workers is.
pub struct Alone {
    pub crew: Crew,
    /// Pictures.
    pub pictures: usize,
    /// Cut-outs of all workers together.
    pub cut_outs: usize,
}

/// Pictures of one call: each worker's share of so many.
pub fn share(pictures: usize, workers: usize) -> usize {
    pictures.div_ceil(workers)
}

/// A worker a session, each with its share of `files`; they begin evenly apart and go round.
///
/// # Errors
/// A picture or a model cannot be read, or a model fails.
pub fn start(
    card: &ModelCard,
    options: &Options,
    layout: Layout,
    files: &[PathBuf],
) -> anyhow::Result<Alone> {
    let share = share(files.len(), layout.sessions);
    let options = Options { threads: layout.threads, ..options.clone() };
    let (mut jobs, mut cut_outs) = (Vec::<Job>::new(), 0);
    for worker in 0..layout.sessions {
        let first = worker * files.len() / layout.sessions;
        let own = files.iter().cycle().skip(first).take(share);
        let frames = own.map(|file| pictures::read(file)).collect::<anyhow::Result<Vec<_>>>()?;
        let mut detector = RawLoop::open(card, &options, &frames[..layout.batch])?;
        let mut second = second_look(card, &options, &frames)?;
        cut_outs += second.as_ref().map_or(0, RawSecondLook::cut_outs);
        jobs.push(Box::new(move || {
            for _ in 0..share / layout.batch {
                detector.run()?;
            }
            Ok(second.as_mut().map_or(Ok(()), RawSecondLook::run)?)
        }));
    }
    Ok(Alone { crew: Crew::start(jobs)?, pictures: share, cut_outs })
}

/// The second look that `options` ask for, with what it is shown of `frames` laid out, one after the other.
fn second_look(
    card: &ModelCard,
    options: &Options,
    frames: &[Frame],
) -> anyhow::Result<Option<RawSecondLook>> {
    let card = card.clone().with_weak_from(FLOOR);
    let Some((model, second)) = open_second_look(options, &card)? else { return Ok(None) };
    let raw = RawSecondLook::open(&second, options.library.as_deref())?;
    let raw = Arc::new(Mutex::new(raw));
    let (detector, _) = OnnxDetector::open(&card, options)?;
    let model = Box::new(Noting { model, raw: raw.clone() });
    let mut twice =
        SecondLooking::new(Box::new(detector), &card, model, &second, Box::new(|_| ()))?;
    for frame in frames {
        twice.detect(std::slice::from_ref(frame))?;
    }
    drop(twice);
    let raw = Arc::into_inner(raw).context("the cut-outs are still in use")?;
    Ok(Some(raw.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// Lays out whatever the model is shown.
struct Noting {
    model: Box<dyn CropModel>,
    raw: Arc<Mutex<RawSecondLook>>,
}

impl CropModel for Noting {
    fn judge(&mut self, crops: &[Crop<'_>]) -> Result<Vec<Vec<Verdict>>, DetectError> {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).lay(crops)?;
        self.model.judge(crops)
    }

    fn max_crops(&self) -> usize {
        self.model.max_crops()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_leave_no_picture_out() {
        assert_eq!(
            [(32, 2), (33, 2), (1, 1), (5, 4)].map(|(all, n)| share(all, n)),
            [16, 17, 1, 2]
        );
    }
}
