//! NanoDet and NanoDet-Plus: per cell a score a class, then for each side a distribution over
//! distances 0 to `reg_max` in cells (generalised focal loss, Li et al. 2020).

use ndarray::ArrayView2;

use super::{Candidate, activate, cells::Cells, least_raw};
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
    let least: Vec<f32> = thresholds.iter().map(|t| least_raw(activation, *t)).collect();
    let bins = shape.reg_max + 1;
    let output = output.as_standard_layout();
    // in standard layout there always is one
    let rows = output.as_slice().unwrap_or_default().chunks_exact(thresholds.len() + 4 * bins);
    for (row, cell) in rows.zip(cells.iter()) {
        let (scores, sides) = row.split_at(thresholds.len());
        for (class, raw) in scores.iter().enumerate() {
            if *raw < least[class] {
                continue;
            }
            let score = activate(activation, *raw);
            if score >= thresholds[class] {
                let side =
                    |i: usize| expected_distance(&sides[i * bins..(i + 1) * bins]) * cell.stride;
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
fn expected_distance(logits: &[f32]) -> f32 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (distance, logit) in logits.iter().enumerate() {
        let p = (logit - highest).exp();
        sum += p;
        weighted += p * distance as f32;
    }
    weighted / sum
}
