//! From frames to detections with a stand-in for the model that looks at its input tensor.

use std::path::Path;

use ndarray::{Array2, Array3};
use proptest::prelude::*;

use super::*;
use crate::{
    base::PixelFormat,
    detect::{card::tests::GOOD, planes::tests::frame},
};

fn card(threshold: f32) -> ModelCard {
    ModelCard::parse(GOOD, Path::new("model.toml")).unwrap().with_threshold(threshold)
}

/// A frame of one brightness and its own shape.
fn flat(camera: &str, (w, h): (u32, u32), value: u8) -> Frame {
    let bytes = vec![value; (w * h * 3) as usize];
    frame(camera, (w, h), PixelFormat::Rgb, vec![(bytes, w as usize * 3)])
}

/// Answers for each row with one box of class `brightness / 100` at the centre of the input.
fn stand_in(tensor: &InputTensor) -> Array3<f32> {
    let [rows, channels, height, width] = tensor.shape();
    let Values::U8(values) = tensor.values() else { panic!("bytes are expected") };
    let mut out = Array3::zeros((rows, 42, 8));
    for (row, picture) in values.chunks_exact(channels * height * width).enumerate() {
        let middle = picture[(height / 2) * width + width / 2];
        // row 38: stride 16, cell x 2, y 1, centre at (32, 16) with no offset
        out[[row, 38, 4]] = 1.0;
        out[[row, 38, 5 + usize::from(middle) / 100]] = 1.0;
    }
    out
}

#[test]
fn each_frame_gets_the_boxes_made_from_its_own_pixels_and_shape() {
    let card = card(0.5);
    let (mut tensor, reader) = (InputTensor::new(card.input()), Reader::new(&card, card.input()));
    let frames = [
        flat("a", (64, 32), 10),
        flat("b", (32, 32), 110),
        flat("c", (128, 16), 210),
        flat("d", (64, 32), 120),
    ];
    let slots = tensor.fill(&frames).unwrap();
    assert_eq!(tensor.shape(), [4, 3, 32, 64]);
    let out = stand_in(&tensor);
    let seen = slots.read(&reader, &[out.view()]).unwrap();
    let classes: Vec<_> = seen.iter().map(|s| s[0].class.as_str()).collect();
    assert_eq!(classes, ["bin_overflow", "billboard", "street_stall", "billboard"]);
    // a box of 16 x 16 at the centre, as a fraction of each frame's own part of the input
    let width = |i: usize| seen[i][0].bbox.width();
    assert!((width(0) - 0.25).abs() < 1e-5 && (width(1) - 0.5).abs() < 1e-5);
    assert!((seen[2][0].bbox.height() - 1.0).abs() < 1e-5, "clipped to a flat frame");
}

#[test]
fn an_output_of_another_batch_is_refused() {
    let card = card(0.5);
    let (mut tensor, reader) = (InputTensor::new(card.input()), Reader::new(&card, card.input()));
    let slots = tensor.fill(&[flat("a", (8, 8), 1), flat("b", (8, 8), 2)]).unwrap();
    let out = Array3::<f32>::zeros((3, 42, 8));
    let error = slots.read(&reader, &[out.view()]).unwrap_err();
    assert!(matches!(error, DetectError::Shape { .. }), "{error}");
}

#[test]
fn an_unreadable_frame_is_named() {
    let mut tensor = InputTensor::new(card(0.5).input());
    let torn = frame("torn", (8, 8), PixelFormat::Rgb, vec![(vec![0; 9], 24)]);
    let fault = tensor.fill(&[flat("a", (8, 8), 1), torn]).unwrap_err();
    assert_eq!(fault.camera.as_str(), "torn");
}

proptest! {
    #[test]
    fn whatever_the_model_says_boxes_lie_inside_the_frame(
        numbers in prop::collection::vec(-30.0f32..30.0, 42 * 8),
        wild in prop::collection::vec((0usize..42, 0usize..8, prop::num::f32::ANY), 0..20),
        (w, h) in (1u32..300, 1u32..300),
    ) {
        let card = card(0.1);
        let reader = Reader::new(&card, card.input());
        let mut out = Array2::from_shape_vec((42, 8), numbers).unwrap();
        for (row, column, value) in wild {
            out[[row, column]] = value;
        }
        let mapping = Mapping::new(card.input(), w, h);
        let slots = Slots { mappings: vec![mapping] };
        let out = out.insert_axis(Axis(0));
        for d in slots.read(&reader, &[out.view()]).unwrap().remove(0) {
            let [x0, y0, x1, y1] = d.bbox.corners();
            prop_assert!(0.0 <= x0 && x0 < x1 && x1 <= 1.0, "{:?}", d);
            prop_assert!(0.0 <= y0 && y0 < y1 && y1 <= 1.0, "{:?}", d);
            prop_assert!(d.score >= 0.1 && d.score.is_finite());
        }
    }
}
