//! The vertical axis: whole rows of bytes, weighted and summed into one line.
//!
//! First of the two axes, because rows lie in memory as they are read: sixteen sums at a time cost
//! no shuffling, and what is left for the other axis is as many times less.

use super::{Axis, whole};
use crate::detect::lanes::{Lanes, kernels};

/// Weights of a row add up to this: 255 of them just fit a `u16`.
const ONE: u16 = 256;
/// Most rows summed in one go; more are summed in several.
const AT_ONCE: usize = 8;

/// Which rows make which line, in whole weights.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    spans: Vec<Span>,
    weights: Vec<u16>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    first: usize,
    start: usize,
    end: usize,
}

impl Rows {
    /// `axis` in whole weights; rows whose weight rounds to nothing at either end are left out.
    pub fn new(axis: &Axis) -> Self {
        let mut rows = Self { spans: Vec::with_capacity(axis.len()), weights: Vec::new() };
        for i in 0..axis.len() {
            let (first, exact) = axis.at(i);
            let start = rows.weights.len();
            let skipped = whole(exact, ONE).take_while(|w| *w == 0).count();
            rows.weights.extend(whole(exact, ONE).skip(skipped));
            while rows.weights.last() == Some(&0) && rows.weights.len() > start + 1 {
                rows.weights.pop();
            }
            rows.spans.push(Span { first: first + skipped, start, end: rows.weights.len() });
        }
        rows
    }

    /// Lines made.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Makes line `i` of the rows that `row` gives, each at least as long as `line`, in
    /// [`UNIT`](super::UNIT)s.
    pub fn blend<'a>(
        &self,
        lanes: Lanes,
        i: usize,
        row: impl Fn(usize) -> &'a [u8],
        line: &mut [i16],
    ) {
        let Span { first, start, end } = self.spans[i];
        let weights = &self.weights[start..end];
        match weights.len() {
            1 => blend(lanes, taps::<1>(&row, first), weights, line),
            2 => blend(lanes, taps::<2>(&row, first), weights, line),
            3 => blend(lanes, taps::<3>(&row, first), weights, line),
            4 => blend(lanes, taps::<4>(&row, first), weights, line),
            5 => blend(lanes, taps::<5>(&row, first), weights, line),
            6 => blend(lanes, taps::<6>(&row, first), weights, line),
            7 => blend(lanes, taps::<7>(&row, first), weights, line),
            8 => blend(lanes, taps::<8>(&row, first), weights, line),
            _ => blend_many(lanes, &row, first, weights, line),
        }
    }
}

fn taps<'a, const N: usize>(row: &impl Fn(usize) -> &'a [u8], first: usize) -> [&'a [u8]; N] {
    std::array::from_fn(|k| row(first + k))
}

/// Any number of rows, the sums kept in `line` from one pass to the next.
fn blend_many<'a>(
    lanes: Lanes,
    row: &impl Fn(usize) -> &'a [u8],
    mut first: usize,
    weights: &[u16],
    line: &mut [i16],
) {
    line.fill(0);
    let (eights, rest) = weights.as_chunks::<AT_ONCE>();
    for eight in eights {
        add(lanes, taps::<AT_ONCE>(row, first), eight, line);
        first += AT_ONCE;
    }
    for one in rest.chunks_exact(1) {
        add(lanes, taps::<1>(row, first), one, line);
        first += 1;
    }
    halve(lanes, line);
}

kernels! {
    /// `N` rows in one pass, so that a sum stays in a register until it is whole.
    fn blend<const N: usize>(rows: [&[u8]; N], weights: &[u16], line: &mut [i16]) {
        // cut to one length, which takes the checks out of the loop
        let (rows, weights) = (rows.map(|row| &row[..line.len()]), &weights[..N]);
        for (x, out) in line.iter_mut().enumerate() {
            *out = (sum(&rows, weights, x) >> 1).cast_signed();
        }
    }

    /// `N` more rows onto what `line` holds, in halves of a unit.
    fn add<const N: usize>(rows: [&[u8]; N], weights: &[u16], line: &mut [i16]) {
        let (rows, weights) = (rows.map(|row| &row[..line.len()]), &weights[..N]);
        for (x, out) in line.iter_mut().enumerate() {
            *out = out.cast_unsigned().wrapping_add(sum(&rows, weights, x)).cast_signed();
        }
    }

    /// Halves of a unit to units.
    fn halve(line: &mut [i16]) {
        for out in line {
            *out = (out.cast_unsigned() >> 1).cast_signed();
        }
    }
}

/// Never wraps: the weights of a line add up to [`ONE`].
#[inline(always)]
fn sum<const N: usize>(rows: &[&[u8]; N], weights: &[u16], x: usize) -> u16 {
    let mut sum = 0u16;
    for k in 0..N {
        sum = sum.wrapping_add(u16::from(rows[k][x]).wrapping_mul(weights[k]));
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::resample::UNIT;

    proptest! {
        #[test]
        fn both_ways_give_the_same_bits_and_the_right_ones(
            source in 1usize..400,
            target in 1usize..60,
            width in 1usize..80,
            seed in any::<u32>(),
        ) {
            let axis = Axis::new(source, target, 0.0, source as f64 / target as f64);
            let rows = Rows::new(&axis);
            prop_assert_eq!(rows.len(), target);
            let picture: Vec<u8> = (0..(source * width) as u32)
                .map(|i| ((i ^ seed).wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect();
            let row = |y: usize| &picture[y * width..(y + 1) * width];
            for i in 0..target {
                let (mut portable, mut best) = (vec![-7; width], vec![-7; width]);
                rows.blend(Lanes::Portable, i, row, &mut portable);
                rows.blend(Lanes::best(), i, row, &mut best);
                prop_assert_eq!(&portable, &best);
                let (first, weights) = axis.at(i);
                for (x, got) in portable.iter().enumerate() {
                    let tap = |(k, w): (usize, &f64)| w * f64::from(row(first + k)[x]);
                    let exact: f64 = weights.iter().enumerate().map(tap).sum();
                    let off = (exact - f64::from(*got) / f64::from(UNIT)).abs();
                    // a weight is off by less than one in 256, but all of them by nothing
                    prop_assert!(off < 0.01 + weights.len() as f64 / 2.0, "{exact} became {got}");
                }
            }
        }
    }

    #[test]
    fn white_stays_white_however_many_rows_make_it() {
        for source in [1, 2, 5, 8, 9, 16, 17, 255, 999] {
            let rows = Rows::new(&Axis::new(source, 1, 0.0, source as f64));
            let mut line = [0; 3];
            rows.blend(Lanes::best(), 0, |_| &[255; 3], &mut line);
            assert_eq!(line, [255 * UNIT; 3], "of {source}");
        }
    }
}
