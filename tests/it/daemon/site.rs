//! The demo's site in a temporary folder, with its cameras aimed elsewhere, and its truth.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use streetwarden::base::LonLat;
use tempfile::TempDir;

use super::process::verb;

/// A case's place errs less, and two things of a class stand further apart.
const REACH_M: f64 = 10.0;

/// The folder that the demo's site stands in.
pub fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo")
}

/// A settings file in a folder of its own, removed at the end.
pub struct Site {
    dir: TempDir,
    text: String,
}

impl Site {
    /// The demo's cameras on the clips as files: every sampled frame is judged, as fast as it goes.
    pub fn of_files() -> Self {
        Self::new(|camera| format!("file://{}/clips/{camera}.mp4", demo().display()))
    }

    /// The demo's cameras on a clip server.
    pub fn of_streams(port: u16) -> Self {
        Self::new(|camera| format!("rtsp://127.0.0.1:{port}/{camera}"))
    }

    fn new(uri: impl Fn(&str) -> String) -> Self {
        let mut text = fs::read_to_string(demo().join("site.toml")).unwrap();
        text = text.replace("grids.geojson", demo().join("grids.geojson").to_str().unwrap());
        for camera in ["cam-1", "cam-2", "cam-3", "cam-4"] {
            text = text.replace(&format!("rtsp://127.0.0.1:8554/{camera}"), &uri(camera));
        }
        text.push_str("\n[web]\nbind = \"127.0.0.1:0\"\n");
        Self { dir: TempDir::new().unwrap(), text }
    }

    /// The same with `dir` as the data directory and so much of its disk to be kept free.
    pub fn with_data(self, dir: &Path, min_free_mb: u64) -> Self {
        self.with(&format!("[data]\ndir = \"{}\"\nmin_free_mb = {min_free_mb}\n", dir.display()))
    }

    /// The same with more settings.
    pub fn with(mut self, settings: &str) -> Self {
        self.text.push_str(settings);
        self
    }

    /// The same with one text for another.
    pub fn replacing(mut self, from: &str, to: &str) -> Self {
        assert!(self.text.contains(from), "{from:?} is not in the settings");
        self.text = self.text.replace(from, to);
        self
    }

    /// A path in the site's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes the settings file, and says where.
    pub fn config(&self) -> PathBuf {
        let path = self.path("site.toml");
        fs::write(&path, &self.text).unwrap();
        path
    }

    /// What `fsck` prints; it must find nothing wrong.
    pub fn assert_clean(&self) -> String {
        let output = verb(&["fsck", "--config", self.config().to_str().unwrap()]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }
}

/// Asserts that the cases are those of the truth file, each once; in the API's form or that of
/// `cases.json`.
pub fn assert_true(cases: &[Value]) {
    let truth = fs::read_to_string(demo().join("truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let violations = truth["violations"].as_array().unwrap();
    for violation in violations {
        let answers = |case: &&Value| {
            case["class"] == violation["class"]
                && place(case).distance_m(place(violation)) < REACH_M
        };
        let answers = cases.iter().filter(answers).count();
        assert_eq!(answers, 1, "cases for {}: {cases:#?}", violation["id"]);
    }
    assert_eq!(cases.len(), violations.len(), "cases beyond the truth's: {cases:#?}");
}

fn place(thing: &Value) -> LonLat {
    let of = if thing["place"].is_object() { &thing["place"] } else { thing };
    LonLat { lon: of["lon"].as_f64().unwrap(), lat: of["lat"].as_f64().unwrap() }
}
