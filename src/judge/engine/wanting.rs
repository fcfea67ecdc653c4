//! How soon a camera is wanted to look again. What stands as it stood can wait; what is still being
//! made sure of cannot. Nobody is bound by it: judging takes the looks as they come.

use std::time::Duration;

use super::Judge;
use crate::{
    base::{CameraId, WallTime},
    judge::{thing::FEWEST_MISSES, track::Track},
};

/// So many looks are wanted in the time that a rule gives for making sure: no more than the misses that
/// a thing needs to be gone, and no fewer, or that would come late.
const LOOKS: u32 = FEWEST_MISSES;

impl Judge {
    /// Within what time `camera` should look again, because something there is not yet sure: whether
    /// it stands at all, whether it stands long enough, whether it is gone. `None`: no hurry.
    pub fn wants_look_within(&self, camera: &CameraId) -> Option<Duration> {
        let last_look = self.habits.get(camera)?.last_look()?;
        let tracks = self.of_camera.get(camera)?.iter();
        tracks.filter_map(|n| self.unsure_for(&self.tracks[n], last_look)).min().map(|t| t / LOOKS)
    }

    /// The time within which it is to become sure what `track` shows, where that is open.
    fn unsure_for(&self, track: &Track, last_look: WallTime) -> Option<Duration> {
        let rule = self.options.rules.get(&track.class)?;
        match track.thing.and_then(|id| self.things.get(&id)) {
            Some(thing) if thing.violation.is_some() => {
                let missed = thing.is_missed_by(&track.camera, last_look, rule.gone_after);
                missed.then_some(rule.gone_after)
            }
            Some(thing) if thing.announced => Some(rule.dwell.min(rule.gone_after)),
            _ => track.is_weighed().then_some(rule.dwell),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{
        Judgement,
        engine::tests::{look, options},
    };

    const DWELL: Option<Duration> = Some(Duration::from_secs(60));
    const GONE: Option<Duration> = Some(Duration::from_secs(120));

    #[test]
    fn looks_are_wanted_until_it_is_sure_that_it_stands_and_until_it_is_sure_that_it_is_gone() {
        let (mut judge, west) = (Judge::new(options()), CameraId::from("west"));
        let (spot, nothing) = (vec![(0, 0.0, 0.0)], Vec::new());
        assert_eq!(judge.wants_look_within(&west), None);
        judge.observe(&look(0, &nothing));
        assert_eq!(judge.wants_look_within(&west), None);
        let opens = (1..)
            .find(|n| {
                let judged = judge.observe(&look(*n, &spot));
                let opens = judged.iter().any(|j| matches!(j, Judgement::Opened(_)));
                assert_eq!(judge.wants_look_within(&west), if opens { None } else { DWELL });
                opens
            })
            .unwrap();
        judge.observe(&look(opens + 1, &nothing));
        assert_eq!(judge.wants_look_within(&west), GONE, "it was missed");
        judge.observe(&look(opens + 2, &spot));
        assert_eq!(judge.wants_look_within(&west), None, "it is there all the same");
        let is_gone = (opens + 3..).find(|n| {
            let judged = judge.observe(&look(*n, &nothing));
            let gone = judged.iter().any(|j| matches!(j, Judgement::Gone { .. }));
            assert_eq!(judge.wants_look_within(&west), if gone { None } else { GONE });
            gone
        });
        assert_eq!(is_gone, Some(opens + 2 + 30));
        assert_eq!(judge.wants_look_within(&"east".into()), None);
    }

    #[test]
    fn a_flicker_is_looked_at_again_but_not_for_long() {
        let (mut judge, west) = (Judge::new(options()), CameraId::from("west"));
        judge.observe(&look(0, &vec![(1, 0.0, 0.0)]));
        let looks = (1..).find(|n| {
            assert_eq!(judge.wants_look_within(&west), DWELL);
            judge.observe(&look(*n, &Vec::new()));
            judge.wants_look_within(&west).is_none()
        });
        assert_eq!(looks, Some(4));
    }

    #[test]
    fn what_is_seen_weakly_between_is_looked_at_as_long_as_it_may_be_there() {
        let (mut judge, west) = (Judge::new(options()), CameraId::from("west"));
        let spot = vec![(1, 0.0, 0.0)];
        judge.observe(&look(0, &spot));
        let looks = (1..).find(|n| {
            let mut look = look(*n, &spot);
            look.detections.iter_mut().for_each(|seen| seen.is_weak = true);
            judge.observe(&look);
            judge.wants_look_within(&west).is_none()
        });
        assert_eq!(looks, Some(30));
    }

    #[test]
    fn one_miss_after_a_long_pause_ends_nothing() {
        let mut options = options();
        for rule in options.rules.values_mut() {
            (rule.dwell, rule.gone_after) = (Duration::from_secs(10), Duration::from_secs(10));
        }
        options.cameras[0].recheck = Duration::from_secs(30);
        let mut judge = Judge::new(options);
        for n in 0..6 {
            judge.observe(&look(n, &vec![(0, 0.0, 0.0)]));
        }
        let misses = (6..).find(|n| {
            let judged = judge.observe(&look(*n, &Vec::new()));
            judged.iter().any(|j| matches!(j, Judgement::Gone { .. }))
        });
        assert_eq!(misses, Some(6 + 4), "five misses");
    }
}
