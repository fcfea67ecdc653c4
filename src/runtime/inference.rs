//! Owner threads of the inference sessions: each takes batches off the frame queue and hands what
//! was seen to judging. A full judging queue holds inference up; nothing seen is dropped.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;

use super::{
    events::{BatchDone, BatchesMeasured, FrameLost},
    frames::{Arrived, FrameQueue},
    health::Health,
    shutdown::Member,
};
use crate::{
    base::{Detection, Frame},
    detect::{Batch, BatchPolicy, CostCurve, DetectError, Detector, blank},
};

/// What a batch costs is measured with pictures of this size, which most cameras send.
const USUAL_SIZE: (u32, u32) = (1920, 1080);

/// A detector and what it is called.
pub struct Loaded {
    /// Looks.
    pub detector: Box<dyn Detector>,
    /// Model name and version, written with evidence.
    pub model: Arc<str>,
    /// Where to go on should it fail while running.
    pub spare: Option<Spare>,
}

/// Opens a detector elsewhere, told what the last one failed of; nothing when there is none to be had.
pub type Spare = Box<dyn FnOnce(&DetectError) -> Option<Loaded> + Send>;

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
    loaded: Loaded,
    next: NextModel,
    max_wait: Duration,
    queue: FrameQueue,
    out: Sender<Seen>,
    health: Health,
) -> std::io::Result<Member> {
    Member::spawn(name.clone(), move || {
        let mut session = Session::new(name, loaded, max_wait, queue, health);
        while let Some(arrived) = session.queue.next_batch(&session.policy) {
            if let Some(newer) = next.take() {
                session.take_up(newer);
            }
            for seen in session.look(arrived) {
                // judging gives the camera back once it has judged; a closed channel means it is over
                if out.send(seen).is_err() {
                    return;
                }
            }
        }
    })
}

/// One detector, and how its batches are closed.
struct Session {
    name: String,
    loaded: Loaded,
    policy: BatchPolicy,
    max_wait: Duration,
    queue: FrameQueue,
    health: Health,
}

impl Session {
    fn new(
        name: String,
        mut loaded: Loaded,
        max_wait: Duration,
        queue: FrameQueue,
        health: Health,
    ) -> Self {
        let policy = BatchPolicy::new(costs(&name, loaded.detector.as_mut()), max_wait);
        Self { name, loaded, policy, max_wait, queue, health }
    }

    fn take_up(&mut self, mut loaded: Loaded) {
        self.policy = BatchPolicy::new(costs(&self.name, loaded.detector.as_mut()), self.max_wait);
        self.loaded = loaded;
    }

    /// Looks at a batch. Frames that cannot be looked at are counted and their cameras given back.
    fn look(&mut self, arrived: Vec<Arrived>) -> Vec<Seen> {
        let mut batch = Batch::new();
        for Arrived { frame, .. } in arrived {
            let camera = frame.camera.clone();
            if let Err(fault) = batch.push(frame) {
                self.lose(&camera, &fault);
            }
        }
        if batch.is_empty() { Vec::new() } else { self.look_at(batch) }
    }

    /// Looks with this detector, or after it failed with its spare one.
    fn look_at(&mut self, batch: Batch) -> Vec<Seen> {
        let begun = Instant::now();
        match batch.detect(self.loaded.detector.as_mut()) {
            Ok(seen) => {
                self.count(seen.len(), begun.elapsed());
                let model = &self.loaded.model;
                seen.into_iter()
                    .map(|(frame, detections)| Seen { frame, detections, model: model.clone() })
                    .collect()
            }
            Err(failure) if self.goes_on(&failure.error) => self.look_at(Batch::from(failure)),
            Err(failure) => {
                for frame in &failure.frames {
                    self.lose(&frame.camera, &failure.error);
                }
                Vec::new()
            }
        }
    }

    /// Whether a spare detector took the place of the one that failed. Each is tried once.
    fn goes_on(&mut self, error: &DetectError) -> bool {
        let spare = if error.may_work_elsewhere() { self.loaded.spare.take() } else { None };
        let Some(loaded) = spare.and_then(|open| open(error)) else { return false };
        self.take_up(loaded);
        true
    }

    fn count(&mut self, frames: usize, took: Duration) {
        self.policy.learn(frames, took);
        let (policy, interval) = (&self.policy, self.queue.interval());
        BatchDone { session: &self.name, frames, took, policy, interval }.emit();
    }

    fn lose(&self, camera: &crate::base::CameraId, error: &dyn std::fmt::Display) {
        FrameLost { camera, reason: "inference_failed", error }.emit();
        if let Some(camera) = self.health.camera(camera) {
            camera.count_lost("inference_failed", Some(format!("inference failed: {error}")));
        }
        self.queue.done(camera);
    }
}

/// Measures what batches cost `detector`: less than a second, while cameras connect.
fn costs(session: &str, detector: &mut dyn Detector) -> CostCurve {
    let most = detector.max_batch();
    let picture = blank(USUAL_SIZE.0, USUAL_SIZE.1);
    let mut run = |frames: usize| {
        let pictures = vec![picture.clone(); frames];
        let begun = Instant::now();
        detector.detect(&pictures).ok().map(|_| begun.elapsed())
    };
    let costs = CostCurve::warm_up(most, &mut run);
    BatchesMeasured { session, costs: &costs }.emit();
    costs
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
            let seen =
                Detection { class: "bin".into(), score: 0.5, bbox, second: None, is_weak: false };
            Ok(frames.iter().map(|_| vec![seen.clone()]).collect())
        }

        fn max_batch(&self) -> usize {
            self.0
        }
    }

    fn loaded(model: &str, most: usize) -> Loaded {
        Loaded { detector: Box::new(Always(most)), model: model.into(), spare: None }
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

    /// Fails from its `fails_at`th look on.
    struct Dies {
        looks: usize,
        fails_at: usize,
        error: fn() -> DetectError,
    }

    impl Detector for Dies {
        fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
            self.looks += 1;
            if self.looks >= self.fails_at { Err((self.error)()) } else { Always(1).detect(frames) }
        }

        fn max_batch(&self) -> usize {
            1
        }
    }

    fn gone() -> DetectError {
        DetectError::Run { model: "m".to_owned(), reason: "the device is gone".to_owned() }
    }

    /// Which models look at five frames, one after the other; none where a frame is lost.
    fn looked_by(loaded: Loaded) -> (Vec<Option<Arc<str>>>, Option<String>) {
        let camera = super::super::health::CameraHealth::new("camera-0".into(), "c".into(), None);
        let health = Health::new(vec![camera]);
        let queue = FrameQueue::default();
        let mut session =
            Session::new("s".to_owned(), loaded, Duration::ZERO, queue.clone(), health.clone());
        let look = |_| {
            arrive(&queue, 0..1);
            let arrived = queue.next_batch(&session.policy).unwrap();
            let seen = session.look(arrived);
            queue.done(&"camera-0".into());
            seen.first().map(|seen| seen.model.clone())
        };
        let models = (0..5).map(look).collect();
        (models, health.cameras()[0].judged().blocked)
    }

    fn dying(model: &str, fails_at: usize, error: fn() -> DetectError) -> Loaded {
        let detector = Box::new(Dies { looks: 0, fails_at, error });
        Loaded { detector, model: model.into(), spare: None }
    }

    #[test]
    fn a_session_whose_device_goes_away_goes_on_elsewhere_and_loses_no_frame() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = |told: &Arc<Mutex<Vec<String>>>| {
            let told = told.clone();
            move |error: &DetectError| told.lock().unwrap().push(error.to_string())
        };
        let (first, second) = (tell(&told), tell(&told));
        let mut processor = loaded("processor", 1);
        processor.spare = None;
        let mut next = dying("second card", 2, gone);
        next.spare = Some(Box::new(move |error| {
            second(error);
            Some(processor)
        }));
        let mut card = dying("card", 3, gone);
        card.spare = Some(Box::new(move |error| {
            first(error);
            Some(next)
        }));
        let (models, blocked) = looked_by(card);
        let models: Vec<_> = models.iter().map(|m| m.as_deref().unwrap()).collect();
        assert_eq!(models, ["card", "card", "second card", "processor", "processor"]);
        assert_eq!(blocked, None);
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|text| text.contains("the device is gone")), "{told:?}");
    }

    #[test]
    fn without_a_spare_frames_are_lost_for_a_reason_and_the_session_stays() {
        let mut nowhere = dying("card", 2, gone);
        nowhere.spare = Some(Box::new(|_| None));
        for loaded in [dying("card", 2, gone), nowhere] {
            let (models, blocked) = looked_by(loaded);
            assert_eq!(models.iter().filter(|m| m.is_some()).count(), 1);
            assert!(blocked.unwrap().contains("the device is gone"));
        }
        // what would fail elsewhere too is not tried there
        let mut wrong = dying("card", 2, || DetectError::Count { expected: 1, found: 2 });
        wrong.spare = Some(Box::new(|_| panic!("opened")));
        assert!(looked_by(wrong).1.is_some());
    }
}
