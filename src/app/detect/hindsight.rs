//! What is surely seen in a clip is looked for in the frames before as well: a camera's future is not
//! known, a recording's is. So lines about a clip come some frames late.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

use super::road::Seen;
use crate::{
    base::{Detection, Frame},
    detect::{DetectError, Detector},
};

/// Frames that are looked back to: half a minute of a clip that is looked at every second.
const REACH: usize = 30;
/// Bytes that their pictures may take; of large ones fewer are looked back to.
const MOST_BYTES: usize = 256 << 20;
/// Frames in a row without a thing after which it was not there yet: so many misses judging needs, too.
const GAP: usize = 5;
/// Boxes that overlap more than this (IoU) are taken for the same thing's.
const SAME: f32 = 0.5;

/// The newest things of a row, as many as may be looked back to.
pub struct Recent<T> {
    kept: VecDeque<(T, usize)>,
    bytes: usize,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { kept: VecDeque::new(), bytes: 0 }
    }
}

impl<T> Recent<T> {
    /// Keeps what comes with a picture, and gives out what nobody looks back to any more, oldest first.
    pub fn push(&mut self, item: T, picture: &Frame) -> Vec<T> {
        let bytes = picture.planes.iter().map(|plane| plane.data.len()).sum();
        self.kept.push_back((item, bytes));
        self.bytes += bytes;
        let mut old = Vec::new();
        while self.kept.len() > REACH || self.bytes > MOST_BYTES {
            let Some((item, bytes)) = self.kept.pop_front() else { break };
            self.bytes -= bytes;
            old.push(item);
        }
        old
    }

    /// The newest with 1, the one before with 2.
    pub fn back(&mut self, steps: usize) -> Option<&mut T> {
        let place = self.kept.len().checked_sub(steps)?;
        self.kept.get_mut(place).map(|(item, _)| item)
    }

    /// All that is kept, oldest first.
    pub fn take(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::take(self).kept.into_iter().map(|(item, _)| item)
    }
}

/// What is seen in an earlier frame after all.
pub struct Added {
    /// How many frames earlier, 1 or more.
    pub back: usize,
    /// Boxes that it has besides.
    pub detections: Vec<Detection>,
}

/// A frame that may be looked back to.
struct Past {
    frame: Frame,
    known: Vec<Detection>,
    /// Things that it was looked at again for, and that it does not show.
    in_vain: Vec<Detection>,
}

/// A thing that is looked for in earlier and earlier frames.
struct Sought {
    thing: Detection,
    /// In so many in a row it was not.
    missed: usize,
}

impl Past {
    /// Looks for what is sought and not known to be missing, and gives out what is found.
    fn look_again(
        &mut self,
        detector: &mut dyn Detector,
        sought: &mut [Sought],
    ) -> Result<Vec<Detection>, DetectError> {
        let mut found = Vec::new();
        if sought.iter().any(|sought| !shows(&self.in_vain, &sought.thing)) {
            found = look_at(detector, &self.frame)?;
            found.retain(|d| sought.iter().any(|s| is_same(&s.thing, d)) && !shows(&self.known, d));
        }
        for Sought { thing, missed } in sought {
            if shows(&found, thing) {
                *missed = 0;
            } else {
                *missed += 1;
                self.in_vain.push(thing.clone());
            }
        }
        self.known.extend(found.iter().cloned());
        Ok(found)
    }
}

/// Looks back in a clip. Needs a detector that shows faint boxes where it surely saw something a few
/// minutes earlier or later, and remembers where it was last.
#[derive(Default)]
pub struct Hindsight {
    clip: PathBuf,
    recent: Recent<Past>,
}

impl Hindsight {
    /// Takes what `detector` saw in the next frame, and says what it sees in earlier ones of that.
    ///
    /// # Errors
    /// The detector fails.
    pub fn look_back(
        &mut self,
        detector: &mut dyn Detector,
        seen: &Seen,
    ) -> Result<Vec<Added>, DetectError> {
        if self.clip != seen.input {
            *self = Self { clip: seen.input.clone(), ..Self::default() };
        }
        let sure = seen.detections.iter().filter(|d| !d.is_weak);
        let mut sought: Vec<Sought> =
            sure.map(|thing| Sought { thing: thing.clone(), missed: 0 }).collect();
        let mut all = Vec::new();
        for back in 1.. {
            let Some(past) = self.recent.back(back) else { break };
            sought.retain(|sought| sought.missed < GAP && !shows(&past.known, &sought.thing));
            if sought.is_empty() {
                break;
            }
            let detections = past.look_again(detector, &mut sought)?;
            if !detections.is_empty() {
                all.push(Added { back, detections });
            }
        }
        let (frame, known) = (seen.frame.clone(), seen.detections.clone());
        self.recent.push(Past { frame, known, in_vain: Vec::new() }, &seen.frame);
        Ok(all)
    }
}

fn look_at(detector: &mut dyn Detector, frame: &Frame) -> Result<Vec<Detection>, DetectError> {
    let mut lists = detector.detect(std::slice::from_ref(frame))?;
    let found = lists.len();
    match lists.pop() {
        Some(list) if found == 1 => Ok(list),
        _ => Err(DetectError::Count { expected: 1, found }),
    }
}

fn is_same(one: &Detection, other: &Detection) -> bool {
    one.class == other.class && one.bbox.iou(&other.bbox) > SAME
}

fn shows(list: &[Detection], thing: &Detection) -> bool {
    list.iter().any(|d| is_same(d, thing))
}

/// Frames of one clip whose lines wait for what may be added to them.
#[derive(Default)]
pub struct Waiting {
    recent: Recent<Seen>,
}

impl Waiting {
    /// Adds to those that wait what is seen in them after all, keeps the next, and gives out those to which
    /// nothing can be added any more.
    pub fn next(&mut self, seen: Seen, added: Vec<Added>) -> Vec<Seen> {
        for Added { back, detections } in added {
            if let Some(earlier) = self.recent.back(back) {
                earlier.detections.extend(detections);
            }
        }
        let frame = seen.frame.clone();
        self.recent.push(seen, &frame)
    }

    /// All that wait, oldest first.
    pub fn take(&mut self) -> impl Iterator<Item = Seen> + use<> {
        self.recent.take()
    }

    /// The clip whose frames wait, if any.
    pub fn clip(&mut self) -> Option<&Path> {
        self.recent.back(1).map(|last| last.input.as_path())
    }
}
