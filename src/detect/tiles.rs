//! A large frame looked at as overlapping tiles plus the whole, so that small far things reach the
//! model's input with enough pixels. Costs a look a tile.
//!
//! A tile shares the frame's planes; nothing is copied. Things that the whole shows large enough are
//! left to it: in a tile they are torn or seen too close. A box cut by a tile's inner edge only counts
//! where nothing else found the thing.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{DetectError, Detector, Options, part::Part};
use crate::base::{BBox, CameraId, Detection, Frame};

/// Share of a tile that lies in its neighbour too.
const OVERLAP: f64 = 0.2;
/// Most tiles along one side; beyond, a look would cost more than it can find.
const MOST: u32 = 8;
/// A box that shares this much of the smaller one's area with a better one of its class is the same
/// thing.
const SAME: f32 = 0.6;
/// A thing that takes this share of the frame's width or height is left to the whole look.
const LEFT_TO_WHOLE: f32 = 0.15;
/// How close to a tile's inner edge a box counts as cut by it, as a fraction of the tile.
const CUT_WITHIN: f32 = 0.005;

/// How many tiles a frame is cut into, written `"3x2"`; `"1x1"` is the whole frame alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tiling {
    columns: u32,
    rows: u32,
}

impl Tiling {
    /// The whole frame alone.
    pub const WHOLE: Self = Self { columns: 1, rows: 1 };

    /// Looks a frame costs.
    pub fn looks(self) -> usize {
        let tiles = (self.columns * self.rows) as usize;
        if tiles == 1 { 1 } else { tiles + 1 }
    }

    /// The parts of a frame to look at, the whole first.
    fn parts(self, width: u32, height: u32) -> Vec<Part> {
        let whole = Part { x: 0, y: 0, width, height };
        if self == Self::WHOLE {
            return vec![whole];
        }
        let (across, down) = (spans(width, self.columns), spans(height, self.rows));
        let tiles = down.iter().flat_map(|&(y, height)| {
            across.iter().map(move |&(x, width)| Part { x, y, width, height })
        });
        std::iter::once(whole).chain(tiles).collect()
    }
}

/// A text that names no tiling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no tiling: write columns x rows, each 1 to 8, as in \"3x2\"")]
pub struct NoTiling(pub String);

impl FromStr for Tiling {
    type Err = NoTiling;

    fn from_str(text: &str) -> Result<Self, NoTiling> {
        let side = |t: &str| t.trim().parse::<u32>().ok().filter(|n| (1..=MOST).contains(n));
        let (columns, rows) = text.split_once('x').ok_or_else(|| NoTiling(text.to_owned()))?;
        match (side(columns), side(rows)) {
            (Some(columns), Some(rows)) => Ok(Self { columns, rows }),
            _ => Err(NoTiling(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Tiling {
    type Error = NoTiling;

    fn try_from(text: String) -> Result<Self, NoTiling> {
        text.parse()
    }
}

impl From<Tiling> for String {
    fn from(tiling: Tiling) -> Self {
        tiling.to_string()
    }
}

impl fmt::Display for Tiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.columns, self.rows)
    }
}

/// Start and length of each of `n` equal overlapping spans; starts are even, as halved chroma asks.
fn spans(length: u32, n: u32) -> Vec<(u32, u32)> {
    if n == 1 {
        return vec![(0, length)];
    }
    let span = f64::from(length) / (f64::from(n) - f64::from(n - 1) * OVERLAP);
    // two pixels more than the share: a start may move back by as much to be even
    let span = (span.ceil() as u32 + 2).min(length);
    let step = f64::from(length - span) / f64::from(n - 1);
    let start = |i: u32| (f64::from(i) * step) as u32 & !1;
    (0..n).map(|i| (start(i), if i + 1 == n { length - start(i) } else { span })).collect()
}

impl Part {
    /// A box of this part in fractions of the whole, and whether the part's edge inside the frame
    /// cuts it.
    fn out(self, seen: &Detection, (width, height): (u32, u32)) -> Option<(Detection, bool)> {
        let [x0, y0, x1, y1] = seen.bbox.corners();
        let cut = (x0 < CUT_WITHIN && self.x > 0)
            || (y0 < CUT_WITHIN && self.y > 0)
            || (x1 > 1.0 - CUT_WITHIN && self.x + self.width < width)
            || (y1 > 1.0 - CUT_WITHIN && self.y + self.height < height);
        let at = |v: f32, start: u32, span: u32, of: u32| {
            ((f64::from(start) + f64::from(v) * f64::from(span)) / f64::from(of)) as f32
        };
        let bbox = BBox::new(
            at(x0, self.x, self.width, width),
            at(y0, self.y, self.height, height),
            at(x1, self.x, self.width, width),
            at(y1, self.y, self.height, height),
        );
        Some((Detection { bbox: bbox.ok()?, ..seen.clone() }, cut))
    }
}

/// One list out of those of all parts: whole boxes before cut ones, then the better score; a box of
/// which most lies in a better one of its class, or the other way round, is the same thing.
fn merged(mut seen: Vec<(Detection, bool)>) -> Vec<Detection> {
    seen.sort_by(|(a, cut_a), (b, cut_b)| cut_a.cmp(cut_b).then(b.score.total_cmp(&a.score)));
    let mut kept: Vec<Detection> = Vec::new();
    for (one, _) in seen {
        let known =
            |k: &Detection| k.class == one.class && k.bbox.share_of_smaller(&one.bbox) > SAME;
        if !kept.iter().any(known) {
            kept.push(one);
        }
    }
    kept.sort_by(|a, b| b.score.total_cmp(&a.score));
    kept
}

/// A detector that looks at frames in parts.
pub struct Tiled {
    inner: Box<dyn Detector>,
    usual: Tiling,
    of_camera: BTreeMap<CameraId, Tiling>,
}

impl Tiled {
    /// Looks with `inner`, cutting frames as `options` says.
    pub fn new(inner: Box<dyn Detector>, options: &Options) -> Self {
        Self { inner, usual: options.tiles, of_camera: options.camera_tiles.clone() }
    }

    fn tiling(&self, frame: &Frame) -> Tiling {
        self.of_camera.get(&frame.camera).copied().unwrap_or(self.usual)
    }
}

impl Detector for Tiled {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let mut looks = Vec::with_capacity(frames.len());
        for (i, frame) in frames.iter().enumerate() {
            let parts = self.tiling(frame).parts(frame.width, frame.height);
            looks.extend(parts.into_iter().map(|part| (i, part, part.of(frame))));
        }
        let mut seen: Vec<Vec<(Detection, bool)>> = vec![Vec::new(); frames.len()];
        for batch in looks.chunks(self.inner.max_batch().max(1)) {
            let pictures: Vec<Frame> = batch.iter().map(|(_, _, f)| f.clone()).collect();
            let lists = self.inner.detect(&pictures)?;
            if lists.len() != batch.len() {
                return Err(DetectError::Count { expected: batch.len(), found: lists.len() });
            }
            for ((i, part, _), list) in batch.iter().zip(lists) {
                let size = (frames[*i].width, frames[*i].height);
                let whole = size == (part.width, part.height);
                let small = |d: &Detection| d.bbox.width().max(d.bbox.height()) < LEFT_TO_WHOLE;
                let out = list.iter().filter_map(|d| part.out(d, size));
                seen[*i].extend(out.filter(|(d, _)| whole || small(d)));
            }
        }
        Ok(seen.into_iter().map(merged).collect())
    }

    fn max_batch(&self) -> usize {
        self.inner.max_batch()
    }
}

#[cfg(test)]
mod tests;
