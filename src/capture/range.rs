//! Full-range YUV, as JPEG has it, to the limited range every frame promises. Pure, and in steps of sixteen
//! bits, which vector instructions do for many samples at once: only sampled frames come here, but all of a file's.

use crate::base::PixelFormat;

/// What is done to the samples of one plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// They are as they should be.
    Kept,
    /// Luma 0–255 becomes 16–235 (ITU-T T.871 to BT.601).
    Luma,
    /// Chroma 0–255 around 128 becomes 16–240.
    Chroma,
}

impl Range {
    /// For plane `index` of a full-range picture. RGB stays as it is.
    pub fn limited(index: usize, format: PixelFormat) -> Self {
        match (format, index) {
            (PixelFormat::Rgb, _) => Self::Kept,
            (_, 0) => Self::Luma,
            _ => Self::Chroma,
        }
    }

    /// Adds `plane` to the end of `out`.
    pub fn copy(self, plane: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Kept => out.extend_from_slice(plane),
            Self::Luma => out.extend(plane.iter().map(|sample| luma(*sample))),
            Self::Chroma => out.extend(plane.iter().map(|sample| chroma(*sample))),
        }
    }
}

/// 16 + 219 / 255 of `sample`, rounded.
fn luma(sample: u8) -> u8 {
    16 + of_255(u16::from(sample) * 219 + 127)
}

/// 128 + 224 / 255 of what `sample` is from 128, rounded; all of it above nought.
fn chroma(sample: u8) -> u8 {
    // 128 less 224 / 255 of it is 15 and 143 / 255
    15 + of_255(u16::from(sample) * 224 + 143 + 127)
}

/// A 255th, rounded down; exact below 65,535.
fn of_255(value: u16) -> u8 {
    ((value + 1 + (value >> 8)) >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(range: Range, samples: &[u8]) -> Vec<u8> {
        let mut out = vec![7];
        range.copy(samples, &mut out);
        assert_eq!(out.remove(0), 7);
        out
    }

    #[test]
    fn black_white_and_grey_land_where_limited_range_has_them() {
        let samples = [0, 128, 255];
        assert_eq!(copied(Range::limited(0, PixelFormat::I420), &samples), [16, 126, 235]);
        assert_eq!(copied(Range::limited(1, PixelFormat::Nv12), &samples), [16, 128, 240]);
        assert_eq!(copied(Range::limited(0, PixelFormat::Rgb), &samples), samples);
    }

    #[test]
    fn every_sample_is_the_nearest_there_is() {
        let all: Vec<u8> = (0..=255).collect();
        let (luma, chroma) = (copied(Range::Luma, &all), copied(Range::Chroma, &all));
        for sample in all {
            let value = f64::from(sample);
            let exact = [16.0 + value * 219.0 / 255.0, 128.0 + (value - 128.0) * 224.0 / 255.0];
            for (got, exact) in
                [&luma, &chroma].map(|l| f64::from(l[sample as usize])).iter().zip(exact)
            {
                assert!((got - exact).abs() <= 0.501, "{sample}: {got} instead of {exact}");
            }
        }
    }
}
