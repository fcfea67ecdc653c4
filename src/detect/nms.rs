//! Non-maximum suppression per class: of boxes that say the same, the best stays.
//!
//! Greedy and stable: equal scores keep their order, so a result never depends on chance.

use super::decode::Candidate;

/// Candidates of one class looked at, best first; what lies beyond is noise of a flooded frame and
/// would cost quadratic time.
const PER_CLASS: usize = 400;
/// Boxes a frame keeps over all classes, as COCO counts.
const PER_FRAME: usize = 100;

/// The candidates that survive, best first. Two boxes of a class that overlap by more than `iou`
/// are one thing; different classes never suppress each other.
pub fn suppress(mut candidates: Vec<Candidate>, iou: f32) -> Vec<Candidate> {
    candidates.retain(|c| c.score.is_finite() && c.corners.iter().all(|v| v.is_finite()));
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let classes = candidates.iter().map(|c| c.class + 1).max().unwrap_or(0);
    let mut kept: Vec<Candidate> = Vec::new();
    let mut looked_at = vec![0usize; classes];
    for candidate in candidates {
        looked_at[candidate.class] += 1;
        let hidden = looked_at[candidate.class] > PER_CLASS
            || kept.iter().any(|k| {
                k.class == candidate.class && overlap(&k.corners, &candidate.corners) > iou
            });
        if !hidden {
            kept.push(candidate);
        }
    }
    kept.truncate(PER_FRAME);
    kept
}

/// Intersection over union of `[x0, y0, x1, y1]` in any unit; 0 for boxes without area.
pub fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area = |r: &[f32; 4]| (r[2] - r[0]).max(0.0) * (r[3] - r[1]).max(0.0);
    let inter = area(&[a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    let union = area(a) + area(b) - inter;
    if union > 0.0 { (inter / union).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate() -> impl Strategy<Value = Candidate> {
        (0usize..3, 0.0f32..1.0, -20.0f32..400.0, -20.0f32..400.0, 1.0f32..200.0, 1.0f32..200.0)
            .prop_map(|(class, score, x, y, w, h)| Candidate {
                class,
                score,
                corners: [x, y, x + w, y + h],
            })
    }

    proptest! {
        #[test]
        fn overlap_is_symmetric_and_in_the_unit_range(a in candidate(), b in candidate()) {
            let (ab, ba) = (overlap(&a.corners, &b.corners), overlap(&b.corners, &a.corners));
            prop_assert!((ab - ba).abs() < 1e-6);
            prop_assert!((0.0..=1.0).contains(&ab));
            prop_assert!(overlap(&a.corners, &a.corners) > 0.999);
        }

        #[test]
        fn what_survives_survives_again_and_no_two_overlap(
            all in prop::collection::vec(candidate(), 0..150),
            iou in 0.1f32..0.9,
        ) {
            let once = suppress(all.clone(), iou);
            prop_assert_eq!(&suppress(once.clone(), iou), &once);
            prop_assert!(once.iter().all(|c| all.contains(c)));
            prop_assert!(once.is_sorted_by(|a, b| a.score >= b.score));
            for (i, a) in once.iter().enumerate() {
                for b in &once[i + 1..] {
                    prop_assert!(a.class != b.class || overlap(&a.corners, &b.corners) <= iou);
                }
            }
            // whatever was hidden had a better one of its class over it
            for c in &all {
                let over = |k: &&Candidate| {
                    k.class == c.class
                        && k.score >= c.score
                        && overlap(&k.corners, &c.corners) > iou
                };
                let kept = once.contains(c) || once.len() == PER_FRAME;
                prop_assert!(kept || once.iter().any(|k| over(&k)));
            }
        }
    }

    #[test]
    fn classes_do_not_hide_each_other_and_bad_numbers_are_dropped() {
        let of = |class, score, corners| Candidate { class, score, corners };
        let a = [0.0, 0.0, 10.0, 10.0];
        let kept = suppress(
            vec![
                of(0, 0.5, a),
                of(1, 0.6, a),
                of(0, 0.9, [0.0, 0.0, 10.0, 9.0]),
                of(2, f32::NAN, a),
                of(2, 0.7, [0.0, 0.0, f32::INFINITY, 1.0]),
            ],
            0.5,
        );
        assert_eq!(kept.iter().map(|c| c.class).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(kept[0].score, 0.9);
    }

    #[test]
    fn boxes_without_area_overlap_nothing() {
        assert_eq!(overlap(&[0.0; 4], &[0.0; 4]), 0.0);
        assert_eq!(overlap(&[5.0, 5.0, 1.0, 1.0], &[0.0, 0.0, 9.0, 9.0]), 0.0);
    }
}
