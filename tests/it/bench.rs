//! The verb `bench` as a person calls it. What the figures are is nobody's promise here: only that
//! they are there, and that what cannot be measured is named while the rest goes on.

use std::{fs, process::Command};

use serde_json::Value;

fn bench(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_streetwarden"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("bench").args(arguments);
    command.output().unwrap()
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_sweep_goes_on_past_what_cannot_be_measured() {
    let folder = tempfile::tempdir().unwrap();
    let [json, csv] = ["infer.json", "infer.csv"].map(|name| folder.path().join(name));
    let output = bench(&[
        "infer",
        "--providers",
        "coral,cpu",
        "--batches",
        "2",
        "--sessions",
        "1,2",
        "--threads",
        "1",
        "--size",
        "320x180",
        "--turn",
        "1ms",
        "--longest",
        "1ms",
        "--json",
        json.to_str().unwrap(),
        "--csv",
        csv.to_str().unwrap(),
    ]);
    let (table, said) = (words(&output.stdout), words(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{table}{said}");
    assert!(table.contains("unknown execution provider \"coral\""), "{table}");
    assert!(table.contains("2 of 4 could not be measured"), "{table}");
    assert!(said.contains("4 of 4: cpu, batch 2, 2 sessions, 1 threads"), "{said}");
    let report: Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &report["complete"]), (4, &false.into()));
    for (index, row) in rows.iter().enumerate() {
        let measured = index >= 2;
        assert_eq!(row["fault"].is_null(), measured, "{row}");
        for key in ["raw_images_per_s", "images_per_s", "ratio", "p99_ms", "raw_p50_ms"] {
            assert_eq!(row[key].as_f64().is_some_and(|n| n > 0.0), measured, "{key} of {row}");
        }
        assert_eq!(row["memory_mib"].as_f64().is_some_and(|n| n > 1.0), measured, "{row}");
    }
    let csv = fs::read_to_string(csv).unwrap();
    assert_eq!(csv.lines().count(), 5, "{csv}");
    assert!(csv.starts_with("model,provider,precision,devices,batch,"), "{csv}");
}

#[test]
fn too_much_memory_and_what_a_provider_does_not_know_are_named_and_the_rest_goes_on() {
    let output = bench(&[
        "infer",
        "--precisions",
        "file,fp16,fp12",
        "--devices",
        ",0",
        "--batches",
        "100000000,1",
        "--sessions",
        "1",
        "--threads",
        "1",
        "--size",
        "64x48",
        "--turn",
        "1ms",
        "--longest",
        "1ms",
    ]);
    let table = words(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{table}");
    for part in [
        "MiB are free: ask for smaller batches",
        "cpu computes as the model's file says: name a file in fp16",
        "unknown precision \"fp12\"",
        "cpu has no numbered devices",
        "11 of 12 could not be measured",
        "best raw",
    ] {
        assert!(table.contains(part), "{part} is not in\n{table}");
    }
}

#[test]
fn bad_usage_is_told_apart_from_what_cannot_be_measured() {
    for wrong in [&["infer", "--batches", "0"][..], &["infer", "--size", "big"], &["nothing"]] {
        assert_eq!(bench(wrong).status.code(), Some(64), "{wrong:?}");
    }
    let missing = ["infer", "--model", "no/such/model.toml", "--batches", "1", "--sessions", "1"];
    let output = bench(&missing);
    assert_eq!(output.status.code(), Some(1));
    assert!(words(&output.stdout).contains("no/such/model.toml"), "{}", words(&output.stdout));
}

#[test]
fn a_preset_is_chosen_written_and_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let [out, html] = ["tuned.toml", "tuned.html"].map(|name| folder.path().join(name));
    let tune = |more: &[&str]| {
        let quick = ["--turn", "1ms", "--longest", "1ms", "--size", "320x180", "--threads", "1"];
        let small = ["--batches", "1,2", "--sessions", "1", "--latency", "1h"];
        let out = ["--out", out.to_str().unwrap(), "--html", html.to_str().unwrap()];
        bench(&[&["tune"][..], &quick, &small, &out, more].concat())
    };
    let output = tune(&[]);
    let table = words(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{table}{}", words(&output.stderr));
    assert!(table.contains("chosen: cpu, batch "), "{table}");
    let preset = fs::read_to_string(&out).unwrap();
    assert!(preset.contains("[detect]\nproviders = [\"cpu\"]\nsessions = 1\n"), "{preset}");
    let page = fs::read_to_string(&html).unwrap();
    assert!(page.contains("Throughput against batch") && page.contains("<circle"), "{page}");
    let again = tune(&[]);
    assert_eq!(again.status.code(), Some(1));
    assert!(words(&again.stderr).contains("--force"), "{}", words(&again.stderr));
}

#[test]
fn a_folder_is_measured_beside_its_limits_and_a_broken_picture_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for shade in [40, 120, 200] {
        let picture = image::RgbImage::from_pixel(960, 540, image::Rgb([shade; 3]));
        picture.save(folder.path().join(format!("{shade}.jpg"))).unwrap();
    }
    let json = folder.path().join("detect.json");
    let quick = ["--turn", "1ms", "--longest", "1ms", "--json", json.to_str().unwrap()];
    let asked = ["detect", "--pictures", folder.path().to_str().unwrap()];
    let output = bench(&[&asked[..], &quick].concat());
    let table = words(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{table}{}", words(&output.stderr));
    let report: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row["images_per_s"].as_f64().unwrap() > 0.0), "{rows:?}");
    let whole = &rows[3];
    assert_eq!(whole["way"], "detect");
    let [least, both] = ["of_least", "of_both"].map(|key| whole[key].as_f64().unwrap());
    assert!(least > 0.0 && both > least, "{whole}");
    fs::write(folder.path().join("a.jpg"), "broken").unwrap();
    let output = bench(&[&asked[..], &quick].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(words(&output.stderr).contains("a.jpg"), "{}", words(&output.stderr));
}

#[test]
fn the_cut_outs_of_a_folder_are_laid_out_too_unless_the_second_look_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    // stalls and boards of the demo
    let shown = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/demo-cameras.jpg");
    fs::copy(shown, folder.path().join("a.jpg")).unwrap();
    let json = folder.path().join("detect.json");
    let quick = ["--turn", "1ms", "--longest", "1ms", "--json", json.to_str().unwrap()];
    let cut_outs = |also: &[&str]| {
        let asked = ["detect", "--pictures", folder.path().to_str().unwrap()];
        let output = bench(&[&asked[..], &quick, also].concat());
        assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
        let report: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
        let alone = &report["rows"][0];
        assert_eq!(alone["way"], "ONNX Runtime alone");
        assert!(alone["processor_ms_per_image"].as_f64().unwrap() > 0.0);
        report["facts"]["cut_outs"].as_str().unwrap().to_owned()
    };
    assert_ne!(cut_outs(&[]), "0.00 a picture");
    assert_eq!(cut_outs(&["--no-second-look"]), "0.00 a picture");
}

#[cfg(feature = "gst")]
#[test]
fn starts_are_measured_up_to_the_first_decision() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("start.json");
    let output =
        bench(&["start", "--cameras", "1,2", "--starts", "1", "--json", json.to_str().unwrap()]);
    let (table, said) = (words(&output.stdout), words(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{table}{said}");
    let report: Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    for (row, cameras) in report["rows"].as_array().unwrap().iter().zip([1.0, 2.0]) {
        assert_eq!((&row["cameras"], &row["starts"]), (&cameras.into(), &1.0.into()), "{row}");
        let [page, decision] = ["start_s", "first_decision_s"].map(|key| row[key].as_f64());
        assert!(0.0 < page.unwrap() && page < decision, "{row}");
    }
}

#[cfg(feature = "gst")]
#[test]
fn simulated_cameras_are_measured_beside_one() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("pipeline.json");
    let quick = ["--every", "1s", "--seconds", "10", "--warm-up", "1s", "--recheck", "off"];
    let kept = ["--cameras", "3", "--late", "1h", "--json", json.to_str().unwrap()];
    let output = bench(&[&["pipeline"][..], &quick, &kept].concat());
    let (table, said) = (words(&output.stdout), words(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{table}{said}");
    let report: Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    let figure =
        |row: &Value, key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{key}: {row}"));
    for (row, cameras) in rows.iter().zip([1.0, 3.0]) {
        assert_eq!(figure(row, "cameras"), cameras);
        for key in ["processor_millicores_per_camera", "server_millicores_per_camera", "threads"] {
            assert!(figure(row, key) > 0.0, "{key} of {row}");
        }
        assert!(figure(row, "memory_mib") > 10.0 && figure(row, "judged_per_s") > 0.0, "{row}");
        let saved = figure(row, "dropped_delta") + figure(row, "dropped_not_due");
        assert!(saved > 0.0, "{row}");
        assert!(figure(row, "decision_p95_ms") >= figure(row, "decision_p50_ms"), "{row}");
        assert_eq!(figure(row, "dropped_unchanged"), 0.0, "every frame was to be looked at");
    }
    assert!(rows[0]["threads_per_camera"].is_null());
    assert!(figure(&rows[1], "threads_per_camera").abs() < 50.0);
}
