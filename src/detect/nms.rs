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
