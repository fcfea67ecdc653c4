//! The whole of `detect` with a detector that always sees the same thing.

use super::*;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use crate::{
    app::detect::hindsight::Recent,
    base::{BBox, Detection, Plane},
    detect::{DetectError, Holder, Holding},
};

struct Always;

impl Detector for Always {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let bbox = BBox::new(0.25, 0.25, 0.75, 0.75).unwrap();
        let seen =
            Detection { class: "billboard".into(), score: 0.5, bbox, second: None, is_weak: false };
        Ok(frames.iter().map(|_| vec![seen.clone()]).collect())
    }

    fn max_batch(&self) -> usize {
        1
    }
}

fn always() -> Vec<Box<dyn Detector>> {
    vec![Box::new(Always)]
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["x/a.png", "y/a.png"] {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::RgbImage::new(40, 40).save(path).unwrap();
    }
    fs::write(dir.path().join("y/b.jpg"), "broken").unwrap();
    fs::write(dir.path().join("clip.mp4"), "video").unwrap();
    dir
}

#[test]
fn folders_are_walked_bad_ones_named_and_copies_never_overwritten() {
    let dir = folder();
    let copies = dir.path().join("copies");
    let request = Request {
        inputs: vec![dir.path().join("x"), dir.path().join("y"), dir.path().join("missing.png")],
        annotate: Some(copies.clone()),
        json: true,
    };
    let mut out = Vec::new();
    let summary = detect_with(&mut always(), &request, None, &mut out).unwrap();
    assert_eq!((summary.frames, summary.detections), (2, 2));
    assert_eq!(summary.bad.len(), 2);
    assert!(summary.bad[0].contains("b.jpg") && summary.bad[1].contains("missing.png"));
    assert!(copies.join("a.jpg").is_file() && copies.join("a-2.jpg").is_file());
    let lines: Vec<serde_json::Value> =
        out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["detections"][0]["class"], "billboard");
    assert_eq!(lines[0]["width"], 40);
}

trait Lines {
    fn lines(&self) -> std::str::Lines<'_>;
}

impl Lines for Vec<u8> {
    fn lines(&self) -> std::str::Lines<'_> {
        std::str::from_utf8(self).unwrap().lines()
    }
}

#[test]
fn a_video_is_read_by_whoever_can() {
    let dir = folder();
    let clip = dir.path().join("clip.mp4");
    let request = Request { inputs: vec![clip.clone()], ..Request::default() };
    let none = detect_with(&mut always(), &request, None, &mut Vec::new()).unwrap();
    assert!(none.bad[0].contains("clip.mp4"), "{none:?}");
    let picture = pictures::read(&dir.path().join("x/a.png")).unwrap();
    let mut reader = |path: &Path, deliver: &mut dyn FnMut(Frame) -> anyhow::Result<()>| {
        assert_eq!(path, clip);
        deliver(picture.clone())?;
        deliver(picture.clone())?;
        Err(anyhow!("it is cut off"))
    };
    let mut out = Vec::new();
    let summary = detect_with(&mut always(), &request, Some(&mut reader), &mut out).unwrap();
    assert_eq!(summary.frames, 2);
    assert!(summary.bad[0].contains("cut off"));
    assert_eq!(out.lines().count(), 2);
}

/// Sees in the frame of each number surely, weakly or not at all what `Always` sees, and counts its looks.
struct By {
    sure: fn(u64) -> Option<bool>,
    looks: Arc<AtomicUsize>,
}

impl Detector for By {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        self.looks.fetch_add(frames.len(), Ordering::Relaxed);
        let mut lists = Always.detect(frames)?;
        for (frame, list) in frames.iter().zip(&mut lists) {
            let sure = (self.sure)(frame.seq);
            list.retain(|_| sure.is_some());
            list.iter_mut().for_each(|seen| seen.is_weak = sure == Some(false));
        }
        Ok(lists)
    }

    fn max_batch(&self) -> usize {
        1
    }
}

/// What `detect` tells of each frame of a clip, numbered from 1 on, and then of a picture, which has number 0:
/// whether it is sure of what it sees; and how often it looked.
fn told(count: u64, sure: fn(u64) -> Option<bool>) -> (Vec<Option<bool>>, usize) {
    let dir = folder();
    let picture = pictures::read(&dir.path().join("x/a.png")).unwrap();
    let mut reader = |_: &Path, deliver: &mut dyn FnMut(Frame) -> anyhow::Result<()>| {
        (1..=count).try_for_each(|seq| {
            let at = picture.at.plus(Duration::from_secs(seq));
            deliver(Frame { seq, at, ..picture.clone() })
        })
    };
    let inputs = ["clip.mp4", "y/a.png"].map(|name| dir.path().join(name)).to_vec();
    let request = Request { inputs, ..Request::default() };
    let looks = Arc::new(AtomicUsize::new(0));
    let by = Holding::new(Box::new(By { sure, looks: looks.clone() }), Holder::default());
    let mut out = Vec::new();
    let totals = detect_with(&mut [Box::new(by)], &request, Some(&mut reader), &mut out).unwrap();
    assert_eq!((totals.frames as u64, totals.bad.len()), (count + 1, 0));
    let lines = String::from_utf8(out).unwrap();
    let told: Vec<_> = lines
        .lines()
        .map(|line| line.contains("\tbillboard\t").then(|| !line.ends_with("\tweak")))
        .collect();
    assert_eq!(totals.detections, told.iter().flatten().count());
    assert!(lines.lines().last().unwrap().contains("a.png"));
    (told, looks.load(Ordering::Relaxed))
}

const SURE: Option<bool> = Some(true);
const WEAK: Option<bool> = Some(false);

#[test]
fn what_is_weak_is_told_in_a_clip_that_showed_it_surely_and_in_no_other_picture() {
    let (told, looks) = told(3, |n| if n == 1 { SURE } else { WEAK });
    assert_eq!(told, [SURE, WEAK, WEAK, None]);
    assert_eq!(looks, 4);
}

#[test]
fn what_becomes_sure_in_a_clip_is_told_of_frames_before_up_to_five_without_it() {
    let (told, looks) = told(16, |n| match n {
        12 | 14 | 16 => SURE,
        2..=6 | 8 | 13 | 15 => None,
        _ => WEAK,
    });
    let due = |n| match n {
        12 | 14 | 16 => SURE,
        7 | 9..=11 => WEAK,
        _ => None,
    };
    assert_eq!(told, (1..18).map(due).collect::<Vec<_>>());
    // ten frames again after 12, 13 after 14, 15 after 16
    assert_eq!(looks, 17 + 10 + 1 + 1);
}

#[test]
fn a_clip_is_looked_back_to_for_so_many_frames_only() {
    let (told, _) = told(60, |n| if n == 50 { SURE } else { WEAK });
    let due = |n| match n {
        1..20 | 61.. => None,
        50 => SURE,
        _ => WEAK,
    };
    assert_eq!(told, (1..62).map(due).collect::<Vec<_>>());
}

#[test]
fn of_large_pictures_fewer_are_kept() {
    let mut picture = pictures::read(&folder().path().join("x/a.png")).unwrap();
    picture.planes = [Plane { data: vec![0; 100 << 20].into(), stride: 40 }].into();
    let mut recent = Recent::default();
    let old: Vec<_> = (0..4).map(|n| recent.push(n, &picture)).collect();
    assert_eq!(old, [vec![], vec![], vec![0], vec![1]]);
    assert_eq!((recent.back(1).copied(), recent.back(2).copied()), (Some(3), Some(2)));
    assert_eq!(recent.back(3), None);
    assert_eq!(recent.take().collect::<Vec<_>>(), [2, 3]);
}

/// Looks at pictures of one brightness only, slowly at first, and says with its scores how many it has seen.
struct Counting(u8, u8);

impl Detector for Counting {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        assert_eq!(frames[0].planes[0].data[0], self.0, "another one's");
        std::thread::sleep(std::time::Duration::from_millis(u64::from(
            10_u8.saturating_sub(self.1),
        )));
        self.1 += 1;
        let mut lists = Always.detect(frames)?;
        lists.iter_mut().flatten().for_each(|seen| seen.score = f32::from(self.1) / 100.0);
        Ok(lists)
    }

    fn max_batch(&self) -> usize {
        1
    }
}

#[test]
fn frames_of_a_clip_are_looked_at_by_one_detector_in_their_order() {
    let dir = shades();
    let picture = pictures::read(&dir.path().join("096.png")).unwrap();
    let mut reader = |_: &Path, deliver: &mut dyn FnMut(Frame) -> anyhow::Result<()>| {
        (0..30).try_for_each(|_| deliver(picture.clone()))
    };
    fs::write(dir.path().join("clip.mp4"), "").unwrap();
    let inputs = vec![dir.path().join("clip.mp4")];
    let request = Request { inputs, ..Request::default() };
    let counting = |shade| -> Box<dyn Detector> { Box::new(Counting(shade, 0)) };
    let mut out = Vec::new();
    let mut detectors = vec![counting(96), counting(0), counting(0)];
    let summary = detect_with(&mut detectors, &request, Some(&mut reader), &mut out).unwrap();
    assert_eq!((summary.frames, summary.bad.len()), (30, 0));
    let scores: Vec<String> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| line.split('\t').nth(3).unwrap().to_owned())
        .collect();
    let due: Vec<String> = (1..=30).map(|n| format!("{:.3}", f64::from(n) / 100.0)).collect();
    assert_eq!(scores, due);
}

/// Sees a thing as wide as the picture is bright. Who meets a black picture waits until others have
/// looked at `patience` pictures.
struct ByBrightness {
    patience: usize,
    others: mpsc::Receiver<()>,
    all: Vec<mpsc::Sender<()>>,
}

impl Detector for ByBrightness {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let brightness = frames[0].planes[0].data[0];
        if brightness == 0 {
            (0..self.patience).for_each(|_| self.others.recv().unwrap());
        }
        // who has ended needs no telling
        for other in &self.all {
            let _ = other.send(());
        }
        assert_ne!(brightness, 13, "panics on purpose");
        let bbox = BBox::new(0.0, 0.0, (f32::from(brightness) + 1.0) / 256.0, 1.0).unwrap();
        Ok(vec![vec![Detection {
            class: "billboard".into(),
            score: 0.5,
            bbox,
            second: None,
            is_weak: false,
        }]])
    }

    fn max_batch(&self) -> usize {
        1
    }
}

fn by_brightness(count: usize) -> Vec<Box<dyn Detector>> {
    let (all, others): (Vec<_>, Vec<_>) = (0..count).map(|_| mpsc::channel()).unzip();
    // with two at work, the other one can do no more than there are places before the first is done
    let patience = if count > 1 { 3 } else { 0 };
    let detector = |others| -> Box<dyn Detector> {
        Box::new(ByBrightness { patience, others, all: all.clone() })
    };
    others.into_iter().map(detector).collect()
}

/// Pictures from black to bright, one of them no picture.
fn shades() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for shade in (0..40).map(|n| n * 6) {
        let path = dir.path().join(format!("{shade:03}.png"));
        image::RgbImage::from_pixel(40, 40, image::Rgb([shade; 3])).save(path).unwrap();
    }
    fs::write(dir.path().join("003.jpg"), "broken").unwrap();
    dir
}

#[test]
fn what_is_said_is_the_same_for_whatever_number_of_detectors() {
    let dir = shades();
    let missing = dir.path().join("missing.png");
    let request = Request { inputs: vec![dir.path().to_owned(), missing], ..Request::default() };
    let said = |count| {
        let mut out = Vec::new();
        let summary = detect_with(&mut by_brightness(count), &request, None, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), summary)
    };
    let (lines, summary) = said(1);
    assert_eq!((summary.frames, summary.bad.len(), lines.lines().count()), (40, 2, 40));
    assert!(summary.bad[0].contains("003.jpg") && summary.bad[1].contains("missing.png"));
    let names: Vec<_> = lines.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert!(names.is_sorted(), "{lines}");
    for count in [2, 5] {
        assert_eq!(said(count), (lines.clone(), summary.clone()), "{count} detectors");
    }
}

#[test]
fn a_detector_that_panics_ends_the_verb_and_what_came_before_is_told() {
    let dir = shades();
    image::RgbImage::from_pixel(40, 40, image::Rgb([13; 3]))
        .save(dir.path().join("100.png"))
        .unwrap();
    let request = Request { inputs: vec![dir.path().to_owned()], ..Request::default() };
    let mut out = Vec::new();
    let error = detect_with(&mut by_brightness(2), &request, None, &mut out).unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error:#}");
    assert_eq!(out.lines().count(), 17, "0 to 96");
}
