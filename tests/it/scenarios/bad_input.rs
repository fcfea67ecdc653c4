//! A bad recording or bad settings end with a reason, and nothing half-written.

use std::fs;

use super::{
    desk::{Desk, contents, rows},
    street::{STALL, Street},
};

fn street() -> Street {
    Street::seen_from_west(60.0).thing(STALL, (21.0, 3.0), [10.0..50.0])
}

/// Replays the street in two halves, the second with its line `n` (counted from 1) replaced; what
/// was said, after making sure that cases and state are those of the first half.
fn refused(n: usize, bad: &str) -> String {
    let street = street();
    let desk = Desk::new(&street.site());
    let lines = street.lines();
    let (first, second) = lines.split_at(lines.len() / 2);
    assert!(desk.run(first, Some("state")).status.success());
    let cases = fs::read(desk.path("cases.json")).unwrap();
    let state = contents(&desk.path("state"));
    assert!(!state.is_empty() && rows(&cases).len() == 1);

    let mut second = second.to_vec();
    second[n - 1] = bad.to_owned();
    let output = desk.run(&second, Some("state"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(fs::read(desk.path("cases.json")).unwrap(), cases, "cases were touched");
    assert_eq!(contents(&desk.path("state")), state, "the state was touched");
    assert!(said.contains(&format!("line {n}")), "{said}");
    said
}

const LOOK: &str = r#"{"camera":"west","at":"2026-03-02T00:55:00+08:00","width":1920,"height":1080,"detections":[]}"#;

#[test]
fn a_malformed_line_is_named_with_its_reason() {
    assert!(refused(40, "no json").contains("expected"));
    assert!(refused(7, &LOOK[..50]).contains("EOF"));
    assert!(refused(3, &LOOK.replace("1920", "-1")).contains("-1"));
    assert!(refused(3, &LOOK.replace("\"width\"", "\"weight\"")).contains("weight"));
    assert!(refused(1, &LOOK.replace("T00:55", " noon")).contains("RFC 3339"));
    let found = r#""detections":[{"class":"street_stall","score":2,"box":[0.1,0.1,0.2,0.2]}]"#;
    assert!(refused(2, &LOOK.replace("\"detections\":[]", found)).contains("score 2"));
    assert!(refused(2, r#"{"at":"2026-03-02T00:55:00+08:00"}"#).contains("review"));
}

#[test]
fn a_line_out_of_order_is_refused() {
    let early = LOOK.replace("T00:55", "T00:05");
    assert!(refused(30, &early).contains("before"));
    // also when the line before it is that of the run before
    assert!(refused(1, &early).contains("before"));
}

#[test]
fn an_unknown_camera_is_named() {
    assert!(refused(5, &LOOK.replace("west", "south")).contains("\"south\""));
}

#[test]
fn a_first_run_that_fails_leaves_nothing() {
    let street = street();
    let desk = Desk::new(&street.site());
    let mut lines = street.lines();
    lines.push("{".to_owned());
    let output = desk.run(&lines, Some("state"));
    assert_eq!(output.status.code(), Some(1));
    assert!(!desk.path("cases.json").exists() && contents(&desk.path("state")).is_empty());
}

#[test]
fn a_missing_recording_is_named() {
    let desk = Desk::new(&street().site());
    let output = desk.run_on(&desk.path("nowhere.jsonl"), None);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("nowhere.jsonl"));
}

#[test]
fn bad_settings_are_told_all_at_once() {
    let site = street()
        .site()
        .replace(", crs = \"WGS84\"", "")
        .replace("dwell = \"5m\"", "dwell = \"five\"")
        .replace("Asia/Shanghai", "Asia/Kaiping");
    let desk = Desk::new(&site);
    let output = desk.run(&street().lines(), Some("state"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{said}");
    for (path, word) in [
        ("camera[0].position.crs", "missing"),
        ("rule.street_stall.dwell", "five"),
        ("site.timezone", "Asia/Kaiping"),
    ] {
        assert!(
            said.lines().any(|line| line.contains(path) && line.contains(word)),
            "{path} in: {said}"
        );
    }
    assert!(!desk.path("cases.json").exists() && !desk.path("state").exists());
}
