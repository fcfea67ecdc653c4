//! How soon a camera is wanted to look again. What stands as it stood can wait; what is still being
//! made sure of cannot. Nobody is bound by it: judging takes the looks as they come.

use std::time::Duration;

use super::Judge;
use crate::{
    base::{CameraId, WallTime},
    judge::track::Track,
};

/// So many looks are wanted in the time that a rule gives for making sure.
const LOOKS: u32 = 30;

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
