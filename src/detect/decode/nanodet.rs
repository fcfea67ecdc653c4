//! NanoDet and NanoDet-Plus: per cell a score a class, then for each side a distribution over
//! distances 0 to `reg_max` in cells (generalised focal loss, Li et al. 2020).

use ndarray::{ArrayView1, ArrayView2, s};

use super::{Candidate, activate, cells::Cells};
use crate::detect::card::Activation;

/// How distances are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Highest distance, in cells.
    pub reg_max: usize,
    /// Where in a cell its centre is, in cells.
    pub cell_offset: f32,
}

/// Reads `[cells, classes + 4 * (reg_max + 1)]`.
pub fn decode(
    output: &ArrayView2<'_, f32>,
    cells: &Cells,
    shape: Shape,
    activation: Activation,
    thresholds: &[f32],
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (row, cell) in output.outer_iter().zip(cells.iter()) {
        for (class, &threshold) in thresholds.iter().enumerate() {
            let score = activate(activation, row[class]);
            if score >= threshold {
                let bins = shape.reg_max + 1;
                let side = |i: usize| {
                    let from = thresholds.len() + i * bins;
                    expected_distance(row.slice(s![from..from + bins])) * cell.stride
                };
                let cx = (cell.x + shape.cell_offset) * cell.stride;
                let cy = (cell.y + shape.cell_offset) * cell.stride;
                let corners = [cx - side(0), cy - side(1), cx + side(2), cy + side(3)];
                found.push(Candidate { class, score, corners });
            }
        }
    }
    found
}

/// The mean of a distribution given by logits over 0, 1, 2, …
fn expected_distance(logits: ArrayView1<'_, f32>) -> f32 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (distance, logit) in logits.iter().enumerate() {
        let p = (logit - highest).exp();
        sum += p;
        weighted += p * distance as f32;
    }
    weighted / sum
}
