//! How long to wait before the next attempt. Pure: the jitter comes in as an argument.

use std::time::Duration;

/// After so much waiting a message is given up.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Wait after the first failure.
const FIRST: Duration = Duration::from_secs(5);

/// The longest wait; a receiver back from an outage is found within the hour.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How long to wait after the `attempts`-th attempt (1 is the first) failed: doubling from 5 s to
/// 1 h, each wait stretched or shortened by up to a quarter by `jitter` in [0, 1], 0.5 being neither.
/// `None` once the waits before add up to 24 h. Attempts are counted, not hours, so that the time
/// this process was down is not held against the receiver.
pub fn backoff(attempts: u32, jitter: f64) -> Option<Duration> {
    let waited: Duration = (1..attempts.min(1_000)).map(nominal).sum();
    if waited >= GIVE_UP_AFTER || attempts >= 1_000 {
        return None;
    }
    let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.5 };
    Some(nominal(attempts.max(1)).mul_f64(0.75 + jitter / 2.0))
}

fn nominal(attempt: u32) -> Duration {
    FIRST.saturating_mul(1 << (attempt - 1).min(20)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_an_hour_and_end_after_a_day() {
        let waits: Vec<u64> =
            (1..).map_while(|n| backoff(n, 0.5)).map(|wait| wait.as_secs()).collect();
        assert_eq!(waits[..4], [5, 10, 20, 40]);
        assert_eq!(waits.iter().max(), Some(&3_600));
        let all: u64 = waits.iter().sum();
        assert!((86_400..86_400 + 3_600).contains(&all), "{all} s in all");
    }

    #[test]
    fn jitter_spreads_by_a_quarter_and_nonsense_is_harmless() {
        assert_eq!(backoff(3, 0.0), Some(Duration::from_secs(15)));
        assert_eq!(backoff(3, 1.0), Some(Duration::from_secs(25)));
        assert_eq!(backoff(3, f64::NAN), backoff(3, 0.5));
        assert_eq!(backoff(0, 0.5), Some(FIRST));
        assert_eq!(backoff(u32::MAX, 0.5), None);
    }
}
