//! One block of 8 × 8 samples as 4 × 4: of its cosines the lower half on both axes, transformed back
//! at that size, which is what shrinking without aliasing would leave of it.

use super::bits::{Bits, END, Table};

/// Where a coefficient goes that half the size has no place for.
const NOWHERE: usize = 16;
/// From the order of transmission to the rows and columns of what is kept; behind the 63rd only what
/// a broken picture sends.
static PLACES: [u8; 2 * END] = places();

const fn places() -> [u8; 2 * END] {
    let mut places = [NOWHERE as u8; 2 * END];
    // along the diagonals, up and down in turn
    let (mut x, mut y, mut index) = (0_usize, 0_usize, 0);
    while index < 64 {
        if x < 4 && y < 4 {
            places[index] = (4 * y + x) as u8;
        }
        let is_up = (x + y).is_multiple_of(2);
        if is_up && x == 7 || !is_up && y < 7 && x == 0 {
            y += 1;
        } else if is_up && y == 0 || !is_up && y == 7 {
            x += 1;
        } else if is_up {
            (x, y) = (x + 1, y - 1);
        } else {
            (x, y) = (x - 1, y + 1);
        }
        index += 1;
    }
    places
}

/// Samples of a shrunk block, row by row.
pub type Samples = [[u8; 4]; 4];

/// What is the same for all blocks of a plane.
pub struct Plane<'a> {
    /// Table of the first coefficients.
    pub first: &'a Table,
    /// Table of all others.
    pub others: &'a Table,
    /// What a step of each coefficient is worth, in the order of transmission.
    pub steps: [u16; 64],
    /// What a sample's unit becomes.
    pub gain: f32,
    /// What a sample of nothing becomes.
    pub offset: f32,
}

impl Plane<'_> {
    /// The next block; `before` is the first coefficient of the one before. `None` when the data
    /// make no block.
    #[inline(always)]
    pub fn next(&self, bits: &mut Bits<'_>, before: &mut i32) -> Option<Samples> {
        // kept in registers for the length of a block
        let mut now = *bits;
        *before = before.wrapping_add(self.first.difference(&mut now)?);
        let mut block = [0_i32; NOWHERE + 1];
        block[0] = before.wrapping_mul(self.steps[0].into());
        let (mut index, mut others) = (0, 0);
        while index < 63 {
            let (step, value) = self.others.coefficient(&mut now)?;
            index += step;
            others |= value;
            // an index is below 63 + END, and the mask tells the compiler
            let place = usize::from(PLACES[index & (2 * END - 1)]).min(NOWHERE);
            block[place] = value * i32::from(self.steps[index & 63]);
        }
        if index > 63 && index < END {
            return None;
        }
        *bits = now;
        if others == 0 {
            return Some([[self.byte(block[0] as f32 * 0.125); 4]; 4]);
        }
        let mut rows = [[0.0; 4]; 4];
        for (row, coefficients) in rows.iter_mut().zip(block.as_chunks::<4>().0) {
            for (value, coefficient) in row.iter_mut().zip(coefficients) {
                *value = *coefficient as f32;
            }
        }
        let columns = transposed(inverse(rows));
        let rows = transposed(inverse(columns));
        let mut samples = [[0; 4]; 4];
        for (samples, row) in samples.iter_mut().zip(&rows) {
            for (sample, value) in samples.iter_mut().zip(row) {
                *sample = self.byte(value * 0.5);
            }
        }
        Some(samples)
    }

    #[inline(always)]
    fn byte(&self, sample: f32) -> u8 {
        // adding this leaves the rounded whole number in the lowest bits, and vectors can do it
        const WHOLE: f32 = 8_388_608.0;
        let sample = sample * self.gain + self.offset;
        let sample = if sample > 0.0 { sample } else { 0.0 };
        let sample = if sample < 255.0 { sample } else { 255.0 };
        (sample + WHOLE).to_bits() as u8
    }
}

/// The inverse cosine transform of 4, down each column.
#[inline(always)]
fn inverse(rows: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
    /// √½ cos π/8 and √½ sin π/8.
    const COS: f32 = 0.653_281_5;
    const SIN: f32 = 0.270_598_05;
    let mut out = [[0.0; 4]; 4];
    for x in 0..4 {
        let [a, b, c, d] = [rows[0][x], rows[1][x], rows[2][x], rows[3][x]];
        let (sum, difference) = ((a + c) * 0.5, (a - c) * 0.5);
        let (outer, inner) = (b * COS + d * SIN, b * SIN - d * COS);
        out[0][x] = sum + outer;
        out[1][x] = difference + inner;
        out[2][x] = difference - inner;
        out[3][x] = sum - outer;
    }
    out
}

#[inline(always)]
fn transposed(rows: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
    let mut out = [[0.0; 4]; 4];
    for (y, row) in rows.iter().enumerate() {
        for (x, value) in row.iter().enumerate() {
            out[x][y] = *value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_sent_along_the_diagonals() {
        // T.81, figure A.6, the upper left quarter of it
        let order = [0, 1, 5, 6, 2, 4, 7, 13, 3, 8, 12, 17, 9, 11, 18, 24];
        for (place, index) in order.into_iter().enumerate() {
            assert_eq!(usize::from(PLACES[index]), place, "{index}");
        }
        assert_eq!(PLACES.iter().filter(|place| **place < 16).count(), 16);
    }

    #[test]
    fn the_transform_keeps_a_mean_and_has_its_cosines() {
        let mut rows = [[0.0; 4]; 4];
        rows[0][0] = 8.0;
        assert_eq!(inverse(transposed(inverse(rows))), [[2.0; 4]; 4]);
        for k in 1..4 {
            let mut rows = [[0.0; 4]; 4];
            rows[k][2] = 1.0;
            for (n, row) in inverse(rows).iter().enumerate() {
                let angle = (2 * n + 1) as f64 * k as f64 * std::f64::consts::PI / 8.0;
                let expected = angle.cos() * 0.5_f64.sqrt();
                assert!((f64::from(row[2]) - expected).abs() < 1e-6, "{k} {n}");
            }
        }
    }
}
