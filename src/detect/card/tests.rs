//! Cards that must be refused, and one that must not.

use super::*;

/// A card for bytes in, YOLOX out, of three classes.
pub const GOOD: &str = r#"
name = "toy"
version = "1.0.0"
file = "toy.onnx"
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
licence = "Apache-2.0"

[input]
name = "images"
width = 64
height = 32
dtype = "u8"
layout = "nchw"
colour = "bgr"
letterbox = "centre"

[output]
name = "output"
decoder = "yolox"
strides = [8, 16, 32]

[[class]]
name = "bin_overflow"
threshold = 0.6
[[class]]
name = "billboard"
threshold = 0.5
[[class]]
name = "street_stall"
threshold = 0.4

[nms]
iou = 0.5

[training]
anything = { goes = ["here"] }
[scores.val]
ap50 = 0.9
"#;

fn refused(from: &str, to: &str) -> String {
    let text = GOOD.replace(from, to);
    assert_ne!(text, GOOD, "the test must change the card");
    ModelCard::parse(&text, Path::new("models/toy/model.toml")).unwrap_err().to_string()
}

#[test]
fn shapes_beside_the_first_are_read_and_each_fault_of_theirs_is_told() {
    let with = |shapes: &str| format!("height = 32\nshapes = {shapes}");
    let text = GOOD.replace("height = 32", &with("[[32, 64], [64, 64]]"));
    let card = ModelCard::parse(&text, Path::new("models/toy/model.toml")).unwrap();
    let sizes: Vec<_> = card.inputs().iter().map(|input| (input.width, input.height)).collect();
    assert_eq!(sizes, [(64, 32), (32, 64), (64, 64)]);
    assert_eq!(card.inputs()[2].colour, card.input().colour);
    let text = refused("height = 32", &with("[[64, 32], [0, 64], [48, 64]]"));
    for part in [
        "lists 64x32, which is there already",
        "0x64 must be 1 to",
        "32 does not divide input 48x64",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn a_good_card_is_read_with_its_defaults() {
    let card = ModelCard::parse(GOOD, Path::new("models/toy/model.toml")).unwrap();
    assert_eq!(card.file(), Path::new("models/toy/toy.onnx"));
    assert_eq!(card.input().pad_value, 114);
    assert_eq!(card.output().activation, Activation::None);
    assert_eq!(card.classes().len(), 3);
    assert_eq!(card.classes()[1].name.as_str(), "billboard");
    assert!(card.with_threshold(0.01).classes().iter().all(|c| c.threshold == 0.01));
}

#[test]
fn unknown_keys_are_refused_where_they_would_change_the_reading() {
    assert!(refused("colour = \"bgr\"", "color = \"bgr\"").contains("color"));
    assert!(refused("[nms]", "[nms]\nsoft = true").contains("soft"));
    assert!(
        refused("licence = \"Apache-2.0\"", "licence = \"x\"\nlicense = \"x\"").contains("license")
    );
}

#[test]
fn every_fault_is_named_at_once() {
    let text = GOOD
        .replace("width = 64", "width = 60")
        .replace("threshold = 0.5", "threshold = 1.5")
        .replace("street_stall", "billboard")
        .replace("iou = 0.5", "iou = 0.0")
        .replace("toy.onnx", "../toy.onnx");
    let error = ModelCard::parse(&text, Path::new("model.toml")).unwrap_err();
    let CardError::Faults { faults, .. } = &error else { panic!("{error}") };
    for part in ["60x32", "threshold 1.5", "listed twice", "nms.iou", "../toy.onnx"] {
        assert!(faults.iter().any(|f| f.contains(part)), "{part} is not in {error}");
    }
}

#[test]
fn doubt_about_nested_boxes_is_read_and_checked() {
    let parse = |text: &str| ModelCard::parse(text, Path::new("models/toy/model.toml"));
    let asked = "iou = 0.5\n[nms.nested]\ninside = 0.7\nkeep = 0.4\nclasses = [\"street_stall\"]";
    let card = parse(&GOOD.replace("iou = 0.5", asked)).unwrap();
    let expected = Nested { inside: 0.7, keep: 0.4, classes: vec!["street_stall".into()] };
    assert_eq!(card.nested(), Some(&expected));
    assert_eq!(parse(GOOD).unwrap().nested(), None);
    for (from, to, named) in [
        ("inside = 0.7", "inside = 0.0", "nms.nested.inside 0"),
        ("keep = 0.4", "keep = nan", "nms.nested.keep NaN"),
        ("street_stall", "stall", "\"stall\" is no [[class]]"),
        ("inside = 0.7", "inside = 0.7\nhow = 1", "how"),
    ] {
        assert!(refused("iou = 0.5", &asked.replace(from, to)).contains(named), "{named}");
    }
}

#[test]
fn the_second_look_that_it_was_measured_with_is_named_by_its_hash() {
    let parse = |text: &str| ModelCard::parse(text, Path::new("models/toy/model.toml"));
    let hash = "AB".repeat(32);
    let named = format!("[second_look]\nname = \"again\"\nsha256 = \"{hash}\"\n[nms]");
    let card = parse(&GOOD.replace("[nms]", &named)).unwrap();
    assert_eq!(card.second_look(), Some("ab".repeat(32).as_str()));
    assert_eq!(parse(GOOD).unwrap().second_look(), None);
    assert!(refused("[nms]", &named.replace("ABAB", "")).contains("second_look.sha256"));
    assert!(refused("[nms]", &named.replace("name", "names")).contains("names"));
}

#[test]
fn contradictions_are_refused() {
    assert!(refused("dtype = \"u8\"", "dtype = \"u8\"\nscale = 0.5").contains("u8"));
    assert!(refused("decoder = \"yolox\"", "decoder = \"yolo11\"").contains("yolo11"));
    assert!(refused("decoder = \"yolox\"", "decoder = \"detr\"").contains("output.boxes"));
    assert!(refused("sha256 = \"ba", "sha256 = \"zz").contains("sha256"));
    assert!(refused("strides = [8, 16, 32]", "strides = [0]").contains("strides"));
}

#[test]
fn a_model_of_another_hash_is_refused_with_both() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.toml");
    fs::write(&path, GOOD).unwrap();
    assert!(matches!(ModelCard::load(&path), Err(CardError::Unreadable { what: "model", .. })));
    fs::write(dir.path().join("toy.onnx"), "abc").unwrap();
    ModelCard::load(&path).unwrap();
    fs::write(dir.path().join("toy.onnx"), "abd").unwrap();
    let text = ModelCard::load(&path).unwrap_err().to_string();
    assert!(text.contains("ba7816bf8f01cfea") && text.contains("a52d159f262b2c6d"), "{text}");
}
