//! Files: every sampled frame, no pacing; truncated and damaged ones; a sink that stops.

use std::time::Duration;

use streetwarden::capture::{self, DropReason, Keyframes, State};

use super::{
    clips::{H264_720P, H265_360P, Recipe, decode, record},
    road::{CAPTURE, Camera, h264_units, options},
};

fn play(path: &std::path::Path, change: impl FnOnce(&mut capture::Options)) -> Played {
    let mut options = options(&format!("file://{}", path.display()));
    change(&mut options);
    let (frames, status) = Camera::start(options, true).join();
    assert!(status.adds_up(), "{status:?}");
    Played { frames, status }
}

struct Played {
    frames: Vec<streetwarden::base::Frame>,
    status: capture::StatusSnapshot,
}

impl Played {
    fn reason(&self) -> &str {
        match &self.status.state {
            State::Failing { reason } => reason,
            other => panic!("{other:?}"),
        }
    }

    fn times_ms(&self) -> Vec<u64> {
        self.frames.iter().map(|f| f.pts_ns.unwrap() / 1_000_000).collect()
    }
}

#[test]
fn a_file_gives_every_sampled_frame_whether_keyframes_suffice_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let Some(close) = record(dir.path(), "close.mp4", &H264_720P) else { return };
    let sparse = Recipe { gop: 40, ..H264_720P };
    let Some(sparse) = record(dir.path(), "sparse.mp4", &sparse) else { return };
    for (path, keyframes) in [
        (&close, Keyframes::Auto),
        (&close, Keyframes::Only),
        (&close, Keyframes::Off),
        (&sparse, Keyframes::Auto),
    ] {
        let played = play(path, |o| o.keyframes = keyframes);
        assert_eq!(played.status.state, State::Ended);
        assert_eq!(played.status.frames_in, 40);
        let first = played.times_ms()[0];
        let times: Vec<u64> = played.times_ms().iter().map(|t| t - first).collect();
        assert_eq!(times, [0, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500], "{keyframes:?}");
        let at: Vec<u64> = played
            .frames
            .windows(2)
            .map(|pair| pair[1].at.since(pair[0].at).as_millis() as u64)
            .collect();
        assert!(at.iter().all(|ms| *ms == 500), "wall time follows the file's: {at:?}");
    }
}

#[test]
fn a_delta_frames_original_is_its_group_of_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let sparse = Recipe { gop: 40, ..H264_720P };
    let Some(path) = record(dir.path(), "sparse.mp4", &sparse) else { return };
    let played = play(&path, |_| {});
    for (index, frame) in played.frames.iter().enumerate() {
        let units = h264_units(&frame.encoded.as_ref().unwrap().bytes);
        assert_eq!(units.iter().filter(|u| **u == 9).count(), index * 5 + 1, "one delimiter each");
    }
    let kept = dir.path().join("kept.h264");
    std::fs::write(&kept, &played.frames[5].encoded.as_ref().unwrap().bytes).unwrap();
    assert_eq!(decode(&kept, "h264parse", "avdec_h264"), (1280, 720));
}

#[test]
fn h265_and_transport_streams_are_read() {
    let dir = tempfile::tempdir().unwrap();
    for (name, recipe) in [("a.mp4", &H265_360P), ("a.ts", &H264_720P)] {
        let Some(path) = record(dir.path(), name, recipe) else { continue };
        let played = play(&path, |_| {});
        assert_eq!(played.status.state, State::Ended, "{name}");
        assert_eq!(played.frames.len(), 8, "{name}");
        assert_eq!(played.frames[0].height, u32::try_from(recipe.height).unwrap());
    }
}

#[test]
fn truncated_and_damaged_files_are_failing_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let Some(whole) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let bytes = std::fs::read(&whole).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let half = play(&write("half.mp4", &bytes[..bytes.len() / 2]), |_| {});
    assert!(half.reason().starts_with("truncated file"), "{}", half.reason());
    assert!(!half.frames.is_empty(), "what is there is handed over");
    let head = play(&write("head.mp4", &bytes[..200]), |_| {});
    assert!(head.reason().contains("file"), "{}", head.reason());
    let noise: Vec<u8> =
        (0..50_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let garbage = play(&write("noise.mp4", &noise), |_| {});
    assert!(garbage.reason().starts_with("not a video"), "{}", garbage.reason());
    let empty = play(&write("empty.mp4", &[]), |_| {});
    assert!(empty.reason().starts_with("not a video"), "{}", empty.reason());
    let missing = play(&dir.path().join("missing.mp4"), |_| {});
    assert_eq!(missing.reason(), "no such file or folder");
}

#[test]
fn video_data_of_noise_is_undecodable_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let Some(whole) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let mut bytes = std::fs::read(&whole).unwrap();
    let data = bytes.windows(4).position(|w| w == b"mdat").unwrap() + 4;
    for (index, byte) in bytes[data..].iter_mut().enumerate() {
        *byte = (index.wrapping_mul(40_503) >> 5) as u8;
    }
    let path = dir.path().join("noise.mp4");
    std::fs::write(&path, bytes).unwrap();
    let played = play(&path, |_| {});
    assert!(played.frames.is_empty());
    assert!(!played.reason().is_empty());
    let undecodable = played.status.dropped.get(&DropReason::Undecodable).copied().unwrap_or(0);
    assert_eq!(played.status.frames_in, played.status.dropped_in_all());
    eprintln!("{undecodable} of {} undecodable: {}", played.status.frames_in, played.reason());
}

#[test]
fn the_test_picture_streams_and_stops_at_once() {
    let camera = Camera::start(options("test://"), false);
    let frame = camera.wait_for_frames(2);
    assert_eq!((frame.width, frame.height, frame.encoded.is_none()), (640, 360, true));
    let (_, status) = camera.stop();
    assert!(status.adds_up(), "{status:?}");
    let probed = CAPTURE.probe(&options("test://"), Duration::from_secs(20)).unwrap();
    assert_eq!(probed.seq, 0);
}

#[test]
fn size_and_time_stamps_may_change_in_mid_stream() {
    let dir = tempfile::tempdir().unwrap();
    let small = Recipe { width: 640, height: 360, ..H264_720P };
    let Some(first) = record(dir.path(), "first.ts", &H264_720P) else { return };
    let Some(second) = record(dir.path(), "second.ts", &small) else { return };
    let mut bytes = std::fs::read(first).unwrap();
    bytes.extend(std::fs::read(second).unwrap());
    let path = dir.path().join("both.ts");
    std::fs::write(&path, bytes).unwrap();
    let played = play(&path, |_| {});
    let sizes: Vec<u32> = played.frames.iter().map(|f| f.height).collect();
    assert!(sizes.starts_with(&[720; 7]) && sizes.ends_with(&[360; 6]), "{sizes:?}");
    assert!(played.frames.windows(2).all(|pair| pair[0].at < pair[1].at), "times run forward");
    assert_eq!(played.frames.last().unwrap().planes[0].stride, 640);
}
