//! One viewer's play of a clip: which access unit goes out when, with what time stamp, and the
//! reports between. Asks no clock: every time is an argument.

use std::{sync::Arc, time::Duration};

use bytes::BytesMut;

use super::{
    Packed,
    rtp::{Channels, Numbers},
    timeline::Position,
};

/// Time stamps of frames sent at once, to catch up from the keyframe to now, lie this far apart.
const CATCH_UP: Duration = Duration::from_millis(1);
/// How long after a report the next is due (RFC 3550, section 6.2, has 5 s as the least).
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// A moment, by the server's timeline and by the calendar.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Since the server's start.
    pub since_start: Duration,
    /// Since 1970.
    pub unix: Duration,
}

/// A play; it ends with the clip unless that is played over and over.
pub struct Play {
    clip: Arc<Packed>,
    /// Ahead of the server's timeline.
    ahead: Duration,
    looping: bool,
    /// The clip's moment at which the viewer joined: time zero of its stream.
    joined: Duration,
    /// The unit to be sent next.
    next: Option<Position>,
    /// No unit has an earlier time stamp than this.
    caught_up: Duration,
    report_due: Duration,
    numbers: Numbers,
}

impl Play {
    /// Begins with the keyframe at or before now; none when the clip is over.
    pub fn begin(
        clip: &Arc<Packed>,
        ahead: Duration,
        looping: bool,
        now: Duration,
        numbers: Numbers,
    ) -> Option<Self> {
        let joined = now + ahead;
        let next = Some(clip.timeline.join(joined, looping)?);
        let (clip, caught_up) = (clip.clone(), Duration::ZERO);
        Some(Self { clip, ahead, looping, joined, next, caught_up, report_due: now, numbers })
    }

    /// How it is numbered.
    pub fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// When the next unit goes out, since the server's start; none when all have.
    pub fn due(&self) -> Option<Duration> {
        let next = self.next?;
        Some(self.clip.timeline.moment(next).saturating_sub(self.ahead))
    }

    /// Appends the next unit, and a report where one is due or the end where that was the last.
    pub fn step(&mut self, now: Now, channels: Channels, to: &mut BytesMut) {
        let Some(position) = self.next else { return };
        let time = self.clip.timeline.moment(position).saturating_sub(self.joined);
        let time = time.max(self.caught_up);
        self.caught_up = time + CATCH_UP;
        let unit = &self.clip.units[position.index];
        self.numbers.send(&unit.packets, time + unit.reorder, channels, to);
        self.next = self.clip.timeline.after(position, self.looping);
        let streamed = (now.since_start + self.ahead).saturating_sub(self.joined);
        if self.next.is_none() {
            self.numbers.goodbye(now.unix, streamed, channels, to);
        } else if now.since_start >= self.report_due {
            self.report_due = now.since_start + REPORT_EVERY;
            self.numbers.report(now.unix, streamed, channels, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::serve::{rtp::packets, tests::clip};

    const CHANNELS: Channels = Channels { rtp: 0, rtcp: 1 };

    fn begin(looping: bool, now_ms: u64) -> Option<Play> {
        let now = Duration::from_millis(now_ms);
        Play::begin(&clip(), Duration::ZERO, looping, now, Numbers::new(1, 0, 0))
    }

    /// Plays on: when, which unit, with which time stamp in milliseconds; and of the reports the last
    /// part's packet type.
    fn played(play: &mut Play, steps: usize) -> (Vec<(u64, u8, u32)>, Vec<u8>) {
        let (mut units, mut reports) = (Vec::new(), Vec::new());
        for _ in 0..steps {
            let Some(due) = play.due() else { break };
            let mut sent = BytesMut::new();
            play.step(Now { since_start: due, unix: due }, CHANNELS, &mut sent);
            for (channel, packet) in packets(&sent) {
                let stamp = u32::from_be_bytes(packet[4..8].try_into().unwrap());
                match channel {
                    0 => units.push((due.as_millis() as u64, packet[12], stamp / 90)),
                    _ => reports.push(if packet.len() > 52 { packet[53] } else { packet[1] }),
                }
            }
        }
        (units, reports)
    }

    #[test]
    fn one_who_joins_is_sent_the_frames_since_the_keyframe_at_once_and_the_rest_in_time() {
        let mut play = begin(true, 1_050).unwrap();
        let (units, reports) = played(&mut play, 5);
        let expected =
            [(800, 8, 0), (900, 9, 1), (1_000, 10, 2), (1_100, 11, 50), (1_200, 12, 150)];
        assert_eq!(units, expected, "due at once is what is due before now");
        assert_eq!(reports.len(), 1, "one soon after the beginning: {reports:?}");
    }

    #[test]
    fn a_looping_clip_goes_on_and_reports_while_one_played_once_says_goodbye() {
        let (units, reports) = played(&mut begin(true, 0).unwrap(), 120);
        assert_eq!((units[19], units[20]), ((1_900, 19, 1_900), (2_000, 0, 2_000)));
        assert_eq!(reports, [200, 200, 200], "every five seconds of twelve");
        let mut once = begin(false, 1_600).unwrap();
        let (units, reports) = played(&mut once, 10);
        assert_eq!((units.len(), reports.last()), (4, Some(&203)));
        assert_eq!(once.due(), None);
        assert!(begin(false, 2_000).is_none(), "over");
    }
}
