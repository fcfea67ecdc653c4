//! `bench roofline`: what the model's file reaches, beside what the place allows it to reach: the rate of a
//! large matrix product, and that of reading and writing memory, measured in turn in the same run.
//!
//! After Williams, Waterman and Patterson, "Roofline" (2009). Work and bytes of the model are those that its
//! card counts; a library that fuses moves fewer bytes, so a model may lie above the slope.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;

use super::{
    Size,
    contest::{Contender, Figure, Times, contest},
    crew::{Crew, Job},
    infer::accelerator,
    machine,
    report::{Column, Report, Row, Shown, column},
    scene,
};
use crate::{
    base::Frame,
    detect::{Cost, Kernel, ModelCard, Options, RawLoop},
};

/// What to measure.
pub struct Request {
    /// The model's card, with a section `[cost]`.
    pub card: PathBuf,
    /// Execution provider by name.
    pub provider: String,
    /// Precision by name, or [`AS_THE_FILE`](super::infer::AS_THE_FILE); the matrix product is always that of 32-bit floats.
    pub precision: String,
    /// Pictures a call, each a row.
    pub batches: Vec<usize>,
    /// Sessions at work at the same time.
    pub sessions: usize,
    /// Threads inside a session; 0 lets the library choose.
    pub threads: usize,
    /// How long to measure.
    pub times: Times,
}

const MATRIX: &[u8] = include_bytes!("roofline/matrix.onnx");
const COPY: &[u8] = include_bytes!("roofline/copy.onnx");
/// Rows and columns of the matrices, on the processor and on a graphics card: large enough that doubling
/// them changes the rate little.
const SIDE: usize = 1024;
const SIDE_OF_CARDS: usize = 8192;
/// Rows and columns of what is copied: 64 MiB, larger than caches, and 1 GiB.
const COPIED: usize = 4096;
const COPIED_OF_CARDS: usize = 16384;
/// Bytes of a float.
const FLOAT: f64 = 4.0;
const GIGA: f64 = 1e9;
/// What the model looks at; it takes equally long over any.
const FRAME: Size = Size { width: 1920, height: 1080 };

const COLUMNS: &[Column] = &[
    column("what", "", Shown::Text),
    column("pictures", "pictures", Shown::Fixed(0)),
    column("images_per_s", "img/s", Shown::Fixed(1)),
    column("flop_per_byte", "FLOP/byte", Shown::Fixed(2)),
    column("gflop_per_s", "GFLOP/s", Shown::Fixed(1)),
    column("gbyte_per_s", "GB/s", Shown::Fixed(1)),
    column("roof_gflop_per_s", "roof", Shown::Fixed(1)),
    column("of_roof", "of roof", Shown::Percent),
    column("of_matrix", "of matrix rate", Shown::Percent),
    column("spread", "spread", Shown::Percent),
];

/// What one call does.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Work {
    flop: f64,
    bytes: f64,
}

impl Work {
    /// The product of two square matrices; each value is counted as moved once.
    fn matrix(side: usize) -> Self {
        let side = side as f64;
        Self { flop: 2.0 * side.powi(3), bytes: 3.0 * FLOAT * side.powi(2) }
    }

    /// One operation a value, which is read and written.
    fn copy(side: usize) -> Self {
        let values = (side as f64).powi(2);
        Self { flop: values, bytes: 2.0 * FLOAT * values }
    }

    fn model(cost: Cost, pictures: usize) -> Self {
        let pictures = pictures as f64;
        Self {
            flop: 2.0 * cost.multiply_adds as f64 * pictures,
            bytes: cost.activation_bytes as f64 * pictures + cost.weight_bytes as f64,
        }
    }

    fn flop_per_byte(self) -> f64 {
        self.flop / self.bytes
    }
}

/// What the place can do at most.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Roof {
    flop_per_s: f64,
    bytes_per_s: f64,
}

impl Roof {
    fn over(self, flop_per_byte: f64) -> f64 {
        self.flop_per_s.min(self.bytes_per_s * flop_per_byte)
    }

    /// Where the slope meets the flat part.
    fn ridge(self) -> f64 {
        self.flop_per_s / self.bytes_per_s
    }
}

/// Measures.
///
/// # Errors
/// The card tells no cost, the place cannot be had, or a run fails.
pub fn roofline(request: &Request) -> anyhow::Result<Report> {
    let card = ModelCard::load(&request.card)?;
    let missing = || {
        format!(
            "{} has no section [cost]: write the card anew with models/train, which counts it",
            request.card.display()
        )
    };
    let cost = card.cost().with_context(missing)?;
    let options = options(request)?;
    let mut all = kernels(request, &card, &options)?;
    all.extend(models(request, &card, cost, &options)?);
    let (entered, contenders): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let found = contest(&contenders, request.times)?;
    let lines = entered.iter().zip(&contenders).zip(&found.each);
    let lines: Vec<Line<'_>> = lines
        .map(|((entered, contender), figure)| Line {
            what: &contender.name,
            pictures: entered.pictures,
            work: entered.work,
            figure,
        })
        .collect();
    let mut facts = machine::facts();
    facts.extend([
        ("provider", request.provider.clone()),
        ("precision", request.precision.clone()),
        ("sessions", request.sessions.to_string()),
        ("threads", request.threads.to_string()),
        ("rounds", found.rounds.to_string()),
    ]);
    let restless = "the rates did not hold still in the time given".to_owned();
    let notes = (!found.settled).then_some(restless).into_iter().chain(machine::notes()).collect();
    let title = format!("{} beside the rates of a matrix product and of memory", card.name());
    Ok(Report { bench: "roofline", title, facts, columns: COLUMNS, rows: rows(&lines), notes })
}

/// Where the model and the operations run.
fn options(request: &Request) -> anyhow::Result<Options> {
    let provider = request.provider.parse()?;
    Ok(Options {
        providers: vec![provider],
        accelerator: accelerator(&request.precision, "", provider)?,
        threads: request.threads,
        max_batch: request.batches.iter().copied().max().unwrap_or(1),
        ..Options::for_card(&request.card)
    })
}

/// What a contender does in a call.
struct Entered {
    pictures: Option<usize>,
    work: Work,
}

/// The two operations whose rates are the roof, the matrix product first.
fn kernels(
    request: &Request,
    card: &ModelCard,
    options: &Options,
) -> anyhow::Result<Vec<(Entered, Contender)>> {
    let on_card = options.providers.iter().any(|provider| provider.has_devices());
    let (side, copied) = if on_card { (SIDE_OF_CARDS, COPIED_OF_CARDS) } else { (SIDE, COPIED) };
    let kernel = |name, graph, inputs: &[(&str, [usize; 2])]| {
        crew(request.sessions, || {
            let mut kernel = Kernel::open(name, graph, inputs, card, options)?;
            Ok(Box::new(move || Ok(kernel.run()?)))
        })
    };
    let matrix = kernel("matrix", MATRIX, &[("a", [side; 2]), ("b", [side; 2])])?;
    let copy = kernel("copy", COPY, &[("a", [copied; 2])])?;
    let entered = |work| Entered { pictures: None, work };
    Ok(vec![
        (entered(Work::matrix(side)), named("matrix product", matrix)),
        (entered(Work::copy(copied)), named("memory copy", copy)),
    ])
}

/// The model alone at every batch.
fn models(
    request: &Request,
    card: &ModelCard,
    cost: Cost,
    options: &Options,
) -> anyhow::Result<Vec<(Entered, Contender)>> {
    let frame = scene::i420(&scene::drawn(FRAME));
    let model = |&batch: &usize| {
        let frames: Vec<Frame> = vec![frame.clone(); batch];
        let crew = crew(request.sessions, || {
            let mut raw = RawLoop::open(card, options, &frames)?;
            Ok(Box::new(move || Ok(raw.run()?)))
        });
        let entered = Entered { pictures: Some(batch), work: Work::model(cost, batch) };
        Ok((entered, named(card.name(), crew?)))
    };
    request.batches.iter().map(model).collect()
}

fn named(name: &str, crew: Crew) -> Contender {
    Contender { name: name.to_owned(), crew }
}

/// Workers that each do what `job` makes them.
fn crew(workers: usize, job: impl Fn() -> anyhow::Result<Job>) -> anyhow::Result<Crew> {
    let jobs = (0..workers).map(|_| job()).collect::<anyhow::Result<_>>()?;
    let crew = Crew::start(jobs)?;
    // a first call, which takes memory, is nobody's turn
    crew.turn(Duration::ZERO)?;
    Ok(crew)
}

/// One measured line of the table.
struct Line<'a> {
    what: &'a str,
    pictures: Option<usize>,
    work: Work,
    figure: &'a Figure,
}

/// From the least work a byte to the most, and between them the ridge, which nothing was measured at.
fn rows(measured: &[Line<'_>]) -> Vec<Row> {
    let [matrix, copy, ..] = measured else { return Vec::new() };
    let roof = Roof {
        flop_per_s: matrix.figure.calls_per_s * matrix.work.flop,
        bytes_per_s: copy.figure.calls_per_s * copy.work.bytes,
    };
    let mut rows: Vec<(f64, Row)> =
        measured.iter().map(|line| (line.work.flop_per_byte(), row(line, roof))).collect();
    let at = roof.ridge();
    let cells = vec![
        "ridge".into(),
        None::<usize>.into(),
        None::<f64>.into(),
        at.into(),
        None::<f64>.into(),
        None::<f64>.into(),
        (roof.over(at) / GIGA).into(),
    ];
    rows.push((at, Row { cells, fault: None }));
    rows.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn row(line: &Line<'_>, roof: Roof) -> Row {
    let Line { what, pictures, work, figure } = line;
    let calls = figure.calls_per_s;
    let (flop_per_s, above) = (calls * work.flop, roof.over(work.flop_per_byte()));
    let cells = vec![
        (*what).into(),
        (*pictures).into(),
        pictures.map(|pictures| pictures as f64 * calls).into(),
        work.flop_per_byte().into(),
        (flop_per_s / GIGA).into(),
        (calls * work.bytes / GIGA).into(),
        (above / GIGA).into(),
        (flop_per_s / above).into(),
        (flop_per_s / roof.flop_per_s).into(),
        figure.spread.into(),
    ];
    Row { cells, fault: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::bench::report::Cell;

    fn figure(calls_per_s: f64) -> Figure {
        let still = 0.0;
        Figure {
            calls_per_s,
            spread: still,
            ratio: 1.0,
            p50_ms: still,
            p95_ms: still,
            p99_ms: still,
            processor_ms: still,
        }
    }

    fn number(row: &Row, key: &str) -> Option<f64> {
        let at = COLUMNS.iter().position(|column| column.key == key).unwrap();
        match row.cells.get(at) {
            Some(Cell::Number(n)) => Some(*n),
            _ => None,
        }
    }

    #[test]
    fn what_moves_much_lies_under_the_slope_and_what_computes_much_under_the_flat_part() {
        // 100 GFLOP/s, 10 GB/s: the ridge is at 10
        let (flat, slope) = (Work { flop: 1e9, bytes: 1e6 }, Work { flop: 1e6, bytes: 1e7 });
        let (fast, slow) = (figure(100.0), figure(1000.0));
        let light = Work { flop: 1e6, bytes: 1e6 };
        let heavy = Work { flop: 4e8, bytes: 1e6 };
        let lines = [
            Line { what: "matrix", pictures: None, work: flat, figure: &fast },
            Line { what: "copy", pictures: None, work: slope, figure: &slow },
            Line { what: "light", pictures: Some(1), work: light, figure: &slow },
            Line { what: "heavy", pictures: Some(2), work: heavy, figure: &fast },
        ];
        let rows = rows(&lines);
        let names: Vec<String> = rows
            .iter()
            .map(|row| match &row.cells[0] {
                Cell::Text(text) => text.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(names, ["copy", "light", "ridge", "heavy", "matrix"]);
        let of =
            |name: &str, key| number(&rows[names.iter().position(|n| n == name).unwrap()], key);
        assert_eq!(of("light", "roof_gflop_per_s"), Some(10.0));
        assert_eq!(of("light", "of_roof"), Some(0.1));
        assert_eq!(of("heavy", "roof_gflop_per_s"), Some(100.0));
        assert_eq!(of("heavy", "of_roof"), Some(0.4));
        assert_eq!(of("heavy", "images_per_s"), Some(200.0));
        assert_eq!(of("ridge", "flop_per_byte"), Some(10.0));
        assert_eq!(of("ridge", "gflop_per_s"), None);
        assert_eq!(of("matrix", "of_roof"), Some(1.0));
    }

    #[test]
    fn a_batch_reads_its_weights_once() {
        let cost = Cost { multiply_adds: 500, activation_bytes: 40, weight_bytes: 20 };
        assert_eq!(Work::model(cost, 1), Work { flop: 1000.0, bytes: 60.0 });
        assert_eq!(Work::model(cost, 4), Work { flop: 4000.0, bytes: 180.0 });
        assert!(
            Work::matrix(SIDE).flop_per_byte() > 100.0 && Work::copy(COPIED).flop_per_byte() < 1.0
        );
    }

    #[test]
    fn a_card_without_a_cost_and_a_precision_that_cannot_be_had_are_refused() {
        let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let shipped = shipped.join("models/street-nano/model.toml");
        let model = ModelCard::load(&shipped).unwrap();
        let text = std::fs::read_to_string(&shipped).unwrap();
        let mut card: toml::Table = text.parse().unwrap();
        card.remove("cost");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.toml");
        std::fs::write(&path, card.to_string()).unwrap();
        std::fs::copy(model.file(), folder.path().join(model.file().file_name().unwrap())).unwrap();
        let mut request = Request {
            card: path,
            provider: "cpu".to_owned(),
            precision: crate::app::bench::infer::AS_THE_FILE.to_owned(),
            batches: vec![1],
            sessions: 1,
            threads: 1,
            times: Times { turn: Duration::ZERO, longest: Duration::ZERO },
        };
        let fault = roofline(&request).unwrap_err().to_string();
        assert!(fault.contains("[cost]") && fault.contains("models/train"), "{fault}");
        // nor may a row say that it is of a precision that the processor was not told
        request.precision = "fp16".to_owned();
        let fault = options(&request).unwrap_err().to_string();
        assert!(fault.contains("cpu") && fault.contains("fp16"), "{fault}");
    }
}
