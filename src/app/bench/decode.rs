//! `bench decode`: keyframes a second of clips through the daemon's shared decoders, beside GStreamer
//! alone on the same keyframes and on every frame. No stream, no sampling: decoders only.

use std::path::{Path, PathBuf};

use anyhow::ensure;

use super::{
    contest::{Contender, Figure, Times, contest},
    crew::{Crew, Job},
    machine,
    report::{Cell, Column, Report, Row, Shown, column},
};
use crate::{
    app::words::in_one_line,
    capture::{ClipFrames, DecodeOnly, StillDecoding},
};

const COLUMNS: &[Column] = &[
    column("clip", "clip", Shown::Text),
    column("codec", "codec", Shown::Text),
    column("frames", "frames", Shown::Fixed(0)),
    column("keyframes", "keyframes", Shown::Fixed(0)),
    column("size", "size", Shown::Text),
    column("decoder", "decoder", Shown::Text),
    column("threads", "threads", Shown::Fixed(0)),
    column("way", "way", Shown::Text),
    column("keyframes_per_s", "keyframes/s", Shown::Fixed(1)),
    column("ratio", "ratio", Shown::Fixed(3)),
    column("spread", "spread", Shown::Percent),
    column("p50_ms", "p50 ms", Shown::Fixed(2)),
    column("p95_ms", "p95 ms", Shown::Fixed(2)),
    column("p99_ms", "p99 ms", Shown::Fixed(2)),
    column("processor_ms_per_keyframe", "cpu ms", Shown::Fixed(2)),
    column("rounds", "rounds", Shown::Fixed(0)),
    column("settled", "settled", Shown::Fixed(0)),
];

/// A way to come by the pictures of a clip's keyframes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// GStreamer's decoder fed with keyframes only.
    Alone,
    /// The daemon's.
    Own,
    /// GStreamer's decoder fed with every frame.
    AllFrames,
}

impl Way {
    /// In the order they are measured; the first is what the others are held against.
    const ALL: [Self; 3] = [Self::Alone, Self::Own, Self::AllFrames];

    fn name(self) -> &'static str {
        match self {
            Self::Alone => "GStreamer alone, keyframes",
            Self::Own => "streetwarden",
            Self::AllFrames => "GStreamer alone, all",
        }
    }

    /// A worker that goes this way; a call is a keyframe.
    fn job(self, clip: &ClipFrames, decoder: &str) -> anyhow::Result<Job> {
        if self == Self::Own {
            let mut still = StillDecoding::new(clip, decoder)?;
            return Ok(Box::new(move || Ok(still.keyframe().map(|_| ())?)));
        }
        let mut alone = DecodeOnly::new(clip, decoder, self == Self::Alone)?;
        Ok(Box::new(move || Ok(alone.keyframe()?)))
    }
}

/// What to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Video files. One that cannot be read is a row of the table that says so.
    pub clips: Vec<PathBuf>,
    /// Decoders at work at the same time, each on its own thread.
    pub threads: Vec<usize>,
    /// Decoder elements to prefer.
    pub decoders: Vec<String>,
    /// How long to measure each clip with each number of threads.
    pub times: Times,
}

/// Measures all clips. `progress` is told what is being measured.
pub fn decode(request: &Request, progress: &mut dyn FnMut(&str)) -> Report {
    let mut rows = Vec::new();
    for clip in &request.clips {
        for &threads in &request.threads {
            progress(&format!("{} on {threads} threads", clip.display()));
            rows.extend(measured(request, clip, threads).unwrap_or_else(|error| {
                let unknown = std::iter::repeat_n(Cell::Empty, 5);
                let cells = [name(clip).into()].into_iter().chain(unknown).chain([threads.into()]);
                vec![Row { cells: cells.collect(), fault: Some(in_one_line(&error)) }]
            }));
        }
    }
    let mut notes = vec![
        "ratio: of GStreamer decoding the same keyframes and letting go of them; \"all\" decodes \
         every frame for them, as whoever cannot leave out delta frames must"
            .to_owned(),
    ];
    notes.extend(machine::notes());
    Report {
        bench: "decode",
        title: "keyframes a second, each decoder on a thread of its own".to_owned(),
        facts: machine::facts(),
        columns: COLUMNS,
        rows,
        notes,
    }
}

fn measured(request: &Request, path: &Path, threads: usize) -> anyhow::Result<Vec<Row>> {
    let clip = ClipFrames::load(path)?;
    ensure!(clip.keyframes() > 0, "no keyframe in it");
    let decoder = clip.decoder(&request.decoders)?;
    let (width, height) = StillDecoding::new(&clip, &decoder)?.keyframe()?;
    let contender = |way: Way| -> anyhow::Result<Contender> {
        let jobs = (0..threads).map(|_| way.job(&clip, &decoder));
        let crew = Crew::start(jobs.collect::<anyhow::Result<_>>()?)?;
        Ok(Contender { name: way.name().to_owned(), crew })
    };
    let all: Vec<Contender> = Way::ALL.into_iter().map(contender).collect::<anyhow::Result<_>>()?;
    let found = contest(&all, request.times)?;
    let row = |(way, figure): (Way, &Figure)| {
        let cells = vec![
            name(path).into(),
            clip.codec().into(),
            clip.frames().into(),
            clip.keyframes().into(),
            format!("{width}x{height}").into(),
            decoder.as_str().into(),
            threads.into(),
            way.name().into(),
            figure.calls_per_s.into(),
            figure.ratio.into(),
            figure.spread.into(),
            figure.p50_ms.into(),
            figure.p95_ms.into(),
            figure.p99_ms.into(),
            figure.processor_ms.into(),
            found.rounds.into(),
            found.settled.into(),
        ];
        Row { cells, fault: None }
    };
    Ok(Way::ALL.into_iter().zip(&found.each).map(row).collect())
}

fn name(clip: &Path) -> String {
    let name = clip.file_name().unwrap_or(clip.as_os_str());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_way_is_measured_and_a_clip_that_cannot_be_read_does_not_end_it() {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo/clips/cam-1.mp4");
        let request = Request {
            clips: vec!["no/such.mp4".into(), demo],
            threads: vec![2],
            decoders: Vec::new(),
            times: Times { turn: Duration::ZERO, longest: Duration::ZERO },
        };
        let mut told = Vec::new();
        let report = decode(&request, &mut |line| told.push(line.to_owned()));
        assert_eq!(told.len(), 2);
        assert!(!report.is_complete());
        let json = report.json();
        let rows = json["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 1 + Way::ALL.len());
        assert_eq!(rows[0]["fault"], "no such file or folder");
        for (row, way) in rows[1..].iter().zip(Way::ALL.map(Way::name)) {
            assert_eq!((&row["way"], &row["threads"]), (&way.into(), &2.0.into()));
            assert!(row["keyframes_per_s"].as_f64().unwrap() > 0.0);
            assert!(row["fault"].is_null());
        }
        assert_eq!(rows[1]["ratio"], 1.0);
    }
}
