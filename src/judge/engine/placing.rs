//! Where a thing stands, from all tracks that show it.

use std::collections::BTreeMap;

use super::Judge;
use crate::{
    base::{CameraId, GroundPosition},
    judge::{ground::Spread, thing::Thing},
};

impl Judge {
    /// All tracks' places of a thing, each weighed by its certainty and by how often it was hit: a
    /// few chance hits close to a camera must not outweigh a thousand farther off, and several tracks
    /// of one camera, wrong by the same survey, say no more than one.
    pub(super) fn position(&self, thing: &Thing) -> GroundPosition {
        let origin = thing.position.place;
        let (mut ee, mut en, mut nn, mut x, mut y) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let mut hits_of_camera = BTreeMap::<&CameraId, f64>::new();
        for track in self.tracks_of(thing) {
            *hits_of_camera.entry(&track.camera).or_default() += track.hits();
        }
        let most = hits_of_camera.into_values().fold(1.0, f64::max);
        for track in self.tracks_of(thing) {
            let share = track.hits() / most;
            let (foot, size) = track.mean();
            let (place, spread) = track.place(&self.fix(&track.camera, foot, size));
            let Some(sure) = spread.inverse() else { continue };
            let (east, north) = place.metres_from(origin);
            ee += sure.ee * share;
            en += sure.en * share;
            nn += sure.nn * share;
            x += (sure.ee * east + sure.en * north) * share;
            y += (sure.en * east + sure.nn * north) * share;
        }
        let sum = Spread { ee, en, nn };
        match sum.inverse() {
            Some(spread) => GroundPosition {
                place: origin
                    .offset_by(spread.ee * x + spread.en * y, spread.en * x + spread.nn * y),
                error_m: spread.error_m(),
            },
            None => thing.position,
        }
    }
}
