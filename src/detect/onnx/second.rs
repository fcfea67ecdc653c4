//! The model of a second look: one small session on the processor. Each detector has its own, on that
//! detector's thread.

mod raw;

use std::path::Path;

use ndarray::{ArrayView, Dimension, Ix2, Ix3};
use ort::session::Session;

use super::{
    runner::{Outputs, run_once},
    session::{self, open_small},
};
use crate::{
    base::BBox,
    detect::{
        CropModel, DetectError, SecondCard, Square, Verdict, blank,
        second::{MOST_CROPS, Place},
        tensor::{Crop, InputTensor},
    },
};

pub use raw::RawSecondLook;

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
    /// Opens the card's model and shows it a grey cut-out of each class, so that a model that cannot run is refused
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
            for class in 0..card.classes().len() {
                opened.judge(&[Crop { frame: &frame, square, class }])?;
            }
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
        let kinds: Vec<i64> = crops.iter().map(|crop| crop.class as i64).collect();
        let also = card.kinds().map(|name| (name, kinds.as_slice()));
        let outputs = run_once(session, &card.input().name, tensor.shape(), tensor.values(), also);
        let outputs = outputs.map_err(|e| failed(e.to_string()))?;
        let shape = [crops.len(), card.classes().len()];
        let read = |name: &str| part::<Ix2>(&outputs, name, &shape).map_err(failed);
        let keep = read(card.output())?;
        let add = card.add().map(read).transpose()?;
        let places = card.place().map(|names| {
            let corners = part::<Ix3>(&outputs, &names.corners, &[shape[0], shape[1], 4]);
            Ok::<_, DetectError>((corners.map_err(failed)?, read(&names.pull)?))
        });
        let places = places.transpose()?;
        let verdict = |((crop, class), keep): ((usize, usize), &f32)| -> Result<_, DetectError> {
            let add = add.map_or(0.0, |add| add[[crop, class]]);
            let verdict = scored(*keep, add).map_err(failed)?;
            let Some((corners, pulls)) = &places else { return Ok(verdict) };
            let corners = std::array::from_fn(|side| corners[[crop, class, side]]);
            let place = placed(&crops[crop], corners, pulls[[crop, class]]).map_err(failed)?;
            Ok(Verdict { place, ..verdict })
        };
        let verdicts = keep.indexed_iter().map(verdict).collect::<Result<Vec<_>, _>>()?;
        Ok(verdicts.chunks(shape[1]).map(<[Verdict]>::to_vec).collect())
    }

    fn max_crops(&self) -> usize {
        self.max_crops
    }
}

/// A verdict on a score, if it is one.
fn scored(keep: f32, add: f32) -> Result<Verdict, String> {
    let verdict = Verdict { keep, add, place: None };
    if [keep, add, verdict.of(1.0)].iter().all(|v| SHARES.contains(v)) {
        let keep = keep.clamp(0.0, 1.0);
        return Ok(Verdict { keep, add: add.clamp(0.0, 1.0 - keep), place: None });
    }
    Err(format!("it said to keep {keep} of a score and add {add}, which is not in 0..1"))
}

/// Where corners in shares of a cut-out are in its frame; nowhere when nothing pulls a box there or none of
/// it lies in the frame.
fn placed(crop: &Crop<'_>, corners: [f32; 4], pull: f32) -> Result<Option<Place>, String> {
    if !SHARES.contains(&pull) || !corners.iter().all(|v| v.is_finite()) {
        return Err(format!(
            "it said to move a box by {pull} towards {corners:?}, which is no box"
        ));
    }
    if pull <= 0.0 {
        return Ok(None);
    }
    let Crop { frame, square, .. } = crop;
    let (w, h) = (f64::from(frame.width), f64::from(frame.height));
    let at = |from: f64, share: f32, of: f64| ((from + f64::from(share) * square.side) / of) as f32;
    let [x0, y0, x1, y1] = corners;
    let (left, top) = (square.left, square.top);
    let bbox = BBox::new(at(left, x0, w), at(top, y0, h), at(left, x1, w), at(top, y1, h));
    Ok(bbox.ok().map(|bbox| Place { bbox, pull: pull.min(1.0) }))
}

/// One output, of a shape.
fn part<'a, D: Dimension>(
    outputs: &'a Outputs<'_>,
    name: &str,
    shape: &[usize],
) -> Result<ArrayView<'a, f32, D>, String> {
    let part = outputs.array::<D>(name)?;
    if part.shape() == shape {
        return Ok(part);
    }
    Err(format!("its output {name:?} is {:?}, not {shape:?}", part.shape()))
}

#[cfg(test)]
mod tests;
