//! The change gate on real decoder output with little light: dusk and night of the demo's fourth camera.
//! What the frames show besides is not asked here.

use std::{path::Path, sync::Arc, time::Duration};

use streetwarden::{
    base::{Frame, Plane, WallTime},
    detect::{ChangeGate, Look},
};

use super::road::{Camera, options};

/// From when on dusk falls; some 17 seconds later it is night.
const DARK_FROM_S: u64 = 40;
const RECHECK: Duration = Duration::from_secs(30);
/// Frames of these in which a thing stands at the kerb, and where, in pixels.
const STANDS: std::ops::Range<usize> = 19..22;
const THING: (usize, usize, usize) = (60, 600, 80);

/// Time between two frames for the gate, as cameras are usually looked at. In the clip they are a second apart:
/// dusk falls twice as fast.
const APART_MS: i64 = 2_000;

/// One frame a second.
fn dark_frames() -> Vec<Frame> {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo/clips/cam-4.mp4");
    let mut options = options(&format!("file://{}", clip.display()));
    options.every = Duration::from_secs(1);
    let (frames, _) = Camera::start(options, true).join();
    frames.into_iter().filter(|f| f.pts_ns.unwrap() >= DARK_FROM_S * 1_000_000_000).collect()
}

/// The same frame with a square that is lighter than the ground.
fn with_thing(frame: &Frame) -> Frame {
    let (left, top, side) = THING;
    let mut luma = frame.planes[0].data.to_vec();
    for row in luma.chunks_mut(frame.planes[0].stride).skip(top).take(side) {
        row[left..left + side].iter_mut().for_each(|grey| *grey = grey.saturating_add(40));
    }
    let mut planes: Vec<Plane> = frame.planes.to_vec();
    planes[0].data = luma.into();
    Frame { planes: Arc::from(planes), ..frame.clone() }
}

/// Which frames are looked at, and why.
fn looks(frames: &[Frame]) -> Vec<(usize, Look)> {
    let mut gate = ChangeGate::default();
    let looks = frames.iter().enumerate().filter_map(|(n, frame)| {
        let at = WallTime::from_millis(APART_MS * i64::try_from(n).unwrap());
        let frame = Frame { at, ..frame.clone() };
        Some((n, gate.admit(&frame, RECHECK).unwrap()?))
    });
    looks.collect()
}

#[test]
fn in_the_dark_few_frames_are_looked_at_and_what_comes_and_goes_is_among_them() {
    let mut frames = dark_frames();
    assert!(frames.len() > STANDS.end + 3, "{} frames", frames.len());
    let without = looks(&frames);
    eprintln!("{} frames in the dark: {without:?}", frames.len());
    assert!(without.len() * 10 <= frames.len() * 3, "{} frames: {without:?}", frames.len());
    frames[STANDS].iter_mut().for_each(|frame| *frame = with_thing(frame));
    let with = looks(&frames);
    eprintln!("with something that comes and goes: {with:?}");
    for soon in [STANDS, STANDS.end..frames.len()] {
        let sees = |looks: &[(usize, Look)]| {
            looks.iter().any(|(n, look)| *look == Look::Changed && soon.contains(n))
        };
        assert!(!sees(&without), "something else changes: {without:?}");
        assert!(sees(&with), "frames {soon:?}: {with:?}");
    }
}
