//! Shrinking or stretching one axis of a plane: which source samples make a target sample.
//!
//! Two taps (bilinear) up to a factor of 2, an area average beyond it: with two taps only, a thing
//! a few pixels wide would appear and vanish as it moves between the taps.

/// Above this many source samples to a target sample the average is taken.
const AREA_ABOVE: f64 = 2.0;

/// Weights of one axis.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    taps: Vec<Taps>,
    weights: Vec<f32>,
}

#[derive(Clone, Copy, Debug)]
struct Taps {
    first: usize,
    start: usize,
    end: usize,
}

impl Axis {
    /// An axis of `target` samples over `source`, one target sample being `ratio` source samples
    /// wide. `ratio` is given apart because subsampled chroma of odd sizes covers less than its
    /// plane.
    pub fn new(source: usize, target: usize, ratio: f64) -> Self {
        let mut axis = Self { taps: Vec::with_capacity(target), weights: Vec::new() };
        for i in 0..target {
            if ratio > AREA_ABOVE {
                axis.push_area(source, i as f64 * ratio, (i + 1) as f64 * ratio);
            } else {
                axis.push_linear(source, (i as f64 + 0.5) * ratio - 0.5);
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
            self.weights.push(covered as f32);
        }
        let sum: f32 = self.weights[start..].iter().sum();
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
        let beyond = (centre - first as f64) as f32;
        let start = self.weights.len();
        self.weights.push(1.0 - beyond);
        if beyond > 0.0 {
            self.weights.push(beyond);
        }
        self.taps.push(Taps { first, start, end: self.weights.len() });
    }

    /// First source sample and weights of target sample `i`.
    #[inline]
    pub fn at(&self, i: usize) -> (usize, &[f32]) {
        let t = self.taps[i];
        (t.first, &self.weights[t.start..t.end])
    }

    /// Target samples.
    pub fn len(&self) -> usize {
        self.taps.len()
    }
}

/// Sums whole rows, weighted, into `sum` (as long as a row).
pub(crate) fn blend_rows<'a>(
    rows: impl Fn(usize) -> &'a [u8],
    (first, weights): (usize, &[f32]),
    sum: &mut Vec<f32>,
) {
    let (head, rest) = match weights.split_first() {
        Some(split) => split,
        None => return,
    };
    sum.clear();
    sum.extend(rows(first).iter().map(|&b| head * f32::from(b)));
    for (i, &w) in rest.iter().enumerate() {
        for (s, &b) in sum.iter_mut().zip(rows(first + 1 + i)) {
            *s += w * f32::from(b);
        }
    }
}

/// Shrinks a row of `C` interleaved channels along `axis` into `line`.
pub(crate) fn blend_columns<const C: usize>(row: &[f32], axis: &Axis, line: &mut Vec<[f32; C]>) {
    line.clear();
    let (samples, _) = row.as_chunks::<C>();
    line.extend((0..axis.len()).map(|i| {
        let (first, weights) = axis.at(i);
        let mut out = [0.0; C];
        for (sample, &w) in samples[first..].iter().zip(weights) {
            for c in 0..C {
                out[c] += w * sample[c];
            }
        }
        out
    }));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn weights_sum_to_one_and_stay_inside(source in 1usize..300, target in 1usize..300) {
            let axis = Axis::new(source, target, source as f64 / target as f64);
            prop_assert_eq!(axis.len(), target);
            for i in 0..target {
                let (first, weights) = axis.at(i);
                prop_assert!(first + weights.len() <= source);
                prop_assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-4);
                prop_assert!(weights.iter().all(|w| *w >= 0.0));
            }
        }
    }

    #[test]
    fn the_same_size_is_a_copy() {
        let axis = Axis::new(9, 9, 1.0);
        for i in 0..9 {
            assert_eq!(axis.at(i), (i, &[1.0][..]));
        }
    }

    #[test]
    fn a_third_is_the_mean_of_three() {
        let axis = Axis::new(9, 3, 3.0);
        let (first, weights) = axis.at(1);
        assert_eq!(first, 3);
        assert!(weights.len() == 3 && weights.iter().all(|w| (w - 1.0 / 3.0).abs() < 1e-6));
    }
}
