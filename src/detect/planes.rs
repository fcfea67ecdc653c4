//! A frame's planes, checked against its size before anything indexes into them, and the colour
//! matrix they are read with.
//!
//! A decoder may hand over padded rows or, when broken, short planes; reading code below relies on
//! this check and never on luck.

use std::ops::Deref;

use crate::base::{CameraId, ColourMatrix, Frame, PixelFormat};

/// A frame whose planes cannot hold its picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("frame {seq} of camera {camera} is unreadable: {why}; it is dropped")]
pub struct FrameFault {
    /// Which camera.
    pub camera: CameraId,
    /// Which frame.
    pub seq: u64,
    /// What is wrong.
    pub why: String,
}

/// One checked plane: `rows` rows of `columns` samples of `channels` bytes each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlaneView<'a> {
    data: &'a [u8],
    stride: usize,
    /// Samples a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Interleaved bytes a sample.
    pub channels: usize,
}

impl<'a> PlaneView<'a> {
    /// The bytes of row `y`, without padding.
    pub fn row(&self, y: usize) -> &'a [u8] {
        let start = y * self.stride;
        &self.data[start..start + self.columns * self.channels]
    }
}

/// One to three checked planes; no memory is taken for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planes<'a> {
    views: [PlaneView<'a>; 3],
    count: usize,
}

impl<'a> Deref for Planes<'a> {
    type Target = [PlaneView<'a>];

    fn deref(&self) -> &Self::Target {
        &self.views[..self.count]
    }
}

/// The planes of a frame, each known to hold its rows.
pub(crate) fn checked(frame: &Frame) -> Result<Planes<'_>, FrameFault> {
    let fault = |why: String| FrameFault { camera: frame.camera.clone(), seq: frame.seq, why };
    let (w, h) = (frame.width as usize, frame.height as usize);
    if w == 0 || h == 0 {
        return Err(fault(format!("its size is {w}x{h}")));
    }
    let (half_w, half_h) = (w.div_ceil(2), h.div_ceil(2));
    let layout: &[(usize, usize, usize)] = match frame.format {
        PixelFormat::I420 => &[(w, h, 1), (half_w, half_h, 1), (half_w, half_h, 1)],
        PixelFormat::Nv12 => &[(w, h, 1), (half_w, half_h, 2)],
        PixelFormat::Rgb => &[(w, h, 3)],
    };
    if frame.planes.len() != layout.len() {
        let (found, format) = (frame.planes.len(), frame.format);
        return Err(fault(format!("{found} planes instead of {} of {format:?}", layout.len())));
    }
    let none = PlaneView { data: &[], stride: 0, columns: 0, rows: 0, channels: 0 };
    let mut planes = Planes { views: [none; 3], count: layout.len() };
    let views = planes.views.iter_mut().zip(frame.planes.iter()).zip(layout);
    for (i, ((view, plane), &(columns, rows, channels))) in views.enumerate() {
        let needed = (plane.stride.max(1))
            .checked_mul(rows - 1)
            .and_then(|n| n.checked_add(columns * channels));
        match needed {
            Some(n) if plane.stride >= columns * channels && plane.data.len() >= n => {
                let (data, stride) = (&plane.data[..], plane.stride);
                *view = PlaneView { data, stride, columns, rows, channels };
            }
            _ => {
                let (length, stride) = (plane.data.len(), plane.stride);
                return Err(fault(format!(
                    "plane {i} has {length} bytes at {stride} a row, too few for {columns}x{rows}"
                )));
            }
        }
    }
    Ok(planes)
}

/// Y'CbCr to R'G'B'.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix {
    /// Luma of black.
    pub black: f32,
    pub luma: f32,
    pub red_v: f32,
    pub green_u: f32,
    pub green_v: f32,
    pub blue_u: f32,
}

/// ITU-R BT.601, standard definition.
const BT601: Matrix = Matrix {
    black: 16.0,
    luma: 1.164,
    red_v: 1.596,
    green_u: 0.392,
    green_v: 0.813,
    blue_u: 2.017,
};
/// ITU-R BT.709, high definition.
const BT709: Matrix = Matrix {
    black: 16.0,
    luma: 1.164,
    red_v: 1.793,
    green_u: 0.213,
    green_v: 0.533,
    blue_u: 2.112,
};
/// BT.601 in full range (ITU-T T.871).
const FULL_BT601: Matrix =
    Matrix { black: 0.0, luma: 1.0, red_v: 1.402, green_u: 0.344, green_v: 0.714, blue_u: 1.772 };
/// BT.709 in full range (ITU-T H.273).
const FULL_BT709: Matrix =
    Matrix { black: 0.0, luma: 1.0, red_v: 1.575, green_u: 0.187, green_v: 0.468, blue_u: 1.856 };

impl Matrix {
    /// The matrix of a frame.
    pub fn of(frame: &Frame) -> Self {
        match frame.matrix {
            ColourMatrix::Bt601 => BT601,
            ColourMatrix::Bt709 => BT709,
            ColourMatrix::FullBt601 => FULL_BT601,
            ColourMatrix::FullBt709 => FULL_BT709,
        }
    }

    /// One pixel, exactly; components in [0, 255].
    #[cfg(test)]
    pub fn rgb(self, y: f32, u: f32, v: f32) -> [f32; 3] {
        let (y, u, v) = (self.luma * (y - self.black), u - 128.0, v - 128.0);
        [y + self.red_v * v, y - self.green_u * u - self.green_v * v, y + self.blue_u * u]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::base::{Plane, TimeSource, WallTime};

    /// Every matrix that a frame can have.
    pub const ALL: [ColourMatrix; 4] = [
        ColourMatrix::Bt601,
        ColourMatrix::Bt709,
        ColourMatrix::FullBt601,
        ColourMatrix::FullBt709,
    ];

    /// A frame of planes given as (bytes, stride).
    pub fn frame(
        camera: &str,
        (width, height): (u32, u32),
        format: PixelFormat,
        planes: Vec<(Vec<u8>, usize)>,
    ) -> Frame {
        let planes: Arc<[Plane]> = planes
            .into_iter()
            .map(|(data, stride)| Plane { data: Bytes::from(data), stride })
            .collect();
        Frame {
            camera: camera.into(),
            seq: 7,
            at: WallTime::from_millis(0),
            arrival: WallTime::from_millis(0),
            time_source: TimeSource::File,
            pts_ns: None,
            width,
            height,
            format,
            matrix: ColourMatrix::usual(height),
            planes,
            encoded: None,
        }
    }

    #[test]
    fn short_planes_narrow_strides_and_wrong_plane_counts_are_refused_by_name() {
        let good = frame("gate", (5, 3), PixelFormat::Rgb, vec![(vec![0; 45], 15)]);
        assert_eq!(checked(&good).unwrap()[0].row(2).len(), 15);
        let short = frame("gate", (5, 3), PixelFormat::Rgb, vec![(vec![0; 44], 15)]);
        let text = checked(&short).unwrap_err().to_string();
        assert!(text.contains("gate") && text.contains("frame 7"), "{text}");
        let narrow = frame("gate", (5, 3), PixelFormat::Rgb, vec![(vec![0; 99], 14)]);
        assert!(checked(&narrow).is_err());
        let one = frame("gate", (4, 4), PixelFormat::I420, vec![(vec![0; 16], 4)]);
        assert!(checked(&one).is_err());
        let none = frame("gate", (0, 4), PixelFormat::Rgb, vec![(vec![], 0)]);
        assert!(checked(&none).is_err());
        let huge = frame("gate", (5, 3), PixelFormat::Rgb, vec![(vec![0; 45], usize::MAX)]);
        assert!(checked(&huge).is_err());
    }

    #[test]
    fn odd_sizes_round_chroma_up() {
        let planes = vec![(vec![0; 15], 5), (vec![0; 12], 6)];
        let odd = frame("gate", (5, 3), PixelFormat::Nv12, planes);
        let views = checked(&odd).unwrap();
        assert_eq!((views[1].columns, views[1].rows), (3, 2));
    }

    #[test]
    fn white_black_and_the_primaries_come_out() {
        for m in [BT601, BT709] {
            assert!(m.rgb(16.0, 128.0, 128.0).iter().all(|c| c.abs() < 0.5));
            assert!(m.rgb(235.0, 128.0, 128.0).iter().all(|c| (c - 255.0).abs() < 0.5));
        }
        for m in [FULL_BT601, FULL_BT709] {
            assert_eq!(m.rgb(0.0, 128.0, 128.0), [0.0; 3]);
            assert_eq!(m.rgb(255.0, 128.0, 128.0), [255.0; 3]);
        }
        // red: 0.299 and 0.2126 of luma, and all of V
        let [r, g, b] = FULL_BT601.rgb(76.0, 85.0, 255.0);
        assert!((r - 254.0).abs() < 1.0 && g.abs() < 1.0 && b.abs() < 1.0, "{r} {g} {b}");
        let [r, g, b] = FULL_BT709.rgb(54.0, 99.0, 255.0);
        assert!((r - 254.0).abs() < 1.0 && g.abs() < 1.0 && b.abs() < 1.0, "{r} {g} {b}");
        let [r, g, b] = BT601.rgb(81.0, 90.0, 240.0);
        assert!((r - 255.0).abs() < 3.0 && g.abs() < 3.0 && b.abs() < 3.0, "{r} {g} {b}");
        let [r, g, b] = BT709.rgb(63.0, 102.0, 240.0);
        assert!((r - 255.0).abs() < 3.0 && g.abs() < 3.0 && b.abs() < 3.0, "{r} {g} {b}");
    }
}
