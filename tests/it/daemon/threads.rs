//! What a camera costs the process: no thread, however many there are.

use std::{fmt::Write as _, fs, path::Path};

use super::{
    process::{Daemon, wait},
    site::demo,
};
use crate::capture::{
    clips::{H264_720P, Recipe, record},
    road::Server,
};

/// Writes the settings of a site with so many cameras, all on one stream.
fn site(dir: &Path, url: &str, cameras: usize) -> std::path::PathBuf {
    let demo = fs::read_to_string(demo().join("site.toml")).unwrap();
    let rules = demo.split("[[camera]]").next().unwrap();
    let mut text = rules.replace("grids = \"grids.geojson\"\n", "");
    text.push_str("[capture]\ndecoder_threads = 1\n[web]\nbind = \"127.0.0.1:0\"\n");
    for index in 0..cameras {
        writeln!(
            text,
            "[[camera]]\nid = \"c{index}\"\nuri = \"{url}\"\nevery = \"2s\"\n\
             position = {{ lon = 113.08, lat = 22.57, crs = \"WGS84\" }}"
        )
        .unwrap();
    }
    let path = dir.join("site.toml");
    fs::write(&path, text).unwrap();
    path
}

/// Threads of a daemon all of whose cameras have handed over a frame.
fn threads(url: &str, cameras: usize) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(&site(dir.path(), url, cameras), &[]);
    wait("a frame of every camera", || {
        let cameras = daemon.cameras();
        cameras.iter().all(|camera| camera["sampled"].as_u64() > Some(0)).then_some(())
    });
    for camera in daemon.cameras() {
        assert_eq!(camera["decoded"]["way"], "shared", "{camera}");
    }
    let metrics = daemon.text("/metrics");
    assert!(metrics.contains("streetwarden_camera_own_decoder{camera=\"c0\"} 0"), "{metrics}");
    let count = daemon.threads();
    let (status, log) = daemon.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.trim_end().ends_with("stopped"), "nobody was late: {log}");
    count
}

#[test]
fn cameras_cost_no_threads() {
    let dir = tempfile::tempdir().unwrap();
    let clip = Recipe { width: 320, height: 180, gop: 10, ..H264_720P };
    let Some(clip) = record(dir.path(), "a.mp4", &clip) else { return };
    let server = Server::start(clip, 0, true, None);
    let (few, many) = (threads(&server.url(), 2), threads(&server.url(), 12));
    // Threads that serve files and names come and go by ones.
    assert!(many < few + 4, "{few} threads with 2 cameras, {many} with 12");
    server.kill();
}
