//! From the decoder's planes straight into the model's input: fitted, padded, colours in order.
//!
//! No full-size RGB picture is made: rows are shrunk plane by plane and only target pixels are
//! converted. A [`Letterbox`] keeps its scratch rows and weights, so give each owner thread one.

use super::{
    FrameFault,
    card::{Colour, InputSpec, Layout, Placement},
    planes::{Matrix, PlaneView, checked},
    resample::{Axis, blend_columns, blend_rows},
};
use crate::base::{BBox, Frame, PixelFormat};

/// Where the picture lies inside the model's input, in input pixels; maps boxes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mapping {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
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

/// Fits frames into one kind of model input.
#[derive(Debug)]
pub struct Letterbox {
    input: InputSpec,
    /// What a byte of each channel becomes, in the model's channel order.
    values: [[f32; 256]; 3],
    geometry: Option<Geometry>,
    scratch: Scratch,
}

#[derive(Debug)]
struct Geometry {
    of: (u32, u32, PixelFormat),
    mapping: Mapping,
    luma: [Axis; 2],
    chroma: Option<[Axis; 2]>,
}

#[derive(Debug, Default)]
struct Scratch {
    sum: Vec<f32>,
    one: Vec<[f32; 1]>,
    u: Vec<[f32; 1]>,
    v: Vec<[f32; 1]>,
    uv: Vec<[f32; 2]>,
    rgb: Vec<[f32; 3]>,
}

impl Letterbox {
    /// For this input.
    pub fn new(input: InputSpec) -> Self {
        let values = std::array::from_fn(|c| {
            std::array::from_fn(|b| (b as f32 * input.scale - input.mean[c]) / input.std[c])
        });
        Self { input, values, geometry: None, scratch: Scratch::default() }
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
        self.fill(frame, out, |_, byte| byte)
    }

    /// Writes a frame into `out` (exactly [`Self::len`] values), scaled and normalised by the card.
    ///
    /// # Errors
    /// [`FrameFault`] when the frame's planes are too short, or `out` has another length.
    pub fn floats(&mut self, frame: &Frame, out: &mut [f32]) -> Result<Mapping, FrameFault> {
        let values = self.values;
        self.fill(frame, out, |channel, byte| values[channel][usize::from(byte)])
    }

    fn fill<T: Copy>(
        &mut self,
        frame: &Frame,
        out: &mut [T],
        value: impl Fn(usize, u8) -> T,
    ) -> Result<Mapping, FrameFault> {
        let planes = checked(frame)?;
        if out.len() != self.len() {
            let why = format!("the model's input has {} values, {} given", self.len(), out.len());
            return Err(FrameFault { camera: frame.camera.clone(), seq: frame.seq, why });
        }
        let key = (frame.width, frame.height, frame.format);
        let geometry = match self.geometry.take() {
            Some(known) if known.of == key => known,
            _ => Geometry::new(&self.input, key, &planes),
        };
        let mapping = geometry.mapping;
        let mut target = Target { input: &self.input, out, value };
        target.pad(&mapping);
        let matrix = Matrix::of(frame);
        for y in 0..geometry.luma[1].len() {
            self.scratch.row(&planes, &geometry, matrix, y);
            target.row(&mapping, y, &self.scratch.rgb);
        }
        self.geometry = Some(geometry);
        Ok(mapping)
    }
}

impl Geometry {
    fn new(input: &InputSpec, of: (u32, u32, PixelFormat), planes: &[PlaneView<'_>]) -> Self {
        let mapping = Mapping::new(input, of.0, of.1);
        let (w, h) = (mapping.width as usize, mapping.height as usize);
        let (rx, ry) = (f64::from(of.0) / w as f64, f64::from(of.1) / h as f64);
        let axes =
            |p: &PlaneView<'_>, rx, ry| [Axis::new(p.columns, w, rx), Axis::new(p.rows, h, ry)];
        let luma = axes(&planes[0], rx, ry);
        let chroma = planes.get(1).map(|p| axes(p, rx / 2.0, ry / 2.0));
        Self { of, mapping, luma, chroma }
    }
}

impl Scratch {
    /// Makes target row `y` in `self.rgb`.
    fn row(&mut self, planes: &[PlaneView<'_>], geometry: &Geometry, matrix: Matrix, y: usize) {
        let Self { sum, one, u, v, uv, rgb } = self;
        let [columns, rows] = &geometry.luma;
        blend_rows(|r| planes[0].row(r), rows.at(y), sum);
        let Some([chroma_columns, chroma_rows]) = &geometry.chroma else {
            return blend_columns::<3>(sum, columns, rgb);
        };
        blend_columns::<1>(sum, columns, one);
        blend_rows(|r| planes[1].row(r), chroma_rows.at(y), sum);
        rgb.clear();
        if let Some(third) = planes.get(2) {
            blend_columns::<1>(sum, chroma_columns, u);
            blend_rows(|r| third.row(r), chroma_rows.at(y), sum);
            blend_columns::<1>(sum, chroma_columns, v);
            let chroma = u.iter().zip(v.iter());
            rgb.extend(one.iter().zip(chroma).map(|(y, (u, v))| matrix.rgb(y[0], u[0], v[0])));
        } else {
            blend_columns::<2>(sum, chroma_columns, uv);
            rgb.extend(one.iter().zip(uv.iter()).map(|(y, c)| matrix.rgb(y[0], c[0], c[1])));
        }
    }
}

/// The tensor being written.
struct Target<'a, T, F> {
    input: &'a InputSpec,
    out: &'a mut [T],
    value: F,
}

impl<T: Copy, F: Fn(usize, u8) -> T> Target<'_, T, F> {
    /// Paints everything; a full-size picture leaves nothing of it.
    fn pad(&mut self, mapping: &Mapping) {
        let pixels = (self.input.width * self.input.height) as usize;
        if (mapping.width * mapping.height) as usize == pixels {
            return;
        }
        let [a, b, c] = [0, 1, 2].map(|i| (self.value)(i, self.input.pad_value));
        match self.input.layout {
            Layout::Nchw => {
                for (plane, value) in self.out.chunks_exact_mut(pixels).zip([a, b, c]) {
                    plane.fill(value);
                }
            }
            Layout::Nhwc => {
                let (samples, _) = self.out.as_chunks_mut::<3>();
                samples.fill([a, b, c]);
            }
        }
    }

    fn row(&mut self, mapping: &Mapping, y: usize, rgb: &[[f32; 3]]) {
        let width = self.input.width as usize;
        let at = (mapping.top as usize + y) * width + mapping.left as usize;
        let order = match self.input.colour {
            Colour::Rgb => [0, 1, 2],
            Colour::Bgr => [2, 1, 0],
        };
        // `as u8` saturates, so colours outside the range become its nearest end
        let byte = |sample: &[f32; 3], c: usize| (sample[c] + 0.5) as u8;
        match self.input.layout {
            Layout::Nchw => {
                let pixels = width * self.input.height as usize;
                for (channel, &c) in order.iter().enumerate() {
                    let start = channel * pixels + at;
                    for (o, sample) in self.out[start..start + rgb.len()].iter_mut().zip(rgb) {
                        *o = (self.value)(channel, byte(sample, c));
                    }
                }
            }
            Layout::Nhwc => {
                let (samples, _) = self.out.as_chunks_mut::<3>();
                for (o, sample) in samples[at..at + rgb.len()].iter_mut().zip(rgb) {
                    for (channel, &c) in order.iter().enumerate() {
                        o[channel] = (self.value)(channel, byte(sample, c));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
