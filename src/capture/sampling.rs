//! Which frames are wanted. Pure: takes stream times and key flags, says what becomes of a frame.
//! Not a timer: a source that runs fast or stands still is sampled by its own time stamps.

use std::{collections::VecDeque, time::Duration};

use super::{DropReason, Keyframes};

/// Keyframe distances remembered; keyframes alone suffice only while all of them are short.
const REMEMBERED: usize = 3;
/// Deltas wait this long for a first keyframe before the decoder has to try without one.
const WAIT_FOR_KEYFRAME: Duration = Duration::from_secs(10);
/// Time stamps going back further than this, or forward as far beyond the grid, are a jump.
const JUMP: Duration = Duration::from_secs(10);

/// A grid of due times, `every` apart, anchored at the first frame and after every jump.
#[derive(Clone, Debug)]
pub struct DueClock {
    every: Duration,
    next: Option<Duration>,
}

impl DueClock {
    /// A grid not yet anchored: the first frame is due.
    pub fn new(every: Duration) -> Self {
        Self { every, next: None }
    }

    /// Whether the frame at stream time `at` is due, and if so moves on to the next due time.
    /// A frame up to `slack` early counts as due.
    pub fn take(&mut self, at: Duration, slack: Duration) -> bool {
        let Some(next) = self.next else {
            self.next = Some(at + self.every);
            return true;
        };
        let jumped = at + self.every + JUMP < next || at > next + JUMP.max(self.every * 4);
        if jumped || self.every.is_zero() {
            self.next = Some(at + self.every);
            return true;
        }
        if at + slack < next {
            return false;
        }
        let mut following = next + self.every;
        while following <= at + slack {
            following += self.every;
        }
        self.next = Some(following);
        true
    }
}

/// What is to happen to an encoded frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not decoded.
    Drop(DropReason),
    /// Decoded; wanted when it comes out (a keyframe already found due).
    Wanted,
    /// Decoded for those that follow; [`Sampler::due`] is asked when it comes out.
    Decode,
}

/// Decides before the decoder, from the distance of the stream's keyframes.
#[derive(Clone, Debug)]
pub struct Sampler {
    policy: Keyframes,
    every: Duration,
    due: DueClock,
    distances: VecDeque<Duration>,
    first: Option<Duration>,
    last_key: Option<Duration>,
    keyframes_suffice: bool,
}

impl Sampler {
    /// A sampler that has seen nothing.
    pub fn new(policy: Keyframes, every: Duration) -> Self {
        Self {
            policy,
            every,
            due: DueClock::new(every),
            distances: VecDeque::with_capacity(REMEMBERED),
            first: None,
            last_key: None,
            keyframes_suffice: policy == Keyframes::Only,
        }
    }

    /// Whether delta frames are being dropped before the decoder.
    pub fn drops_deltas(&self) -> bool {
        self.keyframes_suffice
    }

    /// The encoded frame at stream time `at`, in decoding order.
    pub fn encoded(&mut self, at: Duration, is_key: bool) -> Verdict {
        let first = *self.first.get_or_insert(at);
        if is_key {
            self.measure(at);
            return self.key(at);
        }
        let hopeless = self.last_key.is_none() && at < first + WAIT_FOR_KEYFRAME;
        if self.keyframes_suffice || hopeless {
            Verdict::Drop(DropReason::Delta)
        } else {
            Verdict::Decode
        }
    }

    /// Whether the decoded frame at stream time `at`, in presentation order, is wanted.
    pub fn due(&mut self, at: Duration) -> bool {
        self.due.take(at, Duration::ZERO)
    }

    fn key(&mut self, at: Duration) -> Verdict {
        if !self.keyframes_suffice {
            return Verdict::Decode;
        }
        // A keyframe missed by a hair would cost a whole distance, so some earliness is forgiven.
        let distance = self.distances.back().copied().unwrap_or(self.every);
        let slack = (self.every / 10).min(distance / 2);
        if self.due.take(at, slack) { Verdict::Wanted } else { Verdict::Drop(DropReason::NotDue) }
    }

    /// Takes note of the distance to the keyframe before. The mode changes only here, because only
    /// at a keyframe can a decoder begin.
    fn measure(&mut self, at: Duration) {
        if let Some(distance) = self.last_key.replace(at).and_then(|last| at.checked_sub(last)) {
            if self.distances.len() == REMEMBERED {
                self.distances.pop_front();
            }
            self.distances.push_back(distance);
        }
        if self.policy == Keyframes::Auto {
            let enough = self.every + self.every / 20;
            self.keyframes_suffice =
                !self.distances.is_empty() && self.distances.iter().all(|d| *d <= enough);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    /// Runs a stream of `fps` with a keyframe every `gop` frames; the times of the sampled frames
    /// and how many frames were decoded.
    fn sample(sampler: &mut Sampler, fps: u64, gop: u64, frames: u64) -> (Vec<u64>, u64) {
        let (mut taken, mut decoded) = (Vec::new(), 0);
        for n in 0..frames {
            let at = n * 1_000 / fps;
            match sampler.encoded(ms(at), n % gop == 0) {
                Verdict::Drop(_) => continue,
                Verdict::Wanted => taken.push(at),
                Verdict::Decode if sampler.due(ms(at)) => taken.push(at),
                Verdict::Decode => {}
            }
            decoded += 1;
        }
        (taken, decoded)
    }

    #[test]
    fn close_keyframes_alone_are_decoded() {
        let mut s = Sampler::new(Keyframes::Auto, ms(2_000));
        let (taken, decoded) = sample(&mut s, 8, 8, 8 * 20);
        assert_eq!(taken, (0..10).map(|n| n * 2_000).collect::<Vec<_>>());
        assert!(s.drops_deltas());
        assert!(decoded < 20, "{decoded} decoded: one GOP to measure, then one in two keyframes");
    }

    #[test]
    fn sparse_keyframes_mean_that_every_frame_is_decoded() {
        let mut s = Sampler::new(Keyframes::Auto, ms(2_000));
        let (taken, decoded) = sample(&mut s, 10, 100, 400);
        assert_eq!(taken, (0..20).map(|n| n * 2_000).collect::<Vec<_>>());
        assert_eq!(decoded, 400);
    }

    #[test]
    fn one_long_distance_switches_back_at_that_keyframe() {
        let mut s = Sampler::new(Keyframes::Auto, ms(1_000));
        for n in 0..5 {
            s.encoded(ms(n * 500), true);
        }
        assert_eq!(s.encoded(ms(2_100), false), Verdict::Drop(DropReason::Delta));
        assert_eq!(s.encoded(ms(6_000), true), Verdict::Decode);
        assert_eq!(s.encoded(ms(6_100), false), Verdict::Decode);
    }

    #[test]
    fn off_decodes_all_and_only_never_a_delta() {
        let (taken, decoded) = sample(&mut Sampler::new(Keyframes::Off, ms(1_000)), 10, 5, 100);
        assert_eq!((taken.len(), decoded), (10, 100));
        let (taken, decoded) = sample(&mut Sampler::new(Keyframes::Only, ms(1_000)), 10, 50, 100);
        assert_eq!((taken, decoded), (vec![0, 5_000], 2));
    }

    #[test]
    fn jittering_keyframes_are_not_missed_by_a_hair() {
        let mut s = Sampler::new(Keyframes::Only, ms(2_000));
        let taken: Vec<bool> = [0, 1_003, 1_997, 3_001, 3_996, 5_002, 6_004]
            .map(|at| s.encoded(ms(at), true) == Verdict::Wanted)
            .into();
        assert_eq!(taken, [true, false, true, false, true, false, true]);
    }

    #[test]
    fn a_jump_in_either_direction_anchors_the_grid_anew() {
        let mut due = DueClock::new(ms(1_000));
        assert!(due.take(ms(3_600_000), Duration::ZERO));
        assert!(due.take(ms(5), Duration::ZERO));
        assert!(!due.take(ms(700), Duration::ZERO));
        assert!(due.take(ms(1_005), Duration::ZERO));
        assert!(due.take(ms(90_000), Duration::ZERO));
        assert!(due.take(ms(91_000), Duration::ZERO));
    }

    #[test]
    fn nothing_can_be_decoded_before_the_first_keyframe_unless_none_ever_comes() {
        let mut s = Sampler::new(Keyframes::Auto, ms(1_000));
        assert_eq!(s.encoded(ms(0), false), Verdict::Drop(DropReason::Delta));
        assert_eq!(s.encoded(ms(11_000), false), Verdict::Decode);
    }
}
