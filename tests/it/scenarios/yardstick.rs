//! The city days that `script/scenarios` replays, with only the looks that a gate lets through: no
//! case is lost and none comes twice. Needs the folder that the script takes, and says so.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use streetwarden::{
    app::replay::{Request, replay},
    base::WallTime,
};

use super::gated::thinned;

const SEEDS: [u32; 3] = [1, 2, 3];

#[test]
fn a_gate_costs_no_recall_and_makes_no_duplicates() {
    let Some(folder) = std::env::var_os("STREETWARDEN_SCENARIOS").map(PathBuf::from) else {
        eprintln!(
            "=== SKIPPED: no city day was thinned; name their folder in STREETWARDEN_SCENARIOS"
        );
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (mut all, mut few, mut blind) = (Vec::new(), Vec::new(), Vec::new());
    for seed in SEEDS {
        let day = Day::make(&folder, dir.path().join(seed.to_string()), seed);
        let lines = day.lines();
        for (changes, pairs) in [(day.changes(), &mut few), (Vec::new(), &mut blind)] {
            let left = thinned(&day.path("site.toml"), &lines, &changes);
            eprintln!("seed {seed}: {} of {} looks", left.len(), lines.len());
            assert!(left.len() * 10 < lines.len() * 3, "{} of {}", left.len(), lines.len());
            pairs.extend([day.path("truth.json"), day.replayed(&left, changes.is_empty())]);
        }
        let cases = day.replayed_file(&day.path("detections.jsonl"), "cases-all.json");
        all.extend([day.path("truth.json"), cases]);
    }
    for (what, pairs) in [("all looks", all), ("gated", few), ("gated, blind to changes", blind)] {
        let mut score = Command::new("python3");
        let output = score.arg(folder.join("score.py")).args(&pairs).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        eprintln!("--- {what}\n{said}");
        assert!(output.status.success(), "{what}: {said}");
    }
}

/// A made-up city day in a folder.
struct Day(PathBuf);

impl Day {
    fn make(scenarios: &Path, dir: PathBuf, seed: u32) -> Self {
        let mut make = Command::new("python3");
        make.arg(scenarios.join("make.py")).arg(&dir).args(["--seed", &seed.to_string()]);
        make.args(["--days", "1", "--cameras", "6", "--every", "4"]);
        assert!(make.status().unwrap().success());
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("detections.jsonl")).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// When something comes or goes, as far as the truth tells.
    fn changes(&self) -> Vec<WallTime> {
        let truth = fs::read_to_string(self.path("truth.json")).unwrap();
        let truth: Value = serde_json::from_str(&truth).unwrap();
        let violations = truth["violations"].as_array().unwrap().iter();
        let ends = violations.flat_map(|v| [&v["start"], &v["end"]]);
        ends.map(|time| WallTime::parse(time.as_str().unwrap()).unwrap()).collect()
    }

    fn replayed(&self, lines: &[String], is_blind: bool) -> PathBuf {
        let name = if is_blind { "blind" } else { "few" };
        let input = self.path(&format!("{name}.jsonl"));
        fs::write(&input, lines.iter().map(|l| format!("{l}\n")).collect::<String>()).unwrap();
        self.replayed_file(&input, &format!("cases-{name}.json"))
    }

    fn replayed_file(&self, input: &Path, cases: &str) -> PathBuf {
        let cases = self.path(cases);
        let config = self.path("site.toml");
        replay(&Request { input: input.to_owned(), config, cases: cases.clone(), state: None })
            .unwrap();
        cases
    }
}
