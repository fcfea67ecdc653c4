//! One camera through the runtime, from pictures to stored cases, once with its gate and once
//! without: the same cases, with far fewer looks. The detector is made up; all else is real.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crossbeam_channel::bounded;
use streetwarden::{
    base::{BBox, Detection, Frame, WallTime},
    capture::Capture,
    detect::{DetectError, Detector},
    judge::Judge,
    resolve::{Case, CaseRow, Docket, Replay},
    runtime::{
        cameras,
        frames::FrameQueue,
        health::{Account, CameraHealth, Health},
        inference::{self, Loaded, NextModel},
        judging::Judging,
        record::Recorder,
        shutdown::{Member, join_all},
    },
    settings::Settings,
    store::{CaseFilter, Page, Store},
};
use tokio_util::sync::CancellationToken;

const WIDTH: u32 = 192;
const HEIGHT: u32 = 108;
const EVERY_S: usize = 2;
/// Pictures in which the thing stands; it comes twice.
const STANDS: [std::ops::Range<usize>; 2] = [40..220, 400..560];
const PICTURES: usize = 700;
const THING: (u32, u32, u32) = (80, 50, 20);
const DARK: u8 = 20;

const SITE: &str = r#"
[site]
name = "a street"
timezone = "Asia/Shanghai"
[rule.bin_overflow]
dwell = "2m"
gone_after = "2m"
[data]
min_free_mb = 0
[[camera]]
id = "cam"
uri = "file://pictures"
every = "2s"
position = { lon = 113.08, lat = 22.57, crs = "WGS84" }
"#;

/// Says "bin" where the picture is dark, and fails at some looks.
struct Eye {
    looks: Arc<AtomicU64>,
    fails_at: Vec<u64>,
}

impl Detector for Eye {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let look = self.looks.fetch_add(frames.len() as u64, Relaxed);
        if self.fails_at.contains(&look) {
            return Err(DetectError::TooMany { found: 1, most: 0 });
        }
        Ok(frames.iter().map(|frame| seen(frame).into_iter().collect()).collect())
    }

    fn max_batch(&self) -> usize {
        1
    }
}

fn seen(frame: &Frame) -> Option<Detection> {
    let (x, y, side) = THING;
    let plane = &frame.planes[0];
    let middle = (y + side / 2) as usize * plane.stride + (x + side / 2) as usize * 3;
    let part = |v: u32, of: u32| v as f32 / of as f32;
    let bbox =
        BBox::new(part(x, WIDTH), part(y, HEIGHT), part(x + side, WIDTH), part(y + side, HEIGHT));
    let is_there = plane.data[middle] < 2 * DARK;
    is_there.then(|| Detection {
        class: "bin_overflow".into(),
        score: 0.8,
        bbox: bbox.unwrap(),
        second: None,
        is_weak: false,
    })
}

/// A street with some grain, and a passer-by now and then.
fn paint(folder: &Path) {
    let mut noise = 1u32;
    for n in 0..PICTURES {
        let stands = STANDS.iter().any(|s| s.contains(&n));
        let passer_by = (n % 17 == 0).then_some((7 * n as u32) % WIDTH);
        let picture = image::GrayImage::from_fn(WIDTH, HEIGHT, |x, y| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (from_x, from_y, side) = THING;
            let within = |v: u32, from: u32, long: u32| (from..from + long).contains(&v);
            let grey = if stands && within(x, from_x, side) && within(y, from_y, side) {
                DARK
            } else if passer_by.is_some_and(|p| within(x, p, 6)) && within(y, 84, 18) {
                220
            } else {
                100 + 40 * u8::from(x / 12 % 2 == 0)
            };
            image::Luma([grey + (noise >> 29) as u8])
        });
        picture.save(folder.join(format!("{n:04}.png"))).unwrap();
    }
}

struct Run {
    cases: Vec<Case>,
    replayed: Vec<CaseRow>,
    account: Account,
    looks: u64,
}

fn run(pictures: &Path, recheck: &str, fails_at: Vec<u64>) -> Run {
    let dir = tempfile::tempdir().unwrap();
    let text = SITE
        .replace("file://pictures", &format!("file://{}", pictures.display()))
        .replace("every =", &format!("recheck = \"{recheck}\"\nevery ="));
    let settings = Settings::parse(&text, &dir.path().join("site.toml")).unwrap();
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let store = tokio.block_on(Store::open(&settings.data)).unwrap();
    let health = Health::new(vec![CameraHealth::new("cam".into(), "cam".into(), None)]);
    let queue = FrameQueue::default();
    let ((seen_in, seen_out), (_mail, mail_out)) = (bounded(4), bounded(1));
    let recording = dir.path().join("seen.jsonl");
    let judging = Judging {
        judge: Judge::new(settings.judge.clone()),
        docket: Docket::new(settings.docket.clone()),
        store: store.clone(),
        handle: tokio.handle().clone(),
        queue: queue.clone(),
        health: health.clone(),
        channels: Vec::new(),
        recorder: Some(Recorder::open(&recording).unwrap()),
        give_up: CancellationToken::new(),
    };
    let judging = Member::spawn("judging", move || judging.run(&seen_out, &mail_out)).unwrap();
    let looks = Arc::new(AtomicU64::new(0));
    let eye = Eye { looks: looks.clone(), fails_at };
    let session = inference::spawn(
        "session".into(),
        Loaded { detector: Box::new(eye), model: "made up".into(), spare: None },
        NextModel::default(),
        Duration::ZERO,
        queue.clone(),
        seen_in,
        health.clone(),
    )
    .unwrap();
    let capture = Capture::default();
    let camera = cameras::start(
        &capture,
        settings.cameras[0].capture.clone(),
        settings.detect.recheck_of(&"cam".into()),
        &health.cameras()[0],
        queue.clone(),
        CancellationToken::new(),
        true,
    )
    .unwrap();
    let grace = Duration::from_secs(300);
    assert!(join_all(vec![camera], grace).is_empty(), "the camera does not end");
    queue.close();
    assert!(join_all(vec![session, judging], grace).is_empty(), "something does not end");
    let mut replay = Replay::new(settings.judge, settings.docket, None).unwrap();
    let lines = fs::read_to_string(recording).unwrap();
    lines.lines().for_each(|line| replay.feed(line).unwrap());
    let page = Page { limit: 100, offset: 0 };
    let mut cases = tokio.block_on(store.cases(&CaseFilter::default(), page)).unwrap().cases;
    cases.sort_by_key(|case| case.first_seen);
    let mut replayed = replay.rows();
    replayed.sort_by_key(|case| case.first_seen);
    tokio.block_on(store.close());
    let account = health.cameras()[0].account();
    Run { cases, replayed, account, looks: looks.load(Relaxed) }
}

/// Seconds between two times, whichever is first.
fn apart(a: WallTime, b: WallTime) -> u64 {
    a.millis().abs_diff(b.millis()) / 1_000
}

#[test]
fn what_comes_stands_and_goes_makes_the_same_cases_in_a_few_looks() {
    let dir = tempfile::tempdir().unwrap();
    paint(dir.path());
    let all = run(dir.path(), "off", Vec::new());
    assert_eq!(all.cases.len(), 2, "{:#?}", all.cases);
    assert_eq!(all.looks, PICTURES as u64);
    assert_eq!(all.account.dropped, [].into());
    // also when inference fails just when the thing has come, and when it has gone
    for fails_at in [Vec::new(), (3..40).step_by(3).collect()] {
        let gated = run(dir.path(), "30s", fails_at.clone());
        let account = &gated.account;
        assert_eq!(account.frames_in, PICTURES as u64);
        assert_eq!(account.frames_in, account.sampled + account.dropped_in_all(), "{account:?}");
        assert_eq!(account.dropped["unchanged"], PICTURES as u64 - gated.looks, "{account:?}");
        let lost = account.dropped.get("inference_failed").copied().unwrap_or(0);
        assert_eq!(lost > 0, !fails_at.is_empty(), "{account:?}");
        eprintln!("{} of {PICTURES} pictures looked at, {lost} in vain", gated.looks);
        if fails_at.is_empty() {
            assert!(gated.looks < 3 * all.looks / 10, "{} looks", gated.looks);
        }
        assert_eq!(gated.cases.len(), all.cases.len(), "{:#?}", gated.cases);
        for (gated, all) in gated.cases.iter().zip(&all.cases) {
            assert!(apart(gated.first_seen, all.first_seen) <= 15, "{gated:#?}\n{all:#?}");
            assert!(apart(gated.opened_at, all.opened_at) <= 15, "{gated:#?}\n{all:#?}");
            let [gone, gone_of_all] = [gated, all].map(|case| case.gone_at.unwrap());
            assert!(apart(gone, gone_of_all) <= 30, "{gated:#?}\n{all:#?}");
        }
        let rows: Vec<CaseRow> = gated.cases.iter().map(CaseRow::from).collect();
        assert_eq!(rows, gated.replayed, "the recording tells another story");
    }
    let told = all.cases[1].first_seen.since(all.cases[0].first_seen);
    let apart_s = (STANDS[1].start - STANDS[0].start) * EVERY_S;
    assert_eq!(told, Duration::from_secs(apart_s as u64), "the pictures are not read as painted");
}
