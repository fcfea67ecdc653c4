//! Whether a camera shows anything that was not looked at yet: the question before inference. Not
//! detection: it knows no classes, and in doubt it says yes.
//!
//! A frame is compared with the one last looked at. What differs counts only once it stands still
//! for some frames, since offences stand and traffic does not. Light, noise and small
//! shakes are allowed for: the light by fitting it, noise and swaying by what each cell of the grid
//! was seen to do, shakes by how much the neighbouring cells differ. A change is looked at more than
//! once, because one look proves nothing, with a pause after each look; and every `recheck` the gate
//! opens anyway.

mod grid;
mod recheck;

use std::time::Duration;

use crate::base::{Frame, WallTime};

use super::planes::FrameFault;
use grid::Grid;
pub use recheck::Recheck;

/// Grey levels by which a cell must differ at the least.
const LEAST: f32 = 5.0;
/// How much of the difference to its neighbours a shake may bring into a cell.
const SHAKE: f32 = 0.22;
/// Usual changes of a cell from frame to frame below which it is noise.
const NOISES: f32 = 4.0;
/// Frames over which the noise of a cell is learnt.
const NOISE_MEMORY: f32 = 12.0;
/// Cells that must touch to be a thing; fewer are leaves, far traffic, the encoder.
const LEAST_CELLS: usize = 4;
/// Frames that a cell must be like the one before to be taken for standing.
const STANDS: u8 = 2;
/// Looks that a change gets: one and another to make sure. Judging asks for more where it needs them.
const LOOKS_AFTER_CHANGE: u32 = 2;
/// Time after a look in which a change waits, shorter where a recheck is due sooner. Where people and
/// cars come and go something always stands anew, and each time would be a look; what an offence
/// leaves still differs from what was looked at when the pause is over. Rules ask for minutes.
const PAUSE: Duration = Duration::from_secs(5);

/// Time after a look in which frames are of no use: what stands when the pause is over shows in those
/// that come after. Of frames a second apart none that matters is left out; where they come more seldom,
/// what has come in this time is looked at a frame later.
const REST: Duration = Duration::from_secs(3);

/// Why a frame is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// There is nothing to compare it with.
    First,
    /// Something new stands there, or something is gone.
    Changed,
    /// Another look after a change.
    Settling,
    /// It is time again.
    Recheck,
}

/// What is known of a camera's scene.
#[derive(Debug)]
struct Scene {
    looked: Grid,
    before: Grid,
    noise: Vec<f32>,
    /// For how many frames each cell has been like the one before.
    still: Vec<u8>,
    looked_at: WallTime,
    /// Looks yet to be taken after the last change.
    settling: u32,
}

/// One camera's gate.
#[derive(Debug, Default)]
pub struct ChangeGate {
    scene: Option<Scene>,
}

impl ChangeGate {
    /// Whether `frame` is to be looked at, and why; `None` when it shows nothing new and the last look
    /// is less than `recheck` ago. What is admitted counts as looked at: call [`Self::forget`] when
    /// the look did not come about.
    ///
    /// # Errors
    /// [`FrameFault`] when the frame cannot be read.
    pub fn admit(&mut self, frame: &Frame, recheck: Duration) -> Result<Option<Look>, FrameFault> {
        let now = Grid::of(frame)?;
        let at = frame.at;
        let Some(scene) = self.scene.as_mut().filter(|scene| scene.looked.fits(&now)) else {
            self.scene = Some(Scene::new(now, at));
            return Ok(Some(Look::First));
        };
        let (changed, standing) = scene.compare(&now);
        // a clock that was put back says nothing about how long ago the last look was
        let since = (at >= scene.looked_at).then(|| at.since(scene.looked_at));
        let is_over = |time| since.is_none_or(|since| since >= time);
        let look = if !is_over(PAUSE.min(recheck)) {
            None
        } else if changed {
            scene.settling = LOOKS_AFTER_CHANGE - 1;
            Some(Look::Changed)
        } else if scene.settling > 0 {
            scene.settling -= 1;
            Some(Look::Settling)
        } else {
            is_over(recheck).then_some(Look::Recheck)
        };
        if look.is_some() {
            scene.looked = standing;
            scene.looked_at = at;
        }
        scene.before = now;
        Ok(look)
    }

    /// Whether a frame taken at `at` need not be shown to the gate, nor decoded for it, since the last look was
    /// a moment ago. Never where looks are due within the pause: `recheck` is that of [`Self::admit`].
    pub fn rests(&self, at: WallTime, recheck: Duration) -> bool {
        let is_soon = |scene: &Scene| at >= scene.looked_at && at.since(scene.looked_at) < REST;
        recheck >= PAUSE && self.scene.as_ref().is_some_and(is_soon)
    }

    /// Notes that the frame admitted before the last one was replaced by that before anybody looked:
    /// what it showed is in the newer one, but one of the looks is still owed.
    pub fn owe(&mut self) {
        if let Some(scene) = &mut self.scene {
            scene.settling = (scene.settling + 1).min(LOOKS_AFTER_CHANGE);
        }
    }

    /// Forgets the scene: the next frame is looked at.
    pub fn forget(&mut self) {
        self.scene = None;
    }
}

impl Scene {
    fn new(first: Grid, at: WallTime) -> Self {
        let (noise, still) = (vec![0.0; first.cells.len()], vec![STANDS; first.cells.len()]);
        let (looked, settling) = (first.clone(), LOOKS_AFTER_CHANGE - 1);
        Self { looked, before: first, noise, still, looked_at: at, settling }
    }

    /// Compares `now` with what was looked at and learns the noise. Whether something else stands, and
    /// what stands now: where something moves, what stood there before.
    fn compare(&mut self, now: &Grid) -> (bool, Grid) {
        let mut standing = self.looked.in_light_of(now);
        let before = self.before.in_light_of(now);
        let relief = standing.relief();
        let mut over = vec![0.0_f32; now.cells.len()];
        for (i, cell) in now.cells.iter().enumerate() {
            let may = LEAST + SHAKE * relief[i] + NOISES * self.noise[i];
            let moved = (cell - before.cells[i]).abs();
            if moved > may {
                self.still[i] = 0;
                continue;
            }
            self.noise[i] += (moved - self.noise[i]) / NOISE_MEMORY;
            self.still[i] = (self.still[i] + 1).min(STANDS);
            if self.still[i] == STANDS {
                over[i] = (cell - standing.cells[i]).abs() / may;
                standing.cells[i] = *cell;
            }
        }
        (stands_out(&over, now.columns), standing)
    }
}

/// Whether enough cells that touch, corners included, differ by more than they may.
fn stands_out(over: &[f32], columns: usize) -> bool {
    let rows = over.len() / columns;
    let around = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
    let mut differs: Vec<bool> = over.iter().map(|o| *o > 1.0).collect();
    let mut reached = Vec::new();
    for start in 0..differs.len() {
        let mut cells = 0;
        reached.extend(std::mem::take(&mut differs[start]).then_some(start));
        while let Some(cell) = reached.pop() {
            cells += 1;
            for y in around(cell / columns, rows) {
                for x in around(cell % columns, columns) {
                    let next = y * columns + x;
                    reached.extend(std::mem::take(&mut differs[next]).then_some(next));
                }
            }
        }
        if cells >= LEAST_CELLS {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
