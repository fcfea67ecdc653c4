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
    options::PoolOptions,
    room::Room,
    slots::{Key, Slots},
};
use crate::base::EncodedFormat;

struct Job {
    flight: InFlight,
    decoder: Arc<str>,
    idle: Arc<Notify>,
}

struct State {
    slots: Slots<Job>,
    room: Room,
    closed: bool,
}

struct Core {
    state: Mutex<State>,
    wake: Condvar,
    keys: AtomicU64,
}

impl Core {
    fn new(room: Room) -> Self {
        let state = State { slots: Slots::default(), room, closed: false };
        Self { state: Mutex::new(state), wake: Condvar::new(), keys: AtomicU64::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job and memory for its picture; waits for both. `None` when the pool is closed.
    fn next(self: &Arc<Self>) -> Option<(Key, Job, InRoom)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            // what waits is not taken before there is room: until then a newer one may replace it
            if state.room.is_left()
                && let Some((key, job)) = state.slots.take()
            {
                let memory = state.room.take().unwrap_or_default();
                return Some((key, job, InRoom { core: self.clone(), memory }));
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

/// A picture's memory, back in the pool when the last who has the picture lets go of it.
struct InRoom {
    core: Arc<Core>,
    memory: Vec<u8>,
}

impl AsRef<[u8]> for InRoom {
    fn as_ref(&self) -> &[u8] {
        &self.memory
    }
}

impl AsMut<Vec<u8>> for InRoom {
    fn as_mut(&mut self) -> &mut Vec<u8> {
        &mut self.memory
    }
}

impl Drop for InRoom {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        let mut state = self.core.lock();
        state.room.give_back(memory);
        let more = state.slots.has_next();
        drop(state);
        if more {
            self.core.wake.notify_one();
        }
    }
}

/// See the file's first line. Its threads are joined when it goes.
pub(super) struct Pool {
    core: Arc<Core>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// # Errors
    /// When the system gives no thread.
    pub fn start(options: PoolOptions) -> std::io::Result<Self> {
        let (threads, room) = (options.threads(), Room::new(options.most_pictures));
        let core = Arc::new(Core::new(room));
        let mut pool = Self { core, threads: Vec::with_capacity(threads) };
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

fn work(core: &Arc<Core>) {
    let mut decoders = Decoders::default();
    while let Some((key, job, memory)) = core.next() {
        let in_hand = InHand { core, key, idle: job.idle };
        let planes = decoders.decode(&job.flight, &job.decoder, memory);
        job.flight.decoded(planes);
        drop(in_hand);
    }
}

/// One thread's decoders.
#[derive(Default)]
struct Decoders(HashMap<(EncodedFormat, Arc<str>), Still>);

impl Decoders {
    /// One that answers with nothing is thrown away: nobody knows its state.
    fn decode(&mut self, flight: &InFlight, decoder: &Arc<str>, memory: InRoom) -> Option<Planes> {
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
        let planes = still.decode(&flight.unit.data, memory);
        match &planes {
            Some(_) => {
                self.0.insert(key, still);
            }
            None => debug!(%decoder, "a keyframe gave no picture; its decoder is thrown away"),
        }
        planes
    }
}
