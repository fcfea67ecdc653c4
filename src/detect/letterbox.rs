//! From the decoder's planes straight into the model's input, a whole frame or a square of one: fitted,
//! padded, colours in order.
//!
//! No full-size RGB picture is made: rows are shrunk plane by plane and only target pixels are
//! converted. A [`Letterbox`] keeps its lines and weights and takes no memory for a frame of a size
//! it has met, so give each owner thread one.

mod cutout;
mod geometry;
mod lines;
mod mapping;
mod target;

pub use cutout::Square;
pub use mapping::Mapping;

use super::{
    FrameFault,
    card::InputSpec,
    colour,
    lanes::Lanes,
    planes::{Matrix, Planes, checked},
};
use crate::base::Frame;

/// Fits frames into one kind of model input.
#[derive(Debug)]
pub struct Letterbox {
    input: InputSpec,
    lanes: Lanes,
    known: geometry::Geometries,
    lines: lines::Lines,
}

impl Letterbox {
    /// For this input.
    pub fn new(input: InputSpec) -> Self {
        Self::with_lanes(input, Lanes::best())
    }

    fn with_lanes(input: InputSpec, lanes: Lanes) -> Self {
        Self { input, lanes, known: Default::default(), lines: Default::default() }
    }

    /// Which instructions are used: `"avx2"`, or `"portable"` for what every processor of this
    /// architecture knows.
    pub fn instructions(&self) -> &'static str {
        self.lanes.name()
    }

    /// Values one frame takes in the input tensor.
    pub fn len(&self) -> usize {
        self.input.len()
    }

    /// Never: an input has at least one pixel.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes a frame into `out` (exactly [`Self::len`] bytes) as bytes.
    ///
    /// # Errors
    /// [`FrameFault`] when the frame's planes are too short, or `out` has another length.
    pub fn bytes(&mut self, frame: &Frame, out: &mut [u8]) -> Result<Mapping, FrameFault> {
        self.fill(frame, out)
    }

    /// Writes a frame into `out` (exactly [`Self::len`] values), scaled and normalised by the card.
    ///
    /// # Errors
    /// [`FrameFault`] when the frame's planes are too short, or `out` has another length.
    pub fn floats(&mut self, frame: &Frame, out: &mut [f32]) -> Result<Mapping, FrameFault> {
        self.fill(frame, out)
    }

    fn fill<T: target::Value>(
        &mut self,
        frame: &Frame,
        out: &mut [T],
    ) -> Result<Mapping, FrameFault> {
        let planes = checked(frame)?;
        self.check_room(frame, out.len())?;
        let Self { input, lanes, known, lines } = self;
        let geometry = known.of(input, frame, &planes);
        draw(*lanes, lines, frame, &planes, geometry, target::Target::new(input, out));
        Ok(geometry.mapping)
    }

    fn check_room(&self, frame: &Frame, values: usize) -> Result<(), FrameFault> {
        if values == self.len() {
            return Ok(());
        }
        let why = format!("the model's input has {} values, {values} given", self.len());
        Err(FrameFault { camera: frame.camera.clone(), seq: frame.seq, why })
    }
}

/// Paints the picture and what is around it.
fn draw<T: target::Value>(
    lanes: Lanes,
    lines: &mut lines::Lines,
    frame: &Frame,
    planes: &Planes<'_>,
    geometry: &geometry::Geometry,
    mut target: target::Target<'_, T>,
) {
    let factors = colour::Factors::of(Matrix::of(frame));
    target.pad(&geometry.mapping);
    for y in 0..geometry.rows() {
        let line = lines.make(lanes, planes, geometry, factors, y);
        target.line(lanes, &geometry.mapping, y, line);
    }
}

#[cfg(test)]
mod tests;
