//! The verbs of the command line and what their exit codes mean: 0 done, 1 found something wrong or
//! could not, 64 bad usage or settings.

mod bench;
#[cfg(feature = "gst")]
mod serve;

use std::{
    io::{IsTerminal as _, Write as _, stdout},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand, error::ErrorKind};
use tracing_subscriber::EnvFilter;

use crate::{
    app::{self, words::in_one_line},
    detect::{Options, SecondLookChoice, Tiling},
    settings::Faults,
};

const WRONG: u8 = 1;
const USAGE: u8 = 64;
const CARD: &str = "models/street-nano/model.toml";

/// Street cameras in, geo-tagged city-management cases out.
#[derive(Parser)]
#[command(version, about, long_about = None, max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 found something wrong, 64 bad usage or settings.\nLogging: STREETWARDEN_LOG=debug (or any tracing filter), STREETWARDEN_LOG_FORMAT=json.")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the daemon: cameras, inference, judging, cases, the page.
    #[command(
        after_help = "Run until SIGTERM or Ctrl-C; a second signal stops at once.\n\nExample:\n  streetwarden run --config /etc/streetwarden/site.toml\n\nExit codes: 0 stopped by a signal, 1 could not start, 64 bad usage or settings."
    )]
    Run {
        /// Settings file (TOML).
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Append every look's detections as lines that `replay` reads.
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
    },
    /// Run the bundled demo: four clips as RTSP cameras, the daemon, the page.
    #[command(
        after_help = "Example:\n  streetwarden demo --once --bind 127.0.0.1:0\n\nExit codes: 0 done (with --once: all as the truth file says), 1 not so, 64 bad usage."
    )]
    Demo {
        /// End when the clips have been seen; exit 0 only if every true violation became one case.
        #[arg(long)]
        once: bool,
        /// Where the page is served.
        #[arg(long, value_name = "ADDRESS")]
        bind: Option<SocketAddr>,
        /// Data directory to keep; a temporary one when not given.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Check settings, model, second look and every camera, and print a table.
    #[command(
        after_help = "Example:\n  streetwarden check /etc/streetwarden/site.toml\n\nExit codes: 0 all is well, 1 model or a camera is not, 64 bad usage or settings."
    )]
    Check {
        /// Settings file (TOML).
        file: PathBuf,
    },
    /// Detect in pictures, folders of pictures and video files.
    #[command(
        after_help = "Examples:\n  streetwarden detect street.jpg --annotate seen\n  streetwarden detect clip.mp4 --every 10s --json > seen.jsonl\n\nIn clips a box below its class's threshold is told too where a sure one was in the five minutes\nbefore, and back from a sure one through the frames that show it, 30 at most and up to five in a\nrow without it; so lines of clips come late.\n\nWithout --json, a line a detection: input, time, class, score, box as left top right bottom in\n0..1, parted by tabs, and \"weak\" at the end of one below its class's threshold.\n\nExit codes: 0 done, 1 an input or the model could not be read, 64 bad usage."
    )]
    Detect {
        /// Pictures, folders, videos.
        #[arg(required = true)]
        input: Vec<PathBuf>,
        /// Write pictures with boxes here.
        #[arg(long, value_name = "DIR")]
        annotate: Option<PathBuf>,
        /// One JSON object a frame.
        #[arg(long)]
        json: bool,
        /// Of videos: look every so often.
        #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
        every: Duration,
        #[command(flatten)]
        model: Model,
    },
    /// Replay recorded detections through judging and cases, in virtual time.
    #[command(
        after_help = "Example:\n  streetwarden replay seen.jsonl --config site.toml --cases cases.json\n\n`run --record FILE` writes such lines. A malformed line ends the replay with its number; nothing\nis written then.\n\nExit codes: 0 done, 1 input or output at fault, 64 bad usage or settings."
    )]
    Replay {
        /// Detections and reviews, one JSON object a line, in time order.
        detections: PathBuf,
        /// Settings file of the site.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Where the cases are written (JSON).
        #[arg(long, value_name = "FILE")]
        cases: PathBuf,
        /// Folder of the state: taken up from a run before, left for the next.
        #[arg(long, value_name = "DIR")]
        state: Option<PathBuf>,
    },
    /// Score the model on labelled pictures: COCO AP and AP50 per class.
    #[command(
        after_help = "Examples:\n  streetwarden eval --annotations val.json --images val/ --json scores.json\n  streetwarden eval --annotations val.json --images val/ --compare old/model.toml new/model.toml\n  streetwarden eval --annotations val.json --images val/ --second-look look/model.toml\n  streetwarden eval --annotations reviews/annotations.json --images reviews/ --by camera\n\nWith a second look every box above 0.01 gets the score it says and nothing is dropped, so\nthat AP with it and with --no-second-look can be compared.\n\nExit codes: 0 done, 1 something could not be read (pictures left out are named), 64 bad usage."
    )]
    Eval {
        /// COCO annotations; `labelled_classes` of a picture limits what it is scored on.
        #[arg(long, value_name = "COCO.json")]
        annotations: PathBuf,
        /// Folder of the pictures.
        #[arg(long, value_name = "DIR")]
        images: PathBuf,
        /// Also write the scores here.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Score the pictures apart too for each value that they have in this field of the
        /// annotations, such as `camera` of an export.
        #[arg(long, value_name = "FIELD")]
        by: Option<String>,
        /// Two model cards: score both on the same pictures, with the 95 % interval of the
        /// difference (paired bootstrap over pictures).
        #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["model", "by"])]
        compare: Option<Vec<PathBuf>>,
        #[command(flatten)]
        model: Model,
    },
    /// Check that every evidence file is there and unaltered and the custody log unbroken.
    #[command(
        after_help = "May run beside the daemon. Changes nothing.\n\nExample:\n  streetwarden fsck --config /etc/streetwarden/site.toml\n\nExit codes: 0 clean, 1 differences are listed or the data cannot be read, 64 bad usage or settings."
    )]
    Fsck {
        /// Settings file of the site.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// The report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write what people decided as a COCO data set that training reads: pictures, crops, boxes.
    #[command(
        after_help = "May run beside the daemon. What a picture shows besides the reviewed box is marked iscrowd: not\nknown. The folder appears whole or not at all.\n\nExample:\n  streetwarden export --config site.toml --reviewed --since 2026-05-01 reviews/\n\nExit codes: 0 done, 1 nothing to export or stills left out (they are named), 64 bad usage or settings."
    )]
    Export {
        /// Settings file of the site.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Confirmed and rejected cases; has to be said.
        #[arg(long, required = true)]
        reviewed: bool,
        /// Decisions from this day on, for example 2026-05-11; all when not given.
        #[arg(long, value_name = "DATE")]
        since: Option<chrono::NaiveDate>,
        /// Replace an export that is there.
        #[arg(long)]
        force: bool,
        /// Folder to be made.
        out: PathBuf,
    },
    /// Measure parts of this program beside what would be taken instead.
    #[command(
        subcommand,
        after_help = "Every table says how the contenders compare, measured in turn in the same run: absolute figures say\nlittle on a machine that does other things too.\n\nExample:\n  streetwarden bench infer\n\nExit codes: 0 measured, 1 something could not be read or measured, 64 bad usage."
    )]
    Bench(Box<bench::Bench>),
    /// Bring the database to this version's schema.
    #[command(
        after_help = "To be run after an upgrade, with the daemon stopped; `run` does the same at its start.\n\nExample:\n  streetwarden migrate --config /etc/streetwarden/site.toml\n\nExit codes: 0 done, 1 could not, 64 bad usage or settings."
    )]
    Migrate {
        /// Settings file of the site.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Serve video files as live RTSP cameras (for demos, tests and benchmarks).
    #[cfg(feature = "gst")]
    #[command(
        after_help = "Example:\n  streetwarden serve-clips clips/ --bind 127.0.0.1:8554\n\nThe first line on standard output is `listening on rtsp://ADDRESS`.\n\nExit codes: 0 ended by itself or with standard input, 1 could not serve, 64 bad usage."
    )]
    ServeClips(serve::ServeClips),
}

/// Which model, and where its library is.
#[derive(clap::Args)]
struct Model {
    /// Model card; the shipped one when not given.
    #[arg(long, value_name = "CARD")]
    model: Option<PathBuf>,
    /// Card of a second look: a model that is shown what was seen, cut out, and changes its score,
    /// so that look-alikes fall; the shipped one, if any, when not given.
    #[arg(long, value_name = "CARD")]
    second_look: Option<PathBuf>,
    /// No second look.
    #[arg(long, conflicts_with = "second_look")]
    no_second_look: bool,
    /// Look at every frame in so many tiles too, columns x rows, for small far things: costs a look
    /// a tile.
    #[arg(long, value_name = "CxR", default_value = "1x1")]
    tiles: Tiling,
}

impl Verb {
    /// What is logged when `STREETWARDEN_LOG` does not say: a verb that ends by itself says what is
    /// wrong in its answer, and logs only what the answer does not hold.
    fn usual_log(&self) -> &'static str {
        match self {
            Self::Run { .. } | Self::Demo { .. } => "info,ort=warn,sqlx=warn",
            #[cfg(feature = "gst")]
            Self::ServeClips(_) => "info",
            _ => "warn,streetwarden::capture=error",
        }
    }
}

/// The card of the model that comes with the program.
fn shipped_card() -> PathBuf {
    crate::detect::find_card(CARD).unwrap_or_else(|| PathBuf::from(CARD))
}

impl Model {
    fn options(&self) -> Options {
        let card = self.model.clone().unwrap_or_else(shipped_card);
        let second_look = match (&self.second_look, self.no_second_look) {
            (_, true) => SecondLookChoice::Off,
            (Some(card), false) => SecondLookChoice::Card(card.clone()),
            (None, false) => SecondLookChoice::Bundled,
        };
        Options { tiles: self.tiles, second_look, ..Options::for_card(card) }
    }
}

/// Parses the command line, runs the verb, and turns its end into an exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // a closed pipe is no reason to fail
            let _ = error.print();
            return ExitCode::from(if asked { 0 } else { USAGE });
        }
    };
    start_logging(cli.verb.usual_log());
    match carry_out(cli.verb) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(WRONG),
        // who reads the output has seen enough
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("streetwarden: {}", in_one_line(&error));
            let settings = error.chain().any(|cause| cause.is::<Faults>());
            ExitCode::from(if settings { USAGE } else { WRONG })
        }
    }
}

/// Whether standard output was closed by its reader, as `head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

fn start_logging(usual: &str) {
    let filter =
        EnvFilter::try_from_env("STREETWARDEN_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    // Its lines may hold a camera's address with the query, where some cameras want a token.
    let filter = match "retina=off".parse() {
        Ok(silent) => filter.add_directive(silent),
        Err(_) => filter,
    };
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !no_colour);
    if std::env::var("STREETWARDEN_LOG_FORMAT").is_ok_and(|format| format == "json") {
        builder.json().init();
    } else {
        builder.init();
    }
}

/// Runs the verb; `false` when it found something wrong.
fn carry_out(verb: Verb) -> anyhow::Result<bool> {
    match verb {
        Verb::Run { config, record } => app::run::run(&config, record).map(|()| true),
        Verb::Demo { once, bind, data } => demo(once, bind, data),
        Verb::Check { file } => {
            let report = app::check::check(&file)?;
            write!(stdout(), "{}", report.text)?;
            Ok(report.is_good)
        }
        Verb::Detect { input, annotate, json, every, model } => {
            let request = app::detect::Request { inputs: input, annotate, json };
            let mut video = |path: &std::path::Path, deliver: &mut dyn FnMut(crate::base::Frame) -> anyhow::Result<()>| {
                app::video::read(path, every, deliver)
            };
            let mut out = stdout().lock();
            let summary =
                app::detect::detect(&model.options(), &request, Some(&mut video), &mut out)?;
            summary.bad.iter().for_each(|bad| eprintln!("streetwarden: {bad}"));
            eprintln!(
                "{} frames, {} detections, {} inputs unreadable",
                summary.frames,
                summary.detections,
                summary.bad.len()
            );
            Ok(summary.bad.is_empty())
        }
        Verb::Replay { detections, config, cases, state } => {
            let request = app::replay::Request { input: detections, config, cases, state };
            let outcome = app::replay::replay(&request)?;
            eprintln!(
                "{} lines, {} cases, {} reviews without a case",
                outcome.lines, outcome.cases, outcome.unmatched_reviews
            );
            Ok(true)
        }
        Verb::Eval { annotations, images, json, by: _, compare: Some(cards), model } => {
            let options = |card: &PathBuf| Options { card: card.clone(), ..model.options() };
            let both: Vec<Options> = cards.iter().map(options).collect();
            let [old, new] = both.as_slice() else { anyhow::bail!("--compare needs two cards") };
            let report =
                app::eval::compare::compare([old, new], &annotations, &images, json.as_deref())?;
            println!("{report}");
            Ok(report.bad_pictures.is_empty())
        }
        Verb::Eval { annotations, images, json, by, compare: None, model } => {
            let (by, json) = (by.as_deref(), json.as_deref());
            let report = app::eval::eval(&model.options(), &annotations, &images, by, json)?;
            writeln!(stdout(), "{report}")?;
            Ok(report.is_complete())
        }
        Verb::Export { config, reviewed: _, since, force, out } => {
            let request = app::export::Request { config, since, out, force };
            let summary = app::export::export(&request)?;
            summary.bad.iter().for_each(|bad| eprintln!("streetwarden: left out: {bad}"));
            let app::export::Summary { cases, confirmed, rejected, bad } = summary;
            println!("{cases} cases: {confirmed} pictures confirmed, {rejected} rejected");
            Ok(bad.is_empty())
        }
        Verb::Bench(what) => bench::bench(*what, shipped_card),
        Verb::Fsck { config, json } => fsck(&config, json),
        Verb::Migrate { config } => {
            let dir = app::keep::migrate(&config)?;
            writeln!(stdout(), "{} has this version's schema", dir.display())?;
            Ok(true)
        }
        #[cfg(feature = "gst")]
        Verb::ServeClips(asked) => asked.carry_out().map(|()| true),
    }
}

fn fsck(config: &std::path::Path, json: bool) -> anyhow::Result<bool> {
    let report = app::keep::fsck(config)?;
    let mut out = stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        return Ok(report.is_clean());
    }
    for line in report.lines() {
        writeln!(out, "{line}")?;
    }
    for case in &report.bare {
        writeln!(out, "note: case {case} has no evidence")?;
    }
    let checked = &report.checked;
    writeln!(
        out,
        "{} cases, {} files, {} bytes, {} custody entries: {}",
        checked.cases,
        checked.files,
        checked.bytes,
        checked.entries,
        if report.is_clean() { "clean" } else { "NOT clean" }
    )?;
    Ok(report.is_clean())
}

#[cfg(feature = "gst")]
fn demo(once: bool, bind: Option<SocketAddr>, data: Option<PathBuf>) -> anyhow::Result<bool> {
    app::demo::demo(&app::demo::Request { once, bind, data })
}

#[cfg(not(feature = "gst"))]
fn demo(_once: bool, _bind: Option<SocketAddr>, _data: Option<PathBuf>) -> anyhow::Result<bool> {
    anyhow::bail!("this build has no video: build it with the feature \"gst\"")
}
