//! The whole of `eval` with a detector that marks bright rectangles.

use super::*;
use crate::{
    base::BBox,
    detect::{DetectError, card::tests::GOOD},
};

/// Sees one `billboard` in the left half of every picture that is bright there.
struct Bright;

impl Detector for Bright {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let half = BBox::new(0.0, 0.0, 0.5, 1.0).unwrap();
        let seen = Detection {
            class: "billboard".into(),
            score: 0.9,
            bbox: half,
            second: None,
            is_weak: false,
        };
        let list = |f: &Frame| if f.planes[0].data[0] > 128 { vec![seen.clone()] } else { vec![] };
        Ok(frames.iter().map(list).collect())
    }

    fn max_batch(&self) -> usize {
        2
    }
}

fn set(dir: &Path) -> Annotations {
    for (name, value) in [("lit.png", 255), ("dark.png", 0), ("lit2.png", 255)] {
        let picture = image::RgbImage::from_pixel(20, 10, image::Rgb([value; 3]));
        picture.save(dir.join(name)).unwrap();
    }
    let text = r#"{"images": [
        {"id": 1, "file_name": "lit.png", "width": 20, "height": 10, "camera": "north"},
        {"id": 2, "file_name": "gone.png", "width": 20, "height": 10},
        {"id": 3, "file_name": "dark.png", "width": 20, "height": 10},
        {"id": 4, "file_name": "lit2.png", "width": 20, "height": 11}],
      "annotations": [
        {"id": 1, "image_id": 1, "category_id": 0, "bbox": [0, 0, 10, 10]},
        {"id": 2, "image_id": 3, "category_id": 0, "bbox": [0, 0, 10, 10]},
        {"id": 3, "image_id": 3, "category_id": 1, "bbox": [0, 0, 10, 10]}],
      "categories": [{"id": 0, "name": "billboard"}, {"id": 1, "name": "kiosk"}]}"#;
    let path = dir.join("set.json");
    fs::write(&path, text).unwrap();
    Annotations::load(&path).unwrap()
}

#[test]
fn bad_pictures_are_named_and_the_rest_is_scored() {
    let dir = tempfile::tempdir().unwrap();
    let set = set(dir.path());
    let card = ModelCard::parse(GOOD, Path::new("model.toml")).unwrap();
    let report = eval_with(&mut Bright, &card, &set, dir.path(), Some("camera"), 3).unwrap();
    assert_eq!(report.pictures, 2);
    assert_eq!(report.bad_pictures.len(), 2);
    assert!(report.bad_pictures[0].contains("gone.png"), "{report}");
    assert!(report.bad_pictures[1].contains("annotated as 20x11"), "{report}");
    assert!(!report.is_complete());
    let ap50 = report.classes[0].ap50.unwrap();
    assert!((ap50 - 51.0 / 101.0).abs() < 1e-9, "one of two boards is found: {report}");
    assert_eq!(report.unknown_classes, [ClassName::from("kiosk")]);
    assert_eq!(report.classes[1].ap50, Some(0.0));
    let text = report.to_string();
    assert!(text.contains("billboard") && text.contains("0.505"), "{text}");
    let by: Vec<_> = report.by.iter().flat_map(|by| &by.groups).collect();
    assert_eq!(by.iter().map(|group| group.value.as_str()).collect::<Vec<_>>(), ["-", "north"]);
    assert_eq!(by[1].classes[0].ap50, Some(1.0), "its board is found: {report}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["classes"][0]["class"], "billboard");
}

#[test]
fn no_readable_picture_is_an_error_that_names_one() {
    let dir = tempfile::tempdir().unwrap();
    let set = set(dir.path());
    let card = ModelCard::parse(GOOD, Path::new("model.toml")).unwrap();
    let elsewhere = dir.path().join("elsewhere");
    let error = eval_with(&mut Bright, &card, &set, &elsewhere, None, 3).unwrap_err();
    assert!(error.to_string().contains("lit.png"), "{error}");
}
