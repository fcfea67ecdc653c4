//! YOLOX (Ge et al. 2021): per cell an offset of the centre in cells, the logarithm of the size in
//! cells, an objectness and a score a class. Boxes come undecoded from the exported graph.

use ndarray::ArrayView2;

use super::{Candidate, activate, cells::Cells, corners};
use crate::detect::card::Activation;

/// Reads `[cells, 4 + 1 + classes]`. A class's score is objectness times its own.
pub fn decode(
    output: &ArrayView2<'_, f32>,
    cells: &Cells,
    activation: Activation,
    thresholds: &[f32],
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (row, cell) in output.outer_iter().zip(cells.iter()) {
        let objectness = activate(activation, row[4]);
        for (class, &threshold) in thresholds.iter().enumerate() {
            let score = objectness * activate(activation, row[5 + class]);
            if score >= threshold {
                let s = cell.stride;
                let (cx, cy) = ((row[0] + cell.x) * s, (row[1] + cell.y) * s);
                let corners = corners(cx, cy, row[2].exp() * s, row[3].exp() * s);
                found.push(Candidate { class, score, corners });
            }
        }
    }
    found
}
