//! Ramps over made-up loads, and their table. No process is started.

use super::*;
use crate::app::bench::pipeline::metrics::Counts;

pub fn request() -> Request {
    Request {
        cameras: 4,
        ramp: false,
        span: Duration::from_secs(10),
        warm_up: None,
        late: Duration::from_secs(1),
        site: Site {
            every: Duration::from_secs(2),
            clips: vec!["clips".into()],
            card: "models/nano/model.toml".into(),
            preset: None,
            recheck: None,
        },
    }
}

/// 50 MiB and 10 threads with one camera, 2 MiB, half a thread and 10 thousandths for each; beyond
/// `most` cameras frames are replaced.
fn load(cameras: usize, most: usize) -> Load {
    let n = cameras as f64;
    let over = if cameras > most { n } else { 0.0 };
    let text = format!(
        "streetwarden_camera_frames_dropped_total{{camera=\"a\",reason=\"delta\"}} {n}\n\
         streetwarden_camera_frames_dropped_total{{camera=\"a\",reason=\"unchanged\"}} 7\n\
         streetwarden_camera_frames_dropped_total{{camera=\"a\",reason=\"superseded\"}} {over}\n\
         streetwarden_camera_frames_dropped_total{{camera=\"a\",reason=\"disk_full\"}} 0\n\
         streetwarden_frames_judged_total{{camera=\"a\"}} 50\n\
         streetwarden_decision_seconds_bucket{{le=\"0.2\"}} 50\n\
         streetwarden_decision_seconds_bucket{{le=\"+Inf\"}} 50\n"
    );
    Load {
        seconds: 10.0,
        processor_s: 0.1 * n,
        server_s: 0.05 * n,
        memory_mib: Some(48.0 + 2.0 * n),
        threads: Some(10.0 + 0.5 * (n - 1.0)),
        counts: Counts::read(&text),
    }
}

fn climbed(request: &Request, most: usize) -> (Vec<usize>, Report) {
    let mut told = Vec::new();
    let mut measure = |cameras| Ok(load(cameras, most));
    let outcomes = climb(request, &mut measure, &mut |line| told.push(line.to_owned()));
    assert_eq!(told.len(), outcomes.len());
    (outcomes.iter().map(|(cameras, _)| *cameras).collect(), table::of(request, &outcomes))
}

#[test]
fn what_a_camera_costs_is_told_against_one_camera() {
    let (cameras, report) = climbed(&Request { cameras: 5, ..request() }, 100);
    assert_eq!(cameras, [1, 5]);
    let json = report.json();
    let (one, five) = (&json["rows"][0], &json["rows"][1]);
    let figure = |row: &serde_json::Value, key: &str| row[key].as_f64().unwrap();
    assert!((figure(five, "processor_millicores_per_camera") - 10.0).abs() < 1e-9, "{five}");
    assert!((figure(five, "cameras_per_core") - 100.0).abs() < 1e-9, "{five}");
    assert!((figure(five, "server_millicores_per_camera") - 5.0).abs() < 1e-9, "{five}");
    assert_eq!(five["memory_mib_per_camera"], 2.0);
    assert_eq!(five["threads_per_camera"], 0.5);
    assert!(one["memory_mib_per_camera"].is_null() && one["threads_per_camera"].is_null());
    assert_eq!((&five["dropped_delta"], &five["dropped_unchanged"]), (&5.0.into(), &7.0.into()));
    assert!(report.csv().lines().all(|line| !line.contains("-0")), "{}", report.csv());
    assert_eq!((&five["dropped_superseded"], &five["dropped_else"]), (&0.0.into(), &0.0.into()));
    assert_eq!((&five["judged_per_s"], &five["decision_p50_ms"]), (&5.0.into(), &100.0.into()));
    assert_eq!(five["holds"], true);
    assert!(report.to_string().contains("5 cameras: holds"), "{report}");
}

#[test]
fn a_ramp_doubles_until_frames_are_lost_or_late() {
    let ramp = Request { cameras: 3, ramp: true, ..request() };
    let (cameras, report) = climbed(&ramp, 10);
    assert_eq!(cameras, [1, 3, 6, 12]);
    let text = report.to_string();
    assert!(text.contains("6 cameras: holds") && text.contains("12 cameras: too much"), "{text}");
    let (cameras, _) = climbed(&Request { cameras: 1, ..ramp.clone() }, 3);
    assert_eq!(cameras, [1, 2, 4]);
    let hasty = Request { late: Duration::from_millis(150), ..ramp };
    assert_eq!(climbed(&hasty, 10).0, [1, 3], "late decisions are too much as well");
    let (cameras, report) = climbed(&Request { cameras: 3, ..request() }, 1);
    assert_eq!(cameras, [1, 3]);
    assert!(report.is_complete(), "what is too much was measured all the same");
}

#[test]
fn a_fault_is_told_and_ends_the_ramp() {
    let mut measure = |cameras| match cameras {
        2 => anyhow::bail!("only 1 of 2 cameras deliver"),
        _ => Ok(load(cameras, 100)),
    };
    let ramp = Request { cameras: 2, ramp: true, ..request() };
    let outcomes = climb(&ramp, &mut measure, &mut |_| {});
    assert_eq!(outcomes.len(), 2);
    let report = table::of(&ramp, &outcomes);
    assert!(!report.is_complete());
    assert_eq!(report.json()["rows"][1]["fault"], "only 1 of 2 cameras deliver");
}

#[test]
fn one_camera_is_measured_once() {
    assert_eq!(climbed(&Request { cameras: 1, ..request() }, 100).0, [1]);
}
