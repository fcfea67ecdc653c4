//! A frame as a coarse grid of brightness, and how one grid is brought to the light of another. Not a
//! picture: only good for comparing two frames of one camera.

use crate::{
    base::{Frame, PixelFormat},
    detect::planes::{FrameFault, PlaneView, checked},
};

/// Cells along the frame's longer side.
const CELLS: usize = 96;
/// Rows read of each cell; the others would tell the same.
const ROWS_READ: usize = 5;
/// Rounds of fitting the light; each leaves out what the one before could not explain.
const FIT_ROUNDS: usize = 3;
/// Grey levels by which a cell may differ and still tell about the light, in the first round.
const FIRST_REACH: f32 = 40.0;
/// The same in the later rounds, as a multiple of the mean difference.
const LATER_REACH: f32 = 2.5;
/// Contrast may change by this factor and no more before it is no matter of light.
const GAIN: (f32, f32) = (0.4, 2.5);

/// Mean brightness of each cell, 0 to 255, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid {
    pub columns: usize,
    pub rows: usize,
    pub cells: Vec<f32>,
}

impl Grid {
    /// The grid of a frame: some 96 cells along its longer side.
    ///
    /// # Errors
    /// [`FrameFault`] when its planes are too short.
    pub fn of(frame: &Frame) -> Result<Self, FrameFault> {
        let planes = checked(frame)?;
        let (width, height) = (frame.width as usize, frame.height as usize);
        let side = width.max(height).div_ceil(CELLS);
        let (columns, rows) = (width.div_ceil(side), height.div_ceil(side));
        // green stands for brightness where there is no plane of it
        let first = usize::from(frame.format == PixelFormat::Rgb);
        let mut cells = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let (from, to) = (row * side, ((row + 1) * side).min(height));
            cells.extend(row_of_cells(&planes[0], (from, to), side, first));
        }
        Ok(Self { columns, rows, cells })
    }

    /// Whether both are of frames of one size.
    pub fn fits(&self, other: &Self) -> bool {
        (self.columns, self.rows) == (other.columns, other.rows)
    }

    /// What `self` would look like in the light of `other`: brightness and contrast of the scene are
    /// fitted on the cells that differ by nothing else. The fit is robust: things that came or went
    /// on less than half of the picture do not bend it.
    pub fn in_light_of(&self, other: &Self) -> Self {
        let (mut gain, mut offset) = (1.0, median_difference(other, self));
        let mut reach = FIRST_REACH;
        for _ in 0..FIT_ROUNDS {
            let fitted = |x: f32| gain * x + offset;
            let near: Vec<(f32, f32)> = self
                .cells
                .iter()
                .zip(&other.cells)
                .filter(|(x, y)| (fitted(**x) - **y).abs() <= reach)
                .map(|(x, y)| (*x, *y))
                .collect();
            let Some((a, b)) = line_through(&near) else { break };
            (gain, offset) = (a, b);
            let mean = near.iter().map(|(x, y)| (a * x + b - y).abs()).sum::<f32>();
            reach = LATER_REACH * (mean / near.len() as f32).max(1.0);
        }
        let cells = self.cells.iter().map(|x| (gain * x + offset).clamp(0.0, 255.0)).collect();
        Self { cells, ..*self }
    }

    /// Largest difference of a cell to its eight neighbours: what a shake of the camera by a cell
    /// would change.
    pub fn relief(&self) -> Vec<f32> {
        let (columns, rows) = (self.columns, self.rows);
        let around = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
        (0..rows)
            .flat_map(|y| (0..columns).map(move |x| (x, y)))
            .map(|(x, y)| {
                let own = self.cells[y * columns + x];
                around(y, rows)
                    .flat_map(|v| around(x, columns).map(move |u| v * columns + u))
                    .map(|i| (self.cells[i] - own).abs())
                    .fold(0.0, f32::max)
            })
            .collect()
    }
}

/// Means of one row of cells over the picture rows `from..to`.
fn row_of_cells(
    plane: &PlaneView<'_>,
    (from, to): (usize, usize),
    side: usize,
    first: usize,
) -> Vec<f32> {
    let step = (to - from).div_ceil(ROWS_READ);
    let mut sums = vec![0_u32; plane.columns.div_ceil(side)];
    let mut read = 0;
    for y in (from..to).step_by(step) {
        let row = plane.row(y);
        for (sum, cell) in sums.iter_mut().zip(row.chunks(side * plane.channels)) {
            let samples = cell[first.min(cell.len() - 1)..].iter().map(|v| u32::from(*v));
            *sum += match plane.channels {
                1 => samples.sum::<u32>(), // without steps it is done in vectors
                step => samples.step_by(step).sum(),
            };
        }
        read += 1;
    }
    let width = |index: usize| side.min(plane.columns - index * side) * read;
    sums.iter().enumerate().map(|(i, sum)| *sum as f32 / width(i) as f32).collect()
}

fn median_difference(a: &Grid, b: &Grid) -> f32 {
    let mut all: Vec<f32> = a.cells.iter().zip(&b.cells).map(|(a, b)| a - b).collect();
    let middle = all.len() / 2;
    *all.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Least squares y = a x + b with `a` held within [`GAIN`]; none through too few points.
fn line_through(points: &[(f32, f32)]) -> Option<(f32, f32)> {
    if points.len() < 8 {
        return None;
    }
    let n = points.len() as f32;
    let mean_x = points.iter().map(|p| p.0).sum::<f32>() / n;
    let mean_y = points.iter().map(|p| p.1).sum::<f32>() / n;
    let sxx = points.iter().map(|p| (p.0 - mean_x).powi(2)).sum::<f32>();
    let sxy = points.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum::<f32>();
    // a flat picture says nothing about contrast
    let gain = if sxx < n { 1.0 } else { (sxy / sxx).clamp(GAIN.0, GAIN.1) };
    Some((gain, mean_y - gain * mean_x))
}
