//! A second look on the whole road: what it drops becomes no case, what it leaves carries both numbers
//! to the page, the recording and the log, and a switch of the model leaves it as it is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{
    models::copy,
    process::{Daemon, refusal, verb, wait},
    site::{Site, demo},
};

/// The card of a model of tests/second-look.
fn card(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/second-look/{name}/model.toml"))
}

/// The demo with models in its folder and a second look that leaves stalls nearly as they are and
/// nothing of billboards.
fn site() -> Site {
    let settings = format!(
        "[detect]\nmodel = \"models/a/model.toml\"\nsecond_look = \"{}\"\n[web]",
        card("stalls").display()
    );
    let site = Site::of_files().replacing("[web]", &settings);
    copy(&site, "a", "1.0.0");
    site
}

fn classes(cases: &[Value]) -> Vec<&str> {
    let mut classes: Vec<_> = cases.iter().map(|c| c["class"].as_str().unwrap()).collect();
    classes.sort_unstable();
    classes
}

#[test]
fn what_is_weak_is_no_case_and_what_is_left_carries_both_numbers() {
    let site = site();
    let (config, recording) = (site.config(), site.path("seen.jsonl"));
    let daemon = Daemon::start(&config, &["--record", recording.to_str().unwrap()]);
    daemon.wait_for_ends();
    let cases = wait("three cases", || Some(daemon.cases()).filter(|cases| cases.len() >= 3));
    assert_eq!(classes(&cases), ["bin_overflow", "bin_overflow", "street_stall"]);
    for case in &cases {
        let (second, is_stall) = (&case["second_look"], case["class"] == "street_stall");
        assert_eq!(second.is_object(), is_stall, "{case}");
        if is_stall {
            let [first, keep] = ["first_score", "keep"].map(|key| second[key].as_f64().unwrap());
            assert!((0.9..=1.0).contains(&keep) && first * keep >= 0.6, "{second}");
        }
    }
    let metrics = daemon.text("/metrics");
    let count = |labels: &[&str]| -> u64 {
        let of = |line: &&str| {
            line.starts_with("streetwarden_second_looks_total{")
                && labels.iter().all(|label| line.contains(label))
        };
        let value = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap();
        metrics.lines().filter(of).map(value).sum()
    };
    let (billboard, stall) = ("class=\"billboard\"", "class=\"street_stall\"");
    let (weak, kept) = ("result=\"weak\"", "result=\"kept\"");
    assert!(count(&[billboard, weak]) > 0 && count(&[stall, kept]) > 0, "{metrics}");
    assert_eq!((count(&[billboard, kept]), count(&["class=\"bin_overflow\""])), (0, 0));
    let from = ["from=\"model\"", "from=\"memory\""].map(|from| count(&[from]));
    assert!(from[0] > 0 && from[1] > 0, "what stands is recalled: {metrics}");
    let (status, log) = daemon.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    site.assert_clean();

    let seen = fs::read_to_string(&recording).unwrap();
    assert!(seen.contains("\"second\":{\"first_score\":"), "the recording has it");
    let output = site.path("cases.json");
    let [input, output, config] = [&recording, &output, &config].map(|p| p.to_str().unwrap());
    let replay = verb(&["replay", input, "--config", config, "--cases", output]);
    assert!(replay.status.success(), "{}", String::from_utf8_lossy(&replay.stderr));
    let replayed: Vec<Value> = serde_json::from_str(&fs::read_to_string(output).unwrap()).unwrap();
    assert_eq!(classes(&replayed), classes(&cases));
}

#[test]
fn a_switch_of_the_model_leaves_the_second_look_as_it_is_and_none_is_listed_as_a_model() {
    let site = site();
    copy(&site, "b", "2.0.0");
    let look = site.path("models/look");
    fs::create_dir(&look).unwrap();
    fs::copy(card("stalls"), look.join("model.toml")).unwrap();
    let unknowing = copy(&site, "c", "3.0.0").join("model.toml");
    let text = fs::read_to_string(&unknowing).unwrap();
    fs::write(&unknowing, text.replace("name = \"billboard\"", "name = \"hoarding\"")).unwrap();
    // no rule keeps the model from being switched to
    let config = site.config();
    let text = fs::read_to_string(&config).unwrap();
    let (before, after) = text.split_once("[rule.billboard]").unwrap();
    let (_, after) = after.split_once("\n[").unwrap();
    fs::write(&config, format!("{before}\n[{after}")).unwrap();

    let daemon = Daemon::start(&config, &[]);
    let by = json!({"by": "Engineer 2"});
    let models = daemon.get("/api/v1/models")["models"].clone();
    let names: Vec<_> = models.as_array().unwrap().iter().map(|m| m["name"].clone()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let (status, body) = daemon.post("/api/v1/models/look:activate", &by);
    assert_eq!(status, 409, "{body}");
    assert!(body["error"]["message"].as_str().unwrap().contains("second look's"), "{body}");
    let (status, body) = daemon.post("/api/v1/models/c:activate", &by);
    assert_eq!(status, 409, "{body}");
    assert!(body["error"]["message"].as_str().unwrap().contains("looks at billboard"), "{body}");
    let (status, body) = daemon.post("/api/v1/models/b:activate", &by);
    assert_eq!((status, body["version"].as_str()), (200, Some("2.0.0")), "{body}");
    daemon.kill();

    // taken up again by the next process, with the second look that the settings name
    let daemon = Daemon::start(&config, &[]);
    daemon.wait_for_ends();
    let stall = wait("the stall's case", || {
        daemon.cases().into_iter().find(|c| c["class"] == "street_stall")
    });
    assert!(stall["second_look"].is_object(), "{stall}");
}

#[test]
fn detect_shows_both_numbers_and_can_do_without() {
    let clip = demo().join("clips/cam-4.mp4");
    let (clip, stalls, brightness) = (clip.to_str().unwrap(), card("stalls"), card("brightness"));
    let detect = |more: &[&str]| -> Vec<Value> {
        let args = ["detect", clip, "--every", "10s", "--json"];
        let output = verb(&[&args, more].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let of = |lines: &[Value], class: &str| -> Vec<Value> {
        let seen = lines.iter().flat_map(|l| l["detections"].as_array().unwrap().clone());
        seen.filter(|d| d["class"] == class).collect()
    };
    let alone = detect(&["--no-second-look"]);
    let twice = detect(&["--second-look", stalls.to_str().unwrap()]);
    assert_eq!(alone.len(), twice.len());
    assert!(!of(&alone, "billboard").is_empty(), "{alone:?}");
    assert!(of(&twice, "billboard").is_empty(), "{twice:?}");
    assert_eq!(of(&alone, "bin_normal"), of(&twice, "bin_normal"));
    assert!(alone.iter().all(|l| !l.to_string().contains("second")), "{alone:?}");
    let both = ["detect", clip, "--no-second-look", "--second-look", brightness.to_str().unwrap()];
    assert_eq!(refusal(&both).0, Some(64));
}

#[test]
fn check_says_what_is_looked_at_and_what_is_wrong() {
    let check = |second_look: &str| {
        let settings = format!("[detect]\nsecond_look = {second_look}\n[web]");
        let site = Site::of_files().replacing("[web]", &settings);
        let output = verb(&["check", site.config().to_str().unwrap()]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find(|l| l.starts_with("second look")).unwrap_or_default();
        let words = line.to_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), words)
    };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let spoilt = |from: &str, to: &str, bytes: Option<&[u8]>| {
        let text = fs::read_to_string(card("stalls")).unwrap();
        assert!(text.contains(from));
        fs::write(at("model.toml"), text.replace(from, to)).unwrap();
        let whole = fs::read(card("stalls").with_file_name("stalls.onnx")).unwrap();
        fs::write(at("stalls.onnx"), bytes.unwrap_or(&whole)).unwrap();
        format!("{:?}", at("model.toml"))
    };
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/street-nano/model.toml");
    for (second_look, code, part) in [
        (format!("{:?}", card("stalls")), Some(0), "stalls 1.0.0: street_stall, billboard"),
        ("\"off\"".to_owned(), Some(0), "none"),
        ("false".to_owned(), Some(0), "none"),
        ("true".to_owned(), Some(64), "\"off\" or false"),
        (format!("{:?}", at("none.toml")), Some(1), "none.toml cannot be read"),
        (format!("{shipped:?}"), Some(1), "is a detector's, a second look's is needed"),
    ] {
        let (found, said) = check(&second_look);
        assert_eq!(found, code, "{second_look}: {said}");
        assert!(said.contains(part), "{second_look}: {said}");
    }
    for (from, to, bytes, part) in [
        ("margin = 1.6", "margin = 99.0", None, "margin 99"),
        ("stalls", "stalls", Some(b"not this one".as_slice()), "sha256"),
        ("\"billboard\"", "\"kiosk\"", None, "looks at kiosk, which model street-nano"),
    ] {
        let (found, said) = check(&spoilt(from, to, bytes));
        assert_eq!(found, Some(1), "{said}");
        assert!(said.contains(part), "{said}");
    }
}
