//! Model output → scored boxes in input pixels, as pure functions of arrays.
//!
//! Not here: thresholds of a site, suppression, mapping back to the frame. A decoder never panics
//! on a shape it did not expect; it says which it did.

use std::fmt;

use ndarray::ArrayView2;

use super::card::{Activation, DecoderKind, InputSpec, ModelCard};

pub mod cells;
pub mod detr;
pub mod nanodet;
pub mod yolov8;
pub mod yolox;

use cells::Cells;

/// One scored box before suppression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Index into the card's classes.
    pub class: usize,
    /// In [0, 1].
    pub score: f32,
    /// `[x0, y0, x1, y1]` in pixels of the model's input; may reach beyond it.
    pub corners: [f32; 4],
}

/// An output of another shape than the decoder reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ShapeFault {
    /// Rows and columns expected for one picture; -1 for any.
    pub expected: Vec<[i64; 2]>,
    /// What was found.
    pub found: Vec<Vec<usize>>,
}

impl fmt::Display for ShapeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shape {:?} for one picture instead of {:?}", self.found, self.expected)
    }
}

/// How one card's output is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoder {
    kind: DecoderKind,
    cells: Cells,
    width: f32,
    height: f32,
    reg_max: usize,
    cell_offset: f32,
    activation: Activation,
}

impl Decoder {
    /// The decoder a card asks for where its model is shown pictures as `input` says.
    pub fn of(card: &ModelCard, input: &InputSpec) -> Self {
        let output = card.output();
        Self {
            kind: output.decoder,
            cells: Cells::new(input.width, input.height, &output.strides),
            width: input.width as f32,
            height: input.height as f32,
            reg_max: output.reg_max,
            cell_offset: output.cell_offset,
            activation: output.activation,
        }
    }

    /// Rows and columns of each output for one picture; -1 for any.
    pub fn shapes(&self, classes: usize) -> Vec<[i64; 2]> {
        // counts of cells and classes are far below i64::MAX
        let (cells, classes) = (self.cells.len() as i64, classes as i64);
        match self.kind {
            DecoderKind::Yolox => vec![[cells, 5 + classes]],
            DecoderKind::Nanodet => vec![[cells, classes + 4 * (self.reg_max as i64 + 1)]],
            DecoderKind::Yolov8 => vec![[4 + classes, cells]],
            DecoderKind::Detr => {
                let nothing = i64::from(self.activation == Activation::Softmax);
                vec![[-1, classes + nothing], [-1, 4]]
            }
        }
    }

    /// Every box of one picture whose score reaches its class's threshold; `thresholds` has one
    /// entry a class.
    ///
    /// # Errors
    /// [`ShapeFault`] when the arrays are not of [`Self::shapes`].
    pub fn decode(
        &self,
        outputs: &[ArrayView2<'_, f32>],
        thresholds: &[f32],
    ) -> Result<Vec<Candidate>, ShapeFault> {
        let expected = self.shapes(thresholds.len());
        let fits = outputs.len() == expected.len()
            && outputs.iter().zip(&expected).all(|(o, e)| {
                o.shape().iter().zip(e).all(|(&had, &asked)| asked < 0 || had as i64 == asked)
            })
            && outputs
                .iter()
                .all(|o| self.kind != DecoderKind::Detr || o.nrows() == outputs[0].nrows());
        if !fits {
            let found = outputs.iter().map(|o| o.shape().to_vec()).collect();
            return Err(ShapeFault { expected, found });
        }
        Ok(match (self.kind, outputs) {
            (DecoderKind::Yolox, [o]) => yolox::decode(o, &self.cells, self.activation, thresholds),
            (DecoderKind::Nanodet, [o]) => {
                let shape = nanodet::Shape { reg_max: self.reg_max, cell_offset: self.cell_offset };
                nanodet::decode(o, &self.cells, shape, self.activation, thresholds)
            }
            (DecoderKind::Yolov8, [o]) => yolov8::decode(o, self.activation, thresholds),
            (DecoderKind::Detr, [scores, boxes]) => {
                let size = (self.width, self.height);
                detr::decode(scores, boxes, size, self.activation, thresholds)
            }
            // the counts were compared above
            _ => Vec::new(),
        })
    }
}

/// `score` after what its card says is still to be done to it.
#[inline]
pub(crate) fn activate(activation: Activation, score: f32) -> f32 {
    match activation {
        Activation::Sigmoid => 1.0 / (1.0 + (-score).exp()),
        Activation::None | Activation::Softmax => score,
    }
}

/// A raw score below this cannot reach `threshold`, so most cells are done with after a comparison
/// and without an exponential. Not the converse: what is above is looked at exactly.
pub(crate) fn least_raw(activation: Activation, threshold: f32) -> f32 {
    /// Covers the rounding of logarithm and exponential.
    const SLACK: f32 = 0.01;
    /// From about here on the sigmoid of a single-precision number is 1.
    const CERTAIN: f32 = 15.0;
    match activation {
        Activation::Sigmoid if threshold >= 1.0 => CERTAIN,
        Activation::Sigmoid => ((threshold / (1.0 - threshold)).ln() - SLACK).min(CERTAIN),
        Activation::None | Activation::Softmax => threshold,
    }
}

/// [`least_raw`] of the lowest threshold.
pub(crate) fn least_raw_of_all(activation: Activation, thresholds: &[f32]) -> f32 {
    least_raw(activation, thresholds.iter().copied().fold(f32::INFINITY, f32::min))
}

/// Corners of a box given by centre and size.
#[inline]
pub(crate) fn corners(cx: f32, cy: f32, w: f32, h: f32) -> [f32; 4] {
    [cx - w / 2.0, cy - h / 2.0, cx + w / 2.0, cy + h / 2.0]
}

#[cfg(test)]
mod tests;
