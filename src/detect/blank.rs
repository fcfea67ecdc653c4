//! Grey pictures of no camera: to find out whether a detector works, and what a batch costs.

use std::sync::Arc;

use bytes::Bytes;

use crate::base::{ColourMatrix, Frame, PixelFormat, Plane, TimeSource, WallTime};

/// The brightness of grey.
const LUMA: u8 = 114;

/// A grey picture in the format that decoders give.
pub fn blank(width: u32, height: u32) -> Frame {
    let plane = |width: u32, height: u32, value: u8| Plane {
        data: Bytes::from(vec![value; width as usize * height as usize]),
        stride: width as usize,
    };
    let half = (width.div_ceil(2), height.div_ceil(2));
    let planes: Arc<[Plane]> =
        [plane(width, height, LUMA), plane(half.0, half.1, 128), plane(half.0, half.1, 128)].into();
    Frame {
        camera: "self-test".into(),
        seq: 0,
        at: WallTime::from_millis(0),
        arrival: WallTime::from_millis(0),
        time_source: TimeSource::Arrival,
        pts_ns: None,
        width,
        height,
        format: PixelFormat::I420,
        matrix: ColourMatrix::usual(height),
        planes,
        encoded: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::planes::checked;

    #[test]
    fn any_size_has_whole_planes() {
        for (width, height) in [(8, 8), (1, 1), (7, 5), (1920, 1080)] {
            let frame = blank(width, height);
            checked(&frame).unwrap();
            assert_eq!((frame.width, frame.height), (width, height));
        }
    }
}
