//! A part of a frame as a frame of its own that shares the planes: nothing is copied. Which parts are
//! worth a look is not said here. It begins at an even pixel, as halved chroma asks.

use std::sync::Arc;

use crate::base::{Frame, PixelFormat, Plane};

/// A part of a frame in pixels; `x` and `y` are even.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Part {
    /// The part as a frame of its own that shares the planes. `frame`'s planes were checked.
    pub fn of(self, frame: &Frame) -> Frame {
        let planes: Arc<[Plane]> = frame
            .planes
            .iter()
            .enumerate()
            .map(|(i, plane)| {
                let halved = frame.format != PixelFormat::Rgb && i > 0;
                let (x, y) = if halved { (self.x / 2, self.y / 2) } else { (self.x, self.y) };
                let bytes = match (frame.format, i) {
                    (PixelFormat::Rgb, _) => 3,
                    (PixelFormat::Nv12, 1) => 2,
                    _ => 1,
                };
                let from = y as usize * plane.stride + x as usize * bytes;
                Plane { data: plane.data.slice(from.min(plane.data.len())..), stride: plane.stride }
            })
            .collect();
        Frame { width: self.width, height: self.height, planes, encoded: None, ..frame.clone() }
    }
}
