//! How soon the next frame comes, told from the last few. No clock here: "now" is always an argument.

use std::time::{Duration, Instant};

/// Share of the newest interval in the mean: the last eight or so tell.
const NEWEST: f64 = 0.125;

/// The times between frames.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    last: Option<Instant>,
    mean_s: Option<f64>,
}

impl Arrivals {
    /// A frame came.
    pub fn record(&mut self, now: Instant) {
        if let Some(last) = self.last {
            let interval = now.saturating_duration_since(last).as_secs_f64();
            let mean = self.mean_s.unwrap_or(interval);
            self.mean_s = Some(mean + NEWEST * (interval - mean));
        }
        self.last = Some(now);
    }

    /// Until when the next frame can be waited for by one who waits no longer than `worth` for it: none
    /// when frames come more seldom than that. One that has not come for that long is not close.
    pub fn wait_until(&self, worth: Duration) -> Option<Instant> {
        let comes_in_time = self.mean_s? < worth.as_secs_f64();
        self.last.filter(|_| comes_in_time).map(|last| last + worth)
    }

    /// The mean time between frames; a silence is taken for an interval as soon as it is longer.
    pub fn interval(&self, now: Instant) -> Option<Duration> {
        let silence = now.saturating_duration_since(self.last?).as_secs_f64();
        Duration::try_from_secs_f64(self.mean_s?.max(silence)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(ms: u64, start: Instant) -> (Arrivals, Instant) {
        let mut arrivals = Arrivals::default();
        let time = |n| start + Duration::from_millis(n * ms);
        (0..40).for_each(|n| arrivals.record(time(n)));
        (arrivals, time(39))
    }

    #[test]
    fn the_mean_follows_the_last_few() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let (mut arrivals, last) = every(20, start);
        let interval = |a: &Arrivals, at| a.interval(at).unwrap().as_secs_f64() * 1e3;
        assert!((interval(&arrivals, last) - 20.0).abs() < 0.1);
        (1..40).for_each(|n| arrivals.record(last + n * ms(5)));
        assert!((interval(&arrivals, last + 39 * ms(5)) - 5.0).abs() < 0.2);
        assert!((interval(&arrivals, last + ms(39 * 5 + 700)) - 700.0).abs() < 0.1, "silence");
    }

    #[test]
    fn it_is_waited_for_while_it_may_come_in_time() {
        let ms = Duration::from_millis;
        let (arrivals, last) = every(20, Instant::now());
        assert_eq!(arrivals.wait_until(ms(19)), None);
        assert_eq!(arrivals.wait_until(ms(30)), Some(last + ms(30)));
        let mut first = Arrivals::default();
        assert_eq!(first.wait_until(ms(30)), None);
        first.record(last);
        assert_eq!(
            (first.wait_until(ms(30)), first.interval(last)),
            (None, None),
            "no interval yet"
        );
    }
}
