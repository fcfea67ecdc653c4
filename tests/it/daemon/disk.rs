//! A disk without room: nothing is half-kept, the cameras say why, and it goes on when there is
//! room again.

use std::{
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    process::Command,
};

use super::{
    process::{Daemon, wait},
    site::{Site, assert_true},
};

const MEMORY_DISK: &str = "/dev/shm";
/// Room left above the limit at first: more than the demo's evidence takes.
const ROOM_MB: u64 = 40;
/// What the ballast takes: twice the room, so that it is gone whatever else the disk does meanwhile.
const BALLAST_MB: u64 = 80;

#[test]
fn without_room_there_is_no_case_and_the_cameras_say_so() {
    let site = Site::of_files();
    let data = site.path("data");
    let site = site.with_data(&data, u64::MAX / 4_000_000);
    let daemon = Daemon::start(&site.config(), &[]);
    for id in ["cam-1", "cam-2", "cam-3", "cam-4"] {
        let camera = wait("a failing camera", || {
            Some(daemon.camera(id)).filter(|c| c["state"] == "failing")
        });
        let reason = camera["reason"].as_str().unwrap();
        assert!(reason.contains("disk full") && reason.contains("min_free_mb"), "{reason}");
    }
    wait("drops that are counted", || {
        (daemon.camera("cam-1")["dropped"]["disk_full"].as_u64() > Some(1)).then_some(())
    });
    assert!(daemon.cases().is_empty());
    let metrics = daemon.text("/metrics");
    assert!(metrics.contains("reason=\"disk_full\""), "{metrics}");
    assert!(!metrics.contains("streetwarden_frames_judged_total{"), "none is judged: {metrics}");
    let (status, log) = daemon.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(site.assert_clean().starts_with("0 cases, 0 files"));
}

/// Room is taken and given back while it runs, on a memory disk, where no other process of this
/// machine writes meanwhile.
#[test]
fn it_goes_on_when_there_is_room_again() {
    let Some(disk) = Disk::find() else {
        eprintln!("SKIPPED: /dev/shm is missing or has less than {} MB free", 2 * BALLAST_MB);
        return;
    };
    let ballast = disk.fill();
    let site = Site::of_files().with_data(&disk.dir.path().join("data"), disk.free_mb - ROOM_MB);
    let daemon = Daemon::start(&site.config(), &[]);
    wait("failing cameras", || {
        daemon.cameras().iter().all(|c| c["state"] == "failing").then_some(())
    });
    fs::remove_file(ballast).unwrap();
    daemon.wait_for_ends();
    assert_true(&daemon.cases());
    daemon.terminate();
    site.assert_clean();
}

/// A memory disk with room, and a folder on it.
struct Disk {
    dir: tempfile::TempDir,
    free_mb: u64,
}

impl Disk {
    fn find() -> Option<Self> {
        let df = Command::new("df")
            .args(["--output=avail", "--block-size=1000000", MEMORY_DISK])
            .output()
            .ok()?;
        let free_mb = String::from_utf8(df.stdout).ok()?.lines().nth(1)?.trim().parse().ok()?;
        let dir = tempfile::tempdir_in(MEMORY_DISK).ok()?;
        (free_mb > 2 * BALLAST_MB).then_some(Self { dir, free_mb })
    }

    /// Writes the ballast, and says where.
    fn fill(&self) -> PathBuf {
        let path = self.dir.path().join("ballast");
        let mut file = File::create(&path).unwrap();
        for _ in 0..BALLAST_MB {
            file.write_all(&[0; 1_000_000]).unwrap();
        }
        path
    }
}
