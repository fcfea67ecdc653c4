//! Another model while the daemon runs: taken up, refused, kept over a restart, taken back.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{process::Daemon, site::Site};

/// A copy of the shipped model under another name and version.
pub fn copy(site: &Site, name: &str, version: &str) -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/street-nano");
    let folder = site.path("models").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(shipped.join("street-nano.onnx"), folder.join("street-nano.onnx")).unwrap();
    let card = fs::read_to_string(shipped.join("model.toml")).unwrap();
    let mut lines: Vec<&str> = card.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("version = ")).unwrap();
    let version = format!("version = \"{version}\"");
    lines[at] = &version;
    fs::write(folder.join("model.toml"), lines.join("\n")).unwrap();
    folder
}

fn active(daemon: &Daemon) -> Vec<(String, bool, bool)> {
    let models = daemon.get("/api/v1/models")["models"].as_array().unwrap().clone();
    let of = |m: &Value| {
        let is = |key: &str| m[key].as_bool().unwrap();
        (m["name"].as_str().unwrap().to_owned(), is("active"), is("previous"))
    };
    models.iter().map(of).collect()
}

fn named(names: [(&str, bool, bool); 3]) -> Vec<(String, bool, bool)> {
    names.map(|(name, active, previous)| (name.to_owned(), active, previous)).to_vec()
}

#[test]
fn a_model_is_switched_refused_kept_and_taken_back() {
    let site =
        Site::of_files().replacing("[web]", "[detect]\nmodel = \"models/a/model.toml\"\n[web]");
    copy(&site, "a", "1.0.0");
    copy(&site, "b", "2.0.0");
    let torn = copy(&site, "torn", "3.0.0");
    fs::write(torn.join("street-nano.onnx"), b"not this one").unwrap();
    let config = site.config();
    let by = json!({"by": "Engineer 2"});

    let daemon = Daemon::start(&config, &[]);
    assert_eq!(
        active(&daemon),
        named([("a", true, false), ("b", false, false), ("torn", false, false)])
    );
    let (status, body) = daemon.post("/api/v1/models/torn:activate", &by);
    assert_eq!(status, 409, "{body}");
    assert!(body["error"]["message"].as_str().unwrap().contains("sha256"), "{body}");
    for nobody in ["none:activate", "..%2Fa:activate", ".:activate", "b"] {
        let (status, body) = daemon.post(&format!("/api/v1/models/{nobody}"), &by);
        assert_eq!(status, 404, "{nobody}: {body}");
    }
    assert_eq!(daemon.post("/api/v1/models/b:activate", &json!({})).0, 422);
    assert!(active(&daemon)[0].1, "a refusal changes nothing");

    let (status, body) = daemon.post("/api/v1/models/b:activate", &by);
    assert_eq!((status, body["version"].as_str()), (200, Some("2.0.0")), "{body}");
    assert_eq!(
        active(&daemon),
        named([("a", false, true), ("b", true, false), ("torn", false, false)])
    );
    daemon.kill();

    let daemon = Daemon::start(&config, &[]);
    assert_eq!(
        active(&daemon),
        named([("a", false, true), ("b", true, false), ("torn", false, false)]),
        "the choice outlives the process, and so does the one before it"
    );
    let (status, body) = daemon.post("/api/v1/models/a:activate", &by);
    assert_eq!(status, 200, "{body}");
    assert!(active(&daemon)[0].1);
    let (status, log) = daemon.terminate();
    assert_eq!(status.code(), Some(0), "{log}");

    daemon_on_b_in_the_settings(&site);
    site.assert_clean();
}

/// A settings file that names another model ends the choice made under the old one.
fn daemon_on_b_in_the_settings(site: &Site) {
    let text = fs::read_to_string(site.path("site.toml")).unwrap();
    let config = site.path("other.toml");
    fs::write(&config, text.replace("models/a/model.toml", "models/b/model.toml")).unwrap();
    let daemon = Daemon::start(&config, &[]);
    assert!(active(&daemon)[1].1);
}
