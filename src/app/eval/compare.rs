//! Two models on the same pictures: whether the difference in AP50 is more than the luck of the
//! pictures. Paired bootstrap over pictures (Efron, 1979): both models are scored on the same draws,
//! so that hard pictures weigh on both alike.

use std::{fmt, path::Path};

use anyhow::ensure;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde::Serialize;

use super::{Looks, Opened, labelled, look, number, open, write};
use crate::{
    base::ClassName,
    detect::{
        Options,
        coco::{Annotations, Picture},
        score::{Found, Judged, Sizes, joint_precision},
    },
};

/// Draws of pictures; the interval's ends settle to about a thousandth.
const DRAWS: usize = 2000;
/// Fixed, so that a comparison gives the same interval again.
const SEED: u64 = 47_678;

/// One class under both models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassComparison {
    /// Which class.
    pub class: ClassName,
    /// Pictures that label it.
    pub pictures: usize,
    /// AP50 of the old model; `None` when there is nothing to find.
    pub old: Option<f64>,
    /// AP50 of the new model.
    pub new: Option<f64>,
    /// 95 % interval of new less old.
    pub interval: Option<[f64; 2]>,
}

impl ClassComparison {
    /// Whether the new model is better or worse beyond the luck of the pictures.
    pub fn verdict(&self) -> &'static str {
        match self.interval {
            Some([low, _]) if low > 0.0 => "better",
            Some([_, high]) if high < 0.0 => "worse",
            Some(_) => "unclear",
            None => "-",
        }
    }
}

/// What `eval --compare` found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Name and version of the old model, and of the second look, if there was one.
    pub old: String,
    /// Name and version of the new model.
    pub new: String,
    /// Pictures both looked at.
    pub pictures: usize,
    /// Pictures left out, each with the reason.
    pub bad_pictures: Vec<String>,
    /// One entry a class that some picture labels.
    pub classes: Vec<ClassComparison>,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}, new {}, {} pictures", self.old, self.new, self.pictures)?;
        writeln!(
            f,
            "{:<20} {:>9} {:>9} {:>9} {:>9} {:>19}",
            "class", "pictures", "old AP50", "new AP50", "new-old", "95 % interval"
        )?;
        for c in &self.classes {
            let by = c.old.zip(c.new).map_or("-".to_owned(), |(o, n)| format!("{:+.3}", n - o));
            let span = c.interval.map_or("-".to_owned(), |[a, b]| format!("{a:+.3} to {b:+.3}"));
            let (class, pictures, verdict) = (c.class.as_str(), c.pictures, c.verdict());
            let (old, new) = (number(c.old), number(c.new));
            writeln!(
                f,
                "{class:<20} {pictures:>9} {old:>9} {new:>9} {by:>9} {span:>19}  {verdict}"
            )?;
        }
        self.bad_pictures.iter().try_for_each(|bad| writeln!(f, "left out: {bad}"))
    }
}

/// Scores both models on every annotated picture below `images`.
///
/// # Errors
/// A model or the annotations cannot be used, no picture can be read, or the report not written.
pub fn compare(
    [old, new]: [&Options; 2],
    annotations: &Path,
    images: &Path,
    json: Option<&Path>,
) -> anyhow::Result<Comparison> {
    let set = Annotations::load(annotations)?;
    let seen = |options: &Options| -> anyhow::Result<(String, Looks<'_>)> {
        let opened = open(options)?;
        let second = opened.second_look_text().map(|second| format!(" with {second}"));
        let Opened { mut detector, card, .. } = opened;
        let looks = look(detector.as_mut(), &set, images, options.max_batch)?;
        let second = second.unwrap_or_default();
        Ok((format!("{} {}{second}", card.name(), card.version()), looks))
    };
    let ((old, before), (new, after)) = (seen(old)?, seen(new)?);
    ensure!(before.bad == after.bad, "the pictures changed while they were looked at; try again");
    let views = |looks: &'_ Looks<'_>| -> Vec<Vec<Found>> {
        looks.seen.iter().map(|(_, found)| found.clone()).collect()
    };
    let pictures: Vec<&Picture> = before.seen.iter().map(|(p, _)| *p).collect();
    let classes = compare_classes(&set, &pictures, [&views(&before), &views(&after)]);
    let pictures = pictures.len();
    let report = Comparison { old, new, pictures, bad_pictures: before.bad, classes };
    json.map_or(Ok(()), |path| write(path, &report))?;
    Ok(report)
}

fn compare_classes(
    set: &Annotations,
    pictures: &[&Picture],
    found: [&[Vec<Found>]; 2],
) -> Vec<ClassComparison> {
    let views: Vec<_> = pictures.iter().map(|p| (*p, [].as_slice())).collect();
    labelled(set, &views).into_iter().map(|class| compare_class(class, pictures, found)).collect()
}

fn compare_class(
    class: &ClassName,
    pictures: &[&Picture],
    [old, new]: [&[Vec<Found>]; 2],
) -> ClassComparison {
    let judged = |found: &[Vec<Found>]| -> Vec<Judged> {
        let labelled = pictures.iter().zip(found).filter(|(p, _)| p.labelled.contains(class));
        labelled.map(|(p, f)| Judged::new(class, p, f, 0.5, Sizes::ALL)).collect()
    };
    let (old, new) = (judged(old), judged(new));
    let (before, after) = (joint_precision(&old), joint_precision(&new));
    let interval = before.and(after).and_then(|_| interval(&old, &new));
    ClassComparison { class: class.clone(), pictures: old.len(), old: before, new: after, interval }
}

/// The middle 95 % of the differences over drawn pictures; draws with nothing to find say nothing.
fn interval(old: &[Judged], new: &[Judged]) -> Option<[f64; 2]> {
    let mut random = StdRng::seed_from_u64(SEED);
    let mut differences: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let draw: Vec<usize> = old.iter().map(|_| random.random_range(0..old.len())).collect();
            let before = joint_precision(draw.iter().map(|&i| &old[i]))?;
            Some(joint_precision(draw.iter().map(|&i| &new[i]))? - before)
        })
        .collect();
    differences.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let last = differences.len().checked_sub(1)?;
        differences.get((share * last as f64).round() as usize).copied()
    };
    Some([at(0.025)?, at(0.975)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE_BIN: &str = r#"{"images": [{"id": 1, "file_name": "p", "width": 10, "height": 10}],
        "annotations": [{"image_id": 1, "category_id": 0, "bbox": [0, 0, 10, 10]}],
        "categories": [{"id": 0, "name": "bin"}]}"#;

    /// Pictures with one box each, of which a model finds the first `n`.
    fn finding(n: usize) -> Vec<Judged> {
        let whole = [0.0, 0.0, 10.0, 10.0];
        let picture = |i: usize| {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("set.json");
            std::fs::write(&path, ONE_BIN).unwrap();
            let set = Annotations::load(&path).unwrap();
            let found = Found { class: "bin".into(), score: 0.5, corners: whole };
            let found = if i < n { vec![found] } else { Vec::new() };
            Judged::new(&"bin".into(), &set.pictures[0], &found, 0.5, Sizes::ALL)
        };
        (0..60).map(picture).collect()
    }

    fn verdict(old: usize, new: usize) -> &'static str {
        let (old, new) = (finding(old), finding(new));
        let interval = interval(&old, &new);
        ClassComparison { class: "bin".into(), pictures: 60, old: None, new: None, interval }
            .verdict()
    }

    #[test]
    fn a_clear_difference_is_told_from_luck() {
        assert_eq!(verdict(20, 40), "better");
        assert_eq!(verdict(40, 20), "worse");
        assert_eq!(verdict(30, 30), "unclear");
        assert_eq!(verdict(30, 31), "unclear");
    }

    #[test]
    fn the_interval_holds_the_difference_and_comes_again() {
        let (old, new) = (finding(20), finding(32));
        let once = interval(&old, &new).unwrap();
        assert_eq!(interval(&old, &new).unwrap(), once);
        let by = joint_precision(&new).unwrap() - joint_precision(&old).unwrap();
        assert!(once[0] < by && by < once[1], "{by} in {once:?}");
        assert_eq!(interval(&[], &[]), None);
    }
}
