//! The verb `detect`: what the model sees in pictures, folders of pictures and video files.
//!
//! Reading video is `capture`'s business: the caller hands in a [`VideoReader`], or none when the
//! build has no video. One unreadable input is named and the others go on.

mod hindsight;
mod road;

use std::{
    borrow::Cow,
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, anyhow};
use serde::Serialize;

use self::{
    hindsight::Waiting,
    road::{Job, Outcome, Road, Seen},
};
use super::{
    detector::{self, Opened, Purpose},
    pictures,
    words::in_one_line,
};
use crate::{
    base::{Detections, Frame},
    detect::{self, Detector, Holder, Options, Provider},
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

/// `count` detectors of the processor with a thread each, which is faster than one with many; or
/// as many as `options` say of whatever else they ask for.
///
/// # Errors
/// A detector cannot be opened.
pub fn open(options: &Options, count: usize) -> anyhow::Result<Vec<Box<dyn Detector>>> {
    let mut options = options.clone();
    let mut count = count.max(1);
    if options.providers.iter().any(|p| *p != Provider::Cpu) || options.threads > 0 {
        count = options.sessions.max(1);
    } else if count > 1 {
        options.threads = 1;
    }
    let holder = Holder::default();
    let open = || detector::open(&options, Purpose::Pictures(holder.clone()));
    let Opened { detector: first, provider: used, .. } = open()?;
    if let Some(why) = &used.why {
        tracing::warn!(used = %used.used, why, "execution provider not available");
    }
    let mut detectors = vec![first];
    // side by side too: with many cores they would take long one after the other
    let others: Vec<_> = thread::scope(|scope| {
        let opening: Vec<_> = (1..count).map(|_| scope.spawn(open)).collect();
        opening.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    for other in others {
        let opened = other.map_err(|_| anyhow!("opening a detector has panicked"))?;
        detectors.push(opened?.detector);
    }
    Ok(detectors)
}

/// Opens detectors and looks at every input; results go to `out` in the order of the inputs, as they
/// come, those of clips as soon as nothing can be added to them.
///
/// # Errors
/// A detector cannot be opened or fails, or output cannot be written. Unreadable inputs are
/// listed in the [`Summary`] instead.
pub fn detect(
    options: &Options,
    request: &Request,
    video: Option<&mut VideoReader<'_>>,
    out: &mut dyn Write,
) -> anyhow::Result<Summary> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut detectors = open(options, cores.min(most(&request.inputs)))?;
    detect_with(&mut detectors, request, video, out)
}

/// How many detectors have something to do at most.
fn most(inputs: &[PathBuf]) -> usize {
    let of = |input: &PathBuf| match input {
        // what is wrong with a folder is told in its turn
        folder if folder.is_dir() => pictures::in_folder(folder).map_or(0, |found| found.len()),
        picture if pictures::is_picture(picture) => 1,
        _ => usize::MAX,
    };
    inputs.iter().map(of).fold(0, usize::saturating_add)
}

/// The same with detectors at hand.
///
/// # Errors
/// As [`detect()`].
pub fn detect_with(
    detectors: &mut [Box<dyn Detector>],
    request: &Request,
    mut video: Option<&mut VideoReader<'_>>,
    out: &mut dyn Write,
) -> anyhow::Result<Summary> {
    if let Some(dir) = &request.annotate {
        fs::create_dir_all(dir)
            .with_context(|| format!("folder {} cannot be made", dir.display()))?;
    }
    let (names, summary) = (BTreeSet::new(), Summary::default());
    let mut told = Told { request, out, names, summary, waiting: Waiting::default() };
    let mut emit = |outcome| told.take(outcome);
    let done = thread::scope(|scope| {
        let mut road = Road::start(scope, detectors, &mut emit)?;
        for input in &request.inputs {
            if input.is_dir() {
                folder(&mut road, input)?;
            } else if pictures::is_picture(input) || !input.exists() {
                road.go(Job::Picture(input.clone()))?;
            } else {
                clip(&mut road, input, video.as_deref_mut())?;
            }
        }
        road.finish()
    });
    told.tell_all()?;
    told.out.flush()?;
    done?;
    Ok(told.summary)
}

fn folder(road: &mut Road<'_>, input: &Path) -> anyhow::Result<()> {
    match pictures::in_folder(input) {
        Ok(found) if found.is_empty() => {
            road.go(Job::Bad(format!("folder {} holds no picture (jpg, png)", input.display())))
        }
        Ok(found) => found.into_iter().try_for_each(|path| road.go(Job::Picture(path))),
        Err(e) => road.go(Job::Bad(in_one_line(&e))),
    }
}

fn clip(
    road: &mut Road<'_>,
    path: &Path,
    video: Option<&mut VideoReader<'_>>,
) -> anyhow::Result<()> {
    let Some(video) = video else {
        let reason = format!("{}: this build reads pictures only (jpg, png)", path.display());
        return road.go(Job::Bad(reason));
    };
    // an error of ours ends the verb, one of the file only this input
    let mut ours = None;
    let read = video(path, &mut |frame| {
        road.go(Job::Frame(path.to_owned(), frame)).map_err(|e| {
            ours = Some(e);
            anyhow!("stopped")
        })
    });
    match (ours, read) {
        (Some(e), _) => Err(e),
        (None, Err(e)) => road.go(Job::Bad(format!("{}: {}", path.display(), in_one_line(&e)))),
        (None, Ok(())) => Ok(()),
    }
}

/// What is told of all that was looked at.
struct Told<'a> {
    request: &'a Request,
    out: &'a mut dyn Write,
    names: BTreeSet<String>,
    summary: Summary,
    waiting: Waiting,
}

impl Told<'_> {
    fn take(&mut self, outcome: Outcome) -> anyhow::Result<()> {
        match outcome {
            Outcome::Seen(seen) => {
                self.tell_all()?;
                self.tell(*seen)
            }
            Outcome::Next(seen, added) => {
                if self.waiting.clip().is_some_and(|clip| clip != seen.input) {
                    self.tell_all()?;
                }
                self.waiting.next(*seen, added).into_iter().try_for_each(|seen| self.tell(seen))
            }
            Outcome::Failed(error) => Err(error),
            Outcome::Bad(reason) => {
                self.summary.bad.push(reason);
                Ok(())
            }
        }
    }

    fn tell_all(&mut self) -> anyhow::Result<()> {
        self.waiting.take().try_for_each(|seen| self.tell(seen))
    }

    fn tell(&mut self, seen: Seen) -> anyhow::Result<()> {
        self.summary.frames += 1;
        self.summary.detections += seen.detections.len();
        if let Some(dir) = &self.request.annotate {
            let path = dir.join(unused(&mut self.names, &seen.input));
            let picture = detect::annotate(&seen.frame, &seen.detections);
            picture.save(&path).with_context(|| format!("writing {}", path.display()))?;
        }
        self.print(seen)
    }

    fn print(&mut self, seen: Seen) -> anyhow::Result<()> {
        let Seen { input, frame, detections } = seen;
        let seen = Detections {
            camera: frame.camera,
            at: frame.at,
            width: frame.width,
            height: frame.height,
            detections,
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
            let weak = if d.is_weak { "\tweak" } else { "" };
            writeln!(
                self.out,
                "{name}\t{}\t{class}\t{:.3}\t{x0:.4} {y0:.4} {x1:.4} {y1:.4}{weak}",
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
