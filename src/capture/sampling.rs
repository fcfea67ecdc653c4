//! Which frames are wanted. Pure: takes stream times and key flags, says what becomes of a frame.
//! Not a timer: a source that runs fast or stands still is sampled by its own time stamps.

use std::{collections::VecDeque, time::Duration};

use super::{DropReason, Keyframes, OwnReason};

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
    /// With no distance known yet, keyframes are taken to suffice rather than not.
    trusting: bool,
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
            trusting: false,
        }
    }

    /// The same, but `Auto` begins with keyframes only, until their distance, or their absence,
    /// proves that they do not suffice. For live streams whose keyframes cost no decoder of their
    /// own; a file cannot be asked again for what was dropped meanwhile.
    pub fn trusting(policy: Keyframes, every: Duration) -> Self {
        let keyframes_suffice = policy != Keyframes::Off;
        Self { trusting: true, keyframes_suffice, ..Self::new(policy, every) }
    }

    /// Whether it still takes for granted, no distance being known, that keyframes suffice. What
    /// came since the keyframe would be needed if they do not.
    pub fn is_guessing(&self) -> bool {
        let guesses = self.trusting && self.policy == Keyframes::Auto && self.keyframes_suffice;
        guesses && self.distances.is_empty()
    }

    /// Why every frame is decoded; `None` while keyframes suffice.
    pub fn own_reason(&self) -> Option<OwnReason> {
        if self.keyframes_suffice {
            return None;
        }
        Some(match (self.policy, self.distances.iter().max()) {
            (Keyframes::Off, _) => OwnReason::AskedFor,
            (_, Some(longest)) if *longest > self.enough() => OwnReason::SparseKeyframes(*longest),
            _ => OwnReason::NoKeyframes,
        })
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
        if self.trusting && self.policy == Keyframes::Auto {
            self.miss_keyframe(at, first);
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

    /// Ends the trust when the next keyframe is overdue: at once while the group of pictures so far
    /// is still at hand, else as late as a decoder tries without a keyframe.
    fn miss_keyframe(&mut self, at: Duration, first: Duration) {
        let patience = match self.last_key {
            Some(_) if self.distances.is_empty() => self.enough(),
            Some(_) => self.enough().max(WAIT_FOR_KEYFRAME),
            None => WAIT_FOR_KEYFRAME,
        };
        if at > self.last_key.unwrap_or(first).saturating_add(patience) {
            self.keyframes_suffice = false;
        }
    }

    /// The longest distance of keyframes that suffice.
    fn enough(&self) -> Duration {
        self.every + self.every / 20
    }

    /// Takes note of the distance to the keyframe before. Here the mode changes, because only at a
    /// keyframe can a decoder begin; but see [`Sampler::miss_keyframe`].
    fn measure(&mut self, at: Duration) {
        if let Some(distance) = self.last_key.replace(at).and_then(|last| at.checked_sub(last)) {
            if self.distances.len() == REMEMBERED {
                self.distances.pop_front();
            }
            self.distances.push_back(distance);
        }
        if self.policy == Keyframes::Auto {
            let enough = self.enough();
            self.keyframes_suffice = (self.trusting || !self.distances.is_empty())
                && self.distances.iter().all(|d| *d <= enough);
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
    fn trust_decodes_the_first_keyframe_and_ends_when_the_next_is_overdue() {
        let mut s = Sampler::trusting(Keyframes::Auto, ms(2_000));
        let (taken, decoded) = sample(&mut s, 8, 8, 8 * 20);
        assert_eq!(taken, (0..10).map(|n| n * 2_000).collect::<Vec<_>>());
        assert_eq!(decoded, 10, "not one frame more than is wanted");
        assert_eq!(s.own_reason(), None);

        let mut s = Sampler::trusting(Keyframes::Auto, ms(2_000));
        assert_eq!(s.encoded(ms(0), true), Verdict::Wanted);
        assert!(s.is_guessing());
        assert_eq!(s.encoded(ms(2_100), false), Verdict::Drop(DropReason::Delta));
        assert_eq!(s.encoded(ms(2_140), false), Verdict::Decode);
        assert!(s.due(ms(2_140)), "it was due at 2 s");
        assert_eq!(s.own_reason(), Some(OwnReason::NoKeyframes), "none came yet");
        assert_eq!(s.encoded(ms(10_000), true), Verdict::Decode);
        assert_eq!(s.own_reason(), Some(OwnReason::SparseKeyframes(ms(10_000))));
        for at in [11_000, 12_000] {
            assert_eq!(s.encoded(ms(at), true), Verdict::Decode);
        }
        assert_ne!(s.encoded(ms(13_000), true), Verdict::Decode, "three short ones: trusted again");
        assert!(!s.is_guessing());
    }

    #[test]
    fn trust_ends_too_where_no_keyframe_ever_comes_or_they_stop() {
        let mut s = Sampler::trusting(Keyframes::Auto, ms(1_000));
        assert_eq!(s.encoded(ms(0), false), Verdict::Drop(DropReason::Delta));
        assert_eq!(s.encoded(ms(10_000), false), Verdict::Drop(DropReason::Delta));
        assert_eq!(s.encoded(ms(10_040), false), Verdict::Decode);
        assert_eq!(s.own_reason(), Some(OwnReason::NoKeyframes));
        let mut s = Sampler::trusting(Keyframes::Auto, ms(1_000));
        s.encoded(ms(0), true);
        s.encoded(ms(500), true);
        assert_eq!(s.encoded(ms(10_500), false), Verdict::Drop(DropReason::Delta));
        assert_eq!(s.encoded(ms(10_540), false), Verdict::Decode);
        let mut s = Sampler::trusting(Keyframes::Off, ms(1_000));
        assert_eq!(s.encoded(ms(0), true), Verdict::Decode);
        assert_eq!(s.own_reason(), Some(OwnReason::AskedFor));
        let mut s = Sampler::trusting(Keyframes::Only, ms(1_000));
        s.encoded(ms(0), true);
        assert_eq!(s.encoded(ms(60_000), false), Verdict::Drop(DropReason::Delta));
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
