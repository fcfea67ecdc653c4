//! One line of the target out of a frame's planes, as bytes of red, green and blue. Keeps the memory
//! between lines and frames; it grows when a larger frame comes and is never given back.

use super::geometry::Geometry;
use crate::detect::{
    colour::{self, Factors},
    lanes::{Lanes, kernels},
    planes::Planes,
};

/// Memory for the line in work.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// A plane's rows summed, channels interleaved as they came.
    summed: Vec<i16>,
    /// The same, a channel apart.
    apart: [Vec<i16>; 3],
    /// Each of Y, U, V or R, G, B at the target's width.
    small: [Vec<i16>; 3],
    /// Red, green, blue.
    bytes: [Vec<u8>; 3],
}

impl Lines {
    /// Makes line `y` of the picture inside the input.
    pub fn make(
        &mut self,
        lanes: Lanes,
        planes: &Planes<'_>,
        geometry: &Geometry,
        factors: Factors,
        y: usize,
    ) -> [&[u8]; 3] {
        let width = geometry.mapping.width as usize;
        let mut component = 0;
        for (index, plane) in planes.iter().enumerate() {
            let shrink = geometry.of_plane(index);
            let (samples, reach) = (plane.columns * plane.channels, shrink.columns.reach());
            let summed = at_least(&mut self.summed, samples.max(reach));
            shrink.rows.blend(lanes, y, |r| plane.row(r), &mut summed[..samples]);
            let apart = &mut self.apart;
            match plane.channels {
                2 => part::<2>(lanes, &summed[..samples], apart, reach),
                3 => part::<3>(lanes, &summed[..samples], apart, reach),
                _ => {}
            }
            for own in self.apart.iter().take(plane.channels) {
                let line = if plane.channels == 1 { &*summed } else { own };
                let small = at_least(&mut self.small[component], shrink.columns.padded());
                shrink.columns.blend(lanes, line, small);
                component += 1;
            }
        }
        let small = self.small.each_ref().map(|line| &line[..width]);
        let mut bytes = self.bytes.each_mut().map(|line| &mut at_least(line, width)[..width]);
        let out = bytes.each_mut().map(|line| &mut **line);
        match planes.len() {
            1 => colour::from_rgb(lanes, small, out),
            _ => colour::from_yuv(lanes, factors, small, out),
        }
        bytes.map(|line| &*line)
    }
}

/// Interleaved channels, one line each.
fn part<const C: usize>(lanes: Lanes, line: &[i16], apart: &mut [Vec<i16>; 3], reach: usize) {
    let (samples, _) = line.as_chunks::<C>();
    for (channel, to) in apart.iter_mut().enumerate().take(C) {
        let to = at_least(to, samples.len().max(reach));
        pick(lanes, samples, channel, to);
    }
}

kernels! {
    fn pick<const C: usize>(samples: &[[i16; C]], channel: usize, to: &mut [i16]) {
        for (to, sample) in to.iter_mut().zip(samples) {
            *to = sample[channel];
        }
    }
}

/// The line, made longer if it is not `length` long yet.
fn at_least<T: Copy + Default>(line: &mut Vec<T>, length: usize) -> &mut [T] {
    if line.len() < length {
        line.resize(length, T::default());
    }
    line
}
