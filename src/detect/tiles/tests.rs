//! Tiles cover the frame, show its own pixels, and give one box for one thing.

use proptest::prelude::*;

use super::*;
use crate::{
    base::PixelFormat,
    detect::{annotate::to_rgb, planes::tests::frame},
};

fn tiling(text: &str) -> Tiling {
    text.parse().unwrap()
}

fn seen(class: &str, score: f32, [x0, y0, x1, y1]: [f32; 4]) -> Detection {
    Detection {
        class: class.into(),
        score,
        bbox: BBox::new(x0, y0, x1, y1).unwrap(),
        second: None,
        is_weak: false,
    }
}

proptest! {
    #[test]
    fn tiles_cover_every_pixel_and_stay_inside(
        width in prop_oneof![2u32..40, 40u32..5000], height in prop_oneof![2u32..40, 40u32..3000],
        columns in 1u32..=8, rows in 1u32..=8,
    ) {
        let parts = Tiling { columns, rows }.parts(width, height);
        prop_assert_eq!(parts.len(), Tiling { columns, rows }.looks());
        for part in &parts {
            prop_assert!(part.x % 2 == 0 && part.y % 2 == 0 && part.width > 0 && part.height > 0);
            prop_assert!(part.x + part.width <= width && part.y + part.height <= height);
        }
        let tiles = if parts.len() > 1 { &parts[1..] } else { &parts[..] };
        let covered = |at: u32, start: fn(&Part) -> (u32, u32)| {
            tiles.iter().map(start).any(|(from, span)| (from..from + span).contains(&at))
        };
        for x in 0..width {
            prop_assert!(covered(x, |p| (p.x, p.width)), "column {x}");
        }
        for y in 0..height {
            prop_assert!(covered(y, |p| (p.y, p.height)), "row {y}");
        }
    }
}

/// A picture in which every pixel is another, in each layout.
fn pictures() -> Vec<Frame> {
    let (w, h) = (24u32, 16u32);
    let ramp = |n: u32, k: u32| (0..n).map(|i| (i * k % 251) as u8).collect::<Vec<u8>>();
    let (luma, chroma) = (ramp(w * h, 7), ramp(w * h / 4, 11));
    vec![
        frame("a", (w, h), PixelFormat::Rgb, vec![(ramp(w * h * 3, 5), w as usize * 3)]),
        frame(
            "a",
            (w, h),
            PixelFormat::I420,
            vec![
                (luma.clone(), w as usize),
                (chroma.clone(), w as usize / 2),
                (ramp(w * h / 4, 13), w as usize / 2),
            ],
        ),
        frame(
            "a",
            (w, h),
            PixelFormat::Nv12,
            vec![(luma, w as usize), (ramp(w * h / 2, 17), w as usize)],
        ),
    ]
}

#[test]
fn a_tile_shows_the_frames_own_pixels() {
    for whole in pictures() {
        let picture = to_rgb(&whole);
        for part in tiling("3x2").parts(whole.width, whole.height) {
            let tile = part.of(&whole);
            crate::detect::planes::checked(&tile).unwrap();
            // halved colour lacks neighbours at a tile's edge that the whole frame has
            let edge = if whole.format == PixelFormat::Rgb { 0 } else { 2 };
            let within = |at: u32, length: u32| (edge..length - edge).contains(&at);
            for (x, y, pixel) in to_rgb(&tile).enumerate_pixels() {
                if !within(x, part.width) || !within(y, part.height) {
                    continue;
                }
                assert_eq!(pixel, picture.get_pixel(part.x + x, part.y + y), "{part:?} {x},{y}");
            }
        }
    }
}

#[test]
fn a_thing_found_in_several_parts_is_one_and_a_cut_box_yields() {
    let whole = seen("bin", 0.6, [0.40, 0.4, 0.60, 0.6]);
    let torn = seen("bin", 0.9, [0.40, 0.4, 0.52, 0.6]);
    let sign = seen("sign", 0.5, [0.40, 0.4, 0.60, 0.6]);
    let far = seen("bin", 0.3, [0.80, 0.4, 0.85, 0.5]);
    let all = vec![
        (torn.clone(), true),
        (far.clone(), false),
        (whole.clone(), false),
        (sign.clone(), false),
    ];
    assert_eq!(merged(all), [whole, sign, far]);
    assert_eq!(merged(vec![(torn.clone(), true)]), [torn]);
}

#[test]
fn an_inner_edge_cuts_and_the_frames_own_does_not() {
    let part = Part { x: 0, y: 0, width: 60, height: 100 };
    let (moved, cut) = part.out(&seen("bin", 0.5, [0.5, 0.0, 1.0, 1.0]), (100, 100)).unwrap();
    assert!(cut);
    let [x0, y0, x1, y1] = moved.bbox.corners();
    assert!((x0 - 0.3).abs() < 1e-6 && y0 == 0.0 && (x1 - 0.6).abs() < 1e-6 && y1 == 1.0);
    assert!(!part.out(&seen("bin", 0.5, [0.0, 0.0, 0.5, 1.0]), (100, 100)).unwrap().1);
}

/// Finds a small and a large box in every picture, named by its size.
struct Sizes(usize);

impl Detector for Sizes {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        assert!(frames.len() <= self.0);
        let one = |f: &Frame| {
            let name = format!("{}x{}", f.width, f.height);
            vec![seen(&name, 0.5, [0.4, 0.4, 0.5, 0.5]), seen(&name, 0.5, [0.5, 0.5, 0.9, 0.9])]
        };
        Ok(frames.iter().map(one).collect())
    }

    fn max_batch(&self) -> usize {
        self.0
    }
}

#[test]
fn each_camera_has_its_own_tiling_and_its_own_boxes() {
    let mut options = Options::for_card("model.toml");
    options.camera_tiles.insert("far".into(), tiling("2x1"));
    let mut tiled = Tiled::new(Box::new(Sizes(2)), &options);
    let of = |camera: &str| Frame { camera: camera.into(), ..pictures().remove(0) };
    let found = tiled.detect(&[of("near"), of("far"), of("near")]).unwrap();
    // the large box of a tile is left to the whole
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [2, 4, 2]);
    let names: Vec<_> = found[1].iter().map(|d| d.class.as_str()).collect();
    assert!(names.contains(&"24x16") && names.contains(&"16x16"), "{names:?}");
}

#[test]
fn what_is_no_tiling_is_refused_with_an_example() {
    for text in ["", "3", "0x1", "9x1", "3 x", "axb"] {
        let fault = text.parse::<Tiling>().unwrap_err().to_string();
        assert!(fault.contains("3x2") && fault.contains(text), "{fault}");
    }
    assert_eq!(tiling("3x2").to_string(), "3x2");
    assert_eq!((tiling("3x2").looks(), Tiling::WHOLE.looks()), (7, 1));
}
