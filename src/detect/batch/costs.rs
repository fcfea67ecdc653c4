//! What batches of each size cost with this model on this machine: measured before the first frame
//! comes, corrected by every batch after it. No clock here: what a batch took is told.

use std::{fmt, time::Duration};

/// The warm-up ends when it has taken this long.
const WARM_UP: Duration = Duration::from_millis(800);
/// Runs of each size, of which the quickest counts; the first finds memory and kernels.
const RUNS: usize = 2;
/// A frame costs less in a larger batch only when it saves this share: below lies what runs differ by.
const SAVES: f64 = 0.02;
/// Sizes in a row that saved nothing, after which larger ones are not tried.
const IN_VAIN: usize = 2;
/// What looking together must save, as a share of its cost, to be believed.
const CERTAIN: f64 = 0.05;
/// Of two sizes whose frames cost the same within this share, the smaller is taken.
const AS_GOOD: f64 = 0.01;
/// Share of the difference between expected and real cost that is believed of a single batch.
const GAIN: f64 = 0.1;
/// A batch that was so many times off tells no more than one that was this much off.
const MOST_OFF: f64 = 2.0;

/// The cost of a batch by its size, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct CostCurve {
    /// Size and cost, sizes ascending from one.
    points: Vec<(usize, f64)>,
    most: usize,
}

/// One, its doubles, and `most`.
fn sizes(most: usize) -> impl Iterator<Item = usize> {
    let doubles = std::iter::successors(Some(1), |size| Some(size * 2));
    doubles.take_while(move |size| *size < most).chain([most])
}

impl CostCurve {
    /// Nothing is known of batches of up to `most` frames (at least one).
    pub fn unknown(most: usize) -> Self {
        Self { points: Vec::new(), most: most.max(1) }
    }

    /// Measures with `run`, which looks at so many frames at once and says how long that took, or
    /// that it cannot be done. Sizes are doubled until two saved nothing, one cannot be done, or the
    /// time is up.
    pub fn warm_up(most: usize, run: &mut dyn FnMut(usize) -> Option<Duration>) -> Self {
        let mut curve = Self::unknown(most);
        let (mut left, mut in_vain) = (WARM_UP.as_secs_f64(), 0);
        let only_size = curve.most == 1;
        for frames in sizes(curve.most).filter(|_| !only_size) {
            if RUNS as f64 * curve.cost(frames) > left || in_vain == IN_VAIN {
                break;
            }
            let Some(seconds) = quickest(frames, run, &mut left) else {
                // a batch that cannot be done now cannot be done later either
                curve.most = curve.points.last().map_or(curve.most, |(largest, _)| *largest);
                break;
            };
            if left < 0.0 && frames > 1 {
                break; // its one run was its first, which says little
            }
            let in_proportion = |(size, cost): &(usize, f64)| cost * frames as f64 / *size as f64;
            let before = curve.points.last().map_or(f64::INFINITY, in_proportion);
            in_vain = if seconds < (1.0 - SAVES) * before { 0 } else { in_vain + 1 };
            curve.points.push((frames, seconds));
            curve.keep_rising();
        }
        curve
    }

    /// The most frames of one batch.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Seconds of a batch of so many frames; 0 when nothing is known. Between sizes that were measured
    /// on a line, and beyond them on the last of those.
    pub fn cost(&self, frames: usize) -> f64 {
        let after = self.points.partition_point(|(size, _)| *size < frames).max(1);
        match self.points.get(after.min(self.points.len().saturating_sub(1)).saturating_sub(1)..) {
            Some([(from, low), (to, high), ..]) => {
                let share = (frames as f64 - *from as f64) / (*to as f64 - *from as f64);
                low + (high - low) * share
            }
            Some([(size, seconds)]) => seconds * frames as f64 / *size as f64,
            _ => 0.0,
        }
    }

    /// The size, of up to `waiting` frames, at which a frame costs least; all when nothing is known.
    pub fn cheapest(&self, waiting: usize) -> usize {
        let each = |frames: usize| self.cost(frames) / frames as f64;
        // on a line between two sizes no size is cheaper than both its ends
        let tried = self.points.iter().map(|(size, _)| *size).filter(|size| *size < waiting);
        let sizes: Vec<usize> = tried.chain([waiting]).collect();
        let least = sizes.iter().map(|size| each(*size)).fold(f64::INFINITY, f64::min);
        let good =
            |size: &&usize| !self.points.is_empty() && each(**size) * (1.0 - AS_GOOD) <= least;
        sizes.iter().find(good).copied().unwrap_or(waiting)
    }

    /// How long one more frame is worth waiting for when `waiting` are there: what is saved by looking
    /// at some more together with them instead of after them, for each of those. Zero where the cost
    /// is linear.
    pub fn worth(&self, waiting: usize) -> Duration {
        let room = self.most.saturating_sub(waiting);
        let saved = |more: usize| {
            let apart = self.cost(waiting) + self.cost(more);
            (apart - (1.0 + CERTAIN) * self.cost(waiting + more)) / more as f64
        };
        let saved = sizes(room).filter(|_| room > 0).map(saved).fold(0.0, f64::max);
        Duration::try_from_secs_f64(saved).unwrap_or_default()
    }

    /// A batch of so many frames took so long. What made it slower or faster than expected is believed
    /// of sizes near it more than of others.
    pub fn learn(&mut self, frames: usize, took: Duration) {
        let expected = self.cost(frames);
        if expected <= 0.0 || frames == 0 {
            return;
        }
        let off = (took.as_secs_f64() / expected).clamp(MOST_OFF.recip(), MOST_OFF) - 1.0;
        if self.points.last().is_some_and(|(largest, _)| 2 * largest <= frames) {
            self.points.push((frames, expected));
        }
        for (size, seconds) in &mut self.points {
            let doublings = (*size as f64 / frames as f64).log2().abs();
            *seconds *= 1.0 + GAIN * 0.5f64.powf(doublings) * off;
        }
        self.keep_rising();
    }

    /// A larger batch never costs less than a smaller one, whatever was measured.
    fn keep_rising(&mut self) {
        let mut most = 0.0;
        for (_, seconds) in &mut self.points {
            most = seconds.max(most);
            *seconds = most;
        }
    }
}

/// Seconds of the quickest of some runs, taken off `left`; fewer runs when that is used up.
fn quickest(
    frames: usize,
    run: &mut dyn FnMut(usize) -> Option<Duration>,
    left: &mut f64,
) -> Option<f64> {
    let mut quickest = f64::INFINITY;
    for _ in 0..RUNS {
        let seconds = run(frames)?.as_secs_f64();
        quickest = quickest.min(seconds);
        *left -= seconds;
        if *left < 0.0 {
            break;
        }
    }
    Some(quickest)
}

/// "1: 12.5 ms, 2: 22.0 ms".
impl fmt::Display for CostCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (frames, seconds)) in self.points.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{frames}: {:.1} ms", seconds * 1e3)?;
        }
        if self.points.is_empty() { f.write_str("not measured") } else { Ok(()) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A curve measured where `cost` says how many milliseconds a batch takes.
    pub fn measured(most: usize, cost: impl Fn(usize) -> f64) -> CostCurve {
        CostCurve::warm_up(most, &mut |frames| Some(Duration::from_secs_f64(cost(frames) / 1e3)))
    }

    #[test]
    fn what_was_measured_is_read_off_between_and_beyond() {
        let curve = measured(6, |frames| 4.0 + frames as f64);
        assert_eq!(curve.to_string(), "1: 5.0 ms, 2: 6.0 ms, 4: 8.0 ms, 6: 10.0 ms");
        for frames in 1..=6 {
            assert!((curve.cost(frames) - (4.0 + frames as f64) / 1e3).abs() < 1e-9);
        }
        assert!((curve.cost(12) - 0.016).abs() < 1e-9, "on the last line");
        let one = measured(64, |_| 600.0);
        assert_eq!(one.to_string(), "1: 600.0 ms");
        assert!((one.cost(3) - 1.8).abs() < 1e-9, "in proportion where there is no line");
    }

    #[test]
    fn the_warm_up_ends_where_larger_saves_nothing() {
        let mut ran = Vec::new();
        let curve = CostCurve::warm_up(64, &mut |frames| {
            ran.push(frames);
            Some(Duration::from_millis(5 * frames as u64))
        });
        assert_eq!(ran, [1, 1, 2, 2, 4, 4]);
        assert_eq!((curve.most(), curve.cheapest(64)), (64, 1));
        assert_eq!(curve.worth(1), Duration::ZERO);
    }

    #[test]
    fn the_warm_up_takes_no_longer_than_its_time_and_one_batch() {
        let taken = |per_frame_ms: u64| {
            let mut sum = Duration::ZERO;
            CostCurve::warm_up(32, &mut |frames| {
                let took = Duration::from_millis(per_frame_ms * frames as u64 + 1);
                sum += took;
                Some(took)
            });
            sum
        };
        for ms in [1, 20, 60, 200] {
            assert!(taken(ms) <= WARM_UP, "{ms} ms a frame: {:?}", taken(ms));
        }
        assert_eq!(taken(3_000), Duration::from_millis(3_001), "one run at least");
    }

    #[test]
    fn a_size_whose_first_run_used_up_the_time_is_not_believed() {
        let curve = measured(8, |frames| if frames == 4 { 5_000.0 } else { 2.0 });
        assert_eq!(curve.to_string(), "1: 2.0 ms, 2: 2.0 ms");
        assert_eq!(curve.most(), 8);
    }

    #[test]
    fn a_size_that_cannot_be_done_is_not_asked_for() {
        let mut run = |frames| (frames <= 4).then(|| Duration::from_millis(3));
        let curve = CostCurve::warm_up(32, &mut run);
        assert_eq!((curve.most(), curve.cheapest(4)), (4, 4));
        let curve = CostCurve::warm_up(32, &mut |_| None);
        assert_eq!(curve, CostCurve::unknown(32), "the first look will say what is wrong");
        assert_eq!((curve.cheapest(9), curve.worth(1)), (9, Duration::ZERO));
    }

    #[test]
    fn one_frame_a_batch_needs_no_measuring() {
        let curve = CostCurve::warm_up(0, &mut |_| panic!("measured"));
        assert_eq!(curve, CostCurve::unknown(1));
    }

    #[test]
    fn the_cheapest_frame_decides_and_equals_go_by_size() {
        // eight is no cheaper a frame than four
        let curve = measured(8, |frames| [2.0, 3.0, 4.0, 4.0, 6.0, 7.0, 8.0, 8.0][frames - 1]);
        let taken: Vec<_> = (1..=8).map(|waiting| curve.cheapest(waiting)).collect();
        assert_eq!(taken, [1, 2, 3, 4, 4, 4, 4, 4]);
    }

    #[test]
    fn batches_correct_what_the_warm_up_said() {
        let mut curve = measured(8, |frames| 10.0 + frames as f64);
        for _ in 0..200 {
            curve.learn(4, Duration::from_millis(28));
        }
        assert!((curve.cost(4) - 0.028).abs() < 1e-4, "{curve}");
        let (near, far) = (curve.cost(2) / 0.012, curve.cost(1) / 0.011);
        assert!(1.1 < far && far < near && near < 2.0, "{curve}");
        assert!(curve.cost(8) >= curve.cost(4));
        curve.learn(16, Duration::from_millis(40));
        assert_eq!(curve.points.last().map(|(size, _)| *size), Some(16), "a size never tried");
        let before = curve.cost(4);
        curve.learn(4, Duration::from_secs(3_600));
        assert!(curve.cost(4) <= before * 1.11, "one hiccup counts for little");
    }
}
