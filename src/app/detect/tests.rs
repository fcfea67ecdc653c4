//! The whole of `detect` with a detector that always sees the same thing.

use super::*;
use crate::{base::BBox, detect::DetectError};

struct Always;

impl Detector for Always {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let bbox = BBox::new(0.25, 0.25, 0.75, 0.75).unwrap();
        let seen = Detection { class: "billboard".into(), score: 0.5, bbox };
        Ok(frames.iter().map(|_| vec![seen.clone()]).collect())
    }

    fn max_batch(&self) -> usize {
        1
    }
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
    let summary = detect_with(&mut Always, &request, None, &mut out).unwrap();
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
    let none = detect_with(&mut Always, &request, None, &mut Vec::new()).unwrap();
    assert!(none.bad[0].contains("clip.mp4"), "{none:?}");
    let picture = pictures::read(&dir.path().join("x/a.png")).unwrap();
    let mut reader = |path: &Path, deliver: &mut dyn FnMut(Frame) -> anyhow::Result<()>| {
        assert_eq!(path, clip);
        deliver(picture.clone())?;
        deliver(picture.clone())?;
        Err(anyhow!("it is cut off"))
    };
    let mut out = Vec::new();
    let summary = detect_with(&mut Always, &request, Some(&mut reader), &mut out).unwrap();
    assert_eq!(summary.frames, 2);
    assert!(summary.bad[0].contains("cut off"));
    assert_eq!(out.lines().count(), 2);
}
