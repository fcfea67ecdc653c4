//! The tensor being written: the frame around the picture, and lines in the card's layout, order of
//! colours and type. Knows nothing of planes.

use super::Mapping;
use crate::detect::card::{Colour, InputSpec, Layout};

/// What a byte becomes in the tensor.
pub(super) trait Value: Copy {
    /// `byte` of a channel that is scaled by `gain` and then moved by `offset`.
    fn of(byte: u8, gain: f32, offset: f32) -> Self;
}

impl Value for u8 {
    #[inline(always)]
    fn of(byte: u8, _: f32, _: f32) -> Self {
        byte
    }
}

impl Value for f32 {
    #[inline(always)]
    fn of(byte: u8, gain: f32, offset: f32) -> Self {
        Self::from(byte) * gain + offset
    }
}

/// One picture of the tensor.
pub(super) struct Target<'a, T> {
    input: &'a InputSpec,
    out: &'a mut [T],
    /// Gain and offset of each channel, in the model's order.
    scaling: [(f32, f32); 3],
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
        let pad = self.scaling.map(|(gain, offset)| T::of(self.input.pad_value, gain, offset));
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
    #[inline(always)]
    pub fn line(&mut self, mapping: &Mapping, y: usize, [r, g, b]: [&[u8]; 3]) {
        let lines = match self.input.colour {
            Colour::Rgb => [r, g, b],
            Colour::Bgr => [b, g, r],
        };
        let at = (mapping.top as usize + y) * self.input.width as usize + mapping.left as usize;
        let n = r.len();
        match self.input.layout {
            Layout::Nchw => {
                let all = self.out.len() / 3;
                let planes = self.out.chunks_exact_mut(all).zip(lines).zip(self.scaling);
                for ((plane, line), (gain, offset)) in planes {
                    for (out, byte) in plane[at..at + n].iter_mut().zip(line) {
                        *out = T::of(*byte, gain, offset);
                    }
                }
            }
            Layout::Nhwc => {
                let out = &mut self.out.as_chunks_mut::<3>().0[at..at + n];
                let [a, b, c] = lines.map(|line| &line[..n]);
                let [ga, gb, gc] = self.scaling;
                for (x, out) in out.iter_mut().enumerate() {
                    *out =
                        [T::of(a[x], ga.0, ga.1), T::of(b[x], gb.0, gb.1), T::of(c[x], gc.0, gc.1)];
                }
            }
        }
    }
}
