//! The model of a second look: one small session on the processor. Each detector has its own, on that
//! detector's thread.

use std::path::Path;

use ndarray::Ix2;
use ort::session::Session;

use super::{
    runner::run_once,
    session::{self, open_small},
};
use crate::{
    base::BBox,
    detect::{
        CropModel, DetectError, SecondCard, Square, blank,
        second::MOST_CROPS,
        tensor::{Crop, InputTensor},
    },
};

/// How far outside 0..1 the model's rounding may lie.
const ROUNDING: f32 = 1e-3;

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
            opened.keep(&[Crop { frame: &frame, square }])?;
        }
        Ok(opened)
    }
}

impl CropModel for OnnxSecondLook {
    fn keep(&mut self, crops: &[Crop<'_>]) -> Result<Vec<Vec<f32>>, DetectError> {
        let Self { session, tensor, card, .. } = self;
        tensor.cut(crops)?;
        let failed =
            |reason: String| DetectError::SecondLook { model: card.name().to_owned(), reason };
        let outputs = run_once(session, &card.input().name, tensor.shape(), tensor.values());
        let outputs = outputs.map_err(|e| failed(e.to_string()))?;
        let keep = outputs.array::<Ix2>(card.output()).map_err(failed)?;
        if keep.shape() != [crops.len(), card.classes().len()] {
            let (rows, classes) = (crops.len(), card.classes().len());
            return Err(failed(format!(
                "its output is {:?}, not [{rows}, {classes}]",
                keep.shape()
            )));
        }
        if let Some(odd) = keep.iter().find(|v| !(-ROUNDING..=1.0 + ROUNDING).contains(*v)) {
            return Err(failed(format!("it said to keep {odd} of a score, which is not in 0..1")));
        }
        let row = |row: ndarray::ArrayView1<'_, f32>| {
            row.iter().map(|v| v.clamp(0.0, 1.0)).collect::<Vec<f32>>()
        };
        Ok(keep.outer_iter().map(row).collect())
    }

    fn max_crops(&self) -> usize {
        self.max_crops
    }
}

#[cfg(test)]
mod tests;
