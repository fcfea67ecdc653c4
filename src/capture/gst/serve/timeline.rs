//! Which frame of a clip belongs to which moment since the server started. Pure.

use std::time::Duration;

/// When a frame is sent and whether one can begin with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Time from the clip's beginning.
    pub offset: Duration,
    /// Whether it is a keyframe.
    pub is_key: bool,
}

/// A frame of a certain round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// How often the clip was played before.
    pub round: u32,
    /// Index of the frame.
    pub index: usize,
}

/// The frames of a clip in sending order.
#[derive(Clone, Debug)]
pub struct Timeline {
    marks: Vec<Mark>,
    length: Duration,
}

impl Timeline {
    /// `marks` in sending order, the first a keyframe; `None` when there is nothing to play.
    pub fn new(marks: Vec<Mark>, length: Duration) -> Option<Self> {
        let playable = marks.first().is_some_and(|m| m.is_key) && !length.is_zero();
        playable.then_some(Self { marks, length })
    }

    /// How far ahead the `camera`th of several plays that show this clip. Cameras on a street know
    /// nothing of one another and do not send their keyframes all at once, so it is as good as by
    /// chance, and the same every time.
    pub fn ahead(&self, camera: u64) -> Duration {
        // splitmix64
        let mut z = camera.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.length.mul_f64((z >> 11) as f64 / (1u64 << 53) as f64)
    }

    /// Where one who joins `now` after the start begins: the keyframe at or before that moment.
    /// `None` when the clip is over.
    pub fn join(&self, now: Duration, looping: bool) -> Option<Position> {
        if !looping && now >= self.length {
            return None;
        }
        let length_ns = self.length.as_nanos();
        let round = u32::try_from(now.as_nanos() / length_ns).ok()?;
        let within = now - self.length * round;
        let index = self.marks.iter().rposition(|m| m.is_key && m.offset <= within).unwrap_or(0);
        Some(Position { round, index })
    }

    /// The moment a frame is sent at.
    pub fn moment(&self, position: Position) -> Duration {
        self.length * position.round + self.marks[position.index].offset
    }

    /// The frame after `position`; `None` at the end of a clip that is played once.
    pub fn after(&self, position: Position, looping: bool) -> Option<Position> {
        if position.index + 1 < self.marks.len() {
            return Some(Position { index: position.index + 1, ..position });
        }
        let round = position.round.checked_add(1)?;
        looping.then_some(Position { round, index: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip() -> Timeline {
        let marks = (0..20)
            .map(|n| Mark { offset: Duration::from_millis(n * 100), is_key: n % 8 == 0 })
            .collect();
        Timeline::new(marks, Duration::from_secs(2)).unwrap()
    }

    #[test]
    fn joining_begins_at_the_keyframe_at_or_before_now() {
        let clip = clip();
        let at = |ms| clip.join(Duration::from_millis(ms), true).unwrap();
        assert_eq!(at(0), Position { round: 0, index: 0 });
        assert_eq!(at(799), Position { round: 0, index: 0 });
        assert_eq!(at(800), Position { round: 0, index: 8 });
        assert_eq!(at(5_950), Position { round: 2, index: 16 });
        assert_eq!(clip.moment(at(5_950)), Duration::from_millis(5_600));
    }

    #[test]
    fn cameras_of_a_clip_are_spread_over_it_and_over_its_groups_of_pictures() {
        let clip = clip();
        let group_ms = 800;
        let (mut halves, mut thirds) = ([0; 2], [0; 3]);
        for camera in 0..300 {
            let ahead = clip.ahead(camera);
            assert_eq!(ahead, clip.ahead(camera));
            halves[ahead.as_millis() as usize / 1_000] += 1;
            thirds[(ahead.as_millis() as usize % group_ms) * 3 / group_ms] += 1;
        }
        assert!(halves.iter().all(|n| (120..=180).contains(n)), "{halves:?}");
        // the clip's last group is cut short, which favours the first third
        assert!(thirds.iter().all(|n| (70..=150).contains(n)), "{thirds:?}");
    }

    #[test]
    fn a_clip_played_once_ends_and_a_looping_one_does_not() {
        let clip = clip();
        assert_eq!(clip.join(Duration::from_secs(2), false), None);
        let last = Position { round: 0, index: 19 };
        assert_eq!(clip.after(last, false), None);
        let next = clip.after(last, true).unwrap();
        assert_eq!(clip.moment(next), Duration::from_secs(2));
        assert!(Timeline::new(Vec::new(), Duration::from_secs(1)).is_none());
    }
}
