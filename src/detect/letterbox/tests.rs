//! Fitting pictures: places, colours, quality against another implementation, and the way back.

use image::{Rgb, RgbImage, imageops::FilterType};
use proptest::prelude::*;

use super::*;
use crate::{
    base::{BBox, PixelFormat},
    detect::{
        card::{Colour, Dtype, Layout, Placement},
        planes::tests::frame,
    },
};

mod cutout;
mod exact;

pub(super) fn input(width: u32, height: u32) -> InputSpec {
    InputSpec { pad_value: 114, ..InputSpec::picture(width, height) }
}

fn rgb(picture: &RgbImage) -> Frame {
    let (w, h) = picture.dimensions();
    frame("c", (w, h), PixelFormat::Rgb, vec![(picture.as_raw().clone(), w as usize * 3)])
}

/// BT.709 limited range, chroma averaged over 2 × 2; rows padded by 5 bytes.
fn yuv(picture: &RgbImage, format: PixelFormat) -> Frame {
    let (w, h) = picture.dimensions();
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    let convert = |p: &Rgb<u8>| {
        let [r, g, b] = p.0.map(f32::from);
        let y = 16.0 + 0.1826 * r + 0.6142 * g + 0.0620 * b;
        let u = 128.0 - 0.1006 * r - 0.3386 * g + 0.4392 * b;
        let v = 128.0 + 0.4392 * r - 0.3989 * g - 0.0403 * b;
        [y, u, v]
    };
    let mut luma = Vec::new();
    for y in 0..h {
        luma.extend((0..w).map(|x| convert(picture.get_pixel(x, y))[0].round() as u8));
        luma.extend([0xaa; 5]);
    }
    let chroma = |c: usize| {
        move |x: u32, y: u32| {
            let mut sum = (0.0, 0.0);
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let (px, py) = ((2 * x + dx).min(w - 1), (2 * y + dy).min(h - 1));
                sum = (sum.0 + convert(picture.get_pixel(px, py))[c], sum.1 + 1.0);
            }
            (sum.0 / sum.1).round() as u8
        }
    };
    let (u, v) = (chroma(1), chroma(2));
    let (mut us, mut vs, mut uvs) = (Vec::new(), Vec::new(), Vec::new());
    for y in 0..ch {
        for x in 0..cw {
            us.push(u(x, y));
            vs.push(v(x, y));
            uvs.extend([u(x, y), v(x, y)]);
        }
        us.extend([0x55; 5]);
        vs.extend([0x55; 5]);
        uvs.extend([0x55; 5]);
    }
    let (w5, c5) = (w as usize + 5, cw as usize);
    let planes = match format {
        PixelFormat::I420 => vec![(luma, w5), (us, c5 + 5), (vs, c5 + 5)],
        _ => vec![(luma, w5), (uvs, 2 * c5 + 5)],
    };
    frame("c", (w, h), format, planes)
}

/// A smooth scene with a few hard edges, as streets have.
fn scene(w: u32, h: u32) -> RgbImage {
    RgbImage::from_fn(w, h, |x, y| {
        let (fx, fy) = (x as f32 / w as f32, y as f32 / h as f32);
        let wave = ((fx * 19.0).sin() * (fy * 13.0).cos() * 60.0) as i32;
        let board = (0.3..0.5).contains(&fx) && (0.4..0.7).contains(&fy);
        let base = if board { [200, 60, 40] } else { [90, 110, 130] };
        Rgb(base.map(|c: i32| (c + wave).clamp(0, 255) as u8))
    })
}

fn bytes(input: &InputSpec, frame: &Frame) -> (Vec<u8>, Mapping) {
    let mut letterbox = Letterbox::new(input.clone());
    let mut out = vec![1; letterbox.len()];
    let mapping = letterbox.bytes(frame, &mut out).unwrap();
    (out, mapping)
}

/// Asserts that no value is off by more than four levels and that they are within half a level on
/// average, with three standard errors for chance: rounded sums are off by one or not, and a picture
/// may have a dozen values.
fn assert_near(got: &[u8], expected: &[u8], of: &impl std::fmt::Debug) {
    let mean = mean_difference(got, expected);
    let chance = 3.0 * 0.5 / (got.len() as f64).sqrt();
    assert!(mean < 0.5 + chance, "{of:?}: {mean} levels off on average");
    let worst = got.iter().zip(expected).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(worst <= 4, "{of:?}: {worst} levels off");
}

fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sum: u64 = a.iter().zip(b).map(|(x, y)| u64::from(x.abs_diff(*y))).sum();
    sum as f64 / a.len() as f64
}

/// The rows of `out` where a 416 × 234 picture lies in a 416 × 416 input.
fn middle(out: &[u8]) -> &[u8] {
    &out[91 * 416 * 3..(91 + 234) * 416 * 3]
}

#[test]
fn a_wide_picture_is_centred_between_grey() {
    let white = RgbImage::from_pixel(1280, 720, Rgb([255; 3]));
    let (out, mapping) = bytes(&input(416, 416), &rgb(&white));
    assert_eq!(mapping.map(&BBox::new(0.0, 0.0, 1.0, 1.0).unwrap()), [0.0, 91.0, 416.0, 325.0]);
    assert!(out[..91 * 416 * 3].iter().all(|b| *b == 114));
    assert!(middle(&out).iter().all(|b| *b == 255));
    assert!(out[325 * 416 * 3..].iter().all(|b| *b == 114));
}

#[test]
fn a_picture_of_the_inputs_size_is_copied() {
    let picture = scene(96, 64);
    let (out, _) = bytes(&input(96, 64), &rgb(&picture));
    assert_eq!(&out, picture.as_raw());
}

#[test]
fn shrinking_comes_close_to_another_implementation() {
    let picture = scene(1920, 1080);
    let expected = image::imageops::resize(&picture, 416, 234, FilterType::Triangle);
    let (out, _) = bytes(&input(416, 416), &rgb(&picture));
    let rgb_off = mean_difference(middle(&out), expected.as_raw());
    assert!(rgb_off < 1.0, "RGB is {rgb_off} levels off");
    for format in [PixelFormat::I420, PixelFormat::Nv12] {
        let (out, _) = bytes(&input(416, 416), &yuv(&picture, format));
        let off = mean_difference(middle(&out), expected.as_raw());
        assert!(off < 2.0, "{format:?} is {off} levels off");
    }
}

#[test]
fn enlarging_comes_close_to_another_implementation() {
    let picture = scene(160, 90);
    let expected = image::imageops::resize(&picture, 416, 234, FilterType::Triangle);
    let (out, _) = bytes(&input(416, 416), &rgb(&picture));
    let off = mean_difference(middle(&out), expected.as_raw());
    assert!(off < 1.0, "{off} levels off");
}

#[test]
fn a_small_thing_is_as_visible_wherever_it_stands() {
    // so many white pixels on black, shrunk 4.6 and 1.8 times: two taps would miss some of them at some places
    for (side, width, height) in [(5, 1920, 1080), (1, 768, 432)] {
        let lit: Vec<f64> = (0..9)
            .map(|shift| {
                let mut picture = RgbImage::new(width, height);
                (0..side).for_each(|dx| {
                    let white = |dy| picture.put_pixel(700 + shift + dx, 400 + dy, Rgb([255; 3]));
                    (0..side).for_each(white);
                });
                let (out, _) = bytes(&input(416, 416), &rgb(&picture));
                middle(&out).iter().map(|b| f64::from(*b)).sum()
            })
            .collect();
        let (low, high) = lit.iter().fold((f64::MAX, 0f64), |(l, h), v| (l.min(*v), h.max(*v)));
        assert!(low > 0.8 * high, "{width}x{height}: {lit:?}");
    }
}

#[test]
fn odd_sizes_and_the_two_matrices_keep_colours() {
    for height in [719, 721] {
        let picture = RgbImage::from_pixel(1001, height, Rgb([200, 60, 40]));
        let (out, _) = bytes(&input(64, 64), &yuv(&picture, PixelFormat::I420));
        let centre = &out[(32 * 64 + 32) * 3..][..3];
        let off = mean_difference(centre, &[200, 60, 40]);
        // the frame is made with BT.709, which a picture below 720 rows is not read with
        assert_eq!(off < 2.0, height >= 720, "{height}: {centre:?}");
    }
}

#[test]
fn layout_colour_order_and_scaling_follow_the_card() {
    let picture = RgbImage::from_pixel(8, 8, Rgb([10, 20, 30]));
    let spec = InputSpec {
        dtype: Dtype::F32,
        layout: Layout::Nchw,
        colour: Colour::Bgr,
        scale: 1.0 / 10.0,
        mean: [1.0, 2.0, 3.0],
        std: [1.0, 2.0, 4.0],
        letterbox: Placement::TopLeft,
        ..input(4, 8)
    };
    let mut letterbox = Letterbox::new(spec);
    let mut out = vec![9.0; letterbox.len()];
    letterbox.floats(&rgb(&picture), &mut out).unwrap();
    let pixels = 4 * 8;
    let (first, padded) = (0, 4 * 5);
    for (channel, (value, pad)) in [(2.0, 10.4), (0.0, 4.7), (-0.5, 2.1)].into_iter().enumerate() {
        assert!((out[channel * pixels + first] - value).abs() < 1e-5, "{out:?}");
        assert!((out[channel * pixels + padded] - pad).abs() < 1e-5, "{out:?}");
    }
}

#[test]
fn a_change_of_size_in_mid_stream_is_followed() {
    let mut letterbox = Letterbox::new(input(64, 64));
    let mut out = vec![0; letterbox.len()];
    let white = RgbImage::from_pixel(128, 64, Rgb([255; 3]));
    letterbox.bytes(&rgb(&white), &mut out).unwrap();
    assert_eq!(out[0], 114);
    let tall = RgbImage::from_pixel(64, 128, Rgb([255; 3]));
    letterbox.bytes(&rgb(&tall), &mut out).unwrap();
    assert_eq!((out[0], out[32 * 3]), (114, 255));
    let mut short = vec![0; 5];
    assert!(letterbox.bytes(&rgb(&tall), &mut short).is_err());
}

proptest! {
    #[test]
    fn boxes_come_back_where_they_were(
        (w, h) in (1u32..4000, 1u32..3000),
        (x, y) in (0.0f32..0.9, 0.0f32..0.9),
        (bw, bh) in (0.01f32..1.0, 0.01f32..1.0),
    ) {
        let bbox = BBox::new(x, y, x + bw, y + bh).unwrap();
        let mapping = Mapping::new(&input(416, 320), w, h);
        let back = mapping.unmap(mapping.map(&bbox)).unwrap();
        for (a, b) in back.corners().iter().zip(bbox.corners()) {
            prop_assert!((a - b).abs() < 1e-3, "{back:?} was {bbox:?}");
        }
    }

    #[test]
    fn any_size_and_format_is_fitted_without_panic(
        (w, h) in (1u32..70, 1u32..70),
        format in prop::sample::select(vec![PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Rgb]),
    ) {
        let picture = RgbImage::from_pixel(w, h, Rgb([255; 3]));
        let frame = match format {
            PixelFormat::Rgb => rgb(&picture),
            other => yuv(&picture, other),
        };
        let (out, mapping) = bytes(&input(32, 24), &frame);
        let [x0, y0, x1, y1] = mapping.map(&BBox::new(0.0, 0.0, 1.0, 1.0).unwrap());
        prop_assert!(x0 >= 0.0 && y0 >= 0.0 && x1 <= 32.0 && y1 <= 24.0);
        let bright = out.iter().filter(|b| **b > 250).count();
        prop_assert_eq!(bright, ((x1 - x0) * (y1 - y0)) as usize * 3);
    }
}
