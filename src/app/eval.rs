//! The verb `eval`: a model's average precision on annotated pictures.
//!
//! The card's thresholds are not used: AP needs the weak guesses too, and a second look drops none. Pictures that cannot be read
//! are left out, counted and named, never silently skipped.

use std::{fmt, fs, path::Path};

use anyhow::{Context, ensure};
use serde::Serialize;

use by::By;

use super::{
    detector::{self, Opened, Purpose},
    pictures,
    words::in_one_line,
};
use crate::{
    base::{ClassName, Detection, Frame},
    capture::PictureReader,
    detect::{
        Batch, Detector, ModelCard, Options,
        coco::{Annotations, Picture},
        score::{ClassScore, Found, score_class},
    },
};

/// Scores below are too weak to change AP.
const WEAKEST: f32 = 0.01;

/// What `eval` found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The model's name.
    pub model: String,
    /// The SHA-256 of its file.
    pub sha256: String,
    /// Name and version of the second look that scores were multiplied by, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_look: Option<String>,
    /// Pictures looked at.
    pub pictures: usize,
    /// Pictures left out, each with the reason.
    pub bad_pictures: Vec<String>,
    /// Classes of the annotations that the model does not know; they score 0 where labelled.
    pub unknown_classes: Vec<ClassName>,
    /// One entry a class that some picture labels.
    pub classes: Vec<ClassScore>,
    /// The same apart for groups of pictures, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
}

impl Report {
    /// Whether every picture was looked at.
    pub fn is_complete(&self) -> bool {
        self.bad_pictures.is_empty()
    }

    /// Mean AP50 over the classes that have boxes.
    pub fn mean_ap50(&self) -> Option<f64> {
        let known: Vec<f64> = self.classes.iter().filter_map(|c| c.ap50).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = self.sha256.get(..12).unwrap_or(&self.sha256);
        let second = self.second_look.as_ref().map(|second| format!(", second look {second}"));
        let second = second.unwrap_or_default();
        writeln!(f, "model {} ({hash}){second}, {} pictures", self.model, self.pictures)?;
        writeln!(
            f,
            "{:<20} {:>9} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}",
            "class", "pictures", "boxes", "AP50", "AP", "small", "medium", "large"
        )?;
        for c in &self.classes {
            writeln!(
                f,
                "{:<20} {:>9} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}",
                c.class.as_str(),
                c.pictures,
                c.boxes,
                number(c.ap50),
                number(c.ap),
                number(c.ap_small),
                number(c.ap_medium),
                number(c.ap_large)
            )?;
        }
        for class in &self.unknown_classes {
            writeln!(f, "the model does not know class {class}")?;
        }
        self.by.iter().try_for_each(|by| write!(f, "{by}"))?;
        if !self.bad_pictures.is_empty() {
            writeln!(f, "{} pictures left out:", self.bad_pictures.len())?;
            self.bad_pictures.iter().try_for_each(|bad| writeln!(f, "  {bad}"))?;
        }
        Ok(())
    }
}

/// A score as tables show it.
fn number(score: Option<f64>) -> String {
    score.map_or("-".to_owned(), |score| format!("{score:.3}"))
}

/// Looks at every annotated picture below `images` and scores what was found, apart too for each
/// value that pictures have in the annotations' field `by`; with `json`, the report is written there too.
///
/// # Errors
/// The model or the annotations cannot be used, no picture has the field, none can be read, or the
/// report not written.
pub fn eval(
    options: &Options,
    annotations: &Path,
    images: &Path,
    by: Option<&str>,
    json: Option<&Path>,
) -> anyhow::Result<Report> {
    let set = Annotations::load(annotations)?;
    by.map_or(Ok(()), |field| by::check(field, &set))?;
    let opened = open(options)?;
    let second_look = opened.second_look_text();
    let Opened { mut detector, card, .. } = opened;
    let report = eval_with(detector.as_mut(), &card, &set, images, by, options.max_batch)?;
    let report = Report { second_look, ..report };
    json.map_or(Ok(()), |path| write(path, &report))?;
    Ok(report)
}

/// The model of `options`, reporting weak guesses too.
fn open(options: &Options) -> anyhow::Result<Opened> {
    let opened = detector::open(options, Purpose::Scores(WEAKEST))?;
    if let Some(why) = &opened.provider.why {
        tracing::warn!(used = %opened.provider.used, why, "execution provider not available");
    }
    Ok(opened)
}

fn write(path: &Path, report: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// The same with a detector at hand.
///
/// # Errors
/// The detector fails, or no picture can be read.
pub fn eval_with(
    detector: &mut dyn Detector,
    card: &ModelCard,
    set: &Annotations,
    images: &Path,
    by: Option<&str>,
    batch: usize,
) -> anyhow::Result<Report> {
    let Looks { seen, bad } = look(detector, set, images, batch)?;
    let views: Vec<_> = seen.iter().map(|(p, f)| (*p, f.as_slice())).collect();
    let scored = labelled(set, &views);
    let unknown = |class: &&&ClassName| card.classes().iter().all(|c| c.name != ***class);
    Ok(Report {
        model: card.name().to_owned(),
        sha256: card.sha256().to_owned(),
        second_look: None,
        pictures: views.len(),
        bad_pictures: bad,
        unknown_classes: scored.iter().filter(unknown).map(|c| (*c).clone()).collect(),
        classes: scored.iter().map(|c| score_class(c, &views)).collect(),
        by: by.map(|field| By::new(field, &scored, &views)),
    })
}

/// The classes that some picture labels.
fn labelled<'a>(set: &'a Annotations, views: &[(&Picture, &[Found])]) -> Vec<&'a ClassName> {
    let some = |class: &&ClassName| views.iter().any(|(p, _)| p.labelled.contains(class));
    set.classes.iter().filter(some).collect()
}

/// What was seen in each picture that could be read, and why others could not.
struct Looks<'a> {
    seen: Vec<(&'a Picture, Vec<Found>)>,
    bad: Vec<String>,
}

/// Looks at every picture.
fn look<'a>(
    detector: &mut dyn Detector,
    set: &'a Annotations,
    images: &Path,
    batch: usize,
) -> anyhow::Result<Looks<'a>> {
    let (reader, mut bad) = (PictureReader::default(), Vec::new());
    let mut looks: Vec<(&Picture, Vec<Found>)> = Vec::new();
    for part in set.pictures.chunks(batch.max(1)) {
        let mut frames = Batch::new();
        let mut read = Vec::new();
        for picture in part {
            match frame_of(&reader, picture, images).and_then(|f| Ok(frames.push(f)?)) {
                Ok(()) => read.push(picture),
                Err(e) => bad.push(in_one_line(&e)),
            }
        }
        let seen = frames.detect(detector)?;
        looks.extend(read.into_iter().zip(seen).map(|(p, (_, d))| (p, in_pixels(p, &d))));
    }
    ensure!(
        !looks.is_empty(),
        "none of {} pictures below {} can be read, the first: {}",
        set.pictures.len(),
        images.display(),
        bad.first().map_or("there is none", String::as_str)
    );
    Ok(Looks { seen: looks, bad })
}

fn frame_of(reader: &PictureReader, picture: &Picture, images: &Path) -> anyhow::Result<Frame> {
    let frame = pictures::read_by(reader, &images.join(&picture.file_name))?;
    ensure!(
        (frame.width, frame.height) == (picture.width, picture.height),
        "picture {} is {}x{}, annotated as {}x{}",
        picture.file_name,
        frame.width,
        frame.height,
        picture.width,
        picture.height
    );
    Ok(frame)
}

fn in_pixels(picture: &Picture, seen: &[Detection]) -> Vec<Found> {
    let (w, h) = (f64::from(picture.width), f64::from(picture.height));
    seen.iter()
        .map(|d| {
            let [x0, y0, x1, y1] = d.bbox.corners().map(f64::from);
            Found {
                class: d.class.clone(),
                score: f64::from(d.score),
                corners: [x0 * w, y0 * h, x1 * w, y1 * h],
            }
        })
        .collect()
}

pub mod by;
pub mod compare;
#[cfg(test)]
mod tests;
