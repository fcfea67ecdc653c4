//! Cut-outs against the same thing worked out plainly: pixel by pixel from whole planes, each pixel of
//! the input by itself, with nothing of the letterbox's or the parts' own code.

use image::{Rgb, RgbImage};
use proptest::prelude::*;

use super::{
    assert_near,
    exact::{FORMATS, noise},
    input, rgb,
};
use crate::{
    base::{BBox, Frame, PixelFormat},
    detect::{
        Letterbox, Square,
        card::InputSpec,
        lanes::Lanes,
        planes::{Matrix, PlaneView, checked},
    },
};

fn cut(lanes: Lanes, input: &InputSpec, frame: &Frame, square: Square) -> Vec<u8> {
    let mut letterbox = Letterbox::with_lanes(input.clone(), lanes);
    let mut out = vec![1; letterbox.len()];
    letterbox.cut_bytes(frame, square, &mut out).unwrap();
    out
}

/// Which samples of a line `length` long make what lies from `from` to `to`, and how much of each: all
/// it covers when that is more than one, else the two beside its middle.
fn taps(length: usize, from: f64, to: f64) -> Vec<(usize, f64)> {
    let last = length - 1;
    if to - from > 1.0 {
        let covered =
            |s: usize| (to.min(s as f64 + 1.0) - from.max(s as f64)).max(0.0) / (to - from);
        let span = from.max(0.0) as usize..length.min(to.ceil() as usize);
        let all: Vec<_> = span.map(|s| (s, covered(s))).filter(|t| t.1 > 0.0).collect();
        let sum: f64 = all.iter().map(|t| t.1).sum();
        return all.into_iter().map(|(s, w)| (s, w / sum)).collect();
    }
    let middle = ((from + to) / 2.0 - 0.5).clamp(0.0, last as f64);
    let (left, beyond) = (middle.floor() as usize, middle.fract());
    vec![(left, 1.0 - beyond), ((left + 1).min(last), beyond)]
}

fn sample(plane: &PlaneView<'_>, [x, y]: &[Vec<(usize, f64)>; 2], channel: usize) -> f32 {
    let row = |(r, wy): &(usize, f64)| -> f64 {
        let of = |(c, wx): &(usize, f64)| {
            wy * wx * f64::from(plane.row(*r)[c * plane.channels + channel])
        };
        x.iter().map(of).sum()
    };
    y.iter().map(row).sum::<f64>() as f32
}

/// What a cut-out of `square` is, for an NHWC RGB input.
fn plain(input: &InputSpec, frame: &Frame, square: Square) -> Vec<u8> {
    let planes = checked(frame).unwrap();
    let ratio = square.side / f64::from(input.width);
    let mut out = Vec::new();
    for j in 0..input.height {
        for i in 0..input.width {
            let at = |edge: f64, n: u32| [n, n + 1].map(|n| edge + f64::from(n) * ratio);
            let (x, y) = (at(square.left, i), at(square.top, j));
            let middle = |[a, b]: [f64; 2]| (a + b) / 2.0;
            let inside = (0.0..f64::from(frame.width)).contains(&middle(x))
                && (0.0..f64::from(frame.height)).contains(&middle(y));
            if !inside {
                out.extend([input.pad_value; 3]);
                continue;
            }
            let of = |plane: usize, channel| {
                let share = if plane == 0 { 1.0 } else { 0.5 };
                let view = &planes[plane];
                let taps = [
                    taps(view.columns, x[0] * share, x[1] * share),
                    taps(view.rows, y[0] * share, y[1] * share),
                ];
                sample(view, &taps, channel)
            };
            let rgb = match frame.format {
                PixelFormat::I420 => Matrix::of(frame).rgb(of(0, 0), of(1, 0), of(2, 0)),
                PixelFormat::Nv12 => Matrix::of(frame).rgb(of(0, 0), of(1, 0), of(1, 1)),
                PixelFormat::Rgb => [0, 1, 2].map(|channel| of(0, channel)),
            };
            out.extend(rgb.map(|c| (c + 0.5) as u8));
        }
    }
    out
}

fn assert_plain(side: u32, frame: &Frame, square: Square) {
    let input = input(side, side);
    let (got, expected) = (cut(Lanes::best(), &input, frame, square), plain(&input, frame, square));
    let of = (frame.width, frame.height, frame.format, square, side);
    assert_near(&got, &expected, &of);
    assert_eq!(cut(Lanes::Portable, &input, frame, square), got, "{of:?}: lanes differ");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_box_of_any_frame_is_cut_out_as_worked_out_plainly(
        size in prop_oneof![(1u32..9, 1u32..9), (8u32..260, 8u32..200), (300u32..700, 20u32..60)],
        (x, y) in (0.0f32..0.98, 0.0f32..0.98),
        (w, h) in (0.005f32..1.0, 0.005f32..1.0),
        margin in 1.0f64..3.0,
        side in 1u32..70,
        format in prop::sample::select(FORMATS.to_vec()),
        padding in 0usize..20,
        seed in any::<u32>(),
    ) {
        let frame = noise(size, format, padding, seed);
        let bbox = BBox::new(x, y, (x + w).min(1.0), (y + h).min(1.0)).unwrap();
        let square = Square::around(&bbox, &frame, margin);
        if f64::from(size.0.min(size.1)) > square.side / f64::from(side) {
            assert_plain(side, &frame, square);
        } else {
            // no pixel's middle need be inside then, and one is shown all the same
            let shown = cut(Lanes::best(), &input(side, side), &frame, square);
            prop_assert_eq!(cut(Lanes::Portable, &input(side, side), &frame, square), shown);
        }
    }
}

#[test]
fn corners_and_edges_of_a_cameras_frame_are_cut_out_as_worked_out_plainly() {
    for format in FORMATS {
        let frame = noise((1280, 719), format, 7, 5);
        for corners in [
            [0.0, 0.0, 0.01, 0.02],
            [0.99, 0.97, 1.0, 1.0],
            [0.0, 0.4, 0.1, 0.9],
            [0.3, 0.9, 0.7, 1.0],
            [0.0, 0.0, 1.0, 1.0],
        ] {
            let [x0, y0, x1, y1] = corners;
            let bbox = BBox::new(x0, y0, x1, y1).unwrap();
            assert_plain(96, &frame, Square::around(&bbox, &frame, 1.6));
        }
    }
}

#[test]
fn the_square_lies_around_the_boxs_middle_and_is_as_long_as_its_longer_side_asks() {
    let frame = noise((200, 100), PixelFormat::Rgb, 0, 1);
    let square = |x0, y0, x1, y1, margin| {
        let Square { left, top, side } =
            Square::around(&BBox::new(x0, y0, x1, y1).unwrap(), &frame, margin);
        [left, top, side].map(|v| (v * 1e4).round() / 1e4)
    };
    // 100 x 20 pixels around (100, 50)
    assert_eq!(square(0.25, 0.4, 0.75, 0.6, 1.6), [20.0, -30.0, 160.0]);
    // 20 x 50 pixels around (10, 75)
    assert_eq!(square(0.0, 0.5, 0.1, 1.0, 2.0), [-40.0, 25.0, 100.0]);
    // 2 x 2 around (101, 51), taken for 8 x 8
    assert_eq!(square(0.5, 0.5, 0.51, 0.52, 1.6), [94.6, 44.6, 12.8]);
}

#[test]
fn a_thing_keeps_its_shape_and_its_place_and_the_rest_is_padding() {
    // a white square of 20 pixels in the right upper corner of a black frame
    let picture =
        RgbImage::from_fn(100, 60, |x, y| Rgb([if x >= 80 && y < 20 { 255 } else { 0 }; 3]));
    let frame = rgb(&picture);
    let bbox = BBox::new(0.8, 0.0, 1.0, 20.0 / 60.0).unwrap();
    let out = cut(Lanes::best(), &input(40, 40), &frame, Square::around(&bbox, &frame, 2.0));
    for (at, pixel) in out.chunks_exact(3).enumerate() {
        let (x, y) = (at % 40, at / 40);
        let expected = match (x, y) {
            (_, ..10) | (30.., _) => 114,
            (10.., ..30) => 255,
            _ => 0,
        };
        assert_eq!(pixel, [expected; 3], "at {x}, {y}");
    }
}

#[test]
fn an_unreadable_frame_is_refused_by_name() {
    let mut frame = noise((20, 20), PixelFormat::I420, 0, 1);
    frame.height = 40;
    let square = Square { left: 0.0, top: 0.0, side: 8.0 };
    let mut letterbox = Letterbox::new(input(8, 8));
    let mut out = vec![0; letterbox.len()];
    assert_eq!(letterbox.cut_bytes(&frame, square, &mut out).unwrap_err().camera.as_str(), "c");
    frame.height = 20;
    assert!(letterbox.cut_bytes(&frame, square, &mut out[1..]).is_err());
}
