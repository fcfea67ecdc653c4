//! The verb `bench` and what it measures; arguments of which there are many are in files of their own.

#[cfg(feature = "gst")]
mod cameras;
#[cfg(feature = "gst")]
mod decode;
#[cfg(feature = "onnx")]
mod detect;
mod infer;
#[cfg(feature = "gst")]
mod pipeline;
#[cfg(feature = "onnx")]
mod roofline;
#[cfg(feature = "gst")]
mod start;
mod tune;

use std::{
    io::{Read as _, Write as _, stdin, stdout},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Subcommand};

#[cfg(feature = "gst")]
use self::cameras::Cameras;
use crate::app::bench::{self as measured, Report, Size, Times};

/// What is measured.
#[derive(Subcommand)]
pub enum Bench {
    /// From a decoder's planes into the model's input, beside GStreamer's converter.
    #[command(
        after_help = "Times are processor time of one thread; contenders take turns until the figures hold still. The\nspread is where the middle half of the rounds lies; the ratio is against this program.\n\nExamples:\n  streetwarden bench letterbox\n  streetwarden bench letterbox --picture street.jpg --input 640x384 --json letterbox.json\n\nExit codes: 0 measured, 1 something could not be read or measured, 64 bad usage."
    )]
    Letterbox {
        /// Size of the I420 frame, which is drawn.
        #[arg(long, value_name = "WxH", default_value = "1920x1080")]
        size: Size,
        /// Size of the model's input.
        #[arg(long, value_name = "WxH", default_value = "416x416")]
        input: Size,
        /// Take this picture, in its own size, instead of a drawn one.
        #[arg(long, value_name = "FILE", conflicts_with = "size")]
        picture: Option<PathBuf>,
        /// Write frame.i420 and letterbox.rgb here, raw, for other programs to compare with.
        #[arg(long, value_name = "DIR")]
        dump: Option<PathBuf>,
        /// Stop after so long though the figures have not settled.
        #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration)]
        longest: Duration,
        #[command(flatten)]
        files: Files,
    },
    /// From frames to detections, beside ONNX Runtime alone on the same inputs.
    #[command(
        after_help = "Every combination is measured in a process of its own: as the daemon works, and ONNX Runtime\nalone, whose input is laid out beforehand and whose output nobody reads. With one thread a\nsession both use the same sessions; with more, ONNX Runtime alone has its own, whose threads\nwait as the library has them. They take turns until their rates hold\nstill. p50, p95 and p99 are of a call with a\nwhole batch. The spread is where the middle half of the turns lies. MiB are those of the daemon's\nway. A combination that cannot be measured says why in the table, and the rest goes on.\n\nExamples:\n  streetwarden bench infer --json infer.json\n  streetwarden bench infer --providers cuda,tensorrt --batches 1,8,32,128 --csv gpu.csv\n  streetwarden bench infer --providers tensorrt --precisions file,fp16 --devices 0,0+1 --sessions 2\n\nExit codes: 0 measured, 1 some of it could not be measured, 64 bad usage."
    )]
    Infer(infer::Infer),
    /// Keyframes of clips through the daemon's decoders, beside GStreamer alone.
    #[cfg(feature = "gst")]
    #[command(
        after_help = "The ways take turns until their rates hold still. The spread is where the middle half of the turns\nlies. A clip that cannot be read says why in the table, and the rest goes on.\n\nExample:\n  streetwarden bench decode street.mp4 --threads 1,2 --json decode.json\n\nExit codes: 0 measured, 1 some of it could not be measured, 64 bad usage."
    )]
    Decode(decode::Decode),
    /// The whole of `detect` on a folder of pictures, beside decoding alone and ONNX Runtime alone.
    #[cfg(feature = "onnx")]
    #[command(
        after_help = "The best layout of ONNX Runtime is chosen first; then all take turns until their rates hold still.\nAlone, it runs the detector on each picture and the second look on each cut-out that it is shown of\nthem. Opening the models is not counted. Decoding and inference on the processor share its cores, so\nthe table also says what is left when one is done after the other.\n\nExample:\n  streetwarden bench detect --pictures street --json detect.json\n\nExit codes: 0 measured, 1 a picture or the model could not be read, 64 bad usage."
    )]
    Detect(detect::Detect),
    /// Simulated RTSP cameras through the whole daemon, beside itself on one camera.
    #[cfg(feature = "gst")]
    #[command(
        after_help = "The cameras are clips that the built-in server plays in a loop, out of step with one another and\nwithout encoding. Server and daemon are processes of their own. mcore is a thousandth of a core;\nMiB and threads per camera are those beyond the first. p50 and p95 are from a keyframe's arrival to\nits decision. A frame dropped as delta, not due, unchanged or cooldown is work saved, any other\nwork not done.\n\nExamples:\n  streetwarden bench pipeline --cameras 60 --clip street.mp4 --json pipeline.json\n  streetwarden bench pipeline --cameras 8 --ramp --preset tuned.toml\n\nExit codes: 0 measured, 1 some of it could not be measured, 64 bad usage."
    )]
    Pipeline(pipeline::Pipeline),
    /// Starts of the daemon, up to its page and to its first decision.
    #[cfg(feature = "gst")]
    #[command(
        after_help = "Every start is a new process on an empty data folder; its cameras play before it is called. Figures\nare the median start; the spread is where the middle half of them lies.\n\nExample:\n  streetwarden bench start --cameras 1,1000 --json start.json\n\nExit codes: 0 measured, 1 some of it could not be measured, 64 bad usage."
    )]
    Start(start::Start),
    /// The model beside the rates of a large matrix product and of memory: how near it comes to the roof.
    #[cfg(feature = "onnx")]
    #[command(
        after_help = "A matrix product, a copy of memory and the model alone at each batch take turns until their rates hold\nstill. FLOP and bytes of the model are those its card counts, as if nothing were fused; roof is the\nlesser of the matrix rate and of what memory allows at that many FLOP a byte.\n\nExamples:\n  streetwarden bench roofline --html roofline.html\n  streetwarden bench roofline --provider cuda --batches 1,8,64,256 --json roofline.json\n\nExit codes: 0 measured, 1 the model or the provider cannot be had, 64 bad usage."
    )]
    Roofline(roofline::Roofline),
    /// Choose the settings of inference for a latency, and write them as a preset.
    #[command(
        after_help = "Measures as `infer` does and takes, of the combinations in which a frame that comes when a batch\nhas just begun is judged within the latency, the one with the most frames a second. Name the file as\n`preset` in the settings. Decoding is not in it: `bench pipeline --preset FILE` shows the whole.\n\nExample:\n  streetwarden bench tune --latency 500ms --out tuned.toml\n\nExit codes: 0 written, 1 nothing fits or some of it could not be measured, 64 bad usage."
    )]
    Tune(tune::Tune),
    /// One combination of `infer`, asked for and answered in JSON: how `infer` measures them apart.
    #[command(hide = true)]
    Point,
}

/// How long to measure.
#[derive(Args)]
struct Turns {
    /// How long each works before it is the other's turn.
    #[arg(long, value_name = "DURATION", default_value = "300ms", value_parser = humantime::parse_duration)]
    turn: Duration,
    /// Stop after so long, for each line of the table, though the rates have not settled.
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = humantime::parse_duration)]
    longest: Duration,
}

impl From<Turns> for Times {
    fn from(Turns { turn, longest }: Turns) -> Self {
        Self { turn, longest }
    }
}

/// Where the table goes besides standard output.
#[derive(Args)]
pub struct Files {
    /// Also write it here as JSON, figures unrounded.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write its rows here as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Also write it here as a page with plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Files {
    /// Files first: the reader of standard output may have gone.
    fn put(self, report: &Report) -> anyhow::Result<bool> {
        let Self { json, csv, html } = self;
        report.write(&measured::Files { json, csv, html })?;
        write!(stdout(), "{report}")?;
        Ok(report.is_complete())
    }
}

fn count(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("write numbers from 1 on, parted by commas".to_owned()),
    }
}

fn progress(what: &str) {
    eprintln!("measuring {what}");
}

/// Measures and prints; `false` when some of it could not be measured. `card` is the model's when
/// none is named.
pub fn bench(what: Bench, card: impl FnOnce() -> PathBuf) -> anyhow::Result<bool> {
    match what {
        Bench::Letterbox { size, input, picture, dump, longest, files } => {
            let request = measured::letterbox::Request { size, input, picture, dump, longest };
            files.put(&measured::letterbox::letterbox(&request)?)
        }
        Bench::Infer(asked) => {
            let (request, files) = asked.request(card);
            files.put(&measured::infer::infer(&request, &mut progress)?)
        }
        #[cfg(feature = "gst")]
        Bench::Decode(asked) => {
            let (request, files) = asked.request();
            files.put(&measured::decode::decode(&request, &mut progress))
        }
        #[cfg(feature = "onnx")]
        Bench::Detect(asked) => {
            let (request, files) = asked.request(card);
            files.put(&measured::detect::detect(&request, &mut progress)?)
        }
        #[cfg(feature = "gst")]
        Bench::Pipeline(asked) => {
            let (request, files) = asked.request(card)?;
            files.put(&measured::pipeline::pipeline(&request, &mut progress)?)
        }
        #[cfg(feature = "gst")]
        Bench::Start(asked) => {
            let (request, files) = asked.request(card)?;
            files.put(&measured::pipeline::start::start(&request, &mut progress)?)
        }
        #[cfg(feature = "onnx")]
        Bench::Roofline(asked) => {
            let (request, files) = asked.request(card);
            files.put(&measured::roofline::roofline(&request)?)
        }
        Bench::Tune(asked) => {
            let (request, files) = asked.request(card);
            let (report, is_written) = measured::tune::tune(&request, &mut progress)?;
            Ok(files.put(&report)? && is_written)
        }
        Bench::Point => {
            let mut point = String::new();
            stdin().read_to_string(&mut point)?;
            writeln!(stdout(), "{}", measured::infer::answer(&point)?)?;
            Ok(true)
        }
    }
}
