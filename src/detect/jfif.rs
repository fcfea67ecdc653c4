//! Lines of a frame in the colours that JPEG files hold (JFIF 1.02: Y'CbCr of BT.601 in full range),
//! from the decoder's planes as they are: no picture in RGB lies between, which would be 6 MiB for one
//! of 1080p. Whole numbers, as in `colour.rs`.

use super::{
    colour::{FACTOR, HALF, NEUTRAL, PRODUCT_SHIFT, byte, product},
    lanes::{Lanes, kernels},
    planes::{self, Matrix, Planes},
    resample::UNIT,
};
use crate::base::Frame;

/// A frame of Y, U and V, line by line.
#[derive(Debug)]
pub struct JfifLines<'a> {
    planes: Planes<'a>,
    factors: Factors,
    lanes: Lanes,
}

impl<'a> JfifLines<'a> {
    /// `None` for a frame of RGB, and for one whose planes are unreadable.
    pub fn of(frame: &'a Frame) -> Option<Self> {
        let planes = planes::checked(frame).ok()?;
        let factors = Factors::of(Matrix::of(frame));
        (planes.len() > 1).then(|| Self { planes, factors, lanes: Lanes::best() })
    }

    /// Line `y` as Y, Cb and Cr, each as long as the frame is wide.
    pub fn line(&self, y: usize, out: [&mut [u8]; 3]) {
        let luma = self.planes[0].row(y);
        let chroma = self.planes[1].row(y / 2);
        match self.planes.get(2) {
            Some(v) => {
                let apart = [chroma, v.row(y / 2)].map(|line| line.as_chunks::<1>().0);
                convert(self.lanes, self.factors, luma, apart, out);
            }
            None => convert(self.lanes, self.factors, luma, [chroma.as_chunks::<2>().0; 2], out),
        }
    }
}

/// From a frame's colours to JFIF's: what RGB in between comes to, without its clipping. What U and
/// V add to luma is nothing for BT.601.
#[derive(Clone, Copy, Debug)]
struct Factors {
    black: i16,
    luma: i16,
    luma_uv: [i16; 2],
    blue_uv: [i16; 2],
    red_uv: [i16; 2],
}

impl Factors {
    fn of(matrix: Matrix) -> Self {
        // all below 4.0, which would be 32768
        let whole = |factor: f32| (factor * FACTOR).round() as i16;
        let Matrix { black, luma, red_v, green_u, green_v, blue_u } = matrix;
        // Y = 0.299 R + 0.587 G + 0.114 B, Cb = (B - Y) / 1.772, Cr = (R - Y) / 1.402
        let (u, v) = (0.114 * blue_u - 0.587 * green_u, 0.299 * red_v - 0.587 * green_v);
        Self {
            black: black as i16,
            luma: whole(luma),
            luma_uv: [whole(u), whole(v)],
            blue_uv: [whole((blue_u - u) / 1.772), whole(-v / 1.772)],
            red_uv: [whole(-u / 1.402), whole((red_v - v) / 1.402)],
        }
    }
}

kernels! {
    /// A line of Y and half a line of U, the first of its bytes, and of V, the last of its bytes.
    fn convert<const BYTES: usize>(
        factors: Factors,
        luma: &[u8],
        chroma: [&[[u8; BYTES]]; 2],
        out: [&mut [u8]; 3],
    ) {
        let (pairs, last) = luma.as_chunks::<2>();
        let [u, v] = chroma;
        let [y, blue, red] = out.map(|line| line.as_chunks_mut::<2>());
        let sources = pairs.iter().zip(u).zip(v);
        let targets = y.0.iter_mut().zip(blue.0).zip(red.0);
        for (((pair, u), v), ((y, blue), red)) in sources.zip(targets) {
            let (more, colour) = of_chroma(factors, u[0], v[BYTES - 1]);
            *y = pair.map(|sample| of_luma(factors, sample, more));
            [*blue, *red] = colour.map(|value| [value; 2]);
        }
        if let ([sample], Some(u), Some(v)) = (last, u.last(), v.last()) {
            let (more, [of_blue, of_red]) = of_chroma(factors, u[0], v[BYTES - 1]);
            (y.1[0], blue.1[0], red.1[0]) = (of_luma(factors, *sample, more), of_blue, of_red);
        }
    }
}

/// What U and V add to luma, and both chroma.
#[inline(always)]
fn of_chroma(factors: Factors, u: u8, v: u8) -> (i16, [u8; 2]) {
    let [u, v] = [u, v].map(|sample| (i16::from(sample) * UNIT).wrapping_sub(NEUTRAL));
    let sum = |[for_u, for_v]: [i16; 2]| product(u, for_u) + product(v, for_v);
    // a product is rounded down, half a unit on average: given back where two are added
    let chroma = |factors| byte(sum(factors) + (128 << PRODUCT_SHIFT) + HALF + 1);
    (sum(factors.luma_uv) + 1, [chroma(factors.blue_uv), chroma(factors.red_uv)])
}

#[inline(always)]
fn of_luma(factors: Factors, y: u8, more: i16) -> u8 {
    byte(product((i16::from(y) - factors.black) * UNIT, factors.luma) + more + HALF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::{ColourMatrix, PixelFormat},
        detect::planes::tests::{ALL, frame},
    };

    /// One line of Y, of one U and V.
    fn converted(
        matrix: ColourMatrix,
        y: &[u8],
        [u, v]: [u8; 2],
        interleaved: bool,
    ) -> [Vec<u8>; 3] {
        let half = y.len().div_ceil(2);
        let luma = (y.to_vec(), y.len());
        let (format, planes) = if interleaved {
            (PixelFormat::Nv12, vec![luma, ([u, v].repeat(half), 2 * half)])
        } else {
            (PixelFormat::I420, vec![luma, (vec![u; half], half), (vec![v; half], half)])
        };
        let mut of = frame("c", (y.len() as u32, 1), format, planes);
        of.matrix = matrix;
        let mut out = [(); 3].map(|()| vec![0; y.len()]);
        JfifLines::of(&of).unwrap().line(0, out.each_mut().map(|line| &mut line[..]));
        out
    }

    #[test]
    fn every_colour_comes_within_one_level_of_the_exact_one() {
        for matrix in ALL {
            let is_full = matrix == matrix.in_full_range();
            let (luma, chroma) = if is_full { (0..=255, 0..=255) } else { (16..=235, 16..=240) };
            // an odd number: the last sample has its chroma alone
            let luma: Vec<u8> = luma.chain([235]).collect();
            let mut of = frame("c", (1, 1), PixelFormat::Rgb, Vec::new());
            of.matrix = matrix;
            let exact = Matrix::of(&of);
            let mut worst = 0.0f32;
            for u in chroma.clone().step_by(7) {
                for v in chroma.clone().step_by(8) {
                    let got = converted(matrix, &luma, [u, v], u % 2 == 0);
                    for (x, y) in luma.iter().enumerate() {
                        let [r, g, b] = exact.rgb(f32::from(*y), f32::from(u), f32::from(v));
                        let y = 0.299 * r + 0.587 * g + 0.114 * b;
                        let exact = [y, (b - y) / 1.772 + 128.0, (r - y) / 1.402 + 128.0];
                        for (exact, got) in exact.into_iter().zip(got.each_ref()) {
                            let off = (exact.clamp(0.0, 255.0) - f32::from(got[x])).abs();
                            worst = worst.max(off);
                        }
                    }
                }
            }
            assert!(worst < 0.75, "{matrix:?}: {worst} levels off");
        }
    }

    #[test]
    fn lanes_give_the_same_bits_whatever_the_width() {
        let noise =
            |n: usize| -> Vec<u8> { (0..n).map(|i| ((i * 2_654_435) >> 7) as u8).collect() };
        let exact = Factors::of(Matrix::of(&frame("c", (1, 720), PixelFormat::I420, Vec::new())));
        for width in [1, 2, 3, 31, 64, 99] {
            let (luma, u, v) = (noise(width), noise(2 * width), noise(3 * width));
            let line = |lanes| {
                let mut out = [(); 3].map(|()| vec![0; width]);
                let [y, blue, red] = out.each_mut().map(|line| &mut line[..]);
                let chroma = [&u, &v].map(|line| line.as_chunks::<2>().0);
                convert(lanes, exact, &luma, chroma, [y, blue, red]);
                out
            };
            assert_eq!(line(Lanes::Portable), line(Lanes::best()), "{width}");
        }
    }

    #[test]
    fn a_frame_of_rgb_or_with_short_planes_has_none() {
        let rgb = frame("c", (2, 2), PixelFormat::Rgb, vec![(vec![0; 12], 6)]);
        let short = frame("c", (4, 2), PixelFormat::Nv12, vec![(vec![0; 8], 4), (vec![0; 3], 4)]);
        assert!(JfifLines::of(&rgb).is_none() && JfifLines::of(&short).is_none());
    }
}
