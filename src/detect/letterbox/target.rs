//! The tensor being written: the frame around the picture, and lines in the card's layout, order of
//! colours and type. Knows nothing of planes.

use super::Mapping;
use crate::detect::{
    card::{Colour, InputSpec, Layout},
    lanes::{Lanes, kernels},
};

/// Gain and offset of each channel, in the model's order.
type Scaling = [(f32, f32); 3];

/// What a byte becomes in the tensor.
pub(super) trait Value: Copy {
    /// `byte` of a channel that is scaled by the first and then moved by the second.
    fn of(byte: u8, scaling: (f32, f32)) -> Self;
    /// A line of one channel.
    fn apart(lanes: Lanes, line: &[u8], scaling: (f32, f32), out: &mut [Self]);
    /// A line of all channels, pixel by pixel.
    fn interleaved(lanes: Lanes, lines: [&[u8]; 3], scaling: Scaling, out: &mut [[Self; 3]]);
}

impl Value for u8 {
    fn of(byte: u8, _: (f32, f32)) -> Self {
        byte
    }

    fn apart(_: Lanes, line: &[u8], _: (f32, f32), out: &mut [Self]) {
        out.copy_from_slice(line);
    }

    fn interleaved(lanes: Lanes, lines: [&[u8]; 3], _: Scaling, out: &mut [[Self; 3]]) {
        bytes_interleaved(lanes, lines, out);
    }
}

impl Value for f32 {
    #[inline(always)]
    fn of(byte: u8, (gain, offset): (f32, f32)) -> Self {
        Self::from(byte) * gain + offset
    }

    fn apart(lanes: Lanes, line: &[u8], scaling: (f32, f32), out: &mut [Self]) {
        floats_apart(lanes, line, scaling, out);
    }

    fn interleaved(lanes: Lanes, lines: [&[u8]; 3], scaling: Scaling, out: &mut [[Self; 3]]) {
        floats_interleaved(lanes, lines, scaling, out);
    }
}

kernels! {
    fn bytes_interleaved(lines: [&[u8]; 3], out: &mut [[u8; 3]]) {
        let [a, b, c] = lines.map(|line| &line[..out.len()]);
        for (x, out) in out.iter_mut().enumerate() {
            *out = [a[x], b[x], c[x]];
        }
    }

    fn floats_apart(line: &[u8], scaling: (f32, f32), out: &mut [f32]) {
        for (out, byte) in out.iter_mut().zip(line) {
            *out = f32::of(*byte, scaling);
        }
    }

    fn floats_interleaved(lines: [&[u8]; 3], scaling: Scaling, out: &mut [[f32; 3]]) {
        let [a, b, c] = lines.map(|line| &line[..out.len()]);
        for (x, out) in out.iter_mut().enumerate() {
            *out = [
                f32::of(a[x], scaling[0]),
                f32::of(b[x], scaling[1]),
                f32::of(c[x], scaling[2]),
            ];
        }
    }
}

/// One picture of the tensor.
pub(super) struct Target<'a, T> {
    input: &'a InputSpec,
    out: &'a mut [T],
    scaling: Scaling,
}

impl<'a, T: Value> Target<'a, T> {
    /// `out` holds exactly one picture of `input`.
    pub fn new(input: &'a InputSpec, out: &'a mut [T]) -> Self {
        let of = |c: usize| (input.scale / input.std[c], -input.mean[c] / input.std[c]);
        Self { input, out, scaling: [0, 1, 2].map(of) }
    }

    /// Paints what the picture does not cover.
    pub fn pad(&mut self, mapping: &Mapping) {
        let width = self.input.width as usize;
        let (left, top) = (mapping.left as usize, mapping.top as usize);
        let (right, bottom) = (left + mapping.width as usize, top + mapping.height as usize);
        self.paint(0..top * width);
        self.paint(bottom * width..width * self.input.height as usize);
        if left > 0 || right < width {
            for row in (top..bottom).map(|y| y * width) {
                self.paint(row..row + left);
                self.paint(row + right..row + width);
            }
        }
    }

    fn paint(&mut self, pixels: std::ops::Range<usize>) {
        let pad = self.scaling.map(|scaling| T::of(self.input.pad_value, scaling));
        match self.input.layout {
            Layout::Nchw => {
                let all = self.out.len() / 3;
                for (plane, pad) in self.out.chunks_exact_mut(all).zip(pad) {
                    plane[pixels.clone()].fill(pad);
                }
            }
            Layout::Nhwc => self.out.as_chunks_mut().0[pixels].fill(pad),
        }
    }

    /// Writes line `y` of the picture, given as red, green and blue.
    pub fn line(&mut self, lanes: Lanes, mapping: &Mapping, y: usize, [r, g, b]: [&[u8]; 3]) {
        let lines = match self.input.colour {
            Colour::Rgb => [r, g, b],
            Colour::Bgr => [b, g, r],
        };
        let at = (mapping.top as usize + y) * self.input.width as usize + mapping.left as usize;
        let pixels = at..at + r.len();
        match self.input.layout {
            Layout::Nchw => {
                let all = self.out.len() / 3;
                let planes = self.out.chunks_exact_mut(all).zip(lines).zip(self.scaling);
                for ((plane, line), scaling) in planes {
                    T::apart(lanes, line, scaling, &mut plane[pixels.clone()]);
                }
            }
            Layout::Nhwc => {
                let out = &mut self.out.as_chunks_mut().0[pixels];
                T::interleaved(lanes, lines, self.scaling, out);
            }
        }
    }
}
