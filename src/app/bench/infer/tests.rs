//! A sweep over made-up combinations, and its table. No model is run.

use super::*;
use crate::app::bench::contest::{Figure, Figures};

fn request() -> Request {
    Request {
        cards: vec!["models/nano/model.toml".into()],
        providers: vec!["cpu".to_owned(), "coral".to_owned()],
        precisions: vec![AS_THE_FILE.to_owned()],
        devices: vec![String::new()],
        batches: vec![1, 4],
        sessions: vec![1, 2],
        threads: vec![1],
        pictures: Vec::new(),
        size: "64x48".parse().unwrap(),
        times: Times { turn: Duration::ZERO, longest: Duration::ZERO },
        patience: Duration::from_secs(1),
    }
}

fn figure(calls_per_s: f64, ratio: f64) -> Figure {
    let (spread, processor_ms) = (0.01, 8.0);
    Figure { calls_per_s, spread, ratio, p50_ms: 10.0, p95_ms: 20.0, p99_ms: 30.0, processor_ms }
}

/// The more sessions, the faster; detectors reach nine tenths.
fn measured(point: &Point) -> Measured {
    let raw = 10.0 * point.sessions as f64;
    let each = vec![figure(raw, 1.0), figure(0.9 * raw, 0.9)];
    Measured {
        figures: Figures { each, rounds: 7, settled: point.sessions == 1 },
        memory_mib: Some(50.0),
        gpu_memory_mib: None,
    }
}

#[test]
fn every_combination_is_measured_once_and_a_fault_does_not_end_the_sweep() {
    let mut told = Vec::new();
    let mut measure = |point: &Point| match point.provider.as_str() {
        "cpu" if point.batch == 4 && point.sessions == 2 => anyhow::bail!("no memory left"),
        "cpu" => Ok(measured(point)),
        other => Err(other.parse::<crate::detect::Provider>().unwrap_err().into()),
    };
    let outcomes = sweep(request().points(), &mut measure, &mut |line| told.push(line.to_owned()));
    let seen: Vec<_> = outcomes
        .iter()
        .map(|(p, outcome)| (p.provider.as_str(), p.sessions, p.batch, outcome.is_ok()))
        .collect();
    assert_eq!(
        seen,
        [
            ("cpu", 1, 1, true),
            ("cpu", 1, 4, true),
            ("cpu", 2, 1, true),
            ("cpu", 2, 4, false),
            ("coral", 1, 1, false),
            ("coral", 1, 4, false),
            ("coral", 2, 1, false),
            ("coral", 2, 4, false),
        ]
    );
    assert_eq!(told.len(), 8);
    assert_eq!(told[3], "4 of 8: cpu, batch 4, 2 sessions, 1 threads");

    let report = table::of(&request(), &outcomes);
    assert!(!report.is_complete());
    let json = report.json();
    let row = &json["rows"][1];
    assert_eq!((&row["model"], &row["provider"]), (&"nano".into(), &"cpu".into()));
    assert_eq!(row["raw_images_per_s"], 40.0);
    assert_eq!((&row["images_per_s"], &row["ratio"]), (&36.0.into(), &0.9.into()));
    assert_eq!(
        (&row["processor_ms_per_image"], &row["processor_ratio"]),
        (&2.0.into(), &1.0.into())
    );
    assert_eq!((&row["memory_mib"], &row["settled"]), (&50.0.into(), &true.into()));
    assert_eq!(json["rows"][3]["fault"], "no memory left");
    assert!(json["rows"][3]["images_per_s"].is_null());
    let text = report.to_string();
    for part in ["unknown execution provider \"coral\"", "5 of 8 could not", "best raw 40.0 img/s"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn precisions_and_devices_are_swept_too() {
    let two = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
    let request = Request {
        providers: vec!["tensorrt".to_owned()],
        precisions: two("fp16", AS_THE_FILE),
        devices: two("", "0+1"),
        batches: vec![8],
        sessions: vec![2],
        ..request()
    };
    let points: Vec<_> = request.points().iter().map(Point::to_string).collect();
    assert_eq!(
        points,
        [
            "tensorrt fp16, batch 8, 2 sessions, 1 threads",
            "tensorrt fp16 on 0+1, batch 8, 2 sessions, 1 threads",
            "tensorrt, batch 8, 2 sessions, 1 threads",
            "tensorrt on 0+1, batch 8, 2 sessions, 1 threads",
        ]
    );
    let outcomes = sweep(request.points(), &mut |point| Ok(measured(point)), &mut |_| {});
    let row = &table::of(&request, &outcomes).json()["rows"][1];
    assert_eq!((&row["precision"], &row["devices"]), (&"fp16".into(), &"0+1".into()));
}

#[test]
fn nothing_measured_is_a_table_too() {
    let mut measure = |_: &Point| anyhow::bail!("no library");
    let outcomes = sweep(request().points(), &mut measure, &mut |_| {});
    let text = table::of(&request(), &outcomes).to_string();
    assert!(text.contains("8 of 8 could not be measured") && !text.contains("best"), "{text}");
}

#[test]
fn a_point_survives_the_way_to_its_process() {
    let point = request().points().swap_remove(3);
    let text = serde_json::to_string(&point).unwrap();
    assert_eq!(serde_json::from_str::<Point>(&text).unwrap(), point);
}
