//! The real library on tiny models (tests/second-look/make.py makes them). They run where the library is
//! found and say loudly when not.

use std::{fs, path::PathBuf};

use super::*;
use crate::{
    base::{Frame, PixelFormat},
    detect::{library, planes::tests::frame},
};

fn card_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/second-look").join(name).join("model.toml")
}

/// The card of one of them, when the library is there.
fn card(name: &str) -> Option<SecondCard> {
    if let Err(why) = library::find(None) {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "SKIPPED: test of ONNX inference: {why}");
        return None;
    }
    Some(SecondCard::load(&card_path(name)).unwrap())
}

/// A frame whose column `x` of ten has brightness 25 times `x`.
fn stripes() -> Frame {
    let row: Vec<u8> = (0..1000).flat_map(|x| [(x / 100 * 25) as u8; 3]).collect();
    frame("c", (1000, 100), PixelFormat::Rgb, vec![(row.repeat(100), 3000)])
}

fn crop(frame: &Frame, stripe: usize) -> Crop<'_> {
    let square = Square { left: stripe as f64 * 100.0 + 20.0, top: 20.0, side: 60.0 };
    Crop { frame, square, class: 0 }
}

#[test]
fn each_cut_out_is_seen_at_its_own_place_in_any_number() {
    let Some(card) = card("brightness") else { return };
    let mut model = OnnxSecondLook::open(&card, None).unwrap();
    assert_eq!(model.max_crops(), 4);
    let frame = stripes();
    for count in [1, 4, 3, 4] {
        let crops: Vec<_> = (0..count).map(|i| crop(&frame, i * 7 % 10)).collect();
        let rows = model.judge(&crops).unwrap();
        assert_eq!(rows.len(), count);
        for (i, row) in rows.iter().enumerate() {
            let bright = (i * 7 % 10) as f32 * 25.0 / 255.0;
            let off = (row[0].keep - bright).abs().max((row[1].keep - (1.0 - bright)).abs());
            assert!(off < 1e-5, "cut-out {i} of {count}: {row:?}");
        }
    }
    // half of it is padding
    let square = Square { left: -50.0, top: 0.0, side: 100.0 };
    let edge = Crop { frame: &frame, square, class: 0 };
    let row = model.judge(&[edge]).unwrap().remove(0);
    assert!((row[0].keep - 114.0 / 2.0 / 255.0).abs() < 1e-5, "{row:?}");
}

#[test]
fn a_model_that_asks_what_each_cut_out_was_taken_for_is_told() {
    let Some(card) = card("own") else { return };
    let mut model = OnnxSecondLook::open(&card, None).unwrap();
    let frame = stripes();
    let classes = [1, 0, 0, 1];
    let crops = classes.map(|class| Crop { class, ..crop(&frame, 8) });
    let bright: f32 = 8.0 * 25.0 / 255.0;
    for (row, class) in model.judge(&crops).unwrap().iter().zip(classes) {
        let due = [bright, 1.0 - bright][class];
        assert!((row[class].keep - due).abs() < 1e-5, "{class}: {row:?}");
        assert_eq!(row[1 - class].keep, 0.0, "nothing is said of the other");
    }
}

#[test]
fn what_is_added_is_read_from_an_output_of_its_own() {
    let Some(card) = card("closer") else { return };
    let mut model = OnnxSecondLook::open(&card, None).unwrap();
    let frame = stripes();
    for (column, row) in [3, 8].map(|c| (c, model.judge(&[crop(&frame, c)]).unwrap().remove(0))) {
        let bright = column as f32 * 25.0 / 255.0;
        assert_eq!((row[0].keep, row[1]), (0.75, Verdict { keep: 1.0, ..Verdict::default() }));
        assert!((row[0].add - 0.25 * bright).abs() < 1e-5, "{row:?}");
        assert!((row[0].of(0.4) - (0.3 + 0.25 * bright)).abs() < 1e-5, "{row:?}");
    }
}

#[test]
fn where_it_is_seen_is_told_in_the_frame() {
    let Some(card) = card("aside") else { return };
    let mut model = OnnxSecondLook::open(&card, None).unwrap();
    let frame = stripes();
    let row = model.judge(&[crop(&frame, 2), crop(&frame, 4)]).unwrap().remove(1);
    let place = row[0].place.unwrap();
    // the middle of a square of 60 pixels from 420, 20 on, in a frame of 1000 x 100
    let due = [0.435, 0.35, 0.465, 0.65];
    assert!(place.bbox.corners().iter().zip(due).all(|(c, d)| (c - d).abs() < 1e-5), "{place:?}");
    assert!((place.pull - 100.0 / 255.0).abs() < 1e-5, "as far as it is bright");
    assert_eq!(row[1].place, None, "nothing pulls it");
    assert!(placed(&crop(&frame, 4), [f32::NAN; 4], 0.5).is_err());
    assert!(placed(&crop(&frame, 4), [0.0; 4], 1.5).is_err());
    assert_eq!(placed(&crop(&frame, 0), [-2.0, 0.0, -1.0, 1.0], 0.5), Ok(None), "outside");
}

#[test]
fn what_is_no_share_of_a_score_is_refused() {
    let Some(card) = card("beyond") else { return };
    // grey is kept to 0.89, so it opens
    let mut model = OnnxSecondLook::open(&card, None).unwrap();
    let frame = stripes();
    model.judge(&[crop(&frame, 5)]).unwrap();
    let error = model.judge(&[crop(&frame, 5), crop(&frame, 9)]).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, DetectError::SecondLook { .. }) && text.contains("beyond"), "{text}");
    assert!(text.contains("0..1"), "{text}");
}

#[test]
fn a_card_of_another_model_is_refused_with_the_difference() {
    if card("brightness").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.toml");
    let from = card_path("brightness");
    fs::copy(from.with_file_name("brightness.onnx"), path.with_file_name("brightness.onnx"))
        .unwrap();
    let good = fs::read_to_string(from).unwrap();
    for (from, to, part) in [
        ("\n[[class]]\nname = \"billboard\"\n", "", "the card says [any, 1]"),
        ("width = 8\nheight = 8", "width = 9\nheight = 9", "the card says [any, 3, 9, 9]"),
        ("dtype = \"u8\"", "dtype = \"f32\"", "is u8, the card says f32"),
        ("name = \"keep\"", "name = \"kept\"", "\"kept\" is not among \"keep\""),
        ("margin = 1.6", "margin = 1.6\nkinds = \"of\"", "\"of\" is not among \"crops\""),
    ] {
        assert!(good.contains(from), "{from:?}");
        fs::write(&path, good.replace(from, to)).unwrap();
        let error = OnnxSecondLook::open(&SecondCard::load(&path).unwrap(), None).unwrap_err();
        assert!(matches!(error, DetectError::Mismatch { .. }), "{error}");
        assert!(error.to_string().contains(part), "{part} is not in {error}");
    }
}

#[test]
fn what_is_laid_out_is_run_again_and_again_without_its_frames() {
    let Some(card) = card("brightness") else { return };
    let mut raw = RawSecondLook::open(&card, None).unwrap();
    raw.run().unwrap();
    for count in [3, 1] {
        let frame = stripes();
        let crops: Vec<_> = (0..count).map(|i| crop(&frame, i)).collect();
        raw.lay(&crops).unwrap();
    }
    assert_eq!(raw.cut_outs(), 4);
    raw.run().unwrap();
    raw.run().unwrap();
    let short = frame("c", (1000, 100), PixelFormat::Rgb, vec![(vec![0; 9], 3000)]);
    assert!(matches!(raw.lay(&[crop(&short, 0)]), Err(DetectError::Frame(_))));
    assert_eq!(raw.cut_outs(), 4, "what cannot be laid out is not run");
}
