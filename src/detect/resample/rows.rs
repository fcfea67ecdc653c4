//! The vertical axis: whole rows of bytes, weighted and summed into one line.
//!
//! First of the two axes, because rows lie in memory as they are read, and what is left for the other
//! axis is as many times less. Rows are taken in pairs,
//! which AVX2 multiplies and adds in one instruction; tests hold both ways equal bit by bit.

#[cfg(target_arch = "x86_64")]
use super::avx2;
use super::{Axis, UNIT, whole};
use crate::detect::lanes::Lanes;

/// Pairs of rows summed in one pass; more are summed in several.
const AT_ONCE: usize = 4;

/// Two rows and their weights, and two that the next line will need, which are fetched meanwhile.
pub(super) struct Pair<'a> {
    pub rows: [&'a [u8]; 2],
    pub weights: [i8; 2],
    pub ahead: [&'a [u8]; 2],
}

/// Which rows make which line, in whole weights.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    spans: Vec<Span>,
    /// Of two rows each. Those of a line add up to [`UNIT`], so its sums are in units at once.
    weights: Vec<[i8; 2]>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    first: usize,
    last: usize,
    start: usize,
    end: usize,
}

impl Rows {
    /// `axis` in whole weights; rows whose weight rounds to nothing at either end are left out.
    pub fn new(axis: &Axis) -> Self {
        let mut rows = Self { spans: Vec::with_capacity(axis.len()), weights: Vec::new() };
        for i in 0..axis.len() {
            let (first, exact) = axis.at(i);
            rows.push(first, &whole(exact, UNIT.unsigned_abs()).collect::<Vec<_>>());
        }
        rows
    }

    fn push(&mut self, first: usize, weights: &[u16]) {
        let counts = |w: &u16| *w > 0;
        let from = weights.iter().position(counts).unwrap_or(0);
        let to = weights.iter().rposition(counts).unwrap_or(0);
        let start = self.weights.len();
        if from == to {
            // a row alone has a weight that no byte holds: it is its own pair, half and half
            self.weights.push([(UNIT / 2) as i8; 2]);
        } else {
            // each below UNIT, hence a byte
            let weight = |w: Option<&u16>| w.map_or(0, |w| *w as i8);
            let pairs = weights[from..=to].chunks(2);
            self.weights.extend(pairs.map(|pair| [weight(pair.first()), weight(pair.get(1))]));
        }
        let (first, last, end) = (first + from, first + to, self.weights.len());
        self.spans.push(Span { first, last, start, end });
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
        let Span { first, last, start, end } = self.spans[i];
        let next = self.spans.get(i + 1).map_or(last, |span| span.last);
        let length = line.len();
        // cut to one length, which takes the checks out of the loops
        let cut = |y: usize| &row(y)[..length];
        let row = |y: usize| cut(y.min(last));
        let ahead = |y: usize| cut((last + 1 + y).min(next));
        let pair = |at: usize| Pair {
            rows: [row(first + 2 * at), row(first + 2 * at + 1)],
            weights: self.weights[start + at],
            ahead: [ahead(2 * at), ahead(2 * at + 1)],
        };
        match end - start {
            1 => sum::<1>(lanes, pair, false, line),
            2 => sum::<2>(lanes, pair, false, line),
            3 => sum::<3>(lanes, pair, false, line),
            pairs => {
                // any number of them: sums are kept in the line from one pass to the next
                let fours = pairs / AT_ONCE;
                for four in 0..fours {
                    let pair = |at| pair(four * AT_ONCE + at);
                    sum::<AT_ONCE>(lanes, pair, four > 0, line);
                }
                for at in fours * AT_ONCE..pairs {
                    sum::<1>(lanes, |_| pair(at), true, line);
                }
            }
        }
    }
}

/// `P` pairs of rows, by number, in one pass, so that a sum stays in a register until it is whole; onto what `line`
/// holds if it is to be kept. Never wraps: weights of a line add up to [`UNIT`].
fn sum<'a, const P: usize>(
    lanes: Lanes,
    pair: impl Fn(usize) -> Pair<'a>,
    keep: bool,
    line: &mut [i16],
) {
    match lanes {
        Lanes::Portable => add::<P>(pair, keep, 0, line),
        #[cfg(target_arch = "x86_64")]
        Lanes::Avx2(proof) => {
            let done = avx2::rows::<P>(proof, &pair, keep, line);
            if done < line.len() {
                add::<P>(pair, keep, done, line);
            }
        }
    }
}

/// The same from sample `from` on, in any processor's instructions.
fn add<'a, const P: usize>(
    pair: impl Fn(usize) -> Pair<'a>,
    keep: bool,
    from: usize,
    line: &mut [i16],
) {
    let length = line.len();
    let pairs: [_; P] = std::array::from_fn(|at| {
        let Pair { rows, weights, .. } = pair(at);
        (rows.map(|row| &row[..length]), weights.map(i16::from))
    });
    for (x, out) in line.iter_mut().enumerate().skip(from) {
        let mut sum = if keep { *out } else { 0 };
        for ([a, b], [for_a, for_b]) in &pairs {
            sum += i16::from(a[x]) * for_a + i16::from(b[x]) * for_b;
        }
        *out = sum;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
                    // a weight is off by less than one in 128, but all of them by nothing
                    prop_assert!(off < 0.01 + weights.len() as f64, "{exact} became {got}");
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
