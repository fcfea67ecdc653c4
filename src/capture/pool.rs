//! The decoders that all cameras share: a few threads, each with one decoder an encoding, that take
//! the cameras' newest keyframes in the order of their deadlines. Which is next is `slots`' matter.

use std::{
    collections::HashMap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::Instant,
};

use tokio::sync::Notify;
use tracing::{debug, warn};

use super::{
    account::InFlight,
    gst::{Planes, Still},
    slots::{Key, Slots},
};
use crate::base::EncodedFormat;

struct Job {
    flight: InFlight,
    decoder: Arc<str>,
    idle: Arc<Notify>,
}

#[derive(Default)]
struct State {
    slots: Slots<Job>,
    closed: bool,
}

#[derive(Default)]
struct Core {
    state: Mutex<State>,
    wake: Condvar,
    keys: AtomicU64,
}

impl Core {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; waits for one. `None` when the pool is closed.
    fn next(&self) -> Option<(Key, Job)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(next) = state.slots.take() {
                return Some(next);
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, key: Key, idle: &Notify) {
        let mut state = self.lock();
        state.slots.done(key);
        let more = state.slots.has_next();
        drop(state);
        idle.notify_waiters();
        if more {
            self.wake.notify_one();
        }
    }
}

/// See the file's first line. Its threads are joined when it goes.
pub(super) struct Pool {
    core: Arc<Core>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// With so many threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(threads: usize) -> std::io::Result<Self> {
        let mut pool = Self { core: Arc::default(), threads: Vec::with_capacity(threads) };
        for index in 0..threads.max(1) {
            let core = pool.core.clone();
            let name = format!("decoder {index}");
            pool.threads.push(std::thread::Builder::new().name(name).spawn(move || work(&core))?);
        }
        Ok(pool)
    }

    /// A place for one camera.
    pub fn places(&self) -> Places {
        Places(self.core.clone())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.core.lock().closed = true;
        self.core.wake.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                warn!("a decoder thread had panicked");
            }
        }
    }
}

/// Gives cameras their places, without holding the pool.
#[derive(Clone)]
pub(super) struct Places(Arc<Core>);

impl Places {
    /// A place for one connection of a camera.
    pub fn take(&self) -> Place {
        let key = self.0.keys.fetch_add(1, Relaxed);
        Place { core: self.0.clone(), key, idle: Arc::default() }
    }
}

/// One connection's slot in the pool.
pub(super) struct Place {
    core: Arc<Core>,
    key: Key,
    idle: Arc<Notify>,
}

impl Place {
    /// Has a keyframe decoded, if possible by `deadline`, unless a newer one comes before.
    pub fn offer(&self, deadline: Instant, flight: InFlight, decoder: Arc<str>) {
        let job = Job { flight, decoder, idle: self.idle.clone() };
        let mut state = self.core.lock();
        if state.closed {
            return;
        }
        let replaced = state.slots.offer(self.key, deadline, job);
        drop(state);
        match replaced {
            Some(job) => job.flight.overtaken(),
            None => self.core.wake.notify_one(),
        }
    }

    /// Lets go of what waits.
    pub fn withdraw(&self) {
        let waiting = self.core.lock().slots.withdraw(self.key);
        drop(waiting);
    }

    /// Waits until nothing of this camera waits or is being decoded.
    pub async fn idle(&self) {
        loop {
            // Before the look, so that what happens after it is not missed.
            let notified = self.idle.notified();
            if self.is_idle() {
                return;
            }
            notified.await;
        }
    }

    fn is_idle(&self) -> bool {
        let state = self.core.lock();
        state.closed || state.slots.is_idle(self.key)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.withdraw();
    }
}

/// A job in hand: its camera is free again however the work on it ends.
struct InHand<'a> {
    core: &'a Core,
    key: Key,
    idle: Arc<Notify>,
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.core.done(self.key, &self.idle);
    }
}

fn work(core: &Core) {
    let mut decoders = Decoders::default();
    while let Some((key, job)) = core.next() {
        let in_hand = InHand { core, key, idle: job.idle };
        let planes = decoders.decode(&job.flight, &job.decoder);
        job.flight.decoded(planes);
        drop(in_hand);
    }
}

/// One thread's decoders.
#[derive(Default)]
struct Decoders(HashMap<(EncodedFormat, Arc<str>), Still>);

impl Decoders {
    /// One that answers with nothing is thrown away: nobody knows its state.
    fn decode(&mut self, flight: &InFlight, decoder: &Arc<str>) -> Option<Planes> {
        let key = (flight.format(), decoder.clone());
        let mut still = match self.0.remove(&key) {
            Some(still) => still,
            None => match Still::new(key.0, decoder) {
                Ok(still) => still,
                Err(reason) => {
                    warn!(%decoder, %reason, "no decoder");
                    return None;
                }
            },
        };
        let planes = still.decode(&flight.unit.data);
        match &planes {
            Some(_) => {
                self.0.insert(key, still);
            }
            None => debug!(%decoder, "a keyframe gave no picture; its decoder is thrown away"),
        }
        planes
    }
}
