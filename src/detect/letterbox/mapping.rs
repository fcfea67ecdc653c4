//! Where the picture lies inside the model's input, and the way back for boxes. No pixels.

use crate::{
    base::BBox,
    detect::card::{InputSpec, Placement},
};

/// Where the picture lies inside the model's input, in input pixels; maps boxes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mapping {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Mapping {
    /// How a `width` × `height` frame is fitted into `input`.
    pub fn new(input: &InputSpec, width: u32, height: u32) -> Self {
        let (iw, ih) = (f64::from(input.width), f64::from(input.height));
        let scale = (iw / f64::from(width.max(1))).min(ih / f64::from(height.max(1)));
        let w = (f64::from(width) * scale).round().clamp(1.0, iw);
        let h = (f64::from(height) * scale).round().clamp(1.0, ih);
        let (left, top) = match input.letterbox {
            Placement::Centre => (((iw - w) / 2.0).floor(), ((ih - h) / 2.0).floor()),
            Placement::TopLeft => (0.0, 0.0),
        };
        Self { left: left as f32, top: top as f32, width: w as f32, height: h as f32 }
    }

    /// A box of the input, in its pixels, as fractions of the frame; `None` when nothing of it
    /// lies inside the frame.
    pub fn unmap(&self, [x0, y0, x1, y1]: [f32; 4]) -> Option<BBox> {
        BBox::new(
            (x0 - self.left) / self.width,
            (y0 - self.top) / self.height,
            (x1 - self.left) / self.width,
            (y1 - self.top) / self.height,
        )
        .ok()
    }

    /// A box of the frame in input pixels.
    pub fn map(&self, bbox: &BBox) -> [f32; 4] {
        let [x0, y0, x1, y1] = bbox.corners();
        [
            self.left + x0 * self.width,
            self.top + y0 * self.height,
            self.left + x1 * self.width,
            self.top + y1 * self.height,
        ]
    }
}
