//! The letterbox against the same thing in exact numbers, pixel by pixel, on noise: what no
//! rounding can hide in. Any size, odd ones and single pixels too; padded rows; parts of a frame.

use std::sync::Arc;

use proptest::prelude::*;

use super::{assert_near, input};
use crate::{
    base::{Frame, PixelFormat, Plane},
    detect::{
        Letterbox,
        card::{Colour, InputSpec, Layout, Placement},
        lanes::Lanes,
        letterbox::Mapping,
        planes::{
            Matrix, PlaneView, checked,
            tests::{ALL, frame},
        },
        resample::Axis,
    },
};

/// Noise in every plane, `padding` bytes of 0xaa after each row.
pub(super) fn noise(size: (u32, u32), format: PixelFormat, padding: usize, seed: u32) -> Frame {
    let (w, h) = (size.0 as usize, size.1 as usize);
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    let planes = match format {
        PixelFormat::I420 => vec![(w, h), (cw, ch), (cw, ch)],
        PixelFormat::Nv12 => vec![(w, h), (2 * cw, ch)],
        PixelFormat::Rgb => vec![(3 * w, h)],
    };
    let plane = |(i, (bytes, rows)): (usize, (usize, usize))| {
        let stride = bytes + padding;
        let byte = |at: usize| {
            let mixed = (at as u32 ^ seed ^ (i as u32) << 28).wrapping_mul(2_654_435_761);
            if at % stride < bytes { (mixed >> 24) as u8 } else { 0xaa }
        };
        ((0..stride * rows).map(byte).collect(), stride)
    };
    frame("c", size, format, planes.into_iter().enumerate().map(plane).collect())
}

/// Channel `channel` of target sample (`x`, `y`), exactly.
fn sample(plane: &PlaneView<'_>, axes: &[Axis; 2], (x, y): (usize, usize), channel: usize) -> f64 {
    let ((left, across), (top, down)) = (axes[0].at(x), axes[1].at(y));
    let mut sum = 0.0;
    for (r, wy) in down.iter().enumerate() {
        let row = plane.row(top + r);
        for (c, wx) in across.iter().enumerate() {
            sum += wy * wx * f64::from(row[(left + c) * plane.channels + channel]);
        }
    }
    sum
}

/// What [`Letterbox::bytes`] is to give, for a centred NHWC RGB input.
fn exact(input: &InputSpec, frame: &Frame) -> Vec<u8> {
    let planes = checked(frame).unwrap();
    let mapping = Mapping::new(input, frame.width, frame.height);
    let (w, h) = (mapping.width as usize, mapping.height as usize);
    let (rx, ry) = (f64::from(frame.width) / w as f64, f64::from(frame.height) / h as f64);
    let axes: Vec<[Axis; 2]> = (planes.iter().enumerate())
        .map(|(i, p)| (p, if i == 0 { 1.0 } else { 0.5 }))
        .map(|(p, s)| [Axis::new(p.columns, w, 0.0, rx * s), Axis::new(p.rows, h, 0.0, ry * s)])
        .collect();
    let mut out = vec![input.pad_value; input.len()];
    for y in 0..h {
        for x in 0..w {
            let of = |plane: usize, c| sample(&planes[plane], &axes[plane], (x, y), c) as f32;
            let rgb = match frame.format {
                PixelFormat::I420 => Matrix::of(frame).rgb(of(0, 0), of(1, 0), of(2, 0)),
                PixelFormat::Nv12 => Matrix::of(frame).rgb(of(0, 0), of(1, 0), of(1, 1)),
                PixelFormat::Rgb => [0, 1, 2].map(|c| of(0, c)),
            };
            let row = mapping.top as usize + y;
            let at = (row * input.width as usize + mapping.left as usize + x) * 3;
            out[at..at + 3].copy_from_slice(&rgb.map(|c| (c + 0.5) as u8));
        }
    }
    out
}

fn fitted(lanes: Lanes, input: &InputSpec, frame: &Frame) -> Vec<u8> {
    let mut letterbox = Letterbox::with_lanes(input.clone(), lanes);
    let mut out = vec![1; letterbox.len()];
    letterbox.bytes(frame, &mut out).unwrap();
    out
}

fn assert_exact(input: &InputSpec, frame: &Frame) {
    let (got, expected) = (fitted(Lanes::best(), input, frame), exact(input, frame));
    let of = (frame.width, frame.height, frame.format);
    assert_near(&got, &expected, &of);
    assert_eq!(fitted(Lanes::Portable, input, frame), got, "{of:?}: lanes differ");
}

pub(super) const FORMATS: [PixelFormat; 3] =
    [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Rgb];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_frame_is_within_a_level_of_the_exact_one(
        size in prop_oneof![(1u32..9, 1u32..9), (1u32..330, 1u32..220), (300u32..900, 1u32..60)],
        (w, h) in (1u32..100, 1u32..80),
        format in prop::sample::select(FORMATS.to_vec()),
        padding in 0usize..40,
        matrix in prop::sample::select(ALL.to_vec()),
        seed in any::<u32>(),
    ) {
        let mut frame = noise(size, format, padding, seed);
        frame.matrix = matrix;
        assert_exact(&input(w, h), &frame);
    }

    #[test]
    fn a_part_that_shares_the_planes_is_as_good_as_a_frame_of_its_own(
        (w, h) in (20u32..120, 20u32..90),
        (x, y) in (0u32..8, 0u32..8),
        format in prop::sample::select(FORMATS.to_vec()),
        seed in any::<u32>(),
    ) {
        // as tiles are cut: even starts, rows of the whole frame
        let whole = noise((w, h), format, 3, seed);
        let (x, y) = (2 * x, 2 * y);
        let cut = |(i, plane): (usize, &Plane)| {
            let halved = if i > 0 { 2 } else { 1 };
            let bytes = [[1, 1], [1, 2], [3, 3]][format as usize][i.min(1)];
            let from = y as usize / halved * plane.stride + x as usize / halved * bytes;
            Plane { data: plane.data.slice(from..), stride: plane.stride }
        };
        let planes: Arc<[Plane]> = whole.planes.iter().enumerate().map(cut).collect();
        let part = Frame { width: w - x, height: h - y, planes, ..whole.clone() };
        assert_exact(&input(32, 24), &part);

        let mut letterbox = Letterbox::new(input(32, 24));
        let mut out = vec![1; letterbox.len()];
        for frame in [&whole, &part, &whole, &part] {
            letterbox.bytes(frame, &mut out).unwrap();
            prop_assert_eq!(&out, &fitted(Lanes::Portable, &input(32, 24), frame));
        }
    }
}

#[test]
fn cameras_own_sizes_are_within_a_level_of_the_exact_one() {
    for (size, (w, h)) in [
        ((1920, 1080), (416, 416)),
        ((1920, 1080), (640, 384)),
        ((2560, 1440), (416, 416)),
        ((704, 576), (640, 384)),
        ((640, 360), (640, 384)),
    ] {
        for format in FORMATS {
            assert_exact(&input(w, h), &noise(size, format, 0, 7));
        }
    }
}

#[test]
fn every_layout_order_and_type_holds_the_same_picture() {
    let frame = noise((151, 83), PixelFormat::I420, 1, 3);
    let expected = fitted(Lanes::best(), &input(64, 48), &frame);
    for (layout, colour) in [
        (Layout::Nchw, Colour::Rgb),
        (Layout::Nchw, Colour::Bgr),
        (Layout::Nhwc, Colour::Bgr),
        (Layout::Nhwc, Colour::Rgb),
    ] {
        let spec = InputSpec { layout, colour, ..input(64, 48) };
        let mut letterbox = Letterbox::new(spec);
        let (mut bytes, mut floats) = (vec![1; letterbox.len()], vec![-1.0; letterbox.len()]);
        letterbox.bytes(&frame, &mut bytes).unwrap();
        letterbox.floats(&frame, &mut floats).unwrap();
        for (pixel, rgb) in expected.chunks_exact(3).enumerate() {
            for (c, value) in rgb.iter().enumerate() {
                let channel = if colour == Colour::Bgr { 2 - c } else { c };
                let at = match layout {
                    Layout::Nchw => channel * 64 * 48 + pixel,
                    Layout::Nhwc => pixel * 3 + channel,
                };
                assert_eq!((bytes[at], floats[at]), (*value, f32::from(*value)));
            }
        }
    }
}

#[test]
fn a_corner_placement_leaves_the_rest_to_the_padding() {
    let spec = InputSpec { letterbox: Placement::TopLeft, ..input(40, 40) };
    let out = fitted(Lanes::best(), &spec, &noise((20, 10), PixelFormat::Rgb, 0, 1));
    assert!(out[40 * 20 * 3..].iter().all(|b| *b == 114));
    assert!(out[40 * 19 * 3..40 * 20 * 3].iter().any(|b| *b != 114));
}
