//! The demo's clips with the gate and without: the same cases, most frames not looked at.

use serde_json::Value;
use streetwarden::base::WallTime;

use super::{
    process::{Daemon, wait},
    site::{Site, assert_true},
};

/// Milliseconds by which the time of a case may differ: that of a gated look comes late by a few frames.
const REACH_MS: i64 = 6_000;

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
    let (all, gated) = (told(&all.cases), told(&gated.cases));
    for (one, same) in all.iter().zip(&gated) {
        assert_eq!(one.0, same.0, "{all:?} and {gated:?}");
        for (a, b) in one.1.iter().zip(same.1) {
            let near = match (*a, b) {
                (Some(a), Some(b)) => a.abs_diff(b) <= REACH_MS.unsigned_abs(),
                (a, b) => a == b,
            };
            assert!(near, "{all:?} and {gated:?}");
        }
    }
}

/// Class and times of each case, first to last, in milliseconds from when the first thing was seen: a
/// clip's frames have the time at which it is played.
fn told(cases: &[Value]) -> Vec<(String, [Option<i64>; 3])> {
    let time = |case: &Value, key: &str| Some(WallTime::parse(case[key].as_str()?).ok()?.millis());
    let begin = cases.iter().filter_map(|case| time(case, "first_seen")).min();
    let of = |case: &Value| {
        let times = ["first_seen", "opened_at", "gone_at"];
        (case["class"].to_string(), times.map(|key| Some(time(case, key)? - begin?)))
    };
    let mut told: Vec<_> = cases.iter().map(of).collect();
    told.sort_by_key(|(class, times)| (class.clone(), times[0]));
    told
}
