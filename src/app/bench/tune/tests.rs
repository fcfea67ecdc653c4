//! Choices among made-up figures, and the preset as the settings read it. No model is run.

use super::*;
use crate::{
    app::bench::contest::{Figure, Figures, Times},
    settings::Settings,
};

fn point(provider: &str, sessions: usize, batch: usize) -> Point {
    Point {
        card: "models/nano/model.toml".into(),
        provider: provider.to_owned(),
        precision: infer::AS_THE_FILE.to_owned(),
        devices: String::new(),
        batch,
        sessions,
        threads: 1,
        pictures: Vec::new(),
        size: "64x48".parse().unwrap(),
        times: Times { turn: Duration::ZERO, longest: Duration::ZERO },
    }
}

/// A combination of which a call takes so many milliseconds.
fn outcome(point: Point, call_ms: f64) -> Outcome {
    let figure = Figure {
        calls_per_s: point.sessions as f64 * 1e3 / call_ms,
        spread: 0.01,
        ratio: 1.0,
        p50_ms: call_ms,
        p95_ms: call_ms * 1.1,
        p99_ms: call_ms * 1.2,
        processor_ms: call_ms,
    };
    let figures = Figures { each: vec![figure, figure], rounds: 7, settled: true };
    (point, Ok(Measured { figures, memory_mib: None, gpu_memory_mib: None }))
}

/// Each batch a little more than twice as slow as half of it would be worth.
fn outcomes() -> Vec<Outcome> {
    vec![
        outcome(point("cpu", 1, 1), 20.0),
        outcome(point("cpu", 1, 4), 60.0),
        outcome(point("cpu", 1, 8), 118.0),
        outcome(point("cpu", 2, 8), 236.0),
        (point("coral", 1, 8), Err("unknown execution provider".to_owned())),
    ]
}

fn chosen(latency_ms: u64) -> Option<(usize, usize, u64)> {
    let choice = choose(&outcomes(), Duration::from_millis(latency_ms))?;
    let wait_ms = choice.max_wait.as_millis() as u64;
    assert!(choice.latency_ms <= latency_ms as f64);
    Some((choice.point.sessions, choice.point.batch, wait_ms))
}

#[test]
fn the_most_frames_within_the_latency_are_chosen_and_equals_by_size() {
    // 4 in 60 ms are 66.7 a second, 8 in 118 ms 67.8: as good, and smaller
    assert_eq!(chosen(1000), Some((1, 4, 60)));
    assert_eq!(chosen(150), Some((1, 4, 18)), "what the latency leaves is time to wait");
    assert_eq!(chosen(131), Some((1, 1, 0)), "a batch of one waits for nobody");
    assert_eq!(chosen(43), None);
    let mut faster = outcomes();
    faster.push(outcome(point("cuda", 2, 32), 40.0));
    let choice = choose(&faster, Duration::from_millis(500)).unwrap();
    assert_eq!((choice.point.provider.as_str(), choice.point.batch), ("cuda", 32));
}

fn request(out: PathBuf) -> Request {
    let infer = infer::Request {
        cards: vec!["models/nano/model.toml".into()],
        providers: vec!["cpu".to_owned()],
        precisions: vec![infer::AS_THE_FILE.to_owned()],
        devices: vec![String::new()],
        batches: vec![1],
        sessions: vec![1],
        threads: vec![1],
        pictures: Vec::new(),
        size: "64x48".parse().unwrap(),
        times: Times { turn: Duration::ZERO, longest: Duration::ZERO },
        patience: Duration::from_secs(1),
    };
    Request { infer, latency: Duration::from_millis(500), out, force: false }
}

#[test]
fn the_settings_take_the_preset_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tuned.toml");
    let site = "preset = \"tuned.toml\"\n[site]\nname = \"x\"\ntimezone = \"UTC\"\n\
        [rule.street_stall]\ndwell = \"1m\"\ngone_after = \"1m\"\n\
        [[camera]]\nid = \"a\"\nuri = \"test://\"\n\
        position = { lon = 113.0, lat = 22.5, crs = \"WGS84\" }\n";
    let settings = || Settings::parse(site, &folder.path().join("site.toml")).unwrap().detect;

    let one = [outcome(point("cpu", 1, 1), 20.0)];
    assert!(finish(&request(out.clone()), &one).unwrap().1);
    assert_eq!((settings().max_batch, settings().max_wait), (1, Duration::ZERO));
    assert_eq!(settings().providers, [Provider::Cpu]);

    let mut outcomes = outcomes();
    outcomes.push(outcome(point("cuda", 2, 32), 40.0));
    let (report, written) = finish(&request(out.clone()), &outcomes).unwrap();
    assert!(written && report.bench == "tune");
    assert!(report.to_string().contains("chosen: cuda, batch 32, 2 sessions"), "{report}");
    let detect = settings();
    assert_eq!(detect.providers, [Provider::Cuda, Provider::Cpu]);
    assert_eq!((detect.sessions, detect.threads, detect.max_batch), (2, 1, 32));
    assert_eq!(detect.max_wait, Duration::from_millis(40));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn nothing_is_written_when_nothing_fits() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tuned.toml");
    let hasty = Request { latency: Duration::from_millis(10), ..request(out.clone()) };
    let (report, written) = finish(&hasty, &outcomes()).unwrap();
    assert!(!written && !out.exists());
    assert!(report.to_string().contains("the quickest needs 44 ms, more than 10ms"), "{report}");
    let (report, _) = finish(&hasty, &[]).unwrap();
    assert!(report.to_string().contains("nothing could be measured"), "{report}");
}

#[test]
fn a_file_that_is_there_is_kept_and_a_strange_name_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tuned.toml");
    fs::write(&out, "mine").unwrap();
    let refused = |request: &Request| tune(request, &mut |_| {}).err().unwrap().to_string();
    let told = refused(&request(out.clone()));
    assert!(told.contains("tuned.toml is there already") && told.contains("--force"), "{told}");
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    let told = refused(&request(folder.path().join("tuned")));
    assert!(told.contains("let it end in .toml"), "{told}");
    let mut two = request(folder.path().join("other.toml"));
    two.infer.cards.push("models/small/model.toml".into());
    assert!(refused(&two).contains("one model"));
    // written over where that is asked for
    let forced = Request { force: true, ..request(out.clone()) };
    assert!(finish(&forced, &outcomes()).unwrap().1);
    assert!(fs::read_to_string(&out).unwrap().contains("[detect]"));
}
