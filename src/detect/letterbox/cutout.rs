//! A square of a frame fitted into the model's input, at the frame's full resolution. It may reach
//! beyond the frame; what lies there is padding. Its place is kept to fractions of a pixel: a box of
//! twenty pixels would jump otherwise.

use super::{Letterbox, Mapping, draw, geometry::Geometry, target};
use crate::{
    base::{BBox, Frame},
    detect::{FrameFault, part::Part, planes::checked},
};

/// Cut-outs are no smaller, in pixels.
const SMALLEST: f64 = 8.0;
/// Pixels around the square that its edge's pixels are made of as well.
const AROUND: f64 = 2.0;

/// A square of a frame, in the frame's pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Square {
    /// Its left edge; below 0 when it reaches beyond the frame.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// How wide and high it is.
    pub side: f64,
}

impl Square {
    /// The square around the middle of `bbox` whose side is `margin` times the box's longer one.
    pub fn around(bbox: &BBox, frame: &Frame, margin: f64) -> Self {
        let (w, h) = (f64::from(frame.width), f64::from(frame.height));
        let [x0, y0, x1, y1] = bbox.corners().map(f64::from);
        let longer = ((x1 - x0) * w).max((y1 - y0) * h);
        let side = (margin * longer).max(SMALLEST);
        let from = |a: f64, b: f64, of: f64| (a + b) / 2.0 * of - side / 2.0;
        Self { left: from(x0, x1, w), top: from(y0, y1, h), side }
    }
}

/// One axis of a cut-out.
struct Span {
    /// The input's pixels that show the frame: from here, so many.
    first: usize,
    count: usize,
    /// The frame's pixels they are made of: from here to there.
    from: u32,
    to: u32,
    /// Where the first of them begins, in pixels from `from`.
    start: f64,
}

impl Span {
    /// Of a square that begins at `edge` in a frame `length` long; each of `target` pixels of the input
    /// is `ratio` of the frame's wide.
    fn new(edge: f64, length: u32, target: u32, ratio: f64) -> Self {
        let end = f64::from(length);
        // a pixel is inside when its middle is
        let before = |at: f64| ((at - edge) / ratio - 0.5).ceil().clamp(0.0, f64::from(target));
        // at least one, even of a frame that is narrower than a pixel of the input
        let first = before(0.0).min(f64::from(target) - 1.0);
        let count = (before(end) - first).max(1.0);
        let from = (edge - AROUND).floor().clamp(0.0, end - 1.0) as u32 & !1;
        let to = (edge + f64::from(target) * ratio + AROUND).ceil().clamp(1.0, end) as u32;
        Self {
            first: first as usize,
            count: count as usize,
            from,
            to: to.max(from + 1).next_multiple_of(2).min(length),
            start: edge + first * ratio - f64::from(from),
        }
    }
}

impl Letterbox {
    /// Writes `square` of a frame into `out` (exactly [`Self::len`] bytes) as bytes.
    ///
    /// # Errors
    /// [`FrameFault`] when the frame's planes are too short, or `out` has another length.
    pub fn cut_bytes(
        &mut self,
        frame: &Frame,
        square: Square,
        out: &mut [u8],
    ) -> Result<(), FrameFault> {
        self.cut(frame, square, out)
    }

    /// Writes `square` of a frame into `out` (exactly [`Self::len`] values), scaled and normalised by
    /// the card.
    ///
    /// # Errors
    /// [`FrameFault`] when the frame's planes are too short, or `out` has another length.
    pub fn cut_floats(
        &mut self,
        frame: &Frame,
        square: Square,
        out: &mut [f32],
    ) -> Result<(), FrameFault> {
        self.cut(frame, square, out)
    }

    fn cut<T: target::Value>(
        &mut self,
        frame: &Frame,
        square: Square,
        out: &mut [T],
    ) -> Result<(), FrameFault> {
        checked(frame)?;
        self.check_room(frame, out.len())?;
        let input = &self.input;
        // such an input is a square itself
        let ratio = square.side / f64::from(input.width);
        let across = Span::new(square.left, frame.width, input.width, ratio);
        let down = Span::new(square.top, frame.height, input.height, ratio);
        let (width, height) = (across.to - across.from, down.to - down.from);
        let part = Part { x: across.from, y: down.from, width, height }.of(frame);
        let planes = checked(&part)?;
        let mapping = Mapping {
            left: across.first as f32,
            top: down.first as f32,
            width: across.count as f32,
            height: down.count as f32,
        };
        let key = (width, height, frame.format);
        let start = (across.start, down.start);
        // made anew for each: hardly two are alike, and it is little beside what the picture costs
        let geometry = Geometry::of_window(key, mapping, start, (ratio, ratio), &planes);
        let target = target::Target::new(&self.input, out);
        draw(self.lanes, &mut self.lines, &part, &planes, &geometry, target);
        Ok(())
    }
}
