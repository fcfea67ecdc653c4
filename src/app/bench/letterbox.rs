//! `bench letterbox`: from a decoder's planes into the model's input, beside GStreamer's converter
//! on the same frame, one thread each. The model itself is not run.

use std::{
    fmt, fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use serde::Serialize;

use super::{
    Size,
    in_turn::{Work, in_turn},
    scene,
};
use crate::{
    app::pictures,
    base::{BBox, Frame},
    detect::{
        Letterbox, Mapping,
        card::{Colour, Dtype, InputSpec, Layout, Placement},
        to_rgb,
    },
};

/// What to measure.
pub struct Request {
    /// Size of the drawn frame; that of `picture` where one is given.
    pub size: Size,
    /// The model's input.
    pub input: Size,
    /// A JPEG or PNG to take instead of the drawn frame.
    pub picture: Option<PathBuf>,
    /// Folder for the frame and the letterboxed picture as raw bytes.
    pub dump: Option<PathBuf>,
    /// When to stop though the figures have not settled.
    pub longest: Duration,
}

/// The table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Size of the frame, I420.
    pub frame: Size,
    /// The model's input.
    pub input: Size,
    /// Which instructions the letterbox used.
    pub instructions: &'static str,
    /// Rounds counted.
    pub rounds: usize,
    /// Whether the figures held still before the time was up.
    pub settled: bool,
    /// This program first.
    pub rows: Vec<Row>,
}

/// One contender.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Who.
    pub name: String,
    /// Microseconds of processor time a frame.
    pub median_us: f64,
    /// Within what share of the median the middle half of the rounds lies.
    pub spread: f64,
    /// How many times as long as this program.
    pub ratio: f64,
    /// How its picture differs from this program's.
    pub differs: Option<Difference>,
}

/// Mean absolute difference of two pictures in grey levels, borders left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// As they are.
    pub levels: f64,
    /// With each channel's mean made the same first: what is left when one program's colours are
    /// darker or lighter throughout, because it calculates with fewer digits.
    pub levels_without_offset: f64,
}

/// Measures.
///
/// # Errors
/// The picture cannot be read, the folder not be written, or a contender fails.
pub fn letterbox(request: &Request) -> anyhow::Result<Report> {
    let frame = match &request.picture {
        Some(path) => scene::i420(&to_rgb(&pictures::read(path)?)),
        None => scene::i420(&scene::drawn(request.size)),
    };
    let (picture, mapping) = fitted(&frame, request.input)?;
    if let Some(folder) = &request.dump {
        dump(folder, &frame, &picture)?;
    }
    let peers = Peers::new(&frame, request.input)?;
    // the shipped model's kind of input: planar bytes, blue first
    let mut letterbox = Letterbox::new(spec(request.input, Layout::Nchw, Colour::Bgr));
    let instructions = letterbox.instructions();
    let mut out = vec![0; letterbox.len()];
    let mut names = vec!["streetwarden".to_owned()];
    let mut works: Vec<Work<'_>> = vec![Box::new(|| {
        letterbox.bytes(black_box(&frame), black_box(&mut out))?;
        Ok(())
    })];
    peers.enter(&mut names, &mut works);
    let found = in_turn(&mut works, request.longest)?;
    drop(works);
    let pictures = std::iter::once(None).chain(peers.pictures());
    let rows = (names.into_iter().zip(&found.each).zip(pictures))
        .map(|((name, figure), theirs)| Row {
            name,
            median_us: figure.median_us,
            spread: figure.spread,
            ratio: figure.ratio,
            differs: theirs.map(|theirs| difference(&picture, &theirs, request.input, &mapping)),
        })
        .collect();
    let frame = Size { width: frame.width, height: frame.height };
    let (rounds, settled) = (found.rounds, found.settled);
    Ok(Report { frame, input: request.input, instructions, rounds, settled, rows })
}

fn spec(size: Size, layout: Layout, colour: Colour) -> InputSpec {
    InputSpec {
        name: "images".to_owned(),
        width: size.width,
        height: size.height,
        dtype: Dtype::U8,
        layout,
        colour,
        scale: 1.0,
        mean: [0.0; 3],
        std: [1.0; 3],
        pad_value: 114,
        letterbox: Placement::Centre,
    }
}

/// The letterboxed frame as people and other programs read pictures: R G B, pixel by pixel.
fn fitted(frame: &Frame, input: Size) -> anyhow::Result<(Vec<u8>, Mapping)> {
    let mut letterbox = Letterbox::new(spec(input, Layout::Nhwc, Colour::Rgb));
    let mut out = vec![0; letterbox.len()];
    let mapping = letterbox.bytes(frame, &mut out)?;
    Ok((out, mapping))
}

fn dump(folder: &Path, frame: &Frame, picture: &[u8]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("folder {}", folder.display()))?;
    let planes: Vec<u8> = frame.planes.iter().flat_map(|p| p.data.iter().copied()).collect();
    for (name, bytes) in [("frame.i420", planes.as_slice()), ("letterbox.rgb", picture)] {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("file {}", path.display()))?;
    }
    Ok(())
}

fn difference(ours: &[u8], theirs: &[u8], input: Size, mapping: &Mapping) -> Difference {
    let all = BBox::new(0.0, 0.0, 1.0, 1.0).map(|whole| mapping.map(&whole));
    let [left, top, right, bottom] = all.unwrap_or_default().map(|v| v.round() as usize);
    let rows = (top..bottom).map(|y| y * input.width as usize);
    let bytes = rows.flat_map(|row| (row + left) * 3..(row + right) * 3);
    let differences: Vec<f64> = bytes
        .filter_map(|at| Some(f64::from(*theirs.get(at)?) - f64::from(*ours.get(at)?)))
        .collect();
    let (pixels, _) = differences.as_chunks::<3>();
    let count = pixels.len().max(1) as f64;
    let offset: [f64; 3] =
        std::array::from_fn(|c| pixels.iter().map(|pixel| pixel[c]).sum::<f64>() / count);
    let mean = |offset: [f64; 3]| {
        let of = |pixel: &[f64; 3]| (0..3).map(|c| (pixel[c] - offset[c]).abs()).sum::<f64>();
        pixels.iter().map(of).sum::<f64>() / count / 3.0
    };
    Difference { levels: mean([0.0; 3]), levels_without_offset: mean(offset) }
}

/// GStreamer's converter, with two taps (its default) and with all that a shrunk picture needs.
#[cfg(feature = "gst")]
struct Peers(Vec<(&'static str, crate::capture::Converter)>);

#[cfg(feature = "gst")]
impl Peers {
    fn new(frame: &Frame, input: Size) -> anyhow::Result<Self> {
        let ready = |method| {
            let size = (input.width, input.height);
            Ok((method, crate::capture::Converter::new(frame, size, method)?))
        };
        ["bilinear", "bilinear2"].into_iter().map(ready).collect::<anyhow::Result<_>>().map(Self)
    }

    fn enter<'a>(&'a self, names: &mut Vec<String>, works: &mut Vec<Work<'a>>) {
        let version = crate::capture::Converter::version();
        for (method, converter) in &self.0 {
            names.push(format!("videoconvertscale {version}, {method}"));
            works.push(Box::new(|| Ok(converter.convert()?)));
        }
    }

    fn pictures(&self) -> impl Iterator<Item = Option<Vec<u8>>> {
        self.0.iter().map(|(_, converter)| converter.picture())
    }
}

/// Nobody to be measured against in this build.
#[cfg(not(feature = "gst"))]
struct Peers;

#[cfg(not(feature = "gst"))]
impl Peers {
    fn new(_: &Frame, _: Size) -> anyhow::Result<Self> {
        Ok(Self)
    }

    fn enter(&self, _: &mut Vec<String>, _: &mut Vec<Work<'_>>) {}

    fn pictures(&self) -> impl Iterator<Item = Option<Vec<u8>>> {
        std::iter::empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frame, input, instructions, rounds, settled, rows } = self;
        writeln!(f, "I420 {frame} to {input}, one thread, {instructions}, {rounds} rounds")?;
        if !settled {
            writeln!(f, "the figures did not hold still in the time given")?;
        }
        let head = ["", "median", "spread", "ratio", "differs by", "less offset"];
        let [name, median, spread, ratio, differs, less] = head;
        writeln!(f, "{name:<38}{median:>10}{spread:>9}{ratio:>8}{differs:>12}{less:>13}")?;
        for row in rows {
            let Row { name, median_us, ratio, .. } = row;
            let spread = row.spread * 100.0;
            write!(f, "{name:<38}{median_us:>7.0} µs{spread:>7.1} %{ratio:>8.2}")?;
            match row.differs {
                Some(Difference { levels, levels_without_offset: less }) => {
                    writeln!(f, "{levels:>12.2}{less:>13.2}")?;
                }
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(picture: Option<PathBuf>, dump: Option<PathBuf>) -> Request {
        let [size, input] = ["320x180", "64x64"].map(|size| size.parse().unwrap());
        Request { size, input, picture, dump, longest: Duration::ZERO }
    }

    #[test]
    fn the_table_names_everybody_and_the_pictures_are_the_same() {
        let report = letterbox(&request(None, None)).unwrap();
        assert!(report.rows.iter().all(|row| row.median_us > 0.0 && row.ratio > 0.0));
        assert_eq!(report.rows[0].ratio, 1.0);
        #[cfg(feature = "gst")]
        {
            let differs: Vec<Difference> = report.rows.iter().filter_map(|r| r.differs).collect();
            assert_eq!(differs.len(), 2);
            // the drawn scene is full of edges and five times too large for the input; two taps
            // out of five hit others than the average does
            assert!(differs.iter().all(|d| d.levels < 14.0), "{differs:?}");
            assert!(differs.iter().all(|d| d.levels_without_offset <= d.levels), "{differs:?}");
        }
        let text = report.to_string();
        assert!(text.contains("320x180 to 64x64") && text.contains("streetwarden"), "{text}");
    }

    #[test]
    fn a_darker_picture_differs_by_its_offset_alone() {
        let input: Size = "4x4".parse().unwrap();
        let (_, mapping) =
            fitted(&scene::i420(&scene::drawn("8x4".parse().unwrap())), input).unwrap();
        let ours: Vec<u8> = (0..48).map(|i| 100 + i).collect();
        // the picture takes rows 1 and 2; what the borders hold does not count
        let mut theirs: Vec<u8> = (0..48).map(|i| 100 + i - [3, 1, 2][i as usize % 3]).collect();
        theirs[..12].fill(0);
        let found = difference(&ours, &theirs, input, &mapping);
        assert_eq!((found.levels, found.levels_without_offset), (2.0, 0.0));
    }

    #[test]
    fn a_picture_is_taken_and_the_planes_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("street.png");
        scene::drawn("50x30".parse().unwrap()).save(&path).unwrap();
        let dumped = folder.path().join("raw");
        let report = letterbox(&request(Some(path), Some(dumped.clone()))).unwrap();
        assert_eq!(report.frame.to_string(), "50x30");
        assert_eq!(fs::read(dumped.join("frame.i420")).unwrap().len(), 50 * 30 * 3 / 2);
        assert_eq!(fs::read(dumped.join("letterbox.rgb")).unwrap().len(), 64 * 64 * 3);
        assert!(letterbox(&request(Some("no/such.png".into()), None)).is_err());
    }
}
