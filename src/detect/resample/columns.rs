//! The horizontal axis: a line of samples shrunk or stretched to the target's width.
//!
//! A target sample needs a handful of neighbours that start anywhere, which compilers turn into slow
//! code; so there is a version by hand for AVX2, and tests hold the two equal bit by bit.

#[cfg(target_arch = "x86_64")]
use super::avx2;
use super::{Axis, whole};
use crate::detect::lanes::Lanes;

/// Weights of a target sample add up to 1 << this.
pub(super) const SHIFT: u32 = 14;
/// Target samples are made so many at a time; tables and target lines are padded to it.
pub(super) const GROUP: usize = 8;
/// Samples in one vector of 128 bits.
pub(super) const VECTOR: usize = 8;

/// Which samples make which target sample, in whole weights.
///
/// Holds for every value: `first` and the targets are padded to a multiple of [`GROUP`]; `weights`
/// has `taps` for each of them; no `first` plus the larger of `taps` and [`VECTOR`] exceeds `reach`;
/// for 2 and 4 taps `shuffle` has one entry for each [`VECTOR`] weights.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub(super) taps: usize,
    pub(super) first: Vec<u32>,
    pub(super) weights: Vec<i16>,
    pub(super) shuffle: Vec<[u8; 16]>,
    pub(super) reach: usize,
}

impl Columns {
    /// `axis` in whole weights.
    pub fn new(axis: &Axis) -> Self {
        let widest = (0..axis.len()).map(|i| axis.at(i).1.len()).max().unwrap_or(1);
        let narrow = match widest {
            0..=2 => 2,
            3..=4 => 4,
            _ => VECTOR,
        };
        let first = firsts(axis);
        let shuffle = shuffles(&first, narrow);
        let taps = if shuffle.is_empty() { widest.next_multiple_of(VECTOR) } else { narrow };
        let mut weights = vec![0; first.len() * taps];
        for (i, slot) in weights.chunks_exact_mut(taps).enumerate().take(axis.len()) {
            for (w, whole) in slot.iter_mut().zip(whole(axis.at(i).1, 1 << SHIFT)) {
                // at most 1 << SHIFT, which fits
                *w = whole as i16;
            }
        }
        let last = first.iter().max().map_or(0, |last| *last as usize);
        Self { taps, first, weights, shuffle, reach: last + taps.max(VECTOR) }
    }

    /// How long a line has to be; what lies beyond the source's own samples does not count.
    pub fn reach(&self) -> usize {
        self.reach
    }

    /// How long a target line has to be: its width, padded.
    pub fn padded(&self) -> usize {
        self.first.len()
    }

    /// Resamples `line` (at least [`Self::reach`] long) into the front of `target` (at least
    /// [`Self::padded`] long). Samples are not negative.
    pub fn blend(&self, lanes: Lanes, line: &[i16], target: &mut [i16]) {
        let target = &mut target[..self.padded()];
        match lanes {
            Lanes::Portable => self.blend_portable(line, target),
            #[cfg(target_arch = "x86_64")]
            Lanes::Avx2(proof) => avx2::blend(proof, self, line, target),
        }
    }

    fn blend_portable(&self, line: &[i16], target: &mut [i16]) {
        match self.taps {
            2 => dots::<2>(self, line, target),
            4 => dots::<4>(self, line, target),
            8 => dots::<8>(self, line, target),
            taps => {
                let each = self.first.iter().zip(self.weights.chunks_exact(taps));
                for (out, (&first, weights)) in target.iter_mut().zip(each) {
                    *out = rounded(dot(&line[first as usize..][..taps], weights));
                }
            }
        }
    }
}

fn dots<const N: usize>(columns: &Columns, line: &[i16], target: &mut [i16]) {
    let (weights, _) = columns.weights.as_chunks::<N>();
    for (out, (&first, weights)) in target.iter_mut().zip(columns.first.iter().zip(weights)) {
        *out = rounded(dot(&line[first as usize..][..N], weights));
    }
}

#[inline(always)]
fn dot(samples: &[i16], weights: &[i16]) -> i32 {
    samples.iter().zip(weights).map(|(s, w)| i32::from(*s) * i32::from(*w)).sum()
}

#[inline(always)]
fn rounded(sum: i32) -> i16 {
    ((sum + (1 << (SHIFT - 1))) >> SHIFT) as i16
}

/// First samples, the last one repeated for the padding.
fn firsts(axis: &Axis) -> Vec<u32> {
    let last = axis.len().saturating_sub(1);
    // pictures are far below 2^32 samples wide
    (0..axis.len().next_multiple_of(GROUP)).map(|i| axis.at(i.min(last)).0 as u32).collect()
}

/// For each vector of weights, which bytes of the samples loaded from its first target on belong to
/// it. None when the samples of some vector lie too far apart, or nothing has to move.
fn shuffles(first: &[u32], taps: usize) -> Vec<[u8; 16]> {
    if taps == VECTOR {
        return Vec::new();
    }
    let one = |firsts: &[u32]| {
        let mut bytes = [0; 16];
        for (at, pair) in bytes.chunks_exact_mut(2).enumerate() {
            let offset = firsts[at / taps].checked_sub(firsts[0])? as usize + at % taps;
            if offset >= VECTOR {
                return None;
            }
            // below 16
            let byte = 2 * offset as u8;
            pair.copy_from_slice(&[byte, byte + 1]);
        }
        Some(bytes)
    };
    first.chunks_exact(VECTOR / taps).map(one).collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::resample::UNIT;

    fn resampled(lanes: Lanes, columns: &Columns, line: &[i16], width: usize) -> Vec<i16> {
        // filled with something, so that what is not written shows
        let mut target = vec![-7; columns.padded()];
        columns.blend(lanes, line, &mut target);
        target.truncate(width);
        target
    }

    proptest! {
        #[test]
        fn both_ways_give_the_same_bits_and_the_right_ones(
            source in 1usize..2200,
            target in 1usize..700,
            // chroma of an odd picture covers less than its plane
            short in prop::bool::ANY,
            seed in any::<u32>(),
        ) {
            let covered = if short { source as f64 - 0.5 } else { source as f64 };
            let axis = Axis::new(source, target, 0.0, covered / target as f64);
            let columns = Columns::new(&axis);
            let mut line: Vec<i16> = (0..source as u32)
                .map(|i| ((i ^ seed).wrapping_mul(2_654_435_761) >> 24) as i16 * UNIT)
                .collect();
            // what lies beyond the source's samples must not count
            line.resize(columns.reach(), i16::MAX);
            let portable = resampled(Lanes::Portable, &columns, &line, target);
            for (i, got) in portable.iter().enumerate() {
                let (first, weights) = axis.at(i);
                let exact: f64 =
                    weights.iter().zip(&line[first..]).map(|(w, s)| w * f64::from(*s)).sum();
                // a weight is off by less than one in 16384, of samples up to 255 UNITs
                let bound = 0.5 + 2.0 * weights.len() as f64;
                prop_assert!((exact - f64::from(*got)).abs() <= bound, "{exact} became {got}");
            }
            prop_assert_eq!(resampled(Lanes::best(), &columns, &line, target), portable);
        }
    }

    #[test]
    fn every_number_of_taps_is_met() {
        let taps = |ratio: f64| Columns::new(&Axis::new(4000, 40, 0.0, ratio)).taps;
        assert_eq!([0.3, 1.0, 2.0].map(taps), [2; 3]);
        assert_eq!([1.3, 1.9, 2.1, 2.9, 3.0].map(taps), [4; 5]);
        assert_eq!([3.3, 4.6, 6.9].map(taps), [8; 3]);
        assert_eq!([9.1, 14.5, 90.0].map(taps), [16, 16, 96]);
    }

    #[test]
    #[should_panic(expected = "reach")]
    fn a_line_that_is_too_short_is_never_read_beyond() {
        let columns = Columns::new(&Axis::new(100, 50, 0.0, 2.0));
        let line = vec![0; columns.reach() - 1];
        if matches!(Lanes::best(), Lanes::Portable) {
            panic!("the portable way checks every reach");
        }
        columns.blend(Lanes::best(), &line, &mut vec![0; columns.padded()]);
    }
}
