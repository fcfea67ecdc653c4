//! What is worked out once for a size of frames and used for every frame of it: where the picture
//! lies, and the weights of every plane's axes.

use super::Mapping;
use crate::{
    base::{Frame, PixelFormat},
    detect::{
        card::InputSpec,
        planes::PlaneView,
        resample::{Axis, Columns, Rows},
    },
};

/// Sizes kept at a time: the cameras of a site come in few sizes, and a frame cut into tiles adds
/// up to five.
const KEPT: usize = 48;

/// Weights of one plane.
#[derive(Debug)]
pub(super) struct Shrink {
    pub columns: Columns,
    pub rows: Rows,
}

/// All that one size of frames needs.
#[derive(Debug)]
pub(super) struct Geometry {
    of: Key,
    pub mapping: Mapping,
    luma: Shrink,
    chroma: Option<Shrink>,
}

/// Width, height and format of frames.
pub(super) type Key = (u32, u32, PixelFormat);

impl Geometry {
    fn new(input: &InputSpec, of: Key, planes: &[PlaneView<'_>]) -> Self {
        let mapping = Mapping::new(input, of.0, of.1);
        let (w, h) = (f64::from(mapping.width), f64::from(mapping.height));
        let ratio = (f64::from(of.0) / w, f64::from(of.1) / h);
        Self::of_window(of, mapping, (0.0, 0.0), ratio, planes)
    }

    /// Of the part of a frame that begins at `start`; a pixel of the input is `ratio` wide and high.
    /// All in the frame's pixels, across and down.
    pub fn of_window(
        of: Key,
        mapping: Mapping,
        start: (f64, f64),
        ratio: (f64, f64),
        planes: &[PlaneView<'_>],
    ) -> Self {
        let (w, h) = (mapping.width as usize, mapping.height as usize);
        let axis = |source, target, start: f64, ratio: f64, share: f64| {
            Axis::new(source, target, start * share, ratio * share)
        };
        let shrink = |plane: &PlaneView<'_>, share: f64| Shrink {
            columns: Columns::new(&axis(plane.columns, w, start.0, ratio.0, share)),
            rows: Rows::new(&axis(plane.rows, h, start.1, ratio.1, share)),
        };
        let luma = shrink(&planes[0], 1.0);
        let chroma = planes.get(1).map(|plane| shrink(plane, 0.5));
        Self { of, mapping, luma, chroma }
    }

    /// Rows of the picture inside the input.
    pub fn rows(&self) -> usize {
        self.luma.rows.len()
    }

    /// The weights of plane `index`.
    pub fn of_plane(&self, index: usize) -> &Shrink {
        self.chroma.as_ref().filter(|_| index > 0).unwrap_or(&self.luma)
    }
}

/// The sizes met lately, the last one first.
#[derive(Debug, Default)]
pub(super) struct Geometries(Vec<Geometry>);

impl Geometries {
    /// The geometry of `frame`, worked out when its size was not met lately.
    pub fn of(&mut self, input: &InputSpec, frame: &Frame, planes: &[PlaneView<'_>]) -> &Geometry {
        let key = (frame.width, frame.height, frame.format);
        match self.0.iter().position(|known| known.of == key) {
            Some(at) => self.0[..=at].rotate_right(1),
            None => {
                self.0.truncate(KEPT - 1);
                self.0.insert(0, Geometry::new(input, key, planes));
            }
        }
        &self.0[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{
        letterbox::tests::input,
        planes::{checked, tests::frame},
    };

    fn ask(known: &mut Geometries, width: u32) {
        let stride = 3 * width as usize;
        let frame = frame("c", (width, 1), PixelFormat::Rgb, vec![(vec![0; stride], stride)]);
        let geometry = known.of(&input(8, 8), &frame, &checked(&frame).unwrap());
        assert_eq!(geometry.of.0, width);
    }

    fn widths(known: &Geometries) -> Vec<u32> {
        known.0.iter().map(|geometry| geometry.of.0).collect()
    }

    #[test]
    fn sizes_met_lately_are_kept_and_the_one_longest_unused_goes() {
        let mut known = Geometries::default();
        [1, 2, 3, 1].iter().for_each(|width| ask(&mut known, *width));
        assert_eq!(widths(&known), [1, 3, 2]);
        (4..=KEPT as u32 + 1).for_each(|width| ask(&mut known, width));
        assert_eq!(known.0.len(), KEPT);
        assert!(widths(&known).contains(&1) && !widths(&known).contains(&2));
    }
}
