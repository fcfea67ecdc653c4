//! RTSP from the project's own server: pictures, originals, recovery, credentials, the counters.

use std::sync::atomic::Ordering::SeqCst;

use streetwarden::{
    base::{EncodedFormat, TimeSource},
    capture::{self, DropReason, State, Transport},
};

use super::{
    clips::{H264_720P, H265_360P, decode, record},
    road::{CAPTURE, Camera, Proxy, Server, h264_units, options},
};

const SPS: u8 = 7;
const PPS: u8 = 8;
const IDR: u8 = 5;

#[test]
fn frames_have_size_order_originals_that_decode_and_counters_that_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let camera = Camera::start(options(&server.url()), false);
    camera.wait_for_frames(8);
    let (frames, status) = camera.stop();
    for (index, frame) in frames.iter().enumerate() {
        assert_eq!((frame.width, frame.height), (1280, 720));
        assert_eq!(frame.seq, index as u64);
        assert_eq!(frame.planes.len(), 3);
        assert!(frame.planes[0].data.len() >= 1280 * 719);
        let original = frame.encoded.as_ref().expect("an original");
        assert_eq!(original.format, EncodedFormat::H264);
        let units = h264_units(&original.bytes);
        assert!(units.iter().position(|u| *u == SPS) < units.iter().position(|u| *u == IDR));
        assert!(units.contains(&PPS), "{units:?}");
    }
    assert!(frames.windows(2).all(|pair| pair[0].at < pair[1].at), "times run forward");
    let last = frames.last().unwrap().encoded.clone().unwrap();
    assert_eq!(h264_units(&last.bytes).iter().filter(|u| **u == 1).count(), 0, "one keyframe");
    let kept = dir.path().join("kept.h264");
    std::fs::write(&kept, &last.bytes).unwrap();
    assert_eq!(decode(&kept, "h264parse", "avdec_h264"), (1280, 720));
    assert!(status.adds_up(), "{status:?}");
    assert!(status.dropped[&DropReason::Delta] > 0, "deltas never reach the decoder: {status:?}");
    assert_eq!(status.codec.as_deref(), Some("h264"));
    server.kill();
}

#[test]
fn the_senders_clock_is_taken_once_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let camera = Camera::start(options(&server.url()), false);
    super::road::wait("sender time", || {
        let source = camera.status.snapshot().time_source;
        (source == Some(TimeSource::SenderNtp)).then_some(())
    });
    camera.stop();
    server.kill();
}

#[test]
fn datagrams_by_choice() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let mut options = options(&server.url());
    options.transport = Transport::Udp;
    let camera = Camera::start(options, false);
    assert_eq!(camera.wait_for_frames(3).width, 1280);
    let (_, status) = camera.stop();
    assert!(status.adds_up(), "{status:?}");
    server.kill();
}

#[test]
fn a_killed_server_comes_back_with_another_codec_and_size() {
    let dir = tempfile::tempdir().unwrap();
    let Some(before) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let Some(after) = record(dir.path(), "b.mp4", &H265_360P) else { return };
    let server = Server::start(before.clone(), 0, true, None);
    let camera = Camera::start(options(&server.url()), false);
    camera.wait_for_frames(2);
    let port = server.kill();
    camera.wait_for_reason();
    let server = Server::start(before, port, true, None);
    assert_eq!(camera.wait_for_frames(2).height, 720);
    let port = server.kill();
    camera.wait_for_reason();
    let server = Server::start(after, port, true, None);
    let frame = camera.wait_for_frames(2);
    assert_eq!((frame.width, frame.height), (640, 360));
    assert_eq!(frame.encoded.unwrap().format, EncodedFormat::H265);
    let (frames, status) = camera.stop();
    assert_eq!(status.codec.as_deref(), Some("h265"));
    assert!(status.reconnects >= 2, "{status:?}");
    assert!(status.adds_up(), "{status:?}");
    assert!(frames.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
    server.kill();
}

#[test]
fn a_wrong_password_is_named_and_a_right_one_heals() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip.clone(), 0, true, Some("other-secret"));
    let address = format!("rtsp://admin:s3cret@{}/cam", server.address);
    let camera = Camera::start(options(&address), false);
    assert_eq!(camera.wait_for_reason(), "wrong user or password (401)");
    let port = server.kill();
    let server = Server::start(clip, port, true, Some("s3cret"));
    assert_eq!(camera.wait_for_frames(1).width, 1280);
    let (_, status) = camera.stop();
    assert_eq!(status.state, State::Streaming);
    server.kill();
}

#[test]
fn refusal_and_a_wrong_path_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let wrong = options(&format!("{}/nothing-here", server.url()));
    let timeout = std::time::Duration::from_secs(20);
    let error = CAPTURE.probe(&wrong, timeout).unwrap_err();
    assert_eq!(error, capture::CaptureError::NoSuchStream);
    let right = options(&server.url());
    assert_eq!(CAPTURE.probe(&right, timeout).unwrap().width, 1280);
    server.kill();
    assert_eq!(CAPTURE.probe(&right, timeout).unwrap_err(), capture::CaptureError::Refused);
}

#[test]
fn a_clip_served_once_ends() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, false, None);
    let (frames, status) = Camera::start(options(&server.url()), true).join();
    assert!(!frames.is_empty());
    assert_eq!(status.state, State::Ended);
    assert!(status.adds_up(), "{status:?}");
    server.kill();
}

#[test]
fn a_silent_connection_is_given_up_and_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let proxy = Proxy::start(server.address);
    let mut options = options(&format!("rtsp://{}/cam", proxy.address));
    options.stall_after = std::time::Duration::from_secs(2);
    let camera = Camera::start(options, false);
    camera.wait_for_frames(2);
    proxy.silent.store(true, SeqCst);
    assert_eq!(camera.wait_for_reason(), "no frame for 2s");
    proxy.silent.store(false, SeqCst);
    camera.wait_for_frames(2);
    let (_, status) = camera.stop();
    assert_eq!(status.state, State::Streaming);
    assert!(status.adds_up(), "{status:?}");
    server.kill();
}

#[test]
fn viewers_of_one_mount_share_it_and_may_vanish() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clip) = record(dir.path(), "a.mp4", &H264_720P) else { return };
    let server = Server::start(clip, 0, true, None);
    let first = Camera::start(options(&server.url()), false);
    first.wait_for_frames(1);
    let second = Camera::start(options(&server.url()), false);
    second.wait_for_frames(1);
    first.stop();
    second.wait_for_frames(2);
    second.stop();
    let third = Camera::start(options(&server.url()), false);
    third.wait_for_frames(2);
    third.stop();
    server.kill();
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("rtsp://{}/cam", listener.local_addr().unwrap());
    let timeout = std::time::Duration::from_millis(500);
    let error = CAPTURE.probe(&options(&address), timeout).unwrap_err();
    assert_eq!(error, capture::CaptureError::Timeout(timeout));
    let camera = Camera::start(options(&address), false);
    assert!(!camera.wait_for_reason().is_empty());
    camera.stop();
}
