//! Average precision as COCO counts it, per class, over the pictures that label the class.
//!
//! As in pycocotools: up to 100 detections a picture and class, greedy matching by score to the best
//! free true box, regions to ignore take any number of detections out of account, precision made
//! monotone and read at 101 recalls. Not here: running a model.

use serde::Serialize;

use super::coco::{Picture, PixelBox};
use crate::base::ClassName;

/// The overlaps AP is the mean of: 0.50, 0.55, … 0.95.
pub const OVERLAPS: [f64; 10] = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
/// Detections counted of one class in one picture.
const MOST_PER_PICTURE: usize = 100;
/// Recalls precision is read at.
const RECALLS: usize = 101;

/// One detection to be scored, in pixels of its picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it was taken for.
    pub class: ClassName,
    /// In [0, 1].
    pub score: f64,
    /// Where.
    pub corners: PixelBox,
}

/// Which true boxes count, by area in square pixels, as COCO cuts them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// From.
    pub from: f64,
    /// To, inclusive.
    pub to: f64,
}

impl Sizes {
    /// Every size.
    pub const ALL: Self = Self { from: 0.0, to: 1e10 };
    /// Below 32 × 32.
    pub const SMALL: Self = Self { from: 0.0, to: 1024.0 };
    /// 32 × 32 to 96 × 96.
    pub const MEDIUM: Self = Self { from: 1024.0, to: 9216.0 };
    /// Above 96 × 96.
    pub const LARGE: Self = Self { from: 9216.0, to: 1e10 };

    fn holds(self, area: f64) -> bool {
        (self.from..=self.to).contains(&area)
    }
}

/// How well one class was found. Averages are `None` when there is nothing to find.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassScore {
    /// Which class.
    pub class: ClassName,
    /// Pictures that label it.
    pub pictures: usize,
    /// Its true boxes in them.
    pub boxes: usize,
    /// Average precision at overlap 0.5.
    pub ap50: Option<f64>,
    /// Mean over [`OVERLAPS`].
    pub ap: Option<f64>,
    /// The same for small things only.
    pub ap_small: Option<f64>,
    /// The same for medium things only.
    pub ap_medium: Option<f64>,
    /// The same for large things only.
    pub ap_large: Option<f64>,
}

/// Scores one class; `looks` are pictures with what was found in each.
pub fn score_class(class: &ClassName, looks: &[(&Picture, &[Found])]) -> ClassScore {
    let labelled: Vec<_> =
        looks.iter().filter(|(p, _)| p.labelled.contains(class)).copied().collect();
    let boxes = labelled
        .iter()
        .flat_map(|(p, _)| &p.truths)
        .filter(|t| t.class == *class && !t.ignore)
        .count();
    let mean = |sizes| {
        let aps: Option<Vec<f64>> =
            OVERLAPS.iter().map(|&o| average_precision(class, &labelled, o, sizes)).collect();
        aps.map(|aps| aps.iter().sum::<f64>() / aps.len() as f64)
    };
    ClassScore {
        class: class.clone(),
        pictures: labelled.len(),
        boxes,
        ap50: average_precision(class, &labelled, 0.5, Sizes::ALL),
        ap: mean(Sizes::ALL),
        ap_small: mean(Sizes::SMALL),
        ap_medium: mean(Sizes::MEDIUM),
        ap_large: mean(Sizes::LARGE),
    }
}

/// Average precision of a class at one overlap over pictures that label it; `None` when nothing of
/// these sizes is there to be found.
pub fn average_precision(
    class: &ClassName,
    looks: &[(&Picture, &[Found])],
    overlap: f64,
    sizes: Sizes,
) -> Option<f64> {
    let judged: Vec<Judged> =
        looks.iter().map(|(p, found)| Judged::new(class, p, found, overlap, sizes)).collect();
    joint_precision(&judged)
}

/// What the detections of one class in one picture were worth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// Score of each detection that counts, and whether it found a true box.
    found: Vec<(f64, bool)>,
    /// True boxes to be found.
    total: usize,
}

impl Judged {
    /// Matches `found` with what `picture` holds of `class` in these sizes.
    pub fn new(
        class: &ClassName,
        picture: &Picture,
        found: &[Found],
        overlap: f64,
        sizes: Sizes,
    ) -> Self {
        let mut truths: Vec<Target> = picture
            .truths
            .iter()
            .filter(|t| t.class == *class)
            .map(|t| Target {
                corners: t.corners,
                crowd: t.ignore,
                ignore: t.ignore || !sizes.holds(t.area),
                taken: false,
            })
            .collect();
        truths.sort_by_key(|t| t.ignore);
        let total = truths.iter().filter(|t| !t.ignore).count();
        let mut found: Vec<&Found> = found.iter().filter(|f| f.class == *class).collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut judged = Vec::new();
        for f in found.into_iter().take(MOST_PER_PICTURE) {
            match best_match(f, &mut truths, overlap) {
                Match::True => judged.push((f.score, true)),
                Match::Ignored => {}
                Match::None if sizes.holds(area(&f.corners)) => judged.push((f.score, false)),
                Match::None => {}
            }
        }
        Self { found: judged, total }
    }
}

/// Average precision over pictures; `None` when there is nothing to be found in them.
pub fn joint_precision<'a>(pictures: impl IntoIterator<Item = &'a Judged>) -> Option<f64> {
    let (mut found, mut total) = (Vec::new(), 0);
    for picture in pictures {
        found.extend_from_slice(&picture.found);
        total += picture.total;
    }
    (total > 0).then(|| interpolated(found, total))
}

struct Target {
    corners: PixelBox,
    crowd: bool,
    ignore: bool,
    taken: bool,
}

enum Match {
    True,
    Ignored,
    None,
}

/// The best free true box; one to ignore only when no real one is reached. `truths` has the real
/// ones first.
fn best_match(found: &Found, truths: &mut [Target], overlap: f64) -> Match {
    let mut best: Option<usize> = None;
    let mut reached = overlap.min(1.0 - 1e-10);
    for (i, truth) in truths.iter().enumerate() {
        if truth.taken && !truth.crowd {
            continue;
        }
        if truth.ignore && best.is_some_and(|b| !truths[b].ignore) {
            break;
        }
        let iou = shared(&found.corners, truth);
        if iou >= reached {
            reached = iou;
            best = Some(i);
        }
    }
    match best {
        Some(i) => {
            truths[i].taken = true;
            if truths[i].ignore { Match::Ignored } else { Match::True }
        }
        None => Match::None,
    }
}

/// Intersection over union; over the detection's own area for a region to ignore.
fn shared(found: &PixelBox, truth: &Target) -> f64 {
    let (a, b) = (found, &truth.corners);
    let inter = area(&[a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    let whole = if truth.crowd { area(a) } else { area(a) + area(b) - inter };
    if whole > 0.0 { inter / whole } else { 0.0 }
}

fn area(b: &PixelBox) -> f64 {
    (b[2] - b[0]).max(0.0) * (b[3] - b[1]).max(0.0)
}

/// The mean of the best precision at or beyond each of 101 recalls.
fn interpolated(mut judged: Vec<(f64, bool)>, total: usize) -> f64 {
    judged.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut hits = 0;
    let mut curve: Vec<(usize, f64)> = Vec::with_capacity(judged.len());
    for (i, (_, right)) in judged.iter().enumerate() {
        hits += usize::from(*right);
        curve.push((hits, hits as f64 / (i + 1) as f64));
    }
    for i in (1..curve.len()).rev() {
        curve[i - 1].1 = curve[i - 1].1.max(curve[i].1);
    }
    let sum: f64 = (0..RECALLS)
        .map(|r| {
            // rounded as numpy's linspace does, so that the number is the reference tool's to the digit
            let recall = r as f64 * 0.01;
            let reached = curve.partition_point(|(h, _)| (*h as f64 / total as f64) < recall);
            curve.get(reached).map_or(0.0, |(_, precision)| *precision)
        })
        .sum();
    sum / RECALLS as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::coco::Truth;

    fn picture(truths: &[(&str, PixelBox, bool)], labelled: &[&str]) -> Picture {
        Picture {
            file_name: "p.jpg".to_owned(),
            width: 1000,
            height: 1000,
            labelled: labelled.iter().map(|c| ClassName::from(*c)).collect(),
            truths: truths
                .iter()
                .map(|(class, corners, ignore)| Truth {
                    class: (*class).into(),
                    corners: *corners,
                    area: area(corners),
                    ignore: *ignore,
                })
                .collect(),
            facts: serde_json::Map::new(),
        }
    }

    fn found(class: &str, score: f64, corners: PixelBox) -> Found {
        Found { class: class.into(), score, corners }
    }

    const A: PixelBox = [0.0, 0.0, 100.0, 100.0];
    const B: PixelBox = [200.0, 0.0, 300.0, 100.0];
    const FAR: PixelBox = [600.0, 600.0, 700.0, 700.0];

    fn near(got: Option<f64>, expected: f64) {
        assert!(got.is_some_and(|g| (g - expected).abs() < 1e-9), "{got:?} is not {expected}");
    }

    #[test]
    fn everything_found_and_nothing_else_is_one() {
        let p = picture(&[("bin", A, false), ("bin", B, false)], &["bin"]);
        let f = [found("bin", 0.9, A), found("bin", 0.8, B)];
        let s = score_class(&"bin".into(), &[(&p, &f)]);
        near(s.ap50, 1.0);
        near(s.ap, 1.0);
        assert_eq!((s.boxes, s.pictures), (2, 1));
        assert_eq!(s.ap_small, None);
        near(s.ap_large, 1.0);
    }

    #[test]
    fn a_false_one_between_two_true_ones_by_hand() {
        // precision 1 up to recall 0.5 (51 of 101 recalls), then 2/3
        let p = picture(&[("bin", A, false), ("bin", B, false)], &["bin"]);
        let f = [found("bin", 0.9, A), found("bin", 0.8, FAR), found("bin", 0.7, B)];
        let s = score_class(&"bin".into(), &[(&p, &f)]);
        near(s.ap50, (51.0 + 50.0 * 2.0 / 3.0) / 101.0);
    }

    #[test]
    fn a_missed_one_costs_the_recalls_beyond() {
        let p = picture(&[("bin", A, false), ("bin", B, false)], &["bin"]);
        let s = score_class(&"bin".into(), &[(&p, &[found("bin", 0.9, A)])]);
        near(s.ap50, 51.0 / 101.0);
    }

    #[test]
    fn overlap_of_0_6_counts_for_three_of_ten_overlaps() {
        let p = picture(&[("bin", A, false)], &["bin"]);
        let s = score_class(&"bin".into(), &[(&p, &[found("bin", 0.9, [0.0, 0.0, 100.0, 60.0])])]);
        near(s.ap50, 1.0);
        near(s.ap, 0.3);
    }

    #[test]
    fn one_true_box_is_found_once() {
        let p = picture(&[("bin", A, false)], &["bin"]);
        // the double comes first in score only at recall 1: precision stays 1 there
        let after = [found("bin", 0.9, A), found("bin", 0.8, A)];
        near(score_class(&"bin".into(), &[(&p, &after)]).ap50, 1.0);
        let two = picture(&[("bin", A, false), ("bin", B, false)], &["bin"]);
        let between = [found("bin", 0.9, A), found("bin", 0.8, A), found("bin", 0.7, B)];
        near(
            score_class(&"bin".into(), &[(&two, &between)]).ap50,
            (51.0 + 50.0 * 2.0 / 3.0) / 101.0,
        );
    }

    #[test]
    fn regions_to_ignore_take_detections_out_of_account() {
        let p =
            picture(&[("bin", A, false), ("bin", [500.0, 500.0, 900.0, 900.0], true)], &["bin"]);
        let f = [found("bin", 0.95, FAR), found("bin", 0.94, FAR), found("bin", 0.9, A)];
        let s = score_class(&"bin".into(), &[(&p, &f)]);
        near(s.ap50, 1.0);
        assert_eq!(s.boxes, 1);
    }

    #[test]
    fn pictures_that_do_not_label_a_class_do_not_judge_it() {
        let labelled = picture(&[("bin", A, false)], &["bin"]);
        let silent = picture(&[], &["sign"]);
        let f = [found("bin", 0.9, A)];
        let wrong = [found("bin", 0.99, B)];
        let s = score_class(&"bin".into(), &[(&labelled, &f), (&silent, &wrong)]);
        near(s.ap50, 1.0);
        assert_eq!(s.pictures, 1);
        let empty = picture(&[], &["bin"]);
        let s = score_class(&"bin".into(), &[(&labelled, &f), (&empty, &wrong)]);
        near(s.ap50, 0.5);
    }

    #[test]
    fn a_class_without_boxes_has_no_score() {
        let p = picture(&[], &["bin"]);
        assert_eq!(score_class(&"bin".into(), &[(&p, &[found("bin", 0.9, A)])]).ap, None);
    }

    #[test]
    fn sizes_out_of_range_neither_help_nor_hurt() {
        let small: PixelBox = [400.0, 0.0, 410.0, 10.0];
        let p = picture(&[("bin", A, false), ("bin", small, false)], &["bin"]);
        let f = [found("bin", 0.9, A), found("bin", 0.8, small)];
        let s = score_class(&"bin".into(), &[(&p, &f)]);
        near(s.ap_small, 1.0);
        near(s.ap_large, 1.0);
        assert_eq!(s.ap_medium, None);
    }
}
