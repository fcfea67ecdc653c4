//! `bench letterbox`: from a decoder's planes into the model's input, beside GStreamer's converter
//! on the same frame, one thread each. The model itself is not run.

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;

use super::{
    Size,
    in_turn::{Figure, Work, in_turn},
    machine,
    report::{Column, Report, Row, Shown, column},
    scene,
};
use crate::{
    app::pictures,
    base::{BBox, Frame},
    detect::{
        Letterbox, Mapping,
        card::{Colour, InputSpec, Layout},
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

const COLUMNS: &[Column] = &[
    column("name", "", Shown::Text),
    column("median_us", "median µs", Shown::Fixed(0)),
    column("spread", "spread", Shown::Percent),
    column("ratio", "ratio", Shown::Fixed(2)),
    column("differs_levels", "differs by", Shown::Fixed(2)),
    column("differs_levels_without_offset", "less offset", Shown::Fixed(2)),
];

/// Mean absolute difference of two pictures in grey levels, borders left out.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Difference {
    /// As they are.
    levels: f64,
    /// With each channel's mean made the same first: what is left when one program's colours are
    /// darker or lighter throughout, because it calculates with fewer digits.
    levels_without_offset: f64,
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
    let mut letterbox = Letterbox::new(planar(request.input));
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
        .map(|((name, figure), theirs)| {
            let differs =
                theirs.map(|theirs| difference(&picture, &theirs, request.input, &mapping));
            row(name, figure, differs)
        })
        .collect();
    let size = Size { width: frame.width, height: frame.height };
    let (input, rounds) = (request.input, found.rounds);
    let mut facts = machine::facts();
    facts.extend([
        ("frame", size.to_string()),
        ("input", input.to_string()),
        ("instructions", instructions.to_owned()),
        ("rounds", rounds.to_string()),
    ]);
    let restless = "the figures did not hold still in the time given".to_owned();
    let notes = (!found.settled).then_some(restless).into_iter().chain(machine::notes()).collect();
    let title = format!("I420 {size} to {input}, one thread, {instructions}, {rounds} rounds");
    Ok(Report { bench: "letterbox", title, facts, columns: COLUMNS, rows, notes })
}

fn row(name: String, figure: &Figure, differs: Option<Difference>) -> Row {
    let cells = vec![
        name.into(),
        figure.median_us.into(),
        figure.spread.into(),
        figure.ratio.into(),
        differs.map(|differs| differs.levels).into(),
        differs.map(|differs| differs.levels_without_offset).into(),
    ];
    Row { cells, fault: None }
}

/// Around the picture.
const GREY: u8 = 114;

/// The shipped model's kind of input: planar bytes, blue first.
fn planar(size: Size) -> InputSpec {
    let packed = InputSpec::picture(size.width, size.height);
    InputSpec { layout: Layout::Nchw, colour: Colour::Bgr, pad_value: GREY, ..packed }
}

/// The letterboxed frame as people and other programs read pictures: R G B, pixel by pixel.
fn fitted(frame: &Frame, input: Size) -> anyhow::Result<(Vec<u8>, Mapping)> {
    let packed = InputSpec::picture(input.width, input.height);
    let mut letterbox = Letterbox::new(InputSpec { pad_value: GREY, ..packed });
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

/// GStreamer's converter: with two taps (its default), with all that a shrunk picture needs, and that in
/// sixteen bits, which is nearest to the exact picture.
#[cfg(feature = "gst")]
struct Peers(Vec<(&'static str, crate::capture::Converter)>);

#[cfg(feature = "gst")]
impl Peers {
    fn new(frame: &Frame, input: Size) -> anyhow::Result<Self> {
        use crate::capture::{Converter, Depth::*};
        let ready = |(name, method, depth)| {
            let size = (input.width, input.height);
            Ok((name, Converter::new(frame, size, method, depth)?))
        };
        let all = [
            ("bilinear", "bilinear", Eight),
            ("bilinear2", "bilinear2", Eight),
            ("bilinear2 in 16 bits", "bilinear2", Sixteen),
        ];
        all.into_iter().map(ready).collect::<anyhow::Result<_>>().map(Self)
    }

    fn enter<'a>(&'a self, names: &mut Vec<String>, works: &mut Vec<Work<'a>>) {
        let version = crate::capture::Converter::version();
        for (name, converter) in &self.0 {
            names.push(format!("videoconvertscale {version}, {name}"));
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
        let json = report.json();
        let rows = json["rows"].as_array().unwrap();
        let number = |row: &serde_json::Value, key: &str| row[key].as_f64().unwrap();
        assert!(rows.iter().all(|r| number(r, "median_us") > 0.0 && number(r, "ratio") > 0.0));
        assert_eq!((&rows[0]["name"], number(&rows[0], "ratio")), (&"streetwarden".into(), 1.0));
        assert!(rows[0]["differs_levels"].is_null());
        #[cfg(feature = "gst")]
        assert_eq!(rows.len(), 4);
        for row in &rows[1..] {
            // the drawn scene is full of edges and five times too large for the input; two taps
            // out of five hit others than the average does
            assert!(number(row, "differs_levels") < 14.0, "{row}");
            let rest = number(row, "differs_levels_without_offset");
            assert!(rest <= number(row, "differs_levels"), "{row}");
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
        assert_eq!(report.json()["facts"]["frame"], "50x30");
        assert_eq!(fs::read(dumped.join("frame.i420")).unwrap().len(), 50 * 30 * 3 / 2);
        assert_eq!(fs::read(dumped.join("letterbox.rgb")).unwrap().len(), 64 * 64 * 3);
        assert!(letterbox(&request(Some("no/such.png".into()), None)).is_err());
    }
}
