//! The model of a second look: one small session on the processor. Each detector has its own, on that
//! detector's thread.

use std::path::Path;

use ndarray::{ArrayView2, Ix2};
use ort::session::Session;

use super::{
    runner::{Outputs, run_once},
    session::{self, open_small},
};
use crate::{
    base::BBox,
    detect::{
        CropModel, DetectError, SecondCard, Square, Verdict, blank,
        second::MOST_CROPS,
        tensor::{Crop, InputTensor},
    },
};

/// What a verdict may say, and a little for the model's rounding.
const SHARES: std::ops::RangeInclusive<f32> = -1e-3..=1.0 + 1e-3;

/// A model that is shown cut-outs.
#[derive(Debug)]
pub struct OnnxSecondLook {
    session: Session,
    tensor: InputTensor,
    card: SecondCard,
    max_crops: usize,
}

impl OnnxSecondLook {
    /// Opens the card's model and shows it one grey cut-out, so that a model that cannot run is refused
    /// here and not at the first frame.
    ///
    /// # Errors
    /// [`DetectError`]: no library, a corrupt model, or one that does not match its card.
    pub fn open(card: &SecondCard, library: Option<&Path>) -> Result<Self, DetectError> {
        let environment = session::environment(library)?;
        let session = open_small(&environment, card.file())?;
        let max_crops = session::second_fitting(card, &session, MOST_CROPS)?;
        let tensor = InputTensor::new(card.input());
        let mut opened = Self { session, tensor, card: card.clone(), max_crops };
        let frame = blank(8, 8);
        if let Ok(whole) = BBox::new(0.0, 0.0, 1.0, 1.0) {
            let square = Square::around(&whole, &frame, card.margin());
            opened.judge(&[Crop { frame: &frame, square }])?;
        }
        Ok(opened)
    }
}

impl CropModel for OnnxSecondLook {
    fn judge(&mut self, crops: &[Crop<'_>]) -> Result<Vec<Vec<Verdict>>, DetectError> {
        let Self { session, tensor, card, .. } = self;
        tensor.cut(crops)?;
        let failed =
            |reason: String| DetectError::SecondLook { model: card.name().to_owned(), reason };
        let outputs = run_once(session, &card.input().name, tensor.shape(), tensor.values());
        let outputs = outputs.map_err(|e| failed(e.to_string()))?;
        let shape = [crops.len(), card.classes().len()];
        let read = |name: &str| part(&outputs, name, shape).map_err(failed);
        let keep = read(card.output())?;
        let add = card.add().map(read).transpose()?;
        let verdict = |(at, keep): ((usize, usize), &f32)| {
            let verdict = Verdict { keep: *keep, add: add.map_or(0.0, |add| add[at]) };
            if [verdict.keep, verdict.add, verdict.of(1.0)].iter().all(|v| SHARES.contains(v)) {
                let keep = verdict.keep.clamp(0.0, 1.0);
                return Ok(Verdict { keep, add: verdict.add.clamp(0.0, 1.0 - keep) });
            }
            let Verdict { keep, add } = verdict;
            Err(failed(format!(
                "it said to keep {keep} of a score and add {add}, which is not in 0..1"
            )))
        };
        let verdicts = keep.indexed_iter().map(verdict).collect::<Result<Vec<_>, _>>()?;
        Ok(verdicts.chunks(shape[1]).map(<[Verdict]>::to_vec).collect())
    }

    fn max_crops(&self) -> usize {
        self.max_crops
    }
}

/// One output, of a shape.
fn part<'a>(
    outputs: &'a Outputs<'_>,
    name: &str,
    shape: [usize; 2],
) -> Result<ArrayView2<'a, f32>, String> {
    let part = outputs.array::<Ix2>(name)?;
    if part.shape() == shape {
        return Ok(part);
    }
    Err(format!("its output {name:?} is {:?}, not {shape:?}", part.shape()))
}

#[cfg(test)]
mod tests;
