//! YOLOv8 and its descendants with the same head: one column a cell, centre and size in input
//! pixels already, no objectness.

use ndarray::ArrayView2;

use super::{Candidate, activate, corners};
use crate::detect::card::Activation;

/// Reads `[4 + classes, cells]`.
pub fn decode(
    output: &ArrayView2<'_, f32>,
    activation: Activation,
    thresholds: &[f32],
) -> Vec<Candidate> {
    let mut found = Vec::new();
    // class by class, so that memory is read in order
    for (class, &threshold) in thresholds.iter().enumerate() {
        for (i, &raw) in output.row(4 + class).iter().enumerate() {
            let score = activate(activation, raw);
            if score >= threshold {
                let [cx, cy, w, h] = [0, 1, 2, 3].map(|r| output[[r, i]]);
                found.push(Candidate { class, score, corners: corners(cx, cy, w, h) });
            }
        }
    }
    found
}
