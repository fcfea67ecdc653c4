//! When a frame was taken: the sender's clock if it can be believed, else the arrival, else the
//! file's own time; never running backwards. Asks no clock: every time is an argument.

use std::time::Duration;

use crate::base::{TimeSource, WallTime};

/// Seconds from 1900-01-01 (NTP) to 1970-01-01 (Unix); RFC 5905, figure 4.
const NTP_TO_UNIX_S: u64 = 2_208_988_800;
/// A sender's clock further off than this is taken for wrong: a camera set to local time instead
/// of UTC would otherwise move cases by hours.
pub const MAX_SENDER_SKEW: Duration = Duration::from_secs(30);
/// A step back longer than this is a corrected clock and is followed; shorter ones are jitter.
const MAX_HELD_BACK: Duration = Duration::from_secs(60);

/// Nanoseconds since 1900 as the sender counts them, to wall time.
pub fn ntp_to_wall(ntp_ns: u64) -> Option<WallTime> {
    let unix_ns = ntp_ns.checked_sub(NTP_TO_UNIX_S * 1_000_000_000)?;
    i64::try_from(unix_ns / 1_000_000).ok().map(WallTime::from_millis)
}

/// The sender's clock against the stream's time stamps, from the newest packet that told both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderClock {
    ntp_ns: u64,
    pts_ns: u64,
}

impl SenderClock {
    /// The sender said the packet at `pts_ns` was taken at `ntp_ns` (nanoseconds since 1900).
    pub fn new(ntp_ns: u64, pts_ns: u64) -> Self {
        Self { ntp_ns, pts_ns }
    }

    /// The wall time of the frame at `pts_ns`.
    pub fn at(&self, pts_ns: u64) -> Option<WallTime> {
        let ntp_ns = i128::from(self.ntp_ns) + i128::from(pts_ns) - i128::from(self.pts_ns);
        ntp_to_wall(u64::try_from(ntp_ns).ok()?)
    }
}

/// The sender's time if it is within [`MAX_SENDER_SKEW`] of the arrival, else the arrival.
pub fn live_time(sender: Option<WallTime>, arrival: WallTime) -> (WallTime, TimeSource) {
    match sender {
        Some(at) if at.since(arrival).max(arrival.since(at)) <= MAX_SENDER_SKEW => {
            (at, TimeSource::SenderNtp)
        }
        _ => (arrival, TimeSource::Arrival),
    }
}

/// A live stream's clock, measured against the arrival of its frames: cameras are known whose RTP
/// clock stands still, jumps, or runs at another rate than it says.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamClock {
    /// The stream's own time and the arrival of the frame that time is reckoned from.
    anchor: Option<(u64, Duration)>,
}

/// A stream's clock this far from the arrival of its frames is not believed.
const MAX_STRAY: Duration = Duration::from_secs(12);

impl StreamClock {
    /// The time since the first frame of the frame that says `own_ns` and came `arrival` after some
    /// fixed moment: by the stream's clock, set anew from the arrival whenever it has strayed.
    pub fn at(&mut self, own_ns: u64, arrival: Duration) -> Duration {
        let (from_ns, from) = *self.anchor.get_or_insert((own_ns, arrival));
        let passed = i128::from(own_ns) - i128::from(from_ns);
        let at = i128::try_from(from.as_nanos()).unwrap_or(i128::MAX).saturating_add(passed);
        match u64::try_from(at).map(Duration::from_nanos) {
            Ok(at) if at.abs_diff(arrival) <= MAX_STRAY => at,
            _ => {
                self.anchor = Some((own_ns, arrival));
                arrival
            }
        }
    }
}

/// Keeps one camera's times in order: each frame later than the one before.
#[derive(Clone, Copy, Debug, Default)]
pub struct MonotonicGuard {
    last: Option<WallTime>,
}

impl MonotonicGuard {
    /// `at`, or one millisecond after the frame before if `at` is a little earlier than that.
    pub fn pass(&mut self, at: WallTime) -> WallTime {
        let at = match self.last {
            Some(last) if at <= last && last.since(at) <= MAX_HELD_BACK => {
                last.plus(Duration::from_millis(1))
            }
            _ => at,
        };
        self.last = Some(at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_counts_from_1900() {
        let at = WallTime::parse("2026-05-11T08:00:00.250Z").unwrap();
        let ntp_ns = (u64::try_from(at.millis()).unwrap() + NTP_TO_UNIX_S * 1_000) * 1_000_000;
        assert_eq!(ntp_to_wall(ntp_ns), Some(at));
        assert_eq!(ntp_to_wall(5), None);
        let clock = SenderClock::new(ntp_ns, 7_000_000_000);
        assert_eq!(clock.at(9_000_000_000), Some(at.plus(Duration::from_secs(2))));
        assert_eq!(clock.at(6_000_000_000), Some(at.minus(Duration::from_secs(1))));
    }

    #[test]
    fn a_sender_set_to_local_time_is_not_believed() {
        let arrival = WallTime::parse("2026-05-11T00:00:00Z").unwrap();
        let beijing = arrival.plus(Duration::from_secs(8 * 3_600));
        assert_eq!(live_time(Some(beijing), arrival), (arrival, TimeSource::Arrival));
        let near = arrival.minus(Duration::from_millis(300));
        assert_eq!(live_time(Some(near), arrival), (near, TimeSource::SenderNtp));
        assert_eq!(live_time(None, arrival), (arrival, TimeSource::Arrival));
    }

    #[test]
    fn a_streams_clock_counts_until_it_strays_from_the_arrival() {
        const S: u64 = 1_000_000_000;
        let mut clock = StreamClock::default();
        let at = |clock: &mut StreamClock, own_s, arrival_s| {
            clock.at(own_s * S, Duration::from_secs(arrival_s)).as_secs()
        };
        assert_eq!(at(&mut clock, 500_000, 3), 3);
        assert_eq!(at(&mut clock, 500_002, 6), 5, "late on the network, in time by its clock");
        assert_eq!(at(&mut clock, 499_999, 7), 2, "a frame shown before one sent earlier");
        assert_eq!(at(&mut clock, 7, 10), 10, "a clock that jumped");
        assert_eq!(at(&mut clock, 9, 13), 12);
        assert_eq!(at(&mut clock, 9, 23), 12);
        assert_eq!(at(&mut clock, 9, 25), 25, "a clock that stands still");
    }

    #[test]
    fn time_runs_forward_but_follows_a_corrected_clock() {
        let mut guard = MonotonicGuard::default();
        let t = WallTime::from_millis;
        let seen: Vec<i64> = [1_000_000, 999_000, 1_000_500, 2_000_000, 1_000_000]
            .map(|ms| guard.pass(t(ms)).millis())
            .into();
        assert_eq!(seen, [1_000_000, 1_000_001, 1_000_500, 2_000_000, 1_000_000]);
    }
}
