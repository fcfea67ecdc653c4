//! Shrinking or stretching one axis of a plane: which source samples make a target sample.
//!
//! An area average where it shrinks: with two taps only, a thing a few pixels wide would appear and vanish
//! as it moves between the taps. Two taps (bilinear) where it stretches. The exact weights are here; `rows` and `columns` round them to whole numbers and apply them.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod columns;
mod rows;

pub(crate) use columns::Columns;
pub(crate) use rows::Rows;

/// A resampled sample is a byte times this, so that rounding between the two axes costs nothing
/// that can be seen; 255 of them still fit an `i16`.
pub(crate) const UNIT: i16 = 128;

/// Weights of one axis; those of a target sample add up to 1.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    taps: Vec<Taps>,
    weights: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Taps {
    first: usize,
    start: usize,
    end: usize,
}

impl Axis {
    /// An axis of `target` samples over `source`, the first of them beginning `start` source samples
    /// from the first, each being `ratio` source samples wide. `ratio` is given apart because subsampled
    /// chroma of odd sizes covers less than its plane.
    pub fn new(source: usize, target: usize, start: f64, ratio: f64) -> Self {
        let mut axis = Self { taps: Vec::with_capacity(target), weights: Vec::new() };
        for i in 0..target {
            if ratio > 1.0 {
                let at = |i: usize| start + i as f64 * ratio;
                axis.push_area(source, at(i), at(i + 1));
            } else {
                axis.push_linear(source, start + (i as f64 + 0.5) * ratio - 0.5);
            }
        }
        axis
    }

    fn push_area(&mut self, source: usize, from: f64, to: f64) {
        let first = (from.floor() as usize).min(source - 1);
        let end = (to.ceil() as usize).clamp(first + 1, source);
        let start = self.weights.len();
        for s in first..end {
            let covered = (to.min((s + 1) as f64) - from.max(s as f64)).max(0.0);
            self.weights.push(covered);
        }
        let sum: f64 = self.weights[start..].iter().sum();
        if sum > 0.0 {
            self.weights[start..].iter_mut().for_each(|w| *w /= sum);
        } else {
            self.weights[start] = 1.0;
        }
        self.taps.push(Taps { first, start, end: self.weights.len() });
    }

    fn push_linear(&mut self, source: usize, centre: f64) {
        let centre = centre.clamp(0.0, (source - 1) as f64);
        let first = centre.floor() as usize;
        let beyond = centre - first as f64;
        let start = self.weights.len();
        self.weights.push(1.0 - beyond);
        if beyond > 0.0 {
            self.weights.push(beyond);
        }
        self.taps.push(Taps { first, start, end: self.weights.len() });
    }

    /// First source sample and weights of target sample `i`.
    pub fn at(&self, i: usize) -> (usize, &[f64]) {
        let t = self.taps[i];
        (t.first, &self.weights[t.start..t.end])
    }

    /// Target samples.
    pub fn len(&self) -> usize {
        self.taps.len()
    }
}

/// Weights as whole numbers that add up to `one` exactly, each less than 1 off: what is rounded
/// away at one is carried to the next, so a plain surface keeps its value.
fn whole(weights: &[f64], one: u16) -> impl Iterator<Item = u16> {
    let (mut exact, mut given) = (0.0, 0);
    weights.iter().map(move |weight| {
        exact += weight;
        let so_far = ((exact * f64::from(one)).round() as u16).clamp(given, one);
        let share = so_far - given;
        given = so_far;
        share
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn weights_sum_to_one_and_stay_inside(source in 1usize..300, target in 1usize..300) {
            let axis = Axis::new(source, target, 0.0, source as f64 / target as f64);
            prop_assert_eq!(axis.len(), target);
            for i in 0..target {
                let (first, weights) = axis.at(i);
                prop_assert!(first + weights.len() <= source);
                prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                prop_assert!(weights.iter().all(|w| *w >= 0.0));
            }
        }

        #[test]
        fn whole_weights_lose_nothing_and_stay_close(
            source in 1usize..5000,
            target in 1usize..300,
            one in prop::sample::select(vec![256u16, 16384]),
        ) {
            let axis = Axis::new(source, target, 0.0, source as f64 / target as f64);
            for i in 0..target {
                let (_, weights) = axis.at(i);
                let rounded: Vec<u16> = whole(weights, one).collect();
                prop_assert_eq!(rounded.iter().map(|w| u32::from(*w)).sum::<u32>(), u32::from(one));
                for (whole, exact) in rounded.iter().zip(weights) {
                    prop_assert!((f64::from(*whole) - exact * f64::from(one)).abs() < 1.0 + 1e-6);
                }
            }
        }
    }

    #[test]
    fn the_same_size_is_a_copy() {
        let axis = Axis::new(9, 9, 0.0, 1.0);
        for i in 0..9 {
            assert_eq!(axis.at(i), (i, &[1.0][..]));
        }
    }

    #[test]
    fn a_third_is_the_mean_of_three() {
        let axis = Axis::new(9, 3, 0.0, 3.0);
        let (first, weights) = axis.at(1);
        assert_eq!(first, 3);
        assert!(weights.len() == 3 && weights.iter().all(|w| (w - 1.0 / 3.0).abs() < 1e-6));
    }
}
