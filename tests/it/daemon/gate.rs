//! The demo's clips with the gate and without: the same cases, most frames not looked at.

use serde_json::Value;
use streetwarden::base::WallTime;

use super::{
    process::{Daemon, wait},
    site::{Site, assert_true},
};

/// Seconds by which a case may differ: the clips change every second somewhere.
const REACH_S: u64 = 6;

struct Run {
    cases: Vec<Value>,
    sampled: u64,
    unchanged: u64,
}

fn run(recheck: &str) -> Run {
    let every = "every = \"1s\"";
    let site = Site::of_files().replacing(every, &format!("{every}\nrecheck = \"{recheck}\""));
    let daemon = Daemon::start(&site.config(), &[]);
    daemon.wait_for_ends();
    let cases = wait("every case, and one gone", || {
        let cases = daemon.cases();
        (cases.len() >= 4 && cases.iter().any(|c| c["gone_at"].is_string())).then_some(cases)
    });
    assert_true(&cases);
    let (mut sampled, mut unchanged) = (0, 0);
    for camera in daemon.cameras() {
        let count = |key: &str| camera[key].as_u64().unwrap();
        let dropped = camera["dropped"].as_object().unwrap();
        let dropped_in_all: u64 = dropped.values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(count("frames_in"), count("sampled") + dropped_in_all, "{camera}");
        sampled += count("sampled");
        unchanged += dropped.get("unchanged").and_then(Value::as_u64).unwrap_or(0);
    }
    let metrics = daemon.text("/metrics");
    let is_told = metrics.contains("reason=\"unchanged\"");
    assert_eq!(is_told, unchanged > 0, "{metrics}");
    Run { cases, sampled, unchanged }
}

#[test]
fn the_demos_cases_need_few_of_its_frames() {
    let (all, gated) = (run("off"), run("30s"));
    eprintln!("{} frames looked at, {} with the gate", all.sampled, gated.sampled);
    assert_eq!(all.unchanged, 0);
    assert_eq!(gated.sampled + gated.unchanged, all.sampled);
    assert!(gated.sampled * 2 < all.sampled, "{} of {}", gated.sampled, all.sampled);
    for case in &all.cases {
        let time = |case: &Value, key: &str| WallTime::parse(case[key].as_str()?).ok();
        let near = |other: &&Value| {
            let apart = |key: &str| match (time(case, key), time(other, key)) {
                (Some(a), Some(b)) => a.millis().abs_diff(b.millis()) <= REACH_S * 1_000,
                (a, b) => a == b,
            };
            other["class"] == case["class"]
                && ["first_seen", "opened_at", "gone_at"].into_iter().all(apart)
        };
        assert_eq!(gated.cases.iter().filter(near).count(), 1, "{case} in {:#?}", gated.cases);
    }
}
