//! The shipped model with and without a second look, on the shipped picture of the demo's cameras. They
//! run where the library is found and say loudly when not.

use std::path::{Path, PathBuf};

use super::*;
use crate::{
    app::pictures,
    base::{Detection, Frame},
    detect::{Square, library},
};

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn options(second_look: Option<&str>) -> Option<Options> {
    if let Err(why) = library::find(None) {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "SKIPPED: test of ONNX inference: {why}");
        return None;
    }
    let card = at("models/street-nano/model.toml");
    let card_of = |name| at("tests/second-look").join(name).join("model.toml");
    let second_look =
        second_look.map_or(SecondLookChoice::Off, |name| SecondLookChoice::Card(card_of(name)));
    Some(Options { second_look, threads: 1, ..Options::for_card(card) })
}

fn seen(options: &Options, purpose: Purpose, frame: &Frame) -> Vec<Detection> {
    let mut opened = open(options, purpose).unwrap();
    assert_eq!(opened.second_look.is_some(), options.second_look != SecondLookChoice::Off);
    opened.detector.detect(std::slice::from_ref(frame)).unwrap().remove(0)
}

fn pictures_only() -> Purpose {
    Purpose::Pictures(Holder::default())
}

fn is_listed(seen: &Detection) -> bool {
    ["street_stall", "billboard"].contains(&seen.class.as_str())
}

/// Mean brightness of what is cut out, worked out plainly; what lies beyond the frame is grey.
fn brightness(frame: &Frame, seen: &Detection) -> f64 {
    let Square { left, top, side } = Square::around(&seen.bbox, frame, 1.6);
    let rgb = crate::detect::to_rgb(frame);
    let (mut sum, mut count) = (0.0, 0.0);
    let steps = 64;
    for i in 0..steps * steps {
        let step = |n: i32| (f64::from(n) + 0.5) / f64::from(steps) * side;
        let (x, y) = (left + step(i % steps), top + step(i / steps));
        let inside = x >= 0.0 && y >= 0.0;
        let pixel = rgb.get_pixel_checked(x as u32, y as u32).filter(|_| inside);
        sum += pixel.map_or(114.0, |p| p.0.iter().map(|c| f64::from(*c)).sum::<f64>() / 3.0);
        count += 255.0;
    }
    sum / count
}

#[test]
fn every_guess_above_the_floor_is_looked_at_again_and_none_dropped() {
    let (Some(plain), Some(twice)) = (options(None), options(Some("brightness"))) else { return };
    let frame = pictures::read(&at("docs/demo-cameras.jpg")).unwrap();
    let (before, after) =
        (seen(&plain, Purpose::Scores(0.01), &frame), seen(&twice, Purpose::Scores(0.01), &frame));
    assert_eq!(before.len(), after.len());
    let doubt = ModelCard::load(&plain.card).unwrap().nested().map(|nested| f64::from(nested.keep));
    let doubt = doubt.expect("the shipped card doubts stalls in surer ones");
    let listed = before.iter().filter(|d| is_listed(d)).count();
    assert!(listed > 0 && listed < before.len(), "{listed} of {}", before.len());
    for (b, a) in before.iter().zip(&after) {
        assert_eq!((&b.class, b.bbox), (&a.class, a.bbox));
        if !is_listed(b) {
            assert_eq!(a, b);
            continue;
        }
        let second = a.second.unwrap();
        assert!((a.score - second.first_score * second.keep).abs() < 1e-6, "{a:?}");
        let bright = brightness(&frame, b);
        let is_board = a.class.as_str() == "billboard";
        let due = if is_board { 1.0 - bright } else { bright };
        // a stall may be doubted besides, in either list, for lying in a surer one
        let doubts = if is_board { vec![1.0] } else { vec![1.0, doubt] };
        let is_due = |doubt: &f64| (f64::from(second.keep) - due * doubt).abs() < 0.03;
        assert!(doubts.iter().any(is_due), "{a:?}: {due}");
        let is_first = |doubt: &f64| (second.first_score * *doubt as f32 - b.score).abs() < 1e-6;
        assert!(doubts.iter().any(is_first), "{a:?}: {b:?}");
    }
}

/// The shipped model with a card whose thresholds are so low that it surely sees some of each class.
fn lenient(folder: &Path) -> PathBuf {
    let shipped = at("models/street-nano/model.toml");
    let file = ModelCard::load(&shipped).unwrap().file().to_owned();
    std::fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
    let text = std::fs::read_to_string(shipped).unwrap();
    let lower = |line: &str| match line.split_once("threshold = ") {
        Some(("", _)) => "threshold = 0.05\n".to_owned(),
        _ => format!("{line}\n"),
    };
    let path = folder.join("model.toml");
    std::fs::write(&path, text.lines().map(lower).collect::<String>()).unwrap();
    path
}

#[test]
fn by_the_cards_thresholds_what_is_left_of_too_little_is_weak() {
    let (Some(plain), Some(stalls)) = (options(None), options(Some("stalls"))) else { return };
    let folder = tempfile::tempdir().unwrap();
    let card = lenient(folder.path());
    let [plain, stalls] = [plain, stalls].map(|options| Options { card: card.clone(), ..options });
    let frame = pictures::read(&at("docs/demo-cameras.jpg")).unwrap();
    let (before, after) =
        (seen(&plain, pictures_only(), &frame), seen(&stalls, pictures_only(), &frame));
    let of = |list: &[Detection], class: &str| -> Vec<Detection> {
        list.iter().filter(|d| d.class.as_str() == class && !d.is_weak).cloned().collect()
    };
    assert!(!of(&before, "billboard").is_empty(), "{before:?}");
    assert!(of(&after, "billboard").is_empty(), "nothing of their scores is kept");
    let others = |list: &[Detection]| -> Vec<Detection> {
        list.iter().filter(|d| !is_listed(d)).cloned().collect()
    };
    assert_eq!(others(&before), others(&after));
    assert!(of(&after, "street_stall").iter().all(|d| d.score >= 0.05 && d.second.is_some()));
}

#[test]
fn it_works_with_tiles_and_a_class_the_detector_does_not_know_is_refused() {
    let (Some(plain), Some(twice)) = (options(None), options(Some("brightness"))) else { return };
    let frame = pictures::read(&at("docs/demo-cameras.jpg")).unwrap();
    let tiled = |options: Options| Options { tiles: "2x1".parse().unwrap(), ..options };
    let before = seen(&tiled(plain), Purpose::Scores(0.1), &frame);
    let after = seen(&tiled(twice.clone()), Purpose::Scores(0.1), &frame);
    assert_eq!(before.len(), after.len());
    for (b, a) in before.iter().zip(&after).filter(|(b, _)| is_listed(b)) {
        let first = a.second.unwrap().first_score;
        assert!(
            b.bbox == a.bbox && b.score <= first,
            "{b:?} {a:?}: it may have been doubted since"
        );
    }

    let folder = tempfile::tempdir().unwrap();
    let SecondLookChoice::Card(from) = twice.second_look.clone() else { panic!("{twice:?}") };
    let path = folder.path().join("model.toml");
    std::fs::copy(from.with_file_name("brightness.onnx"), path.with_file_name("brightness.onnx"))
        .unwrap();
    let text = std::fs::read_to_string(from).unwrap().replace("\"billboard\"", "\"kiosk\"");
    std::fs::write(&path, text).unwrap();
    let error =
        open(&Options { second_look: SecondLookChoice::Card(path), ..twice }, pictures_only())
            .err()
            .unwrap();
    assert!(format!("{error:#}").contains("kiosk"), "{error:#}");
}

#[test]
fn the_bundled_one_is_taken_for_models_that_were_measured_with_it() {
    let Some(plain) = options(None) else { return };
    let bundled = Options { second_look: SecondLookChoice::Bundled, ..plain };
    let name = |options: &Options| {
        let opened = open(options, pictures_only()).unwrap();
        opened.second_look.map(|card| card.name().to_owned())
    };
    assert_eq!(name(&bundled).as_deref(), Some("street-look"));
    let folder = tempfile::tempdir().unwrap();
    let card = lenient(folder.path());
    let text = std::fs::read_to_string(&card).unwrap();
    let (before, named) = text.split_once("[second_look]").unwrap();
    let (_, after) = named.split_once("\n\n").unwrap();
    std::fs::write(&card, format!("{before}{after}")).unwrap();
    assert_eq!(name(&Options { card, ..bundled }), None);
}
