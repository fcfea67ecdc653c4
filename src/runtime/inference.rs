//! Owner threads of the inference sessions: each takes batches off the frame queue and hands what
//! was seen to judging. A full judging queue holds inference up; nothing seen is dropped.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;

use super::{
    events::{BatchDone, FrameLost},
    frames::{Arrived, FrameQueue},
    health::Health,
    shutdown::Member,
};
use crate::{
    base::{Detection, Frame},
    detect::{Batch, BatchWindow, Detector},
};

/// A detector and what it is called.
pub struct Loaded {
    /// Looks.
    pub detector: Box<dyn Detector>,
    /// Model name and version, written with evidence.
    pub model: Arc<str>,
}

/// Where a session finds its next detector: the newest counts, one never taken is dropped.
#[derive(Clone, Default)]
pub struct NextModel(Arc<Mutex<Option<Loaded>>>);

impl NextModel {
    /// Leaves a detector for the session.
    pub fn put(&self, next: Loaded) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(next);
    }

    fn take(&self) -> Option<Loaded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A frame that has been looked at.
#[derive(Debug)]
pub struct Seen {
    /// The frame.
    pub frame: Frame,
    /// What is in it.
    pub detections: Vec<Detection>,
    /// Name and version of the model that looked.
    pub model: Arc<str>,
}

/// Starts one session's thread; it ends when the queue is closed and empty. What lies in
/// `next` replaces its detector between two batches, so that no batch is seen by two models.
///
/// # Errors
/// When the system gives no thread.
pub fn spawn(
    name: String,
    mut loaded: Loaded,
    next: NextModel,
    max_wait: Duration,
    queue: FrameQueue,
    out: Sender<Seen>,
    health: Health,
) -> std::io::Result<Member> {
    Member::spawn(name, move || {
        let mut window = BatchWindow::new(loaded.detector.max_batch(), max_wait);
        while let Some(arrived) = queue.next_batch(&window) {
            if let Some(newer) = next.take() {
                window = BatchWindow::new(newer.detector.max_batch(), max_wait);
                loaded = newer;
            }
            for seen in look(&mut loaded, arrived, &queue, &health) {
                // judging gives the camera back once it has judged; a closed channel means it is over
                if out.send(seen).is_err() {
                    return;
                }
            }
        }
    })
}

/// Looks at a batch. Frames that cannot be looked at are counted and their cameras given back.
fn look(
    loaded: &mut Loaded,
    arrived: Vec<Arrived>,
    queue: &FrameQueue,
    health: &Health,
) -> Vec<Seen> {
    let begun = Instant::now();
    let mut batch = Batch::new();
    for Arrived { frame, .. } in arrived {
        let camera = frame.camera.clone();
        if let Err(fault) = batch.push(frame) {
            lose(&camera, &fault, queue, health);
        }
    }
    if batch.is_empty() {
        return Vec::new();
    }
    match batch.detect(loaded.detector.as_mut()) {
        Ok(seen) => {
            BatchDone { frames: seen.len(), took: begun.elapsed() }.emit();
            seen.into_iter()
                .map(|(frame, detections)| Seen { frame, detections, model: loaded.model.clone() })
                .collect()
        }
        Err(failure) => {
            for frame in &failure.frames {
                lose(&frame.camera, &failure.error, queue, health);
            }
            Vec::new()
        }
    }
}

fn lose(
    camera: &crate::base::CameraId,
    error: &dyn std::fmt::Display,
    queue: &FrameQueue,
    health: &Health,
) {
    FrameLost { camera, reason: "inference_failed", error }.emit();
    if let Some(camera) = health.camera(camera) {
        camera.count_lost("inference_failed", Some(format!("inference failed: {error}")));
    }
    queue.done(camera);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::{BBox, CameraId},
        detect::{DetectError, planes::tests::frame},
        runtime::frames::WhenFull,
    };

    /// Sees one box in every frame.
    struct Always(usize);

    impl Detector for Always {
        fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
            let bbox = BBox::new(0.1, 0.1, 0.2, 0.2).unwrap();
            let seen = Detection { class: "bin".into(), score: 0.5, bbox };
            Ok(frames.iter().map(|_| vec![seen.clone()]).collect())
        }

        fn max_batch(&self) -> usize {
            self.0
        }
    }

    fn loaded(model: &str, most: usize) -> Loaded {
        Loaded { detector: Box::new(Always(most)), model: model.into() }
    }

    fn arrive(queue: &FrameQueue, cameras: std::ops::Range<u32>) {
        for n in cameras {
            let name = format!("camera-{n}");
            let pixels = vec![(vec![0; 12], 6)];
            let one = frame(&name, (2, 2), crate::base::PixelFormat::Rgb, pixels);
            queue.offer(one, WhenFull::DropOldest);
        }
    }

    #[test]
    fn a_model_is_replaced_between_batches_and_every_frame_says_which_looked() {
        let (queue, next) = (FrameQueue::default(), NextModel::default());
        let (out, seen) = crossbeam_channel::unbounded();
        let health = Health::new(Vec::new());
        let wait = Duration::from_millis(1);
        let member =
            spawn("s".into(), loaded("old 1", 2), next.clone(), wait, queue.clone(), out, health);
        let take = |n: usize| -> Vec<(CameraId, Arc<str>)> {
            (0..n)
                .map(|_| seen.recv_timeout(Duration::from_secs(20)).unwrap())
                .map(|s| (s.frame.camera, s.model))
                .collect()
        };
        arrive(&queue, 0..4);
        assert!(take(4).iter().all(|(_, model)| &**model == "old 1"));
        next.put(loaded("never 2", 1));
        next.put(loaded("new 3", 1));
        arrive(&queue, 4..8);
        let after = take(4);
        assert!(after.iter().all(|(_, model)| &**model == "new 3"), "{after:?}");
        queue.close();
        drop(member);
    }
}
