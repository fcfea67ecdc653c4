//! Lines of samples → lines of red, green and blue bytes, in whole numbers.
//!
//! Sixteen bits a value from end to end: products keep their upper half, which vector instructions
//! do in one step. What is lost to rounding stays below a tenth of a grey level.

use crate::detect::{lanes::kernels, planes::Matrix, resample::UNIT};

/// Products of a sample and a factor are sixteenths of a grey level.
pub(super) const PRODUCT_SHIFT: u32 = 4;
/// What makes 1.0 of a factor, so that `sample * factor >> 16` has that unit.
pub(super) const FACTOR: f32 = (1u32 << (16 + PRODUCT_SHIFT)) as f32 / UNIT as f32;
/// Half a grey level, to round by.
pub(super) const HALF: i16 = 1 << (PRODUCT_SHIFT - 1);

/// Chroma that has no colour.
pub(super) const NEUTRAL: i16 = 128 * UNIT;

/// Three lines of one length, as red, green and blue.
pub(super) type Lines<'a> = [&'a mut [u8]; 3];

/// A colour matrix in whole numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factors {
    black: i16,
    luma: i16,
    red_v: i16,
    green_u: i16,
    green_v: i16,
    blue_u: i16,
}

impl Factors {
    pub fn of(matrix: Matrix) -> Self {
        // all below 4.0, which would be 32768
        let whole = |factor: f32| (factor * FACTOR).round() as i16;
        Self {
            black: matrix.black as i16 * UNIT,
            luma: whole(matrix.luma),
            red_v: whole(matrix.red_v),
            green_u: whole(matrix.green_u),
            green_v: whole(matrix.green_v),
            blue_u: whole(matrix.blue_u),
        }
    }
}

kernels! {
    /// Converts lines of Y, U and V.
    pub(super) fn from_yuv(factors: Factors, lines: [&[i16]; 3], out: Lines<'_>) {
        let ([y, u, v], [r, g, b]) = (lines, out);
        let n = y.len();
        let (u, v, r, g, b) = (&u[..n], &v[..n], &mut r[..n], &mut g[..n], &mut b[..n]);
        for x in 0..n {
            // a product is rounded down, half a unit on average: given back where two are added
            let y = product(y[x] - factors.black, factors.luma) + HALF;
            let (u, v) = (u[x].wrapping_sub(NEUTRAL), v[x].wrapping_sub(NEUTRAL));
            r[x] = byte(y + product(v, factors.red_v) + 1);
            g[x] = byte(y - product(u, factors.green_u) - product(v, factors.green_v));
            b[x] = byte(y + product(u, factors.blue_u) + 1);
        }
    }

    /// Brings lines of red, green and blue to bytes.
    pub(super) fn from_rgb(lines: [&[i16]; 3], out: Lines<'_>) {
        for (line, out) in lines.into_iter().zip(out) {
            for (sample, out) in line.iter().zip(out) {
                *out = ((sample + UNIT / 2) / UNIT) as u8;
            }
        }
    }
}

#[inline(always)]
pub(super) fn product(sample: i16, factor: i16) -> i16 {
    ((i32::from(sample) * i32::from(factor)) >> 16) as i16
}

#[inline(always)]
pub(super) fn byte(value: i16) -> u8 {
    (value >> PRODUCT_SHIFT).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::PixelFormat,
        detect::{
            lanes::Lanes,
            planes::tests::{ALL, frame},
        },
    };

    #[test]
    fn every_colour_comes_within_one_level_of_the_exact_one() {
        for matrix in ALL {
            let mut of = frame("c", (1, 1), PixelFormat::Rgb, Vec::new());
            of.matrix = matrix;
            let matrix = Matrix::of(&of);
            let factors = Factors::of(matrix);
            let mut worst = 0.0f32;
            for u in (0..=255).step_by(5) {
                for v in (0..=255).step_by(3) {
                    let y: Vec<i16> = (0..=255).map(|y| y * UNIT).collect();
                    let chroma = |c: i16| vec![c * UNIT; y.len()];
                    let (mut r, mut g, mut b) = ([0; 256], [0; 256], [0; 256]);
                    from_yuv(
                        Lanes::best(),
                        factors,
                        [&y, &chroma(u), &chroma(v)],
                        [&mut r, &mut g, &mut b],
                    );
                    for y in 0..256 {
                        let exact = matrix.rgb(y as f32, f32::from(u), f32::from(v));
                        for (exact, got) in exact.iter().zip([r[y], g[y], b[y]]) {
                            worst = worst.max((exact.clamp(0.0, 255.0) - f32::from(got)).abs());
                        }
                    }
                }
            }
            assert!(worst < 0.65, "{worst} levels off");
        }
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        let line: Vec<i16> = (0..=255).map(|b| b * UNIT).collect();
        let (mut r, mut g, mut b) = ([0; 256], [0; 256], [0; 256]);
        from_rgb(Lanes::best(), [&line, &line, &line], [&mut r, &mut g, &mut b]);
        assert!((0..=255).zip(r).all(|(expected, got)| expected == got));
        assert_eq!((r, r), (g, b));
    }
}
