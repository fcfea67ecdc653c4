//! DETR and its descendants (RT-DETR, D-FINE): a set of queries, each with class scores and one box
//! as centre and size in fractions of the input. Each thing comes once, so no suppression is needed.

use ndarray::{ArrayView1, ArrayView2};

use super::{Candidate, activate, corners};
use crate::detect::card::Activation;

/// Reads `[queries, classes]` (one more, "nothing", with softmax) and `[queries, 4]`; `size` is the
/// input's width and height in pixels.
pub fn decode(
    scores: &ArrayView2<'_, f32>,
    boxes: &ArrayView2<'_, f32>,
    size: (f32, f32),
    activation: Activation,
    thresholds: &[f32],
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (row, bbox) in scores.outer_iter().zip(boxes.outer_iter()) {
        let share = Softmax::of(row, activation);
        for (class, &threshold) in thresholds.iter().enumerate() {
            let score = match &share {
                Some(softmax) => softmax.share(row[class]),
                None => activate(activation, row[class]),
            };
            if score >= threshold {
                let (w, h) = size;
                let corners = corners(bbox[0] * w, bbox[1] * h, bbox[2] * w, bbox[3] * h);
                found.push(Candidate { class, score, corners });
            }
        }
    }
    found
}

struct Softmax {
    highest: f32,
    sum: f32,
}

impl Softmax {
    fn of(row: ArrayView1<'_, f32>, activation: Activation) -> Option<Self> {
        (activation == Activation::Softmax).then(|| {
            let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            Self { highest, sum: row.iter().map(|v| (v - highest).exp()).sum() }
        })
    }

    fn share(&self, logit: f32) -> f32 {
        (logit - self.highest).exp() / self.sum
    }
}
