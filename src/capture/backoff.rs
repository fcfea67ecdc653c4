//! How long to wait before the next connection: exponential, with full jitter. Not a timer and not
//! a random source: the caller waits, and passes the random number in.

use std::time::Duration;

/// The bounds of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Ceiling of the first wait; doubles with every failure.
    pub first: Duration,
    /// The ceiling never grows beyond this.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), max: Duration::from_secs(60) }
    }
}

impl Backoff {
    /// The longest wait after `failures` failures in a row (0 is the first).
    pub fn ceiling(&self, failures: u32) -> Duration {
        let factor = 2_u32.checked_pow(failures).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.max)
    }

    /// The wait after `failures` failures in a row; `random` in [0, 1) spreads it over the whole
    /// range from zero, so that cameras behind one failed switch do not return in step.
    pub fn delay(&self, failures: u32, random: f64) -> Duration {
        self.ceiling(failures).mul_f64(random.clamp(0.0, 1.0))
    }

    /// The number of failures to reckon with after a connection that handed over frames for
    /// `streamed`: a connection that outlived the wait it would be punished with starts anew.
    pub fn failures_after(&self, failures: u32, streamed: Duration) -> u32 {
        if !streamed.is_zero() && streamed >= self.ceiling(failures) {
            0
        } else {
            failures.saturating_add(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceiling_doubles_up_to_the_maximum_for_ever() {
        let b = Backoff::default();
        let seconds: Vec<u64> = (0..8).map(|n| b.ceiling(n).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(b.ceiling(u32::MAX), b.max);
    }

    #[test]
    fn jitter_covers_the_whole_range() {
        let b = Backoff::default();
        assert_eq!(b.delay(3, 0.0), Duration::ZERO);
        assert_eq!(b.delay(3, 0.5), Duration::from_secs(4));
        assert_eq!(b.delay(40, 1.0), b.max);
    }

    #[test]
    fn only_a_connection_that_lasted_starts_anew() {
        let b = Backoff::default();
        assert_eq!(b.failures_after(3, Duration::from_secs(7)), 4);
        assert_eq!(b.failures_after(3, Duration::from_secs(8)), 0);
        assert_eq!(b.failures_after(0, Duration::ZERO), 1);
    }
}
