//! Pictures of evidence as JPEG.

use bytes::Bytes;
use image::RgbImage;
use jpeg_encoder::{ColorType, Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor};

use crate::{
    base::Frame,
    detect::{self, JfifLines},
};

/// JPEG quality of pictures made here; the original is kept besides.
const QUALITY: u8 = 90;

/// `frame` in its own size; black when its planes are unreadable, which a batch would have refused.
pub fn of_frame(frame: &Frame) -> Bytes {
    match JfifLines::of(frame) {
        Some(lines) => encoded(|encoder| encoder.encode_image(Planar { frame, lines })),
        None => of_picture(&detect::to_rgb(frame)),
    }
}

/// `picture` in its own size.
pub fn of_picture(picture: &RgbImage) -> Bytes {
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    encoded(|encoder| encoder.encode(picture.as_raw(), width, height, ColorType::Rgb))
}

fn encoded(encode: impl FnOnce(Encoder<&mut Vec<u8>>) -> Result<(), EncodingError>) -> Bytes {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2); // cameras send no finer colour
    // encoding into memory fails only for pictures beyond 65,535 pixels, which no decoder gives
    if let Err(error) = encode(encoder) {
        tracing::error!(%error, "picture could not be encoded");
    }
    out.into()
}

/// A frame of planes, as the encoder takes it.
struct Planar<'a> {
    frame: &'a Frame,
    lines: JfifLines<'a>,
}

impl ImageBuffer for Planar<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.frame.width as u16
    }

    fn height(&self) -> u16 {
        self.frame.height as u16
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let [luma, blue, red, _] = buffers;
        let out = [luma, blue, red].map(|line| longer(line, self.frame.width as usize));
        self.lines.line(usize::from(y), out);
    }
}

/// The end of `line`, after it was made `length` longer.
fn longer(line: &mut Vec<u8>, length: usize) -> &mut [u8] {
    let from = line.len();
    line.resize(from + length, 0);
    &mut line[from..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::PixelFormat, detect::planes::tests::frame};

    #[test]
    fn planes_and_the_picture_made_of_them_are_encoded_alike() {
        for (width, height) in [(64usize, 48usize), (99, 31), (1, 1)] {
            let (half_w, half_h) = (width.div_ceil(2), height.div_ceil(2));
            // smooth, as what JPEG keeps is
            let plane = |w: usize, h: usize, from: usize| -> (Vec<u8>, usize) {
                ((0..w * h).map(|i| (from + i % w / 2 + i / w) as u8).collect(), w)
            };
            let planes = vec![
                plane(width, height, 60),
                plane(half_w, half_h, 110),
                plane(half_w, half_h, 120),
            ];
            let frame = frame("c", (width as u32, height as u32), PixelFormat::I420, planes);
            let decoded = |bytes: Bytes| {
                let picture = image::load_from_memory(&bytes).unwrap().into_rgb8();
                assert_eq!(picture.dimensions(), (width as u32, height as u32));
                picture.into_raw()
            };
            let got = decoded(of_frame(&frame));
            let expected = decoded(of_picture(&detect::to_rgb(&frame)));
            let worst = got.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst <= Some(6), "{width}x{height}: {worst:?} levels apart");
        }
    }

    #[test]
    fn an_unreadable_frame_is_black() {
        let frame = frame("c", (8, 8), PixelFormat::I420, vec![(vec![9; 3], 8)]);
        let picture = image::load_from_memory(&of_frame(&frame)).unwrap().into_rgb8();
        assert!(picture.as_raw().iter().all(|value| *value < 3));
    }
}
