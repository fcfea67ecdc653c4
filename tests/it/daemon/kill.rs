//! SIGKILL while cases are being made. `script/kill-test` does the same ten times.

use super::{
    process::{Clips, Daemon, wait},
    site::{Site, assert_true},
};

/// Frames that each of the killed daemons decides about before it is killed, all cameras together: whether
/// to look, and what is seen. The first is killed before any case can be, the last while cases open.
const DECIDED: [u64; 3] = [24, 92, 78];

#[test]
fn kills_lose_no_case_and_double_none() {
    let clips = Clips::once();
    let site = Site::of_streams(clips.port);
    let config = site.config();
    for frames in DECIDED {
        let daemon = Daemon::start(&config, &[]);
        wait("frames before the kill", || (decided(&daemon) >= frames).then_some(()));
        daemon.kill();
        site.assert_clean();
    }
    let daemon = Daemon::start(&config, &[]);
    wait("the end of the clips", || {
        let failing = |c: &serde_json::Value| c["state"] == "failing" || c["state"] == "ended";
        let seen = daemon.cameras().iter().all(|c| c["frames_in"].as_u64() > Some(0));
        (seen && daemon.cameras().iter().all(failing)).then_some(())
    });
    assert_true(&daemon.cases());
    let (status, log) = daemon.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    site.assert_clean();
}

fn decided(daemon: &Daemon) -> u64 {
    let of = |camera: &serde_json::Value| {
        camera["sampled"].as_u64().unwrap_or(0)
            + camera["dropped"]["unchanged"].as_u64().unwrap_or(0)
            + camera["dropped"]["cooldown"].as_u64().unwrap_or(0)
    };
    daemon.cameras().iter().map(of).sum()
}
