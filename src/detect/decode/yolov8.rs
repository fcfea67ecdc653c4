//! YOLOv8 and its descendants with the same head: one column a cell, centre and size in input
//! pixels already, no objectness.

use ndarray::ArrayView2;

use super::{Candidate, activate, corners, least_raw};
use crate::detect::card::Activation;

/// Cells that are skipped together when none of them can reach the threshold.
const AT_ONCE: usize = 32;

/// Reads `[4 + classes, cells]`.
pub fn decode(
    output: &ArrayView2<'_, f32>,
    activation: Activation,
    thresholds: &[f32],
) -> Vec<Candidate> {
    let mut found = Vec::new();
    let output = output.as_standard_layout();
    // class by class, so that memory is read in order
    for (class, &threshold) in thresholds.iter().enumerate() {
        let least = least_raw(activation, threshold);
        let scores = output.row(4 + class);
        // in standard layout there always is one
        for (part, raws) in scores.as_slice().unwrap_or_default().chunks(AT_ONCE).enumerate() {
            // without an early end this is a handful of vector instructions
            if !raws.iter().fold(false, |any, raw| any | (*raw >= least)) {
                continue;
            }
            for (i, &raw) in raws.iter().enumerate() {
                let score = activate(activation, raw);
                if score >= threshold {
                    let cell = part * AT_ONCE + i;
                    let [cx, cy, w, h] = [0, 1, 2, 3].map(|r| output[[r, cell]]);
                    found.push(Candidate { class, score, corners: corners(cx, cy, w, h) });
                }
            }
        }
    }
    found
}
