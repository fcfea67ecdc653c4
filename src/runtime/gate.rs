//! A camera's change gate between capturing and inference, and the word that goes back to it: look
//! anew, look soon. It decides nothing: what has changed says `detect`, how soon to look says `judge`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    base::{Frame, WallTime},
    detect::{ChangeGate, Recheck},
};

/// No hurry.
const NEVER_MS: u64 = u64::MAX;

/// What the stages behind a camera ask of its gate; shared between them and its sink.
#[derive(Debug)]
pub struct Asked {
    anew: AtomicBool,
    within_ms: AtomicU64,
}

impl Default for Asked {
    fn default() -> Self {
        Self { anew: AtomicBool::new(false), within_ms: AtomicU64::new(NEVER_MS) }
    }
}

impl Asked {
    /// What was looked at last does not count: the look did not come about, or another model looks
    /// from now on.
    pub fn look_anew(&self) {
        self.anew.store(true, Relaxed);
    }

    /// Asks for a look at least so often, until said otherwise.
    pub fn look_within(&self, time: Option<Duration>) {
        let ms = time.and_then(|time| u64::try_from(time.as_millis()).ok());
        self.within_ms.store(ms.unwrap_or(NEVER_MS), Relaxed);
    }

    fn take_anew(&self) -> bool {
        self.anew.swap(false, Relaxed)
    }

    fn is_anew(&self) -> bool {
        self.anew.load(Relaxed)
    }

    fn within(&self) -> Duration {
        Duration::from_millis(self.within_ms.load(Relaxed))
    }
}

/// One camera's gate with what is asked of it.
pub(super) struct Gate {
    change: ChangeGate,
    recheck: Recheck,
    asked: Arc<Asked>,
}

impl Gate {
    pub fn new(recheck: Recheck, asked: Arc<Asked>) -> Self {
        Self { change: ChangeGate::default(), recheck, asked }
    }

    /// Whether there may be frames that are not looked at.
    pub fn is_shut_at_times(&self) -> bool {
        self.recheck != Recheck::Off
    }

    /// Whether a frame taken at `at` may be looked at, or bear on whether a later one is.
    pub fn wants(&self, at: WallTime) -> bool {
        let Some(recheck) = self.recheck.time() else { return true };
        self.asked.is_anew() || !self.change.rests(at, recheck.min(self.asked.within()))
    }

    /// Whether `frame` is to be looked at.
    pub fn admits(&mut self, frame: &Frame) -> bool {
        let Some(recheck) = self.recheck.time() else { return true };
        if self.asked.take_anew() {
            self.change.forget();
        }
        let within = self.asked.within();
        let look = self.change.admit(frame, recheck.min(within));
        tracing::trace!(camera = %frame.camera, at = %frame.at, ?look, ?within, "gate asked");
        // a frame that cannot be read goes on, to be refused where such are counted
        !matches!(look, Ok(None))
    }

    /// The frame admitted before the last one was replaced by it and not looked at.
    pub fn overtaken(&mut self) {
        self.change.owe();
    }
}
