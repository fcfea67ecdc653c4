//! The queue between cameras and inference: one slot a camera, so it is bounded by the number of
//! cameras and no busy camera can push a quiet one out.
//!
//! A live camera replaces its waiting frame by a newer one (counted); a file waits for its slot. A
//! camera has at most one frame in inference, so its frames are judged in order whatever the number
//! of sessions. Files keep step with each other, so that theirs are judged in order across cameras.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    base::{CameraId, Frame, WallTime},
    detect::{Arrivals, BatchPolicy, Decision},
};

/// A file waits no longer than this for one that stands still.
const PATIENCE: Duration = Duration::from_secs(2);

/// A frame and since when it waits, which closes a batch in the end.
#[derive(Debug)]
pub struct Arrived {
    /// The frame.
    pub frame: Frame,
    /// When it entered the queue.
    pub since: Instant,
}

/// What a full slot means for the frame that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The newest frame counts: replace the waiting one. Live sources.
    DropOldest,
    /// Every frame counts: wait. Files.
    Block,
}

/// What became of an offered frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It waits for inference.
    Queued,
    /// It took the place of an older one, which is dropped.
    Superseded,
    /// The queue is closed; the frame was not taken.
    Closed,
}

#[derive(Default)]
struct Inner {
    waiting: HashMap<CameraId, Arrived>,
    order: VecDeque<CameraId>,
    in_flight: HashSet<CameraId>,
    /// When slots were filled, which is what makes batches larger.
    arrivals: Arrivals,
    /// How far each file has come.
    files: HashMap<CameraId, WallTime>,
    closed: bool,
}

/// The queue; clones share it.
#[derive(Clone, Default)]
pub struct FrameQueue {
    inner: Arc<(Mutex<Inner>, Condvar)>,
}

impl FrameQueue {
    /// Hands a frame in.
    pub fn offer(&self, frame: Frame, when_full: WhenFull) -> Offered {
        let mut inner = self.lock();
        if when_full == WhenFull::Block {
            while !inner.closed && inner.waiting.contains_key(&frame.camera) {
                inner = self.wait(inner);
            }
        }
        if inner.closed {
            return Offered::Closed;
        }
        let camera = frame.camera.clone();
        let since = Instant::now();
        let arrived = Arrived { frame, since };
        let replaced = inner.waiting.insert(camera.clone(), arrived).is_some();
        if !replaced {
            inner.order.push_back(camera);
            inner.arrivals.record(since);
        }
        self.inner.1.notify_all();
        if replaced { Offered::Superseded } else { Offered::Queued }
    }

    /// The next batch, across cameras, closed when `policy` says so. Blocks; `None` once the queue is
    /// closed and empty. Every camera in it must be given back with [`FrameQueue::done`].
    pub fn next_batch(&self, policy: &BatchPolicy) -> Option<Vec<Arrived>> {
        let mut inner = self.lock();
        loop {
            let free: Vec<CameraId> =
                inner.order.iter().filter(|c| !inner.in_flight.contains(*c)).cloned().collect();
            let oldest = free.iter().filter_map(|c| inner.waiting.get(c)).map(|a| a.since).min();
            if inner.closed && inner.order.is_empty() {
                return None;
            }
            let Some(oldest) = oldest else {
                inner = self.wait(inner);
                continue;
            };
            let now = Instant::now();
            match policy.decide(free.len(), oldest, &inner.arrivals, now) {
                Decision::Look(frames) => return Some(take(&mut inner, &free, frames)),
                Decision::Wait(_) if inner.closed => {
                    return Some(take(&mut inner, &free, policy.max_batch()));
                }
                Decision::Wait(until) => inner = self.wait_for(inner, until - now),
            }
        }
    }

    /// The mean time between frames that made a batch larger.
    pub fn interval(&self) -> Option<Duration> {
        self.lock().arrivals.interval(Instant::now())
    }

    /// The camera's frame has been judged or given up; its next one may go.
    pub fn done(&self, camera: &CameraId) {
        self.lock().in_flight.remove(camera);
        self.inner.1.notify_all();
    }

    /// No more frames are taken; those waiting are still handed out.
    pub fn close(&self) {
        self.lock().closed = true;
        self.inner.1.notify_all();
    }

    /// Waits until every frame of `camera` handed in before has been judged or given up, or until
    /// the queue is closed.
    pub fn settle(&self, camera: &CameraId) {
        let mut inner = self.lock();
        while !inner.closed
            && (inner.waiting.contains_key(camera) || inner.in_flight.contains(camera))
        {
            inner = self.wait(inner);
        }
    }

    /// Waits until no other file is behind `at`, the time of the next frame of the file of `camera`.
    pub fn keep_step(&self, camera: &CameraId, at: WallTime) {
        let until = Instant::now() + PATIENCE;
        let mut inner = self.lock();
        inner.files.insert(camera.clone(), at);
        self.inner.1.notify_all();
        while !inner.closed && inner.files.values().any(|other| *other < at) {
            let Some(left) = until.checked_duration_since(Instant::now()) else { return };
            inner = self.wait_for(inner, left);
        }
    }

    /// The file of `camera` has ended: nobody waits for it.
    pub fn leave(&self, camera: &CameraId) {
        self.lock().files.remove(camera);
        self.inner.1.notify_all();
    }

    /// Whether no more frames are taken.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Frames waiting now.
    pub fn len(&self) -> usize {
        self.lock().order.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, guard: MutexGuard<'a, Inner>) -> MutexGuard<'a, Inner> {
        self.inner.1.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for<'a>(&self, guard: MutexGuard<'a, Inner>, most: Duration) -> MutexGuard<'a, Inner> {
        self.inner.1.wait_timeout(guard, most).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Takes up to `max` of the `free` cameras' frames, oldest first, and marks them in flight.
fn take(inner: &mut Inner, free: &[CameraId], max: usize) -> Vec<Arrived> {
    let chosen: HashSet<&CameraId> = free.iter().take(max).collect();
    inner.order.retain(|c| !chosen.contains(c));
    let mut batch = Vec::with_capacity(chosen.len());
    for camera in free.iter().take(max) {
        if let Some(arrived) = inner.waiting.remove(camera) {
            inner.in_flight.insert(camera.clone());
            batch.push(arrived);
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        base::{ColourMatrix, PixelFormat, TimeSource},
        detect::CostCurve,
    };

    /// Takes up to so many at once and waits for none.
    fn at_most(frames: usize) -> BatchPolicy {
        BatchPolicy::new(CostCurve::unknown(frames), Duration::from_secs(3600))
    }

    fn frame(camera: &str, seq: u64) -> Frame {
        Frame {
            camera: camera.into(),
            seq,
            at: WallTime::from_millis(seq as i64),
            arrival: WallTime::default(),
            time_source: TimeSource::Arrival,
            pts_ns: None,
            width: 2,
            height: 2,
            format: PixelFormat::Rgb,
            matrix: ColourMatrix::Bt601,
            planes: Arc::new([]),
            encoded: None,
        }
    }

    fn seqs(batch: &[Arrived]) -> Vec<(String, u64)> {
        batch.iter().map(|a| (a.frame.camera.to_string(), a.frame.seq)).collect()
    }

    #[test]
    fn the_newest_live_frame_replaces_the_waiting_one() {
        let queue = FrameQueue::default();
        assert_eq!(queue.offer(frame("a", 1), WhenFull::DropOldest), Offered::Queued);
        assert_eq!(queue.offer(frame("a", 2), WhenFull::DropOldest), Offered::Superseded);
        let batch = queue.next_batch(&at_most(4)).unwrap();
        assert_eq!(seqs(&batch), [("a".to_owned(), 2)]);
    }

    #[test]
    fn a_file_waits_for_those_that_are_behind_until_they_end() {
        let queue = FrameQueue::default();
        let (slow, fast) = (CameraId::from("slow"), CameraId::from("fast"));
        let at = WallTime::from_millis;
        queue.keep_step(&slow, at(0));
        queue.keep_step(&fast, at(0));
        let (ahead, steps) = (queue.clone(), std::sync::mpsc::channel());
        let runner = std::thread::spawn(move || {
            for step in 1..4 {
                ahead.keep_step(&fast, at(step));
                let _ = steps.0.send(step);
            }
        });
        queue.keep_step(&slow, at(1));
        assert_eq!(steps.1.recv(), Ok(1));
        queue.keep_step(&slow, at(2));
        assert_eq!(steps.1.recv(), Ok(2));
        assert!(steps.1.try_recv().is_err(), "it waits for the slow one");
        queue.leave(&slow);
        assert_eq!(steps.1.recv(), Ok(3));
        runner.join().unwrap();
    }

    #[test]
    fn a_batch_holds_what_the_policy_says_and_the_oldest_cameras_first() {
        let queue = FrameQueue::default();
        for camera in ["c", "a", "b"] {
            queue.offer(frame(camera, 1), WhenFull::DropOldest);
        }
        let batch = queue.next_batch(&at_most(2)).unwrap();
        assert_eq!(seqs(&batch), [("c".to_owned(), 1), ("a".to_owned(), 1)]);
    }

    #[test]
    fn a_camera_in_inference_waits_for_its_turn() {
        let queue = FrameQueue::default();
        let policy = at_most(4);
        queue.offer(frame("a", 1), WhenFull::DropOldest);
        assert_eq!(queue.next_batch(&policy).unwrap().len(), 1);
        queue.offer(frame("a", 2), WhenFull::DropOldest);
        queue.offer(frame("b", 1), WhenFull::DropOldest);
        assert_eq!(seqs(&queue.next_batch(&policy).unwrap()), [("b".to_owned(), 1)]);
        queue.done(&"a".into());
        assert_eq!(seqs(&queue.next_batch(&policy).unwrap()), [("a".to_owned(), 2)]);
    }

    #[test]
    fn a_camera_is_settled_once_its_frame_is_given_back() {
        let queue = FrameQueue::default();
        queue.settle(&"a".into());
        queue.offer(frame("a", 1), WhenFull::Block);
        queue.offer(frame("b", 1), WhenFull::Block);
        let (said, settled) = std::sync::mpsc::channel();
        let of_thread = queue.clone();
        let thread = std::thread::spawn(move || {
            of_thread.settle(&"a".into());
            said.send(of_thread.lock().in_flight.contains(&CameraId::from("a"))).unwrap();
        });
        let policy = at_most(1);
        assert_eq!(seqs(&queue.next_batch(&policy).unwrap()), [("a".to_owned(), 1)]);
        queue.done(&"a".into());
        assert!(!settled.recv().unwrap(), "settled while its frame was in flight");
        thread.join().unwrap();
    }

    #[test]
    fn closing_hands_out_what_waits_and_then_ends() {
        let queue = FrameQueue::default();
        queue.offer(frame("a", 1), WhenFull::Block);
        queue.close();
        assert_eq!(queue.offer(frame("b", 1), WhenFull::Block), Offered::Closed);
        let policy = at_most(4);
        assert_eq!(queue.next_batch(&policy).unwrap().len(), 1);
        assert!(queue.next_batch(&policy).is_none());
    }
}
