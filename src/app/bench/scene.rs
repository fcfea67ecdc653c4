//! The picture that is measured with: a street-like one out of thin air, the same on every machine,
//! or a file's; as a decoder would hand it over.

use bytes::Bytes;
use image::{Rgb, RgbImage};

use super::Size;
use crate::base::{ColourMatrix, Frame, PixelFormat, Plane, TimeSource, WallTime};

/// Houses with windows and signs under a sky, on a road, all with some grain.
pub fn drawn(size: Size) -> RgbImage {
    RgbImage::from_fn(size.width, size.height, |x, y| {
        let (fx, fy) = (x as f32 / size.width as f32, y as f32 / size.height as f32);
        let house = (fx * 7.0) as u32;
        let roof = 0.18 + 0.04 * (house * 5 % 7) as f32;
        let base = if fy < roof {
            [150.0 + 60.0 * fy, 180.0 + 30.0 * fy, 215.0]
        } else if fy < 0.72 {
            facade(house, fx * 7.0 % 1.0, (fy - roof) / (0.72 - roof))
        } else {
            road(fx, fy)
        };
        let grain = (x ^ y << 16).wrapping_mul(2_654_435_761).rotate_left(9) ^ y.wrapping_mul(97);
        let grain = (grain.wrapping_mul(0x9e37_79b9) >> 29) as f32 - 3.5;
        Rgb(base.map(|c| (c + grain * 0.6).clamp(0.0, 255.0) as u8))
    })
}

fn facade(house: u32, x: f32, y: f32) -> [f32; 3] {
    let wall = [150.0 - 12.0 * (house % 4) as f32, 120.0 + 9.0 * (house % 5) as f32, 100.0];
    let (column, row) = (x * 5.0 % 1.0, y * 6.0 % 1.0);
    if y > 0.84 && y < 0.93 && x > 0.1 && x < 0.9 {
        // a sign with letters
        let (across, down) = ((x * 40.0) as u32, (y * 120.0) as u32);
        let letter = !across.is_multiple_of(3) && !down.is_multiple_of(5);
        if letter { [235.0, 230.0, 220.0] } else { [170.0, 40.0, 45.0] }
    } else if (0.25..0.75).contains(&column) && (0.2..0.8).contains(&row) && y < 0.8 {
        let glass = 40.0 + 50.0 * row;
        [glass, glass + 8.0, glass + 18.0]
    } else {
        wall
    }
}

fn road(x: f32, y: f32) -> [f32; 3] {
    let marking = (0.86..0.875).contains(&y) && ((x * 20.0) as u32).is_multiple_of(2);
    let tone = if marking { 205.0 } else { 70.0 + 55.0 * (y - 0.72) + 6.0 * (x * 37.0).sin() };
    [tone, tone, tone + 4.0]
}

/// The picture as I420 planes in limited range, chroma averaged over 2 × 2. BT.601 whatever its size:
/// the one matrix that everybody compared with can read, at no other cost than BT.709.
pub fn i420(picture: &RgbImage) -> Frame {
    let (width, height) = picture.dimensions();
    let (half_w, half_h) = (width.div_ceil(2), height.div_ceil(2));
    let luma: Vec<u8> = picture.pixels().map(|p| yuv(p.0.map(f32::from))[0]).collect();
    let (mut u, mut v) = (Vec::new(), Vec::new());
    for y in 0..half_h {
        for x in 0..half_w {
            let [_, cb, cr] = yuv(mean(picture, x, y));
            u.push(cb);
            v.push(cr);
        }
    }
    let plane =
        |data: Vec<u8>, stride: u32| Plane { data: Bytes::from(data), stride: stride as usize };
    Frame {
        camera: "bench".into(),
        seq: 0,
        at: WallTime::from_millis(0),
        arrival: WallTime::from_millis(0),
        time_source: TimeSource::File,
        pts_ns: None,
        width,
        height,
        format: PixelFormat::I420,
        matrix: ColourMatrix::Bt601,
        planes: [plane(luma, width), plane(u, half_w), plane(v, half_w)].into(),
        encoded: None,
    }
}

/// Mean colour of the 2 × 2 pixels that chroma sample (`x`, `y`) stands for.
fn mean(picture: &RgbImage, x: u32, y: u32) -> [f32; 3] {
    let (right, bottom) = (picture.width() - 1, picture.height() - 1);
    let mut sum = [0.0; 3];
    for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let pixel = picture.get_pixel((2 * x + dx).min(right), (2 * y + dy).min(bottom));
        sum.iter_mut().zip(pixel.0).for_each(|(s, c)| *s += f32::from(c) / 4.0);
    }
    sum
}

/// Y, U and V of a colour in [0, 255].
fn yuv([r, g, b]: [f32; 3]) -> [u8; 3] {
    let y = 0.299 * r + 0.587 * g + 0.114 * b;
    let (u, v) = ((b - y) / 1.772, (r - y) / 1.402);
    [16.0 + 219.0 / 255.0 * y, 128.0 + 224.0 / 255.0 * u, 128.0 + 224.0 / 255.0 * v]
        .map(|v| v.round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::to_rgb;

    #[test]
    fn a_picture_comes_back_from_its_planes() {
        for size in ["640x360", "1281x721"] {
            let picture = drawn(size.parse().unwrap());
            let frame = i420(&picture);
            let back = to_rgb(&frame);
            let off: f64 = (picture.as_raw().iter().zip(back.as_raw()))
                .map(|(a, b)| f64::from(a.abs_diff(*b)))
                .sum::<f64>()
                / picture.as_raw().len() as f64;
            assert!(off < 3.0, "{size} is {off} levels off");
        }
    }
}
