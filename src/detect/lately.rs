//! What cameras showed not long ago: boxes with a word about each, until they are too old.

use std::{collections::HashMap, time::Duration};

use crate::base::{BBox, CameraId, ClassName, Detection, WallTime};

/// One box of one camera.
#[derive(Debug)]
struct Past<T> {
    class: ClassName,
    bbox: BBox,
    at: WallTime,
    word: T,
}

/// A past box beside one that is seen now.
pub(super) struct Known<'a, T> {
    /// Which of the camera's it is, until something is kept.
    pub place: usize,
    /// Where it was.
    pub bbox: BBox,
    /// Of the two boxes (IoU).
    pub overlap: f32,
    /// What is kept with it.
    pub word: &'a T,
}

/// Boxes by camera. A newer one that overlaps an older of its class by more than `same` (IoU) takes its place.
#[derive(Debug)]
pub(super) struct Lately<T> {
    same: f32,
    past: HashMap<CameraId, Vec<Past<T>>>,
}

/// Time between two frames, whichever came first: one may be late, and a clock may be put back.
fn apart(one: WallTime, other: WallTime) -> Duration {
    one.since(other).max(other.since(one))
}

impl<T> Lately<T> {
    pub fn new(same: f32) -> Self {
        Self { same, past: HashMap::new() }
    }

    fn is_same(&self, past: &Past<T>, seen: &Detection) -> bool {
        past.class == seen.class && past.bbox.iou(&seen.bbox) > self.same
    }

    /// Each box of the class of `seen`, less than `within` from `at`. How far the two must overlap to be one
    /// thing's is the caller's to say.
    pub fn of(
        &self,
        camera: &CameraId,
        at: WallTime,
        within: Duration,
        seen: &Detection,
    ) -> impl Iterator<Item = Known<'_, T>> {
        let past = self.past.get(camera).into_iter().flatten().enumerate();
        past.filter(move |(_, past)| apart(past.at, at) < within && past.class == seen.class).map(
            |(place, past)| {
                let overlap = past.bbox.iou(&seen.bbox);
                Known { place, bbox: past.bbox, overlap, word: &past.word }
            },
        )
    }

    /// Keeps a word about `seen` in the place of older ones, unless there is a newer one, and forgets what is
    /// `within` past.
    pub fn keep(
        &mut self,
        camera: &CameraId,
        at: WallTime,
        within: Duration,
        seen: &Detection,
        word: T,
    ) {
        let mut past = self.past.remove(camera).unwrap_or_default();
        past.retain(|past| apart(past.at, at) < within);
        if !past.iter().any(|past| past.at > at && self.is_same(past, seen)) {
            past.retain(|past| !self.is_same(past, seen));
            past.push(Past { class: seen.class.clone(), bbox: seen.bbox, at, word });
        }
        self.past.insert(camera.clone(), past);
    }

    /// How many boxes are kept.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.past.values().map(Vec::len).sum()
    }
}
