//! YOLOX (Ge et al. 2021): per cell an offset of the centre in cells, the logarithm of the size in
//! cells, an objectness and a score a class. Boxes come undecoded from the exported graph.

use ndarray::ArrayView2;

use super::{Candidate, activate, cells::Cells, corners, least_raw_of_all};
use crate::detect::card::Activation;

/// Reads `[cells, 4 + 1 + classes]`. A class's score is objectness times its own, which is at most 1:
/// a cell whose objectness is below every threshold is not looked at further.
pub fn decode(
    output: &ArrayView2<'_, f32>,
    cells: &Cells,
    activation: Activation,
    thresholds: &[f32],
) -> Vec<Candidate> {
    let mut found = Vec::new();
    let least = least_raw_of_all(activation, thresholds);
    let output = output.as_standard_layout();
    // in standard layout there always is one
    let rows = output.as_slice().unwrap_or_default().chunks_exact(5 + thresholds.len());
    for (row, cell) in rows.zip(cells.iter()) {
        let [x, y, w, h, raw, classes @ ..] = row else { continue };
        if *raw < least {
            continue;
        }
        let objectness = activate(activation, *raw);
        for (class, (raw, threshold)) in classes.iter().zip(thresholds).enumerate() {
            let score = objectness * activate(activation, *raw);
            if score >= *threshold {
                let s = cell.stride;
                let corners = corners((x + cell.x) * s, (y + cell.y) * s, w.exp() * s, h.exp() * s);
                found.push(Candidate { class, score, corners });
            }
        }
    }
    found
}
