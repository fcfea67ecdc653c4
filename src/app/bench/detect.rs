//! `bench detect`: the whole verb `detect` on a folder of pictures, beside its two limits in the same
//! minute: decoding the same pictures alone, and ONNX Runtime alone. Nothing is written.

mod alone;

use std::{
    io::sink,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};

use super::{
    contest::{Contender, Figure, Times, contest},
    crew::{Crew, Job},
    machine,
    report::{Cell, Column, Report, Row, Shown, column},
};
use crate::{
    app::{detect, pictures, scratch::Scratch},
    base::Frame,
    capture::PictureReader,
    detect::{Detector, ModelCard, Options, RawLoop, SecondLookChoice},
};
use alone::Alone;

/// Of how much of the time the layouts of ONNX Runtime are chosen between.
const CHOOSING: u32 = 4;
/// Frames a call that are tried with each layout.
const BATCHES: [usize; 2] = [1, 4];

const COLUMNS: &[Column] = &[
    column("way", "way", Shown::Text),
    column("layout", "layout", Shown::Text),
    column("images_per_s", "img/s", Shown::Fixed(1)),
    column("of_inference", "of inference", Shown::Fixed(3)),
    column("of_least", "of least", Shown::Fixed(3)),
    column("of_both", "of both", Shown::Fixed(3)),
    column("spread", "spread", Shown::Percent),
    column("processor_ms_per_image", "cpu ms/img", Shown::Fixed(2)),
];

/// What to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The model's card.
    pub card: PathBuf,
    /// A folder of pictures; JPEGs of 1920 × 1080 made of the demo's clips when not given.
    pub pictures: Option<PathBuf>,
    /// Of `detect` and of ONNX Runtime alone.
    pub second_look: SecondLookChoice,
    /// How long to measure.
    pub times: Times,
}

/// How ONNX Runtime is set to work.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Layout {
    sessions: usize,
    threads: usize,
    batch: usize,
}

impl std::fmt::Display for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sessions, threads, batch } = self;
        write!(f, "{sessions} sessions, {threads} threads, batch {batch}")
    }
}

/// Measures. `progress` is told what is being done.
///
/// # Errors
/// There are no pictures, one of them or the model cannot be read, or a contender fails.
pub fn detect(request: &Request, progress: &mut dyn FnMut(&str)) -> anyhow::Result<Report> {
    let scratch = match request.pictures {
        Some(_) => None,
        None => Some(Scratch::new(None, "bench-detect")?),
    };
    let folder = match (&request.pictures, &scratch) {
        (Some(folder), _) => folder.clone(),
        (None, Some(made)) => {
            progress("JPEGs of the demo's clips, as soon as they are made");
            fill(made.dir())?;
            made.dir().to_owned()
        }
        (None, None) => bail!("there is no folder"),
    };
    let files = pictures::in_folder(&folder)?;
    ensure!(!files.is_empty(), "folder {} holds no picture (jpg, png)", folder.display());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options =
        Options { second_look: request.second_look.clone(), ..Options::for_card(&request.card) };
    let detectors = detect::open(&options, cores)?;
    let first = pictures::read(&files[0])?;
    progress("the best layout of ONNX Runtime");
    let card = ModelCard::load(&request.card)?;
    let layout = best(&card, &options, &files, request.times)?;
    let Alone { crew: raw, pictures: share, cut_outs } =
        alone::start(&card, &options, layout, &files)?;
    let cut_outs = cut_outs as f64 / (share * layout.sessions) as f64;
    progress(&format!("{} pictures, {layout}", files.len()));
    let named = |name: &str, crew| Contender { name: name.to_owned(), crew };
    let all = [
        named("ONNX Runtime alone", raw),
        named("decoding alone", decoding(&files, cores)?),
        named("detect", Crew::start(vec![whole(detectors, folder.clone(), files.len())])?),
    ];
    let found = contest(&all, request.times)?;
    let calls = [share, 1, files.len()];
    let figures = found.each.iter().zip(calls).map(|(figure, images)| per_image(figure, images));
    let figures: Vec<Figure> = figures.collect();
    let layouts =
        [layout.to_string(), format!("{cores} threads"), format!("{cores} sessions, 1 thread")];
    let names = all.iter().map(|contender| contender.name.clone());
    let mut facts = machine::facts();
    facts.extend([
        ("pictures", files.len().to_string()),
        ("size", format!("{}x{}", first.width, first.height)),
        ("cut_outs", format!("{cut_outs:.2} a picture")),
        ("model", card.name().to_owned()),
        ("rounds", found.rounds.to_string()),
    ]);
    Ok(Report {
        bench: "detect",
        title: format!(
            "{} pictures to detections, beside decoding and inference alone",
            files.len()
        ),
        facts,
        columns: COLUMNS,
        rows: rows(names.zip(layouts), &figures),
        notes: notes(&figures, found.settled),
    })
}

/// JPEGs of the demo's clips.
#[cfg(feature = "gst")]
fn fill(folder: &Path) -> anyhow::Result<()> {
    /// The clips that come with the program.
    const CLIPS: &str = "pipelines/demo/clips";
    let clips = crate::detect::find_bundled(CLIPS);
    let clips = clips.context("the demo's clips are not found; name a folder by --pictures")?;
    let mut clips: Vec<_> = std::fs::read_dir(&clips)?.collect::<Result<_, _>>()?;
    clips.sort_by_key(std::fs::DirEntry::path);
    for clip in clips {
        crate::capture::write_jpegs(
            &clip.path(),
            (1920, 1080),
            std::time::Duration::from_secs(1),
            folder,
        )
        .with_context(|| format!("clip {}", clip.path().display()))?;
    }
    Ok(())
}

/// Nobody reads clips in this build.
#[cfg(not(feature = "gst"))]
fn fill(_: &Path) -> anyhow::Result<()> {
    bail!("this build reads no clips; name a folder by --pictures")
}

/// The fastest layout of the detector's sessions alone.
fn best(
    card: &ModelCard,
    options: &Options,
    files: &[PathBuf],
    times: Times,
) -> anyhow::Result<Layout> {
    let frames = files.iter().take(BATCHES[BATCHES.len() - 1]);
    let frames: Vec<Frame> =
        frames.map(|file| pictures::read(file)).collect::<anyhow::Result<_>>()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut layouts = Vec::new();
    for (sessions, threads) in [(cores.min(files.len()), 1), (1, cores)] {
        let share = alone::share(files.len(), sessions);
        let batches = BATCHES.iter().filter(|batch| share.is_multiple_of(**batch));
        layouts.extend(batches.map(|&batch| Layout { sessions, threads, batch }));
    }
    let crew = |layout: &Layout| -> anyhow::Result<Crew> {
        let options = Options { threads: layout.threads, ..options.clone() };
        let job = |_| -> anyhow::Result<Job> {
            let mut raw = RawLoop::open(card, &options, &frames[..layout.batch])?;
            Ok(Box::new(move || Ok(raw.run()?)))
        };
        let jobs = (0..layout.sessions).map(job).collect::<anyhow::Result<_>>()?;
        Ok(Crew::start(jobs)?)
    };
    let contender =
        |layout: &Layout| Ok(Contender { name: layout.to_string(), crew: crew(layout)? });
    let all = layouts.iter().map(contender).collect::<anyhow::Result<Vec<_>>>()?;
    let found = contest(&all, Times { longest: times.longest / CHOOSING, ..times })?;
    let rates = found.each.iter().zip(&layouts).map(|(f, l)| f.calls_per_s * l.batch as f64);
    let fastest = rates.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
    let (index, _) = fastest.context("there is no layout")?;
    Ok(layouts[index])
}

/// As many readers as `detect` has, each beginning elsewhere.
fn decoding(files: &[PathBuf], readers: usize) -> anyhow::Result<Crew> {
    let common = PictureReader::default();
    let job = |worker: usize| -> Job {
        let (files, mut next) = (files.to_vec(), worker * files.len() / readers);
        let reader = common.clone();
        Box::new(move || {
            std::hint::black_box(pictures::read_by(&reader, &files[next % files.len()])?);
            next += 1;
            Ok(())
        })
    };
    Ok(Crew::start((0..readers).map(job).collect())?)
}

/// A call is all of `detect` on the whole folder, but for opening the model.
fn whole(mut detectors: Vec<Box<dyn Detector>>, folder: PathBuf, count: usize) -> Job {
    Box::new(move || {
        let request = detect::Request { inputs: vec![folder.clone()], ..Default::default() };
        let summary = detect::detect_with(&mut detectors, &request, None, &mut sink())?;
        ensure!(summary.bad.is_empty(), "{}", summary.bad.join("; "));
        ensure!(summary.frames == count, "{} of {count} pictures were seen", summary.frames);
        Ok(())
    })
}

/// A figure whose calls are `images` each, as one of images. The ratio is to the first's calls and
/// left as it is.
fn per_image(figure: &Figure, images: usize) -> Figure {
    let images = images as f64;
    let (calls_per_s, processor_ms) = (figure.calls_per_s * images, figure.processor_ms / images);
    Figure { calls_per_s, processor_ms, ..*figure }
}

/// What `detect` is of the smaller limit, and of both one after the other on the same cores.
fn shares(inference: f64, decoding: f64, detect: f64) -> (f64, f64) {
    (detect / inference.min(decoding), detect * (1.0 / inference + 1.0 / decoding))
}

fn rows(names: impl Iterator<Item = (String, String)>, figures: &[Figure]) -> Vec<Row> {
    let [inference, decoding, whole] = [0, 1, 2].map(|index| figures[index].calls_per_s);
    let both = 1.0 / (1.0 / inference + 1.0 / decoding);
    let mut rows = Vec::new();
    for (index, ((name, layout), figure)) in names.zip(figures).enumerate() {
        let (least, of_both) = shares(inference, decoding, whole);
        let is_whole = index + 1 == figures.len();
        rows.push(vec![
            name.into(),
            layout.into(),
            figure.calls_per_s.into(),
            (figure.calls_per_s / inference).into(),
            is_whole.then_some(least).into(),
            is_whole.then_some(of_both).into(),
            figure.spread.into(),
            figure.processor_ms.into(),
        ]);
    }
    let at = rows.len() - 1;
    let limit: Vec<Cell> = vec![
        "decoding and ONNX Runtime alone".into(),
        "one after the other".into(),
        both.into(),
        (both / inference).into(),
        (both / inference.min(decoding)).into(),
        Cell::Empty,
        Cell::Empty,
        (figures[0].processor_ms + figures[1].processor_ms).into(),
    ];
    rows.insert(at, limit);
    rows.into_iter().map(|cells| Row { cells, fault: None }).collect()
}

fn notes(figures: &[Figure], settled: bool) -> Vec<String> {
    let limits = figures[0].processor_ms + figures[1].processor_ms;
    let mut notes = vec![
        "of least: of the smaller of decoding alone and ONNX Runtime alone; of both: of what is left \
         when the two share the cores, as they must where both are done by the processor"
            .to_owned(),
        format!(
            "by processor time a picture, both limits together are {:.3} of detect",
            limits / figures[2].processor_ms
        ),
    ];
    if !settled {
        notes.push("the rates did not hold still in the time given".to_owned());
    }
    notes.extend(machine::notes());
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(calls_per_s: f64, processor_ms: f64) -> Figure {
        let (spread, ratio) = (0.01, 1.0);
        Figure { calls_per_s, spread, ratio, p50_ms: 1.0, p95_ms: 1.0, p99_ms: 1.0, processor_ms }
    }

    #[test]
    fn limits_on_the_same_cores_add_their_times() {
        let (least, both) = shares(100.0, 400.0, 72.0);
        assert!((least - 0.72).abs() < 1e-9 && (both - 0.9).abs() < 1e-9, "{least} {both}");
        let (least, _) = shares(400.0, 100.0, 50.0);
        assert_eq!(least, 0.5);
    }

    #[test]
    fn a_call_of_many_images_counts_for_all_of_them() {
        let found = per_image(&figure(2.0, 90.0), 30);
        assert_eq!((found.calls_per_s, found.processor_ms), (60.0, 3.0));
    }

    #[test]
    fn the_row_before_the_last_is_what_physics_leaves() {
        let figures = [(100.0, 20.0), (400.0, 5.0), (72.0, 26.0)];
        let figures = figures.map(|(rate, processor)| figure(rate, processor));
        let names = ["raw", "all", "detect"].map(|n| (n.to_owned(), String::new()));
        let rows = rows(names.into_iter(), &figures);
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[2].cells[2], Cell::Number(80.0));
        assert_eq!(rows[2].cells[7], Cell::Number(25.0));
        assert_eq!(rows[3].cells[0], "detect".into());
        assert_eq!(rows[3].cells[4], Cell::Number(0.72));
        assert_eq!(rows[1].cells[4], Cell::Empty);
        assert!(notes(&figures, false)[1].contains("0.962"), "25 of 26");
    }
}
