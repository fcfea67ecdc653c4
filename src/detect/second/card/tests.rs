//! Cards that must be refused, and one that must not.

use std::fs;

use super::*;
use crate::detect::card::tests::GOOD as DETECTOR;

/// A card for two of the toy detector's classes.
pub const GOOD: &str = r#"
name = "again"
version = "0.1.0"
file = "again.onnx"
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
licence = "Apache-2.0"
kind = "second look"

[input]
name = "crops"
width = 32
height = 32
dtype = "u8"
layout = "nchw"
colour = "bgr"
margin = 1.6

[output]
name = "keep"

[[class]]
name = "street_stall"
[[class]]
name = "billboard"

[training]
anything = { goes = ["here"] }
[scores.val]
kept = 0.97
"#;

fn path() -> &'static Path {
    Path::new("models/again/model.toml")
}

fn refused(from: &str, to: &str) -> String {
    let text = GOOD.replace(from, to);
    assert_ne!(text, GOOD, "the test must change the card");
    SecondCard::parse(&text, path()).unwrap_err().to_string()
}

#[test]
fn a_good_card_is_read_with_its_defaults() {
    let card = SecondCard::parse(GOOD, path()).unwrap();
    assert_eq!(card.file(), Path::new("models/again/again.onnx"));
    assert_eq!((card.name(), card.version(), card.licence()), ("again", "0.1.0", "Apache-2.0"));
    assert_eq!((card.input().pad_value, card.input().std), (114, [1.0; 3]));
    assert_eq!((card.margin(), card.output(), card.add()), (1.6, "keep", None));
    let adding = GOOD.replace("name = \"keep\"", "name = \"keep\"\nadd = \"more\"");
    assert_eq!(SecondCard::parse(&adding, path()).unwrap().add(), Some("more"));
    assert_eq!((card.place(), card.kinds()), (None, None));
    let asking = GOOD.replace("margin = 1.6", "margin = 1.6\nkinds = \"kinds\"");
    assert_eq!(SecondCard::parse(&asking, path()).unwrap().kinds(), Some("kinds"));
    let twice = refused("margin = 1.6", "margin = 1.6\nkinds = \"crops\"");
    assert!(twice.contains("input.kinds"), "{twice}");
    let moving =
        GOOD.replace("name = \"keep\"", "name = \"keep\"\nplace = \"there\"\npull = \"far\"");
    let place = SecondCard::parse(&moving, path()).unwrap().place().cloned();
    assert_eq!(place, Some(PlaceOutputs { corners: "there".into(), pull: "far".into() }));
    let text = refused("name = \"keep\"", "name = \"keep\"\npull = \"far\"");
    assert!(text.contains("output.place and output.pull go together"), "{text}");
    assert_eq!(card.classes(), [ClassName::from("street_stall"), "billboard".into()]);
    card.fit(&ModelCard::parse(DETECTOR, path()).unwrap()).unwrap();
}

#[test]
fn each_kind_is_refused_by_name_where_the_other_is_expected() {
    let text = SecondCard::parse(DETECTOR, path()).unwrap_err().to_string();
    for part in ["is a detector's", "a second look's is needed", "--model"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let text = ModelCard::parse(GOOD, path()).unwrap_err().to_string();
    for part in ["is a second look's", "a detector's is needed", "second_look", "--second-look"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(refused("kind = \"second look\"", "kind = \"third\"").contains("\"third\" is unknown"));
    let detector = DETECTOR.replacen("name =", "kind = \"third\"\nname =", 1);
    let text = ModelCard::parse(&detector, path()).unwrap_err().to_string();
    assert!(text.contains("\"third\" is unknown"), "{text}");
}

#[test]
fn unknown_keys_are_refused_where_they_would_change_the_reading() {
    assert!(refused("margin = 1.6", "margin = 1.6\nmargins = 2").contains("margins"));
    assert!(refused("margin = 1.6", "").contains("margin"));
    assert!(refused("name = \"keep\"", "name = \"keep\"\ndecoder = \"yolox\"").contains("decoder"));
    assert!(refused("\"billboard\"", "\"billboard\"\nthreshold = 0.5").contains("threshold"));
}

#[test]
fn every_fault_is_named_at_once() {
    let text = GOOD
        .replace("width = 32", "width = 16")
        .replace("margin = 1.6", "margin = 0.5\nscale = 0.5")
        .replace("street_stall", "billboard")
        .replace("again.onnx", "../again.onnx")
        .replace("sha256 = \"ba", "sha256 = \"zz");
    let error = SecondCard::parse(&text, path()).unwrap_err();
    let CardError::Faults { faults, .. } = &error else { panic!("{error}") };
    for part in ["16x32", "margin 0.5", "\"u8\"", "listed twice", "../again.onnx", "sha256"] {
        assert!(faults.iter().any(|f| f.contains(part)), "{part} is not in {error}");
    }
    let (before, _) = GOOD.split_once("[[class]]").unwrap();
    let error = SecondCard::parse(before, path()).unwrap_err().to_string();
    assert!(error.contains("no [[class]]"), "{error}");
}

#[test]
fn a_class_that_the_detector_does_not_know_is_named_with_the_remedy() {
    let card = SecondCard::parse(&GOOD.replace("billboard", "kiosk"), path()).unwrap();
    let text = card.fit(&ModelCard::parse(DETECTOR, path()).unwrap()).unwrap_err().to_string();
    for part in ["again looks at kiosk", "model toy", "bin_overflow", "--no-second-look", "\"off\""]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn it_is_of_the_detectors_that_were_measured_with_it() {
    let card = SecondCard::parse(GOOD, path()).unwrap();
    let naming = |hash: &str| {
        let named = format!("[second_look]\nname = \"again\"\nsha256 = \"{hash}\"\n[nms]");
        ModelCard::parse(&DETECTOR.replace("[nms]", &named), path()).unwrap()
    };
    assert!(card.is_of(&naming(&card.sha256().to_ascii_uppercase())));
    assert!(!card.is_of(&naming(&"0".repeat(64))));
    assert!(!card.is_of(&ModelCard::parse(DETECTOR, path()).unwrap()));
}

#[test]
fn a_missing_file_and_a_model_of_another_hash_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.toml");
    let said = || SecondCard::load(&path).unwrap_err().to_string();
    assert!(said().contains("model card") && said().contains("second_look"), "{}", said());
    fs::write(&path, GOOD).unwrap();
    assert!(said().contains("again.onnx") && said().contains("second_look"), "{}", said());
    fs::write(dir.path().join("again.onnx"), "abc").unwrap();
    SecondCard::load(&path).unwrap();
    fs::write(dir.path().join("again.onnx"), "abd").unwrap();
    assert!(
        said().contains("ba7816bf8f01cfea") && said().contains("a52d159f262b2c6d"),
        "{}",
        said()
    );
}
