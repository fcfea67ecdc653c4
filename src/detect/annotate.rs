//! Pictures for people: any frame as RGB, and the same with boxes drawn.
//!
//! Not on the way to the model: a full-size copy is made here, and only for evidence and the page.

use image::{Rgb, RgbImage};

use super::{Letterbox, card::InputSpec};
use crate::base::{BBox, ClassName, Detection, Frame};

/// Line width of a box in pixels.
const LINE_PX: u32 = 3;

/// Well apart from each other and from asphalt, foliage and sky.
const COLOURS: [[u8; 3]; 8] = [
    [230, 25, 75],
    [255, 225, 25],
    [0, 200, 255],
    [245, 130, 48],
    [145, 30, 180],
    [60, 220, 75],
    [240, 50, 230],
    [0, 90, 255],
];

/// The frame as RGB; black when its planes are unreadable, which a batch would have refused.
pub fn to_rgb(frame: &Frame) -> RgbImage {
    let mut picture = RgbImage::new(frame.width, frame.height);
    // fitted into an input of its own size, which is in vectors what a loop over pixels would be one by one
    let mut same = Letterbox::new(InputSpec::picture(frame.width, frame.height));
    // planes are checked before anything is written: still black then
    same.bytes(frame, &mut picture).ok();
    picture
}

/// The frame as RGB with each box in its class's colour.
pub fn annotate(frame: &Frame, boxes: &[Detection]) -> RgbImage {
    let mut picture = to_rgb(frame);
    for detection in boxes {
        draw(&mut picture, &detection.class, detection.bbox);
    }
    picture
}

/// The colour a class is drawn in: always the same for the same name.
pub fn colour_of(class: &str) -> [u8; 3] {
    // FNV-1a: stable across builds, unlike the standard hasher
    let hash = class.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    COLOURS[(hash % COLOURS.len() as u64) as usize]
}

/// Draws `bbox` into `picture` in the colour of `class`.
pub fn draw(picture: &mut RgbImage, class: &ClassName, bbox: BBox) {
    let (width, height) = picture.dimensions();
    let colour = Rgb(colour_of(class.as_str()));
    let [x0, y0, x1, y1] = bbox.corners();
    let at = |fraction: f32, side: u32| ((fraction * side as f32).round() as u32).min(side);
    let (x0, x1) = (at(x0, width), at(x1, width));
    let (y0, y1) = (at(y0, height), at(y1, height));
    for y in y0..y1 {
        for x in x0..x1 {
            let inside =
                x >= x0 + LINE_PX && x + LINE_PX < x1 && y >= y0 + LINE_PX && y + LINE_PX < y1;
            if !inside {
                picture.put_pixel(x, y, colour);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::PixelFormat, detect::planes::tests::frame};

    #[test]
    fn every_format_gives_the_same_grey() {
        let grey = (235 - 16) / 2 + 16; // limited range
        let luma = (vec![grey; 35], 7);
        let frames = [
            frame("c", (5, 5), PixelFormat::Rgb, vec![(vec![128; 75], 15)]),
            frame(
                "c",
                (5, 5),
                PixelFormat::I420,
                vec![luma.clone(), (vec![128; 9], 3), (vec![128; 9], 3)],
            ),
            frame("c", (5, 5), PixelFormat::Nv12, vec![luma, (vec![128; 18], 6)]),
        ];
        for f in frames {
            let picture = to_rgb(&f);
            assert_eq!(picture.dimensions(), (5, 5));
            let near = |p: &Rgb<u8>| p.0.iter().all(|c| c.abs_diff(128) <= 2);
            assert!(picture.pixels().all(near), "{:?}", f.format);
        }
    }

    #[test]
    fn a_box_is_a_line_of_three_pixels_in_its_classs_colour() {
        let f = frame("c", (40, 40), PixelFormat::Rgb, vec![(vec![0; 4800], 120)]);
        let bbox = BBox::new(0.25, 0.25, 1.0, 0.75).unwrap();
        let seen =
            Detection { class: "billboard".into(), score: 0.9, bbox, second: None, is_weak: false };
        let picture = annotate(&f, &[seen]);
        let drawn = Rgb(colour_of("billboard"));
        for (x, y, lit) in [(10, 10, true), (12, 20, true), (13, 20, false), (9, 20, false)] {
            assert_eq!(*picture.get_pixel(x, y) == drawn, lit, "{x},{y}");
        }
        for (x, y, lit) in [(39, 20, true), (36, 20, false), (20, 29, true), (20, 30, false)] {
            assert_eq!(*picture.get_pixel(x, y) == drawn, lit, "{x},{y}");
        }
    }

    #[test]
    fn a_box_at_the_edge_and_a_tiny_one_do_not_leave_the_picture() {
        let f = frame("c", (4, 4), PixelFormat::Rgb, vec![(vec![0; 48], 12)]);
        let whole = BBox::new(0.0, 0.0, 1.0, 1.0).unwrap();
        let dot = BBox::new(0.999, 0.999, 1.0, 1.0).unwrap();
        let seen = [whole, dot].map(|bbox| Detection {
            class: "x".into(),
            score: 1.0,
            bbox,
            second: None,
            is_weak: false,
        });
        assert_eq!(annotate(&f, &seen).dimensions(), (4, 4));
    }
}
