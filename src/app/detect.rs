//! The verb `detect`: what the model sees in pictures, folders of pictures and video files.
//!
//! Reading video is `capture`'s business: the caller hands in a [`VideoReader`], or none when the
//! build has no video. One unreadable input is named and the others go on.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use serde::Serialize;

use super::{detector, pictures, words::in_one_line};
use crate::{
    base::{Detection, Detections, Frame},
    detect::{self, Batch, Detector, Options},
};

/// Hands every sampled frame of a video file to the callback.
pub type VideoReader<'a> =
    dyn FnMut(&Path, &mut dyn FnMut(Frame) -> anyhow::Result<()>) -> anyhow::Result<()> + 'a;

/// What to look at and what to leave behind.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Pictures, folders and video files.
    pub inputs: Vec<PathBuf>,
    /// Where pictures with boxes are written.
    pub annotate: Option<PathBuf>,
    /// One JSON object a frame instead of a line of text a detection.
    pub json: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Frames looked at.
    pub frames: usize,
    /// Things seen.
    pub detections: usize,
    /// Inputs that could not be looked at, each with the reason.
    pub bad: Vec<String>,
}

/// One line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    input: Cow<'a, str>,
    #[serde(flatten)]
    seen: &'a Detections,
}

/// Opens the detector and looks at every input; results go to `out` as they come.
///
/// # Errors
/// The detector cannot be opened or fails, or output cannot be written. Unreadable inputs are
/// listed in the [`Summary`] instead.
pub fn detect(
    options: &Options,
    request: &Request,
    video: Option<&mut VideoReader<'_>>,
    out: &mut dyn Write,
) -> anyhow::Result<Summary> {
    let (mut detector, _, used) = detector::open(options, None)?;
    if let Some(why) = &used.why {
        tracing::warn!(used = %used.used, why, "execution provider not available");
    }
    detect_with(detector.as_mut(), request, video, out)
}

/// The same with a detector at hand.
///
/// # Errors
/// As [`detect()`].
pub fn detect_with(
    detector: &mut dyn Detector,
    request: &Request,
    mut video: Option<&mut VideoReader<'_>>,
    out: &mut dyn Write,
) -> anyhow::Result<Summary> {
    if let Some(dir) = &request.annotate {
        fs::create_dir_all(dir)
            .with_context(|| format!("folder {} cannot be made", dir.display()))?;
    }
    let mut look =
        Look { detector, request, out, names: BTreeSet::new(), summary: Summary::default() };
    for input in &request.inputs {
        if input.is_dir() {
            match pictures::in_folder(input) {
                Ok(found) if found.is_empty() => {
                    look.bad(format!("folder {} holds no picture (jpg, png)", input.display()))
                }
                Ok(found) => found.iter().try_for_each(|path| look.picture(path))?,
                Err(e) => look.bad(in_one_line(&e)),
            }
        } else if pictures::is_picture(input) || !input.exists() {
            look.picture(input)?;
        } else {
            look.video(input, video.as_deref_mut())?;
        }
    }
    look.out.flush()?;
    Ok(look.summary)
}

struct Look<'a> {
    detector: &'a mut dyn Detector,
    request: &'a Request,
    out: &'a mut dyn Write,
    names: BTreeSet<String>,
    summary: Summary,
}

impl Look<'_> {
    fn bad(&mut self, reason: String) {
        self.summary.bad.push(reason);
    }

    fn picture(&mut self, path: &Path) -> anyhow::Result<()> {
        match pictures::read(path) {
            Ok(frame) => self.frame(path, frame),
            Err(e) => {
                self.bad(in_one_line(&e));
                Ok(())
            }
        }
    }

    fn video(&mut self, path: &Path, video: Option<&mut VideoReader<'_>>) -> anyhow::Result<()> {
        let Some(video) = video else {
            self.bad(format!("{}: this build reads pictures only (jpg, png)", path.display()));
            return Ok(());
        };
        // an error of ours ends the verb, one of the file only this input
        let mut ours = None;
        let read = video(path, &mut |frame| {
            self.frame(path, frame).map_err(|e| {
                ours = Some(e);
                anyhow!("stopped")
            })
        });
        match (ours, read) {
            (Some(e), _) => Err(e),
            (None, Err(e)) => {
                self.bad(format!("{}: {}", path.display(), in_one_line(&e)));
                Ok(())
            }
            (None, Ok(())) => Ok(()),
        }
    }

    fn frame(&mut self, input: &Path, frame: Frame) -> anyhow::Result<()> {
        let mut batch = Batch::new();
        if let Err(fault) = batch.push(frame) {
            self.bad(fault.to_string());
            return Ok(());
        }
        for (frame, seen) in batch.detect(self.detector)? {
            self.summary.frames += 1;
            self.summary.detections += seen.len();
            if let Some(dir) = &self.request.annotate {
                let path = dir.join(unused(&mut self.names, input));
                let picture = detect::annotate(&frame, &seen);
                picture.save(&path).with_context(|| format!("writing {}", path.display()))?;
            }
            self.print(input, frame, seen)?;
        }
        Ok(())
    }

    fn print(&mut self, input: &Path, frame: Frame, seen: Vec<Detection>) -> anyhow::Result<()> {
        let seen = Detections {
            camera: frame.camera,
            at: frame.at,
            width: frame.width,
            height: frame.height,
            detections: seen,
        };
        if self.request.json {
            serde_json::to_writer(
                &mut *self.out,
                &Line { input: input.to_string_lossy(), seen: &seen },
            )?;
            writeln!(self.out)?;
            return Ok(());
        }
        let name = input.display();
        if seen.detections.is_empty() {
            writeln!(self.out, "{name}\t{}\tnothing", seen.at)?;
        }
        for d in &seen.detections {
            let [x0, y0, x1, y1] = d.bbox.corners();
            let class = &d.class;
            writeln!(
                self.out,
                "{name}\t{}\t{class}\t{:.3}\t{x0:.4} {y0:.4} {x1:.4} {y1:.4}",
                seen.at, d.score
            )?;
        }
        Ok(())
    }
}

/// A file name for the annotated copy that no earlier one has.
fn unused(names: &mut BTreeSet<String>, input: &Path) -> String {
    let stem = input.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut name = format!("{stem}.jpg");
    let mut n = 1;
    while !names.insert(name.clone()) {
        n += 1;
        name = format!("{stem}-{n}.jpg");
    }
    name
}

#[cfg(test)]
mod tests;
