//! script/bench-compare on made-up results of criterion: what it calls slower. Nothing is measured.

use std::{fs, path::Path, process::Command};

use serde_json::json;
use tempfile::TempDir;

/// Writes what criterion would have: a median and how far its interval goes to either side.
fn put(target: &Path, name: &str, measured: &str, median_ns: f64, off_ns: f64) {
    let dir = target.join("criterion").join(name.replace('/', "_")).join(measured);
    fs::create_dir_all(&dir).unwrap();
    let interval = json!({ "confidence_level": 0.95, "lower_bound": median_ns - off_ns,
        "upper_bound": median_ns + off_ns });
    let estimate = json!({ "point_estimate": median_ns, "confidence_interval": interval });
    let estimates = json!({ "median": estimate, "mean": estimate });
    fs::write(dir.join("estimates.json"), estimates.to_string()).unwrap();
    fs::write(dir.join("benchmark.json"), json!({ "full_id": name }).to_string()).unwrap();
}

fn compare(target: &TempDir, arguments: &[&str]) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("script/bench-compare");
    let mut command = Command::new(script);
    command.env("CARGO_TARGET_DIR", target.path()).env("PYTHONIOENCODING", "utf-8");
    let output = command.args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

fn line<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}:\n{text}"))
}

#[test]
fn what_is_slower_beyond_the_spread_is_flagged_and_nothing_else() {
    let target = TempDir::new().unwrap();
    for (name, was, was_off, now, now_off) in [
        ("judge/seen", 1000.0, 10.0, 1100.0, 20.0),
        ("judge/within", 1000.0, 10.0, 1040.0, 1.0),
        ("nms/wild", 1000.0, 100.0, 1200.0, 100.0),
        ("nms/faster", 1000.0, 1.0, 900.0, 1.0),
    ] {
        put(target.path(), name, "release", was, was_off);
        put(target.path(), name, "new", now, now_off);
    }
    put(target.path(), "store/added", "new", 5.0, 0.1);
    put(target.path(), "store/dropped", "release", 5.0, 0.1);
    let (code, text) = compare(&target, &["release", "--no-run"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(line(&text, "judge/seen").ends_with("+10.0%  SLOWER"), "{text}");
    for (name, ending) in [
        ("judge/within", "+4.0%"),
        ("nms/wild", "+20.0%"),
        ("nms/faster", "-10.0%  faster"),
        ("store/added", "not in the baseline"),
        ("store/dropped", "only in the baseline"),
    ] {
        assert!(line(&text, name).ends_with(ending), "{text}");
    }
    assert!(text.contains("1 of 6 slower"), "{text}");
    put(target.path(), "judge/seen", "new", 1001.0, 20.0);
    assert_eq!(compare(&target, &["release", "--no-run"]).0, Some(0));
}

#[test]
fn a_baseline_that_is_not_there_and_bad_usage_are_named() {
    let target = TempDir::new().unwrap();
    let (code, text) = compare(&target, &["v9", "--no-run"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("no baseline 'v9'") && text.contains("--save v9"), "{text}");
    for wrong in [&["a", "--save", "b"][..], &[], &["new", "--no-run"], &["a", "--bench", "b"]] {
        assert_eq!(compare(&target, wrong).0, Some(64), "{wrong:?}");
    }
}
