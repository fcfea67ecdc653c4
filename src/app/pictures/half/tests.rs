//! Pictures of every kind that cameras send against the decoder that makes them whole, and what is
//! left to it.

use image::{ImageEncoder as _, RgbImage, codecs::jpeg::JpegEncoder};

use super::*;

/// Houses in colours that change slowly and edges that do not, so that no decoder is lucky.
fn drawn(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let edge = if (x / 9 + y / 7) % 5 == 0 { 90 } else { 0 };
        let wave = 60.0 * (x as f32 / 11.0).sin() * (y as f32 / 17.0).cos();
        image::Rgb([(120.0 + wave) as u8 - edge / 2, 90 + edge, (y * 160 / height) as u8 + 40])
    })
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, 90);
    let (width, height) = picture.dimensions();
    encoder.write_image(picture, width, height, image::ExtendedColorType::Rgb8).unwrap();
    jpeg
}

fn halved(jpeg: &[u8]) -> Option<Half> {
    half(jpeg, |_, _| true)
}

/// Mean difference in levels of plane `index` from what the other decoder's picture has there.
fn differs(half: &Half, jpeg: &[u8], index: usize) -> f64 {
    let whole = image::load_from_memory(jpeg).unwrap().into_rgb8();
    let side = if index == 0 { 2 } else { 4 };
    let (samples, stride) = &half.planes[index];
    let (mut sum, mut count) = (0.0, 0.0);
    for y in 0..whole.height() / side {
        for x in 0..whole.width() / side {
            let mut mean = [0.0; 3];
            for at in 0..side * side {
                let pixel = whole.get_pixel(x * side + at % side, y * side + at / side);
                for (mean, level) in mean.iter_mut().zip(pixel.0) {
                    *mean += f64::from(level) / f64::from(side * side);
                }
            }
            let [r, g, b] = mean;
            let luma = 0.299 * r + 0.587 * g + 0.114 * b;
            let expected = match index {
                0 => 16.0 + luma * 219.0 / 255.0,
                1 => 128.0 + (b - luma) / 1.772 * 224.0 / 255.0,
                _ => 128.0 + (r - luma) / 1.402 * 224.0 / 255.0,
            };
            sum += (f64::from(samples[y as usize * stride + x as usize]) - expected).abs();
            count += 1.0;
        }
    }
    sum / count
}

#[test]
fn a_picture_is_what_averaging_the_whole_one_gives() {
    for (width, height) in [(320, 200), (67, 45), (8, 8), (1, 1)] {
        let jpeg = jpeg(&drawn(width, height));
        let half = halved(&jpeg).unwrap();
        assert_eq!((half.width, half.height), (width, height));
        let enough = |side: u32, part: u32| side.div_ceil(part) as usize;
        for (index, (samples, stride)) in half.planes.iter().enumerate() {
            let part = if index == 0 { 2 } else { 4 };
            assert!(*stride >= enough(width, part));
            assert!(samples.len() >= (enough(height, part) - 1) * stride + enough(width, part));
            if width > 8 {
                let off = differs(&half, &jpeg, index);
                assert!(off < 2.5, "plane {index} of {width}x{height} is {off} levels off");
            }
        }
    }
}

/// Bits of a scan, most significant first.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    open: Vec<bool>,
}

impl Writer {
    fn put(&mut self, bits: &str) {
        self.open.extend(bits.chars().map(|bit| bit == '1'));
        while self.open.len() >= 8 {
            let byte = self.open.drain(..8).fold(0, |byte, bit| byte << 1 | u8::from(bit));
            self.bytes.push(byte);
            if byte == 0xff {
                self.bytes.push(0);
            }
        }
    }

    /// Fills the last byte with ones, as is required before a marker.
    fn marker(&mut self, marker: u8) {
        let missing = (8 - self.open.len() % 8) % 8;
        self.put(&"1".repeat(missing));
        self.bytes.extend([0xff, marker]);
    }
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker], &length[..], content].concat()
}

/// A first coefficient's difference: its size in 4 bits, and what T.81 makes of the number.
fn difference(steps: i32) -> String {
    let size = i32::BITS - steps.unsigned_abs().leading_zeros();
    let number = if steps < 0 { steps + (1 << size) - 1 } else { steps };
    let number =
        if size > 0 { format!("{number:0width$b}", width = size as usize) } else { "".into() };
    format!("{size:04b}{number}")
}

/// A picture of 32 × 32 in plain units, each 8 levels of luma lighter than the one before, and
/// coloured alike; restarts after every unit where asked for. Sampling as in a frame's header.
fn plain(sampling: u8, restarts: bool) -> Vec<u8> {
    let blocks = (sampling >> 4) * (sampling & 15);
    let mut writer = Writer::default();
    let units = 16 / i32::from(blocks);
    // a step is worth 16, and eight of the first coefficient are one level
    for unit in 0..units {
        let is_first = unit == 0 || restarts;
        for block in 0..blocks {
            let steps = if is_first { 4 * unit - 32 } else { 4 };
            writer.put(&difference(if block == 0 { steps } else { 0 }));
            writer.put("0");
        }
        for steps in [8, -8] {
            writer.put(&difference(if is_first { steps } else { 0 }));
            writer.put("0");
        }
        if restarts && unit + 1 < units {
            writer.marker(0xd0 + (unit % 8) as u8);
        }
    }
    writer.marker(0xd9);
    let mut jpeg = vec![0xff, 0xd8];
    jpeg.extend(segment(QUANTISATION, &[&[0][..], &[16; 64]].concat()));
    let frame = [8, 0, 32, 0, 32, 3, 1, sampling, 0, 2, 0x11, 0, 3, 0x11, 0];
    jpeg.extend(segment(0xc0, &frame));
    // sizes are written in 4 bits; of the other coefficients there is only their end, written 0
    let first = [&[0x00, 0, 0, 0, 8][..], &[0; 12], &[0, 1, 2, 3, 4, 5, 6, 7]].concat();
    let others = [&[0x10, 1][..], &[0; 15], &[0]].concat();
    jpeg.extend(segment(HUFFMAN_TABLES, &[first, others].concat()));
    if restarts {
        jpeg.extend(segment(RESTART_INTERVAL, &[0, 1]));
    }
    jpeg.extend(segment(START_OF_SCAN, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]));
    jpeg.extend(writer.bytes);
    jpeg
}

#[test]
fn every_sampling_gives_the_same_planes_as_the_other_decoder() {
    for sampling in [0x11, 0x21, 0x12, 0x22] {
        for restarts in [false, true] {
            let jpeg = plain(sampling, restarts);
            let half = halved(&jpeg).unwrap_or_else(|| panic!("{sampling:x} {restarts}"));
            for index in 0..3 {
                let off = differs(&half, &jpeg, index);
                assert!(off < 1.0, "{sampling:x} {restarts}: plane {index} is {off} off");
            }
            // 8 steps of 16 are 16 of 255 levels
            assert_eq!([half.planes[1].0[0], half.planes[2].0[0]], [142, 114]);
            let (luma, _) = &half.planes[0];
            assert!(luma.first() < luma.last(), "{luma:?}");
        }
    }
}

#[test]
fn a_grey_picture_has_chroma_of_none() {
    let grey = image::DynamicImage::from(drawn(40, 30)).into_luma8();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 90)
        .write_image(&grey, 40, 30, image::ExtendedColorType::L8)
        .unwrap();
    let half = halved(&jpeg).unwrap();
    assert!(half.planes[1..].iter().all(|(samples, stride)| {
        samples.len() == 80 && *stride == 10 && samples.iter().all(|sample| *sample == 128)
    }));
    assert!(differs(&half, &jpeg, 0) < 2.5);
}

/// `jpeg` with a segment behind its first marker.
fn with(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    [&jpeg[..2], &segment(marker, content), &jpeg[2..]].concat()
}

#[test]
fn other_kinds_and_small_ones_are_left_to_the_other_decoder() {
    let jpeg = jpeg(&drawn(64, 48));
    assert!(half(&jpeg, |width, height| (width, height) != (64, 48)).is_none());
    let at = |marker| jpeg.windows(2).position(|pair| pair == [0xff, marker]).unwrap();
    let frame = at(0xc0);
    for (name, place, byte) in [
        ("progressive", frame + 1, 0xc2),
        ("12 bits", frame + 4, 12),
        ("two components", frame + 9, 2),
        ("chroma larger than luma", frame + 14, 0x21),
        ("no such quantisation", frame + 12, 9),
        ("no such table", at(START_OF_SCAN) + 6, 0x33),
    ] {
        let mut other = jpeg.clone();
        other[place] = byte;
        assert!(halved(&other).is_none(), "{name}");
    }
    let rgb = b"Adobe\0\x64\0\0\0\0\0";
    assert!(halved(&with(&jpeg, ADOBE, rgb)).is_none());
    assert!(halved(&with(&jpeg, ADOBE, b"Adobe\0\x64\0\0\0\0\x01")).is_some());
    let turned = |how| {
        [&b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[how, 0, 0]].concat()
    };
    assert!(halved(&with(&jpeg, EXIF, &turned(6))).is_none());
    assert!(halved(&with(&jpeg, EXIF, &turned(1))).is_some());
}

#[test]
fn whatever_is_cut_or_bent_is_left_to_the_other_decoder_or_a_picture() {
    let jpeg = jpeg(&drawn(64, 48));
    for length in 0..jpeg.len() {
        assert!(halved(&jpeg[..length]).is_none(), "{length} of {} bytes", jpeg.len());
    }
    let mut random = 1_u32;
    for _ in 0..2000 {
        let mut bent = jpeg.clone();
        for _ in 0..3 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let place = (random >> 8) as usize % bent.len();
            bent[place] = random as u8;
        }
        if let Some(half) = halved(&bent) {
            let (width, height) = (half.width.div_ceil(2), half.height.div_ceil(2));
            let (luma, stride) = &half.planes[0];
            assert!(luma.len() >= (height as usize - 1) * stride + width as usize);
        }
    }
}
