//! Full-range YUV, as JPEG has it, to the limited range every frame promises. Pure; one table per
//! kind of plane, because only sampled frames are converted.

use crate::base::PixelFormat;

/// Maps one plane of a full-range picture to limited range (ITU-T T.871 to BT.601: luma 0–255 to
/// 16–235, chroma around 128 to 16–240). RGB stays as it is.
pub(super) fn limit(plane: &mut [u8], index: usize, format: PixelFormat) {
    if format == PixelFormat::Rgb {
        return;
    }
    let mut table = [0_u8; 256];
    for (entry, value) in table.iter_mut().zip(0_i32..) {
        let limited = match index {
            0 => 16 + (value * 219 + 127) / 255,
            _ => 128 + ((value - 128) * 448 + 255).div_euclid(510),
        };
        *entry = u8::try_from(limited.clamp(0, 255)).unwrap_or(u8::MAX);
    }
    for byte in plane {
        *byte = table[usize::from(*byte)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_white_and_grey_land_where_limited_range_has_them() {
        let mut luma = [0, 128, 255];
        limit(&mut luma, 0, PixelFormat::I420);
        assert_eq!(luma, [16, 126, 235]);
        let mut chroma = [0, 128, 255];
        limit(&mut chroma, 1, PixelFormat::Nv12);
        assert_eq!(chroma, [16, 128, 240]);
        let mut rgb = [0, 128, 255];
        limit(&mut rgb, 0, PixelFormat::Rgb);
        assert_eq!(rgb, [0, 128, 255]);
    }
}
