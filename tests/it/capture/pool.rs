//! Decoders that cameras share: every encoding, streams that interleave, damage, cameras that need
//! a decoder of their own and no longer, and the account of every frame throughout.

use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use streetwarden::{
    base::{CameraId, EncodedFormat, Frame, WallTime},
    capture::{
        self, CameraStatus, Capture, Decoding, DropReason, Flow, FrameSink, Keyframes, OwnReason,
        PoolOptions, State,
    },
};
use tokio_util::sync::CancellationToken;

use super::{
    clips::{H264_720P, H265_360P, Recipe, record},
    damage::{Damage, Harm},
    road::{Camera, Server, options, wait},
};

const MJPEG_480P: Recipe =
    Recipe { encoder: "jpegenc", width: 640, height: 480, fps: 10, frames: 40, ..H264_720P };

/// Streams whose pictures are of one grey each, so that a picture of another stream stands out.
const STREAMS: [(&str, Recipe, u8, EncodedFormat); 4] = [
    ("dark.mp4", Recipe { grey: Some(0x20), ..H264_720P }, 43, EncodedFormat::H264),
    (
        "light.mp4",
        Recipe { grey: Some(0xe0), width: 640, height: 360, ..H264_720P },
        208,
        EncodedFormat::H264,
    ),
    ("mid.mp4", Recipe { grey: Some(0x80), ..H265_360P }, 126, EncodedFormat::H265),
    ("pale.mov", Recipe { grey: Some(0xb0), ..MJPEG_480P }, 167, EncodedFormat::Jpeg),
];

fn luma(frame: &Frame) -> u8 {
    let row = frame.planes[0].stride;
    frame.planes[0].data[row * (frame.height as usize / 2) + frame.width as usize / 2]
}

fn one_worker() -> Capture {
    Capture::new(PoolOptions { threads: 1, ..PoolOptions::default() })
}

/// Watches that no look at the counters shows more frames gone than came.
fn assert_plausible(status: &CameraStatus) {
    let now = status.snapshot();
    assert!(now.frames_in >= now.sampled + now.dropped_in_all(), "{now:?}");
}

#[test]
fn streams_of_all_encodings_and_sizes_go_through_one_worker_each_with_its_own_pixels() {
    let dir = tempfile::tempdir().unwrap();
    let capture = one_worker();
    let mut running = Vec::new();
    for (name, recipe, grey, format) in &STREAMS {
        let Some(clip) = record(dir.path(), name, recipe) else { continue };
        let server = Server::start(clip, 0, true, None);
        let camera = Camera::start_on(&capture, options(&server.url()), false);
        running.push((server, camera, recipe, *grey, *format));
    }
    for (_, camera, ..) in &running {
        camera.wait_for_frames(6);
        assert_plausible(&camera.status);
        assert_eq!(camera.status.snapshot().decoding, Some(Decoding::Shared));
    }
    for (server, camera, recipe, grey, format) in running {
        let (frames, status) = camera.stop();
        for frame in &frames {
            assert!(luma(frame).abs_diff(grey) < 5, "{} is not {grey}: {format:?}", luma(frame));
            assert_eq!(i32::try_from(frame.width).unwrap(), recipe.width);
            assert_eq!(i32::try_from(frame.height).unwrap(), recipe.height);
            assert_eq!(frame.encoded.as_ref().unwrap().format, format);
        }
        let taken: Vec<u64> = frames.iter().map(|f| f.pts_ns.unwrap() / 1_000_000).collect();
        // The server catches up with now in the first group of pictures; from then on it is even.
        for pair in taken[2..].windows(2) {
            assert!((430..=1_100).contains(&(pair[1] - pair[0])), "every 500 ms: {taken:?}");
        }
        assert!(status.adds_up(), "{status:?}");
        assert!(status.frames_in > 20, "{status:?}");
        server.kill();
    }
}

#[test]
fn damage_in_one_stream_harms_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let (name, recipe, grey, _) = &STREAMS[0];
    let Some(clip) = record(dir.path(), name, recipe) else { return };
    let Some(other) = record(dir.path(), "ball.mp4", &H264_720P) else { return };
    let (server, harmed) =
        (Server::start(clip, 0, true, None), Server::start(other, 0, true, None));
    let damage = Damage::start(harmed.address, Harm::Pictures);
    let capture = one_worker();
    let bad = Camera::start_on(&capture, options(&damage.url()), false);
    let good = Camera::start_on(&capture, options(&server.url()), false);
    good.wait_for_frames(10);
    wait("damaged frames", || (bad.status.snapshot().frames_in > 20).then_some(()));
    assert_plausible(&bad.status);
    let (frames, status) = good.stop();
    assert!(frames.iter().all(|frame| luma(frame).abs_diff(*grey) < 5));
    assert_eq!(status.dropped.get(&DropReason::Undecodable), None, "{status:?}");
    assert!(status.adds_up(), "{status:?}");
    let (_, status) = bad.stop();
    assert!(status.adds_up(), "{status:?}");
}

#[test]
fn sparse_keyframes_get_a_decoder_of_their_own_and_close_ones_lose_it() {
    let dir = tempfile::tempdir().unwrap();
    // Two seconds with a keyframe every half, two with none; and again.
    let half = Recipe { frames: 20, ..H264_720P };
    let Some(close) = record(dir.path(), "close.h264", &half) else { return };
    let sparse = Recipe { gop: 1_000, ..half };
    let Some(sparse) = record(dir.path(), "sparse.h264", &sparse) else { return };
    let clip = dir.path().join("both.h264");
    let both = [std::fs::read(close).unwrap(), std::fs::read(sparse).unwrap()].concat();
    std::fs::write(&clip, both).unwrap();
    let server = Server::start(clip, 0, true, None);
    let capture = one_worker();
    let camera = Camera::start_on(&capture, options(&server.url()), false);
    let way = |wanted: &dyn Fn(Decoding) -> bool| {
        wait(&format!("the other way: {:?}", camera.status.snapshot()), || {
            assert_plausible(&camera.status);
            camera.status.snapshot().decoding.filter(|d| wanted(*d))
        })
    };
    let sparse = |d| matches!(d, Decoding::Own(OwnReason::SparseKeyframes(_)));
    for _ in 0..2 {
        way(&|d| d == Decoding::Shared);
        let own = way(&sparse);
        assert_eq!(own.way(), "own");
        let every_s = own.keyframes_every_s().unwrap();
        assert!((1.9..2.2).contains(&every_s), "{every_s}");
    }
    way(&|d| d == Decoding::Shared);
    let (frames, status) = camera.stop();
    assert!(status.adds_up(), "{status:?}");
    assert!(frames.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
    assert!(frames.windows(2).all(|pair| pair[0].at < pair[1].at), "times run forward");
    server.kill();
}

#[test]
fn a_stream_with_one_keyframe_is_sampled_from_its_first_group_on() {
    let dir = tempfile::tempdir().unwrap();
    let recipe = Recipe { gop: 1_000, frames: 600, ..H264_720P };
    let Some(clip) = record(dir.path(), "a.mp4", &recipe) else { return };
    let server = Server::start(clip, 0, true, None);
    let capture = one_worker();
    let camera = Camera::start_on(&capture, options(&server.url()), false);
    camera.wait_for_frames(5);
    let status = camera.status.snapshot();
    assert_eq!(status.decoding, Some(Decoding::Own(OwnReason::NoKeyframes)));
    let (frames, status) = camera.stop();
    assert!(status.adds_up(), "{status:?}");
    assert_eq!(status.dropped.get(&DropReason::Undecodable), None, "{status:?}");
    let last = frames.last().unwrap().encoded.as_ref().unwrap();
    let units = super::road::h264_units(&last.bytes);
    assert_eq!(units.iter().filter(|unit| **unit == 5).count(), 1, "its group: {units:?}");
    assert!(units.iter().filter(|unit| **unit == 1).count() > 5, "{units:?}");
    server.kill();
}

#[test]
fn every_frame_is_decoded_where_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let mut options = options(&server.url());
    options.keyframes = Keyframes::Off;
    let capture = one_worker();
    let camera = Camera::start_on(&capture, options, false);
    camera.wait_for_frames(5);
    let (_, status) = camera.stop();
    assert_eq!(status.decoding, Some(Decoding::Own(OwnReason::AskedFor)));
    assert!(status.adds_up(), "{status:?}");
    assert!(status.dropped[&DropReason::NotDue] > 0, "{status:?}");
    server.kill();
}

#[test]
fn a_server_that_is_not_understood_is_gstreamers() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let odd = Damage::start(server.address, Harm::Number);
    let capture = one_worker();
    let camera = Camera::start_on(&capture, options(&odd.url()), false);
    camera.wait_for_frames(3);
    let status = camera.status.snapshot();
    assert_eq!(status.decoding, Some(Decoding::Own(OwnReason::Source)));
    assert_eq!(status.reconnects, 1, "the first connection was ours: {status:?}");
    let (_, status) = camera.stop();
    assert!(status.adds_up(), "{status:?}");
    let probed = capture.probe(&options(&odd.url()), Duration::from_secs(30)).unwrap();
    assert_eq!(probed.width, 1280);
    server.kill();
}

/// Wants no frame in the second after one that it got; keeps their times.
#[derive(Clone, Default)]
struct Picky(Arc<Mutex<Vec<WallTime>>>);

const CONTENT: Duration = Duration::from_secs(1);

impl FrameSink for Picky {
    fn deliver(&mut self, frame: Frame) -> Flow {
        self.0.lock().unwrap().push(frame.at);
        Flow::Continue
    }

    fn wants(&self, at: WallTime) -> bool {
        self.0.lock().unwrap().last().is_none_or(|last| at.since(*last) >= CONTENT)
    }
}

#[test]
fn a_keyframe_that_its_sink_has_no_use_for_is_not_decoded_but_counted() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let (picky, status, stop) =
        (Picky::default(), Arc::new(CameraStatus::new()), CancellationToken::new());
    let camera = capture::Camera {
        options: options(&server.url()),
        sink: Box::new(picky.clone()),
        status: status.clone(),
        stop: stop.clone(),
        until_end: false,
    };
    let capture = one_worker();
    let running = capture.start(camera).unwrap();
    wait("frames", || (picky.0.lock().unwrap().len() >= 5).then_some(()));
    stop.cancel();
    wait("the camera's end", || running.is_finished().then_some(()));
    running.join().unwrap();
    let (taken, status) = (picky.0.lock().unwrap().clone(), status.snapshot());
    assert!(taken.windows(2).all(|pair| pair[1].since(pair[0]) >= CONTENT), "{taken:?}");
    assert!(status.dropped[&DropReason::Cooldown] >= 4, "one between each two: {status:?}");
    assert_eq!(status.sampled, taken.len() as u64);
    assert!(status.adds_up(), "{status:?}");
    server.kill();
}

/// Lets one frame through, then holds whoever brings the next until it is opened.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<(u32, bool)>, Condvar)>);

impl FrameSink for Gate {
    fn deliver(&mut self, _: Frame) -> Flow {
        let (state, wake) = &*self.0;
        let mut state = state.lock().unwrap();
        state.0 += 1;
        wake.notify_all();
        while state.0 > 1 && !state.1 {
            state = wake.wait(state).unwrap();
        }
        Flow::Continue
    }
}

impl Gate {
    fn open(&self) {
        self.0.0.lock().unwrap().1 = true;
        self.0.1.notify_all();
    }
}

#[test]
fn while_the_decoders_are_busy_only_the_newest_keyframe_waits_and_the_account_holds() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let capture = one_worker();
    let (gate, status) = (Gate::default(), Arc::new(CameraStatus::new()));
    let stop = CancellationToken::new();
    let mut options = options(&server.url());
    options.id = CameraId::from("held");
    let camera = capture::Camera {
        options,
        sink: Box::new(gate.clone()),
        status: status.clone(),
        stop: stop.clone(),
        until_end: false,
    };
    let running = capture.start(camera).unwrap();
    let superseded =
        || status.snapshot().dropped.get(&DropReason::Superseded).copied().unwrap_or(0);
    wait("keyframes replaced by newer ones", || (superseded() >= 3).then_some(()));
    assert_plausible(&status);
    let now = status.snapshot();
    let in_flight = now.frames_in - now.sampled - now.dropped_in_all();
    assert!(in_flight <= 2, "one in hand, one waiting: {now:?}");
    assert_eq!(now.state, State::Streaming);
    gate.open();
    stop.cancel();
    wait("the camera's end", || running.is_finished().then_some(()));
    running.join().unwrap();
    let status = status.snapshot();
    assert!(status.adds_up(), "{status:?}");
    server.kill();
}

/// Keeps every frame.
#[derive(Clone, Default)]
struct Hoard(Arc<Mutex<Vec<Frame>>>);

impl FrameSink for Hoard {
    fn deliver(&mut self, frame: Frame) -> Flow {
        self.0.lock().unwrap().push(frame);
        Flow::Continue
    }
}

#[test]
fn pictures_that_nobody_lets_go_of_hold_decoding_up_and_each_keeps_its_pixels() {
    let dir = tempfile::tempdir().unwrap();
    let options_of = |room| PoolOptions { threads: 2, most_pictures: Some(room) };
    let (capture, hoard) = (Capture::new(options_of(3)), Hoard::default());
    let (mut cameras, mut servers) = (Vec::new(), Vec::new());
    for (name, recipe, grey, _) in &STREAMS[..2] {
        let Some(clip) = record(dir.path(), name, recipe) else { return };
        let server = Server::start(clip, 0, true, None);
        let (status, stop) = (Arc::new(CameraStatus::new()), CancellationToken::new());
        let mut options = options(&server.url());
        options.id = CameraId::from(grey.to_string().as_str());
        let camera = capture::Camera {
            options,
            sink: Box::new(hoard.clone()),
            status: status.clone(),
            stop: stop.clone(),
            until_end: false,
        };
        cameras.push((capture.start(camera).unwrap(), status, stop));
        servers.push(server);
    }
    let replaced = |status: &CameraStatus| {
        status.snapshot().dropped.get(&DropReason::Superseded).copied().unwrap_or(0)
    };
    let seen = || hoard.0.lock().unwrap().len();
    for _ in 0..3 {
        let before: Vec<u64> = cameras.iter().map(|(_, status, _)| replaced(status)).collect();
        wait("newer keyframes in the place of those that wait", || {
            let all = cameras.iter().zip(&before);
            all.into_iter().all(|((_, status, _), n)| replaced(status) >= n + 2).then_some(())
        });
        assert_eq!(seen(), 3);
        // their memory is written again
        let frames = std::mem::take(&mut *hoard.0.lock().unwrap());
        for frame in &frames {
            let grey: u8 = frame.camera.as_str().parse().unwrap();
            assert!(luma(frame).abs_diff(grey) < 5, "{} is not {grey}", luma(frame));
        }
    }
    for (running, status, stop) in cameras {
        stop.cancel();
        wait("the camera's end", || running.is_finished().then_some(()));
        running.join().unwrap();
        let status = status.snapshot();
        assert!(status.adds_up(), "{status:?}");
    }
    for server in servers {
        server.kill();
    }
}

#[test]
fn cameras_stop_at_once_and_their_capture_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("rtsp://{}/cam", nobody.local_addr().unwrap());
    let capture = one_worker();
    let cameras: Vec<Camera> = [server.url(), server.url(), silent]
        .iter()
        .map(|url| Camera::start_on(&capture, options(url), false))
        .collect();
    cameras[0].wait_for_frames(2);
    for camera in cameras {
        let (_, status) = camera.stop();
        assert!(status.adds_up(), "{status:?}");
    }
    drop(capture);
    let mut late = options(&server.url());
    late.stall_after = Duration::from_secs(2);
    let capture = one_worker();
    assert_eq!(capture.probe(&late, Duration::from_secs(20)).unwrap().width, 1280);
    server.kill();
}
