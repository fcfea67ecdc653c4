//! A JPEG at half its width and height, straight into I420 planes: for a model's input the rest is
//! shrunk away anyway, and leaving it out saves half the work.
//!
//! Only what cameras send: baseline, one scan, 8 bits, Y'CbCr with chroma as large as luma or halved,
//! or grey. Everything else, and whatever is broken, is `None` and left to a decoder that knows all
//! JPEGs and names faults.

mod bits;
mod block;

use image::metadata::Orientation;

use self::{
    bits::{Segment, Table},
    block::Plane,
};

/// Planes of a picture of half the size, limited range, BT.601.
#[derive(Debug)]
pub struct Half {
    /// Width of the whole picture.
    pub width: u32,
    /// Height of the whole picture.
    pub height: u32,
    /// Y, U and V, each with its bytes a row; rows may be padded.
    pub planes: [(Vec<u8>, usize); 3],
}

/// Start of frame: baseline and extended sequential, Huffman.
const SEQUENTIAL: [u8; 2] = [0xc0, 0xc1];
const HUFFMAN_TABLES: u8 = 0xc4;
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;
const QUANTISATION: u8 = 0xdb;
const RESTART_INTERVAL: u8 = 0xdd;
const EXIF: u8 = 0xe1;
const ADOBE: u8 = 0xee;
/// What Adobe's segment says of Y'CbCr.
const ADOBE_YCBCR: u8 = 1;

/// A JPEG's picture at half its size, if it is of a kind that is known here and `wants` a picture of
/// that width and height.
pub fn half(jpeg: &[u8], wants: impl Fn(u32, u32) -> bool) -> Option<Half> {
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8])?;
    let mut header = Header::default();
    loop {
        let marker = match rest {
            [0xff, 0xff, ..] => {
                rest = &rest[1..];
                continue;
            }
            [0xff, marker, ..] => *marker,
            _ => return None,
        };
        let length = usize::from(word(rest, 2)?);
        let segment = rest.get(4..2 + length)?;
        rest = &rest[2 + length..];
        if marker == START_OF_SCAN {
            header.scan(segment)?;
            let is_wanted = wants(header.width.into(), header.height.into());
            return is_wanted.then(|| header.picture(rest)).flatten();
        }
        header.take(marker, segment)?;
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    let (bytes, _) = bytes.get(at..)?.split_first_chunk()?;
    Some(u16::from_be_bytes(*bytes))
}

/// One colour component as the header describes it.
#[derive(Clone, Copy)]
struct Component {
    id: u8,
    /// Blocks across and down in a unit of the scan.
    blocks: (usize, usize),
    quantisation: usize,
    first: usize,
    others: usize,
}

/// What stands before the scan.
#[derive(Default)]
struct Header {
    width: u16,
    height: u16,
    components: Vec<Component>,
    quantisation: [Option<[u16; 64]>; 4],
    first: [Option<Table>; 4],
    others: [Option<Table>; 4],
    /// Units of the scan between two restarts; 0 when there are none.
    interval: usize,
}

impl Header {
    fn take(&mut self, marker: u8, segment: &[u8]) -> Option<()> {
        match marker {
            QUANTISATION => self.take_quantisation(segment),
            HUFFMAN_TABLES => self.take_tables(segment),
            RESTART_INTERVAL => {
                self.interval = word(segment, 0)?.into();
                Some(())
            }
            marker if SEQUENTIAL.contains(&marker) => self.take_frame(segment),
            // all other ways to code a picture
            0xc0..=0xcf => None,
            EXIF => {
                let turned =
                    segment.strip_prefix(b"Exif\0\0").and_then(Orientation::from_exif_chunk);
                turned.is_none_or(|turned| turned == Orientation::NoTransforms).then_some(())
            }
            ADOBE => match segment.strip_prefix(b"Adobe") {
                Some(said) => (said.get(6) == Some(&ADOBE_YCBCR)).then_some(()),
                None => Some(()),
            },
            _ => Some(()),
        }
    }

    fn take_quantisation(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((kind, rest)) = segment.split_first() {
            // steps of 16 bits belong to samples of 12
            let (steps, rest) = rest.split_first_chunk::<64>()?;
            *self.quantisation.get_mut(usize::from(*kind))? = Some(steps.map(u16::from));
            segment = rest;
        }
        Some(())
    }

    fn take_tables(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((kind, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let symbols = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(symbols)?;
            let tables = if kind >> 4 == 0 { &mut self.first } else { &mut self.others };
            *tables.get_mut(usize::from(kind & 15))? = Some(Table::new(counts, symbols)?);
            segment = rest;
        }
        Some(())
    }

    fn take_frame(&mut self, segment: &[u8]) -> Option<()> {
        let &[8, _, _, _, _, count, ref rest @ ..] = segment else { return None };
        (self.height, self.width) = (word(segment, 1)?, word(segment, 3)?);
        let (components, []) = rest.as_chunks::<3>() else { return None };
        let component = |[id, blocks, quantisation]: &[u8; 3]| Component {
            id: *id,
            blocks: ((blocks >> 4).into(), (blocks & 15).into()),
            quantisation: (*quantisation).into(),
            first: 0,
            others: 0,
        };
        let is_known = self.width > 0 && self.height > 0 && self.components.is_empty();
        self.components = components.iter().map(component).collect();
        let blocks: Vec<_> = self.components.iter().map(|c| c.blocks).collect();
        let ids: Vec<_> = self.components.iter().map(|c| c.id).collect();
        let is_known = is_known
            && components.len() == usize::from(count)
            && matches!(blocks[..], [(1, 1)] | [(1 | 2, 1 | 2), (1, 1), (1, 1)])
            && ids != *b"RGB";
        is_known.then_some(())
    }

    /// The scan's own header: which tables a component uses.
    fn scan(&mut self, segment: &[u8]) -> Option<()> {
        let [count, rest @ ..] = segment else { return None };
        // three bytes of no meaning here end it
        let (tables, &[_]) = rest.get(..rest.len().checked_sub(2)?)?.as_chunks::<2>() else {
            return None;
        };
        if tables.len() != usize::from(*count) || tables.len() != self.components.len() {
            return None;
        }
        for ([id, tables], component) in tables.iter().zip(&mut self.components) {
            (component.first, component.others) = ((tables >> 4).into(), (tables & 15).into());
            if *id != component.id {
                return None;
            }
        }
        Some(())
    }

    fn plane(&self, index: usize) -> Option<Plane<'_>> {
        // JPEG's samples have the full range, planes of video a part of it
        let (range, offset) = if index == 0 { (219.0, 16.0) } else { (224.0, 128.0) };
        let gain = range / 255.0;
        let component = &self.components[index];
        Some(Plane {
            first: self.first.get(component.first)?.as_ref()?,
            others: self.others.get(component.others)?.as_ref()?,
            steps: (*self.quantisation.get(component.quantisation)?)?,
            gain,
            offset: if index == 0 { offset + 128.0 * gain } else { offset },
        })
    }

    /// The picture from the scan's data on.
    fn picture(&self, mut data: &[u8]) -> Option<Half> {
        let (across, down) = self.components.first()?.blocks;
        let units = |side: u16, blocks: usize| usize::from(side).div_ceil(8 * blocks);
        let (columns, rows) = (units(self.width, across), units(self.height, down));
        // a block takes two bits at least: a header that promises more is not believed
        let blocks: usize = self.components.iter().map(|c| c.blocks.0 * c.blocks.1).sum();
        if columns * rows * blocks > data.len() * 4 {
            return None;
        }
        let mut layers = Vec::with_capacity(3);
        for (index, component) in self.components.iter().enumerate() {
            // I420 has half as many samples of chroma as of luma on either axis
            let is_chroma = index > 0;
            let merge = (is_chroma && across == 1, is_chroma && down == 1);
            layers.push(Layer::new(self.plane(index)?, component.blocks, merge, (columns, rows)));
        }
        let interval = if self.interval > 0 { self.interval } else { columns * rows };
        let mut segment = Segment::new();
        let mut marker = 0;
        for start in (0..columns * rows).step_by(interval) {
            (marker, data) = segment.fill(data)?;
            let mut bits = segment.bits();
            layers.iter_mut().for_each(|layer| layer.before = 0);
            for unit in start..(start + interval).min(columns * rows) {
                for layer in &mut layers {
                    layer.take(&mut bits, (unit % columns, unit / columns))?;
                }
            }
            segment.holds(&bits).then_some(())?;
        }
        if marker != END_OF_IMAGE {
            return None;
        }
        let (width, height) = (u32::from(self.width), u32::from(self.height));
        let mut planes = layers.into_iter().map(|layer| (layer.samples, layer.stride));
        let luma = planes.next()?;
        // a grey picture has no chroma
        let size = (width.div_ceil(4) as usize, height.div_ceil(4) as usize);
        let mut chroma = || planes.next().unwrap_or_else(|| (vec![128; size.0 * size.1], size.0));
        Some(Half { width, height, planes: [luma, chroma(), chroma()] })
    }
}

/// A plane in the making.
struct Layer<'a> {
    plane: Plane<'a>,
    /// Blocks across and down in a unit.
    blocks: (usize, usize),
    /// Whether two samples across and down become one.
    merge: (bool, bool),
    /// First coefficient of the block before.
    before: i32,
    samples: Vec<u8>,
    stride: usize,
}

impl<'a> Layer<'a> {
    fn new(
        plane: Plane<'a>,
        blocks: (usize, usize),
        merge: (bool, bool),
        (columns, rows): (usize, usize),
    ) -> Self {
        let side = |merged: bool| if merged { 2 } else { 4 };
        let stride = columns * blocks.0 * side(merge.0);
        let samples = vec![0; stride * rows * blocks.1 * side(merge.1)];
        Self { plane, blocks, merge, before: 0, samples, stride }
    }

    /// Takes this plane's blocks of the unit in column `x` and row `y`.
    #[inline(always)]
    fn take(&mut self, bits: &mut bits::Bits<'_>, (x, y): (usize, usize)) -> Option<()> {
        for row in y * self.blocks.1..(y + 1) * self.blocks.1 {
            for column in x * self.blocks.0..(x + 1) * self.blocks.0 {
                let samples = self.plane.next(bits, &mut self.before)?;
                if self.merge == (false, false) {
                    for (row, samples) in (4 * row..).zip(&samples) {
                        let at = row * self.stride + 4 * column;
                        self.samples[at..at + 4].copy_from_slice(samples);
                    }
                } else {
                    self.put_merged(&samples, column, row);
                }
            }
        }
        Some(())
    }

    fn put_merged(&mut self, samples: &block::Samples, column: usize, row: usize) {
        let step = |merged: bool| if merged { 2 } else { 1 };
        let (right, down) = (step(self.merge.0), step(self.merge.1));
        for (y, top) in (0..4).step_by(down).enumerate() {
            for (x, left) in (0..4).step_by(right).enumerate() {
                let merged =
                    samples[top..top + down].iter().flat_map(|row| &row[left..left + right]);
                let count = (right * down) as u16;
                let sum: u16 = merged.map(|sample| u16::from(*sample)).sum();
                let at = (row * 4 / down + y) * self.stride + column * 4 / right + x;
                self.samples[at] = ((sum + count / 2) / count) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests;
