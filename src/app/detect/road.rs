//! Detectors at work side by side, each on a thread of its own that also reads what it looks at, so
//! that reading and looking never wait for each other. Frames of videos are all looked at by the first, one
//! after the other as a camera's are: what is seen in one decides what is shown of the next. What comes out
//! keeps the order of what went in, and nobody runs far ahead. Knows nothing of folders and printing.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    thread::Scope,
};

use anyhow::{Context as _, anyhow};
use crossbeam_channel::{Receiver, Sender, never, select, unbounded};

use super::{
    super::{pictures, words::in_one_line},
    hindsight::{Added, Hindsight},
};
use crate::{
    base::{Detection, Frame},
    capture::PictureReader,
    detect::{Batch, Detector},
};

/// What may be under way for each detector: enough that a slow picture holds nobody up, and few
/// enough that frames of any size fit into memory.
const AHEAD: usize = 4;

/// Something to look at.
pub enum Job {
    /// A picture file.
    Picture(PathBuf),
    /// A frame of a video file.
    Frame(PathBuf, Frame),
    /// Nothing, for this reason; told in its turn.
    Bad(String),
}

/// What came of it.
pub enum Outcome {
    /// A picture was looked at.
    Seen(Box<Seen>),
    /// The next frame of a clip was looked at, and this was added to those before.
    Next(Box<Seen>, Vec<Added>),
    /// It could not be read, and the rest goes on.
    Bad(String),
    /// The detector failed.
    Failed(anyhow::Error),
}

/// What was seen where.
pub struct Seen {
    /// The file.
    pub input: PathBuf,
    /// The picture, or the frame of a video.
    pub frame: Frame,
    /// What is on it.
    pub detections: Vec<Detection>,
}

/// Takes outcomes in the order of their jobs; its error ends the road.
pub type Emit<'a> = dyn FnMut(Outcome) -> anyhow::Result<()> + 'a;

/// See the file's first line. Its threads end when it goes.
pub struct Road<'a> {
    jobs: Sender<(usize, Job)>,
    frames: Sender<(usize, Job)>,
    outcomes: Receiver<(usize, Outcome)>,
    early: BTreeMap<usize, Outcome>,
    sent: usize,
    emitted: usize,
    most: usize,
    emit: &'a mut Emit<'a>,
}

impl<'a> Road<'a> {
    /// Sets all detectors to work.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start<'s>(
        scope: &'s Scope<'s, '_>,
        detectors: &'s mut [Box<dyn Detector>],
        emit: &'a mut Emit<'a>,
    ) -> std::io::Result<Self> {
        let (jobs, to_do) = unbounded();
        let (frames, in_turn) = unbounded();
        let (done, outcomes) = unbounded();
        let most = detectors.len() * AHEAD;
        let reader = PictureReader::default();
        for (index, detector) in detectors.iter_mut().enumerate() {
            let (to_do, done, reader) = (to_do.clone(), done.clone(), reader.clone());
            let in_turn = if index == 0 { in_turn.clone() } else { never() };
            let next = move || select! { recv(in_turn) -> job => job, recv(to_do) -> job => job };
            let work = move || {
                let mut hindsight = Hindsight::default();
                while let Ok((at, job)) = next() {
                    let outcome = looked(detector.as_mut(), &reader, &mut hindsight, job);
                    if done.send((at, outcome)).is_err() {
                        return;
                    }
                }
            };
            std::thread::Builder::new().name(format!("look {index}")).spawn_scoped(scope, work)?;
        }
        let early = BTreeMap::new();
        Ok(Self { jobs, frames, outcomes, early, sent: 0, emitted: 0, most, emit })
    }

    /// Has `job` done, and emits what is ready; waits while too much is under way.
    ///
    /// # Errors
    /// That of the receiver of outcomes.
    pub fn go(&mut self, job: Job) -> anyhow::Result<()> {
        while self.sent - self.emitted >= self.most {
            self.wait()?;
        }
        let queue = if matches!(job, Job::Frame(..)) { &self.frames } else { &self.jobs };
        queue.send((self.sent, job)).map_err(|_| anyhow!("no detector is at work"))?;
        self.sent += 1;
        while let Ok(outcome) = self.outcomes.try_recv() {
            self.emit_from(outcome)?;
        }
        Ok(())
    }

    /// Emits all that is under way.
    ///
    /// # Errors
    /// That of the receiver of outcomes.
    pub fn finish(mut self) -> anyhow::Result<()> {
        while self.emitted < self.sent {
            self.wait()?;
        }
        Ok(())
    }

    fn wait(&mut self) -> anyhow::Result<()> {
        let outcome = self.outcomes.recv().context("no detector is at work")?;
        self.emit_from(outcome)
    }

    /// `outcome`, or all that waited for it, or nothing while an earlier one is missing.
    fn emit_from(&mut self, (at, outcome): (usize, Outcome)) -> anyhow::Result<()> {
        self.early.insert(at, outcome);
        while let Some(outcome) = self.early.remove(&self.emitted) {
            self.emitted += 1;
            (self.emit)(outcome)?;
        }
        Ok(())
    }
}

/// A panic must not leave the others waiting for an outcome that never comes.
fn looked(
    detector: &mut dyn Detector,
    reader: &PictureReader,
    hindsight: &mut Hindsight,
    job: Job,
) -> Outcome {
    let look = AssertUnwindSafe(|| look(detector, reader, hindsight, job));
    catch_unwind(look).unwrap_or_else(|_| Outcome::Failed(anyhow!("a detector has panicked")))
}

fn look(
    detector: &mut dyn Detector,
    reader: &PictureReader,
    hindsight: &mut Hindsight,
    job: Job,
) -> Outcome {
    let (input, frame, is_of_clip) = match job {
        Job::Bad(reason) => return Outcome::Bad(reason),
        Job::Frame(input, frame) => (input, frame, true),
        Job::Picture(input) => match pictures::read_by(reader, &input) {
            Ok(frame) => (input, frame, false),
            Err(e) => return Outcome::Bad(in_one_line(&e)),
        },
    };
    let mut batch = Batch::new();
    if let Err(fault) = batch.push(frame) {
        return Outcome::Bad(fault.to_string());
    }
    let seen = match batch.detect(detector).map(|mut seen| seen.pop()) {
        Ok(Some((frame, detections))) => Box::new(Seen { input, frame, detections }),
        Ok(None) => return Outcome::Failed(anyhow!("the detector gave no answer")),
        Err(e) => return Outcome::Failed(e.into()),
    };
    if !is_of_clip {
        return Outcome::Seen(seen);
    }
    match hindsight.look_back(detector, &seen) {
        Ok(added) => Outcome::Next(seen, added),
        Err(e) => Outcome::Failed(e.into()),
    }
}
