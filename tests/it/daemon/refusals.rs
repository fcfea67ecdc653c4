//! Bad input: each is refused by name with what to do, nothing is half-written, and what is good
//! goes on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use super::{
    process::{Daemon, refusal, streetwarden, verb, wait},
    site::{Site, demo},
};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn every_fault_of_the_settings_is_told_at_once_with_its_path() {
    let site = Site::of_files()
        .replacing("timezone = \"Asia/Shanghai\"", "timezone = \"Asia/Shanghay\"")
        .replacing("dwell = \"8s\"", "dwel = \"8s\"")
        .replacing("lon = 113.0816362, lat = 22.57865239, crs = \"WGS84\"", "lon = 1, lat = 2")
        .replacing("class = \"street_stall\"", "class = \"stall\"")
        .replacing("bind = \"127.0.0.1:0\"", "bind = \"0.0.0.0:0\"");
    let config = site.config();
    let config = text(&config);
    let places = [
        ("site.timezone", "Asia/Shanghai"),
        ("rule.bin_overflow.dwell", "is missing"),
        ("rule.bin_overflow.dwel", "did you mean \"dwell\"?"),
        ("camera[1].position.crs", "\"WGS84\""),
        ("permit[0].class", "street_stall"),
        ("web.bind", "token"),
    ];
    for args in [
        &["run", "--config", config] as &[&str],
        &["check", config],
        &["fsck", "--config", config],
        &["migrate", "--config", config],
    ] {
        let (code, said) = refusal(args);
        assert_eq!(code, Some(64), "{args:?}: {said}");
        for (place, hint) in places {
            let line =
                said.lines().find(|line| line.trim_start().starts_with(&format!("{place}:")));
            assert!(line.is_some_and(|line| line.contains(hint)), "{place}: {said}");
        }
    }
    assert!(!site.path("data").exists(), "nothing was begun");
}

#[test]
fn a_missing_settings_file_is_bad_usage() {
    for args in
        [&["run", "--config", "/no/such/site.toml"] as &[&str], &["check", "/no/such/site.toml"]]
    {
        let (code, said) = refusal(args);
        assert_eq!(code, Some(64), "{said}");
        assert!(said.contains("/no/such/site.toml") && said.contains("cannot be read"), "{said}");
    }
}

#[test]
fn a_rule_for_a_class_the_model_does_not_know_is_refused() {
    let rule = "[rule.spaceship]\ndwell = \"1s\"\ngone_after = \"9s\"\ncode = \"06042\"\n";
    let site = Site::of_files().with(rule);
    let (code, said) = refusal(&["run", "--config", text(&site.config())]);
    assert_eq!(code, Some(64), "{said}");
    assert!(said.contains("rule.spaceship") && said.contains("street_stall"), "{said}");
    assert!(!site.path("data").exists(), "nothing was begun");
}

/// A copy of the shipped model to be spoilt; where its card is.
fn model(site: &Site) -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/street-nano");
    for name in ["model.toml", "street-nano.onnx"] {
        fs::copy(shipped.join(name), site.path(name)).unwrap();
    }
    site.path("model.toml")
}

fn edit(path: &Path, from: &str, to: &str) {
    let old = fs::read_to_string(path).unwrap();
    assert!(old.contains(from), "{from:?} is not in {}", path.display());
    fs::write(path, old.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_spoilt_model_is_refused_by_name() {
    let site = Site::of_files().with("[detect]\nmodel = \"model.toml\"\n");
    let card = model(&site);
    let config = site.config();
    let shipped = fs::read(site.path("street-nano.onnx")).unwrap();
    let right = sha256(&shipped);
    let refused = |what: &str| {
        let (code, said) = refusal(&["run", "--config", text(&config)]);
        assert_eq!(code, Some(1), "{said}");
        let line = said.lines().find(|l| l.starts_with("streetwarden: ")).expect("an error");
        assert!(line.contains("street-nano.onnx") && line.contains(what), "{what}: {said}");
        assert!(!site.path("data").exists(), "nothing was begun");
        line.to_owned()
    };
    // not the file the card was written for
    let cut = &shipped[..shipped.len() / 2];
    fs::write(site.path("street-nano.onnx"), cut).unwrap();
    let said = refused("sha256");
    assert!(said.contains(&right) && said.contains(&sha256(cut)), "both hashes: {said}");
    // a card written for a corrupt file
    edit(&card, &right, &sha256(cut));
    refused("corrupt");
    // a card that tells another type
    fs::write(site.path("street-nano.onnx"), &shipped).unwrap();
    edit(&card, &sha256(cut), &right);
    edit(&card, "dtype = \"u8\"", "dtype = \"f32\"");
    refused("does not match its card");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

#[test]
fn spoilt_videos_fail_their_cameras_and_no_other() {
    let site = Site::of_files();
    let [cut, garbage] = ["cut.mp4", "garbage.mp4"].map(|name| site.path(name));
    let whole = fs::read(demo().join("clips/cam-1.mp4")).unwrap();
    fs::write(&cut, &whole[..whole.len() / 10]).unwrap();
    let noise: Vec<u8> =
        (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(&garbage, noise).unwrap();
    let clip = |n: u8| demo().join(format!("clips/cam-{n}.mp4"));
    let site = site
        .replacing(text(&clip(1)), text(&cut))
        .replacing(text(&clip(2)), text(&garbage))
        .replacing(text(&clip(4)), "/no/such/clip.mp4");
    let daemon = Daemon::start(&site.config(), &[]);
    for (id, reason) in
        [("cam-1", "truncated"), ("cam-2", "not a video"), ("cam-4", "no such file")]
    {
        let camera = wait("a failing camera", || {
            Some(daemon.camera(id)).filter(|c| c["state"] == "failing")
        });
        assert!(camera["reason"].as_str().unwrap().contains(reason), "{camera}");
    }
    wait("the good camera's end", || (daemon.camera("cam-3")["state"] == "ended").then_some(()));
    let case = wait("its case", || daemon.cases().pop());
    assert_eq!((&case["class"], &case["cameras"][0]), (&"bin_overflow".into(), &"cam-3".into()));
    let (status, log) = daemon.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn a_malformed_line_is_named_and_nothing_is_written() {
    let site = Site::of_files();
    let (config, input, cases, state) =
        (site.config(), site.path("in.jsonl"), site.path("cases.json"), site.path("state"));
    let good = |second: u8| {
        format!(
            r#"{{"camera":"cam-1","at":"2026-05-11T08:00:{second:02}Z","width":1280,"height":720,"detections":[]}}"#
        )
    };
    let replay = || {
        let args = ["replay", text(&input), "--config", text(&config)];
        let out = ["--cases", text(&cases), "--state", text(&state)];
        verb(&[&args[..], &out[..]].concat())
    };
    for (bad, reason) in [
        ("{\"camera\":", "EOF"),
        (
            r#"{"camera":"cam-1","at":"yesterday","width":1,"height":1,"detections":[]}"#,
            "yesterday",
        ),
        (
            r#"{"camera":"cam-9","at":"2026-05-11T08:00:02Z","width":1,"height":1,"detections":[]}"#,
            "cam-9",
        ),
        (
            r#"{"camera":"cam-1","at":"2026-05-11T07:00:00Z","width":1,"height":1,"detections":[]}"#,
            "lies before",
        ),
    ] {
        fs::write(&input, format!("{}\n{}\n{bad}\n{}\n", good(0), good(1), good(3))).unwrap();
        let output = replay();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("in.jsonl: line 3: ") && said.contains(reason), "{reason}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!cases.exists() && !state.exists(), "half-written after {bad}");
    }
    fs::write(&input, format!("{}\n{}\n", good(0), good(1))).unwrap();
    assert!(replay().status.success());
    assert_eq!(fs::read_to_string(&cases).unwrap(), "[]\n");
}

#[test]
fn a_damaged_database_is_refused_by_name() {
    let site = Site::of_files();
    let data = site.path("data");
    let site = site.with_data(&data, 1);
    fs::create_dir(&data).unwrap();
    fs::write(data.join("streetwarden.db"), [b'x'; 5000]).unwrap();
    let config = site.config();
    for name in ["fsck", "migrate", "run"] {
        let (code, said) = refusal(&[name, "--config", text(&config)]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("streetwarden.db is no SQLite database or is damaged"), "{said}");
    }
}

#[test]
fn output_that_nobody_reads_is_no_panic() {
    let config = demo().join("site.toml");
    for args in [&["check", text(&config)] as &[&str], &["detect", "docs/demo-cameras.jpg"]] {
        let mut child = streetwarden()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains("ipe"), "{args:?}: {said}");
    }
}
