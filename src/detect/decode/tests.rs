//! Decoders on tensors written by hand.

use std::path::Path;

use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;
use crate::detect::card::tests::GOOD;

fn decoder(text: &str) -> Decoder {
    let card = ModelCard::parse(text, Path::new("model.toml")).unwrap();
    Decoder::of(&card, card.input())
}

fn near(got: [f32; 4], expected: [f32; 4]) {
    for (g, e) in got.iter().zip(&expected) {
        assert!((g - e).abs() < 1e-3, "{got:?} is not {expected:?}");
    }
}

#[test]
fn yolox_adds_the_cell_and_raises_the_size() {
    let mut raw = Array2::<f32>::zeros((42, 8));
    // stride 16 begins at row 32; its second row of 4 cells at 36: cell x 2, y 1 is row 38
    let row = [0.5, 0.25, 2f32.ln(), 3f32.ln(), 0.9, 0.1, 0.8, 0.0];
    raw.row_mut(38).assign(&ndarray::arr1(&row));
    let found = decoder(GOOD).decode(&[raw.view()], &[0.5, 0.5, 0.5]).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].class, 1);
    assert!((found[0].score - 0.72).abs() < 1e-6);
    near(found[0].corners, [40.0 - 16.0, 20.0 - 24.0, 40.0 + 16.0, 20.0 + 24.0]);
}

#[test]
fn yolox_thresholds_are_each_classs_own() {
    let mut raw = Array2::<f32>::zeros((42, 8));
    raw.row_mut(0).assign(&ndarray::arr1(&[0.0, 0.0, 0.0, 0.0, 1.0, 0.5, 0.5, 0.5]));
    let found = decoder(GOOD).decode(&[raw.view()], &[0.6, 0.5, 0.4]).unwrap();
    assert_eq!(found.iter().map(|c| c.class).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn nanodet_takes_the_mean_distance_of_each_side() {
    let text = GOOD
        .replace("decoder = \"yolox\"", "decoder = \"nanodet\"\nreg_max = 3\ncell_offset = 0.5");
    let mut raw = Array2::<f32>::zeros((42, 3 + 16));
    let mut row = raw.row_mut(9); // stride 8, 8 cells a row: x 1, y 1
    row[2] = 0.7;
    // left: certain of 2; top: even between 0..3 is 1.5; right: certain of 3; bottom: certain of 0
    row[3 + 2] = 50.0;
    row[3 + 8 + 3] = 50.0;
    row[3 + 12] = 50.0;
    let found = decoder(&text).decode(&[raw.view()], &[0.5; 3]).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].class, found[0].score), (2, 0.7));
    near(found[0].corners, [12.0 - 16.0, 12.0 - 12.0, 12.0 + 24.0, 12.0]);
}

#[test]
fn yolov8_reads_columns_in_pixels() {
    let text = GOOD.replace("decoder = \"yolox\"", "decoder = \"yolov8\"");
    let mut raw = Array2::<f32>::zeros((7, 42));
    for (r, v) in [30.0, 20.0, 10.0, 8.0, 0.0, 0.0, 0.9].into_iter().enumerate() {
        raw[[r, 41]] = v;
    }
    let found = decoder(&text).decode(&[raw.view()], &[0.5; 3]).unwrap();
    assert_eq!(found, [Candidate { class: 2, score: 0.9, corners: [25.0, 16.0, 35.0, 24.0] }]);
}

fn detr(activation: &str) -> Decoder {
    let extra = format!("decoder = \"detr\"\nboxes = \"boxes\"\nactivation = \"{activation}\"");
    decoder(&GOOD.replace("decoder = \"yolox\"", &extra).replace("strides = [8, 16, 32]\n", ""))
}

#[test]
fn detr_scales_fractions_to_the_input() {
    let scores = array![[-9.0, 0.0, -9.0], [-9.0, -9.0, -9.0]];
    let boxes = array![[0.5, 0.5, 0.25, 0.5], [0.1, 0.1, 0.1, 0.1]];
    let found = detr("sigmoid").decode(&[scores.view(), boxes.view()], &[0.5; 3]).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].class, found[0].score), (1, 0.5));
    near(found[0].corners, [24.0, 8.0, 40.0, 24.0]);
}

#[test]
fn detr_with_softmax_gives_nothing_its_share() {
    let third = 2f32.ln();
    let scores = array![[third, 0.0, f32::NEG_INFINITY, 0.0]];
    let boxes = array![[0.5, 0.5, 1.0, 1.0]];
    let found = detr("softmax").decode(&[scores.view(), boxes.view()], &[0.3; 3]).unwrap();
    assert_eq!(found.len(), 1);
    assert!((found[0].score - 0.5).abs() < 1e-6);
}

#[test]
fn another_shape_is_refused_with_both() {
    let raw = Array2::<f32>::zeros((42, 85));
    let text = decoder(GOOD).decode(&[raw.view()], &[0.5; 3]).unwrap_err().to_string();
    assert!(text.contains("[42, 85]") && text.contains("[42, 8]"), "{text}");
    let (scores, boxes) = (Array2::<f32>::zeros((3, 3)), Array2::<f32>::zeros((2, 4)));
    assert!(detr("sigmoid").decode(&[scores.view(), boxes.view()], &[0.5; 3]).is_err());
}

/// Cell by cell, class by class, nothing skipped: what the decoders are to find.
fn plainly(
    kind: &str,
    raw: &Array2<f32>,
    activation: Activation,
    thresholds: &[f32],
) -> Vec<(usize, f32)> {
    let score_of = |cell: usize, class: usize| match kind {
        "yolox" => {
            activate(activation, raw[[cell, 4]]) * activate(activation, raw[[cell, 5 + class]])
        }
        "nanodet" => activate(activation, raw[[cell, class]]),
        _ => activate(activation, raw[[4 + class, cell]]),
    };
    let all = (0..42).flat_map(|cell| (0..3).map(move |class| (class, cell)));
    let mut found: Vec<(usize, usize)> = all.collect();
    if kind == "yolov8" {
        found.sort();
    }
    let scored = found.into_iter().map(|(class, cell)| (class, score_of(cell, class)));
    scored.filter(|(class, score)| *score >= thresholds[*class]).collect()
}

proptest! {
    #[test]
    fn nothing_is_skipped_that_reaches_its_threshold(
        kind in prop::sample::select(vec!["yolox", "nanodet", "yolov8"]),
        sigmoid in any::<bool>(),
        transposed in any::<bool>(),
        mut values in prop::collection::vec(-1.0f32..1.0, 42 * 11),
        odd in prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0]),
        thresholds in prop::collection::vec(
            prop_oneof![Just(0.0f32), Just(1.0f32), Just(0.5f32), 0.0f32..1.0], 3..=3),
    ) {
        // logits reach further than scores; some cells hold what no model should give
        if sigmoid {
            values.iter_mut().for_each(|v| *v *= 20.0);
        }
        values.iter_mut().step_by(37).for_each(|v| *v = odd);
        let activation = if sigmoid { Activation::Sigmoid } else { Activation::None };
        let columns = if kind == "nanodet" { 11 } else { 8 - usize::from(kind == "yolov8") };
        values.truncate(42 * columns);
        let cells_first = if kind == "yolov8" { (columns, 42) } else { (42, columns) };
        let mut raw = Array2::from_shape_vec(cells_first, values).unwrap();
        let text = GOOD.replace(
            "decoder = \"yolox\"",
            &format!(
                "decoder = \"{kind}\"\nactivation = \"{}\"{}",
                if sigmoid { "sigmoid" } else { "none" },
                if kind == "nanodet" { "\nreg_max = 1" } else { "" },
            ),
        );
        // finished scores lie between 0 and 1
        if !sigmoid {
            raw.mapv_inplace(|v| v.abs().clamp(0.0, 1.0));
        }
        let decoder = decoder(&text);
        let other = raw.t().as_standard_layout().into_owned();
        let view = if transposed { other.t() } else { raw.view() };
        let found = decoder.decode(&[view], &thresholds).unwrap();
        let found: Vec<_> = found.iter().map(|c| (c.class, c.score)).collect();
        prop_assert_eq!(found, plainly(kind, &raw, activation, &thresholds));
    }
}
