//! Cameras: capturing on one end, the frame queue on the other, the change gate between them.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    frames::{FrameQueue, Offered, WhenFull},
    gate::Gate,
    health::CameraHealth,
    shutdown::Member,
};
use crate::{
    base::{CameraId, Frame, WallTime},
    capture::{self, Camera, CameraStatus, Capture, DropReason, Flow, FrameSink},
    detect::Recheck,
};

/// Hands a camera's frames to the queue, and counts those that show nothing new or were replaced.
struct QueueSink {
    gate: Gate,
    queue: FrameQueue,
    status: Arc<CameraStatus>,
    when_full: WhenFull,
    /// The camera, once its file has begun.
    file: Option<CameraId>,
}

impl FrameSink for QueueSink {
    fn deliver(&mut self, frame: Frame) -> Flow {
        if self.when_full == WhenFull::Block {
            self.keep_step(&frame);
        }
        if !self.gate.admits(&frame) {
            self.status.count_drop(DropReason::Unchanged);
            return if self.queue.is_closed() { Flow::Stop } else { Flow::Continue };
        }
        match self.queue.offer(frame, self.when_full) {
            Offered::Queued => Flow::Continue,
            Offered::Superseded => {
                self.gate.overtaken();
                self.status.count_drop(DropReason::Superseded);
                Flow::Continue
            }
            Offered::Closed => {
                self.status.count_drop(DropReason::Stopping);
                Flow::Stop
            }
        }
    }

    fn wants(&self, at: WallTime) -> bool {
        self.gate.wants(at)
    }
}

impl QueueSink {
    /// A file runs faster than judging: what that asks for must come before the next frame, and
    /// whatever other files show at the same time before what comes later.
    fn keep_step(&mut self, frame: &Frame) {
        if self.gate.is_shut_at_times() {
            self.queue.settle(&frame.camera);
        }
        self.queue.keep_step(&frame.camera, frame.at);
        self.file.get_or_insert_with(|| frame.camera.clone());
    }
}

impl Drop for QueueSink {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            self.queue.leave(file);
        }
    }
}

/// Starts capturing; while nothing changes, frames go on only every `recheck`. With `until_end` the camera ends with its source instead of connecting again.
///
/// # Errors
/// When the system gives no thread.
pub fn start(
    capture: &Capture,
    options: capture::Options,
    recheck: Recheck,
    health: &CameraHealth,
    queue: FrameQueue,
    stop: CancellationToken,
    until_end: bool,
) -> std::io::Result<Member> {
    let status = health.status.clone();
    let when_full = if options.source.is_live() { WhenFull::DropOldest } else { WhenFull::Block };
    let gate = Gate::new(recheck, health.asked.clone());
    let sink = Box::new(QueueSink { gate, queue, status: status.clone(), when_full, file: None });
    let name = format!("cam {}", options.id);
    let running = capture.start(Camera { options, sink, status, stop, until_end })?;
    Ok(Member::camera(name, running))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        base::PixelFormat,
        detect::{BatchPolicy, CostCurve, planes::tests::frame},
        runtime::gate::Asked,
    };

    const SIDE: usize = 96;

    /// A sink, and whoever looks at what comes out of it.
    struct Sink {
        sink: QueueSink,
        asked: Arc<Asked>,
        second: i64,
    }

    impl Sink {
        fn new(recheck: Recheck) -> Self {
            let (asked, queue) = (Arc::<Asked>::default(), FrameQueue::default());
            let gate = Gate::new(recheck, asked.clone());
            let status = Arc::new(CameraStatus::new());
            let sink =
                QueueSink { gate, queue, status, when_full: WhenFull::DropOldest, file: None };
            Self { sink, asked, second: 0 }
        }

        /// A frame a second, all of one grey with a box of another.
        fn show(&mut self, box_grey: u8) {
            let mut pixels = vec![90; SIDE * SIDE * 3];
            pixels[..SIDE * 3 * 20].fill(box_grey);
            let (side, planes) = (SIDE as u32, vec![(pixels, SIDE * 3)]);
            let mut shown = frame("cam", (side, side), PixelFormat::Rgb, planes);
            shown.at = WallTime::from_millis(self.second * 1_000);
            self.second += 1;
            assert_eq!(self.sink.deliver(shown), Flow::Continue);
        }

        /// Shows `times` frames and looks at each that comes through; in which seconds.
        fn looks(&mut self, times: usize, box_grey: u8) -> Vec<i64> {
            let looks = (0..times).filter_map(|_| {
                self.show(box_grey);
                self.look()
            });
            looks.collect()
        }

        fn look(&self) -> Option<i64> {
            if self.sink.queue.is_empty() {
                return None;
            }
            let policy = BatchPolicy::new(CostCurve::unknown(1), Duration::ZERO);
            let batch = self.sink.queue.next_batch(&policy)?;
            self.sink.queue.done(&batch[0].frame.camera);
            Some(batch[0].frame.at.millis() / 1_000)
        }

        fn wants(&self, second: i64) -> bool {
            self.sink.wants(WallTime::from_millis(second * 1_000))
        }

        fn dropped(&self, reason: DropReason) -> u64 {
            self.sink.status.snapshot().dropped.get(&reason).copied().unwrap_or(0)
        }
    }

    #[test]
    fn what_shows_nothing_new_is_dropped_as_unchanged() {
        let mut sink = Sink::new(Recheck::default());
        assert_eq!(sink.looks(40, 90), [0, 5, 35]);
        assert_eq!(sink.dropped(DropReason::Unchanged), 37);
        let mut sink = Sink::new(Recheck::Off);
        assert_eq!(sink.looks(40, 90).len(), 40);
        assert_eq!(sink.dropped(DropReason::Unchanged), 0);
    }

    #[test]
    fn looks_are_more_frequent_while_they_are_asked_for() {
        let mut sink = Sink::new(Recheck::default());
        sink.looks(10, 90);
        sink.asked.look_within(Some(Duration::from_secs(3)));
        assert_eq!(sink.looks(9, 90), [10, 13, 16]);
        sink.asked.look_within(None);
        assert_eq!(sink.looks(30, 90), [46]);
        sink.asked.look_within(Some(Duration::from_secs(3_600)));
        assert_eq!(sink.looks(30, 90), [76], "asking may not put the recheck off");
    }

    #[test]
    fn frames_just_after_a_look_are_not_wanted_unless_another_look_is() {
        let mut sink = Sink::new(Recheck::default());
        assert!(sink.wants(0), "the first");
        sink.looks(10, 90);
        assert_eq!([5, 6, 7, 8].map(|second| sink.wants(second)), [false, false, false, true]);
        sink.asked.look_within(Some(Duration::from_secs(2)));
        assert!(sink.wants(6), "judging makes sure of something");
        sink.asked.look_within(Some(Duration::from_secs(120)));
        assert!(!sink.wants(6));
        sink.asked.look_anew();
        assert!(sink.wants(6), "the look came to nothing");
        let mut sink = Sink::new(Recheck::Off);
        sink.looks(1, 90);
        assert!(sink.wants(1), "every frame is looked at");
    }

    #[test]
    fn a_look_that_came_to_nothing_is_made_again() {
        let mut sink = Sink::new(Recheck::default());
        sink.looks(10, 90);
        assert!(sink.looks(1, 90).is_empty());
        sink.asked.look_anew();
        assert_eq!(sink.looks(6, 90), [11, 16]);
    }

    #[test]
    fn a_change_whose_frame_is_replaced_gets_its_looks_all_the_same() {
        let mut sink = Sink::new(Recheck::default());
        sink.looks(10, 90);
        (0..8).for_each(|_| sink.show(200));
        let replaced = sink.dropped(DropReason::Superseded);
        assert!(replaced > 0, "inference did not hang behind");
        // both looks are still to be made: the one that waits, and another
        let waiting = sink.look();
        assert!(waiting > Some(12), "{waiting:?}");
        assert_eq!(sink.looks(6, 200), [22]);
        assert_eq!(sink.dropped(DropReason::Superseded), replaced);
    }

    #[test]
    fn a_closed_queue_stops_a_camera_also_when_nothing_changes() {
        let mut sink = Sink::new(Recheck::default());
        sink.looks(10, 90);
        sink.sink.queue.close();
        let pixels = vec![(vec![90; SIDE * SIDE * 3], SIDE * 3)];
        let size = (SIDE as u32, SIDE as u32);
        let mut shown = frame("cam", size, PixelFormat::Rgb, pixels);
        shown.at = WallTime::from_millis(10_000);
        assert_eq!(sink.sink.deliver(shown), Flow::Stop);
    }
}
