//! What the daemon's `/metrics` says, as far as the measurement needs it: Prometheus' text format,
//! whose counters only grow, read twice and taken from one another. Reads nothing itself.

use std::collections::BTreeMap;

use crate::runtime::events::DECISION_SECONDS;

const DROPPED: &str = "streetwarden_camera_frames_dropped_total";
const JUDGED: &str = "streetwarden_frames_judged_total";
const STREAMING: &str = "streetwarden_camera_streaming";
const SECOND_LOOKS: &str = "streetwarden_second_looks_total";

/// One reading, over all cameras.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Cameras that deliver.
    pub streaming: usize,
    /// Frames judged.
    pub judged: f64,
    /// Detections that were shown to the second look's model.
    pub shown_again: f64,
    /// Detections of which what was said before still held.
    pub recalled: f64,
    /// Frames dropped, by reason.
    pub dropped: BTreeMap<String, f64>,
    /// Decisions that took so many seconds or less: upper bound and count, bounds ascending.
    decisions: Vec<(f64, f64)>,
}

impl Counts {
    /// Those in `text`. What is no sample, or of no interest, is passed over.
    pub fn read(text: &str) -> Self {
        let mut counts = Self::default();
        for sample in text.lines().filter_map(Sample::read) {
            match sample.name {
                STREAMING if sample.value > 0.0 => counts.streaming += 1,
                JUDGED => counts.judged += sample.value,
                SECOND_LOOKS if sample.label("from") == Some("memory") => {
                    counts.recalled += sample.value;
                }
                SECOND_LOOKS => counts.shown_again += sample.value,
                DROPPED => {
                    let reason = sample.label("reason").unwrap_or_default().to_owned();
                    *counts.dropped.entry(reason).or_default() += sample.value;
                }
                name if name.strip_suffix("_bucket") == Some(DECISION_SECONDS) => {
                    let bound = sample.label("le").and_then(|le| le.parse().ok());
                    counts.decisions.extend(bound.map(|bound| (bound, sample.value)));
                }
                _ => {}
            }
        }
        counts.decisions.sort_by(|a, b| a.0.total_cmp(&b.0));
        counts
    }

    /// What was counted since an `earlier` reading; cameras stay as they are.
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |reason: &String| earlier.dropped.get(reason).copied().unwrap_or(0.0);
        let dropped = self.dropped.iter().map(|(why, n)| (why.clone(), n - before(why)));
        let counted = |at: f64| {
            let same = earlier.decisions.iter().find(|(bound, _)| *bound == at);
            same.map_or(0.0, |(_, count)| *count)
        };
        Self {
            streaming: self.streaming,
            judged: self.judged - earlier.judged,
            shown_again: self.shown_again - earlier.shown_again,
            recalled: self.recalled - earlier.recalled,
            dropped: dropped.collect(),
            decisions: self.decisions.iter().map(|(at, n)| (*at, n - counted(*at))).collect(),
        }
    }

    /// Milliseconds within which `share` of the decisions were made, evenly spread between two
    /// bounds; infinite beyond the last, none where nothing was decided.
    pub fn decision_ms(&self, share: f64) -> Option<f64> {
        let (_, all) = self.decisions.last().filter(|(_, all)| *all > 0.0)?;
        let wanted = all * share;
        let (mut from, mut below) = (0.0, 0.0);
        for (bound, count) in &self.decisions {
            if *count >= wanted {
                let part = if *count > below { (wanted - below) / (count - below) } else { 1.0 };
                return Some((from + (bound - from) * part) * 1e3);
            }
            (from, below) = (*bound, *count);
        }
        None
    }
}

/// `name{label="text",…} value`. A label's text is taken as it stands: none of those read here holds
/// a quote.
struct Sample<'a> {
    name: &'a str,
    labels: &'a str,
    value: f64,
}

impl<'a> Sample<'a> {
    fn read(line: &'a str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let (front, value) = line.rsplit_once(' ')?;
        let (name, labels) = match front.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}')?),
            None => (front, ""),
        };
        Some(Self { name, labels, value: value.parse().ok()? })
    }

    fn label(&self, wanted: &str) -> Option<&'a str> {
        let mut rest = self.labels;
        while let Some((name, after)) = rest.split_once("=\"") {
            let (text, more) = after.split_once('"')?;
            if name.trim_start_matches(',') == wanted {
                return Some(text);
            }
            rest = more;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIER: &str = r#"
# HELP streetwarden_camera_frames_dropped_total Frames dropped before the model, by reason
# TYPE streetwarden_camera_frames_dropped_total counter
streetwarden_camera_frames_dropped_total{camera="cam-0",reason="delta"} 100
streetwarden_camera_streaming{camera="cam-0"} 1
streetwarden_camera_streaming{camera="cam-1"} 0
streetwarden_frames_judged_total{camera="cam-0"} 2
streetwarden_second_looks_total{class="billboard",result="kept",from="model"} 1
streetwarden_decision_seconds_bucket{le="0.1"} 1
streetwarden_decision_seconds_bucket{le="0.2"} 2
streetwarden_decision_seconds_bucket{le="0.4"} 2
streetwarden_decision_seconds_bucket{le="+Inf"} 2
streetwarden_decision_seconds_sum 0.21
"#;
    const LATER: &str = r#"
streetwarden_camera_frames_dropped_total{camera="cam-0",reason="delta"} 148
streetwarden_camera_frames_dropped_total{camera="cam-1",reason="delta"} 52
streetwarden_camera_frames_dropped_total{camera="cam-1",reason="superseded"} 3
streetwarden_camera_streaming{camera="cam-0"} 1
streetwarden_camera_streaming{camera="cam-1"} 1
streetwarden_frames_judged_total{camera="cam-0"} 12
streetwarden_frames_judged_total{camera="cam-1"} 10
streetwarden_second_looks_total{class="billboard",result="kept",from="model"} 3
streetwarden_second_looks_total{class="billboard",result="kept",from="memory"} 40
streetwarden_second_looks_total{class="street_stall",result="weak",from="model"} 5
streetwarden_second_looks_total{class="street_stall",result="kept",from="memory"} 2
streetwarden_decision_seconds_bucket{le="0.1"} 11
streetwarden_decision_seconds_bucket{le="0.2"} 20
streetwarden_decision_seconds_bucket{le="0.4"} 22
streetwarden_decision_seconds_bucket{le="+Inf"} 22
"#;

    #[test]
    fn what_was_counted_between_two_readings_is_told() {
        let (earlier, later) = (Counts::read(EARLIER), Counts::read(LATER));
        assert_eq!((earlier.streaming, later.streaming), (1, 2));
        let counts = later.since(&earlier);
        assert_eq!(counts.judged, 20.0);
        assert_eq!((counts.shown_again, counts.recalled), (7.0, 42.0));
        let dropped = [("delta".to_owned(), 100.0), ("superseded".to_owned(), 3.0)];
        assert_eq!(counts.dropped, dropped.into());
    }

    #[test]
    fn quantiles_lie_between_the_bounds_of_what_was_decided_meanwhile() {
        // 10 within 100 ms, 8 more within 200, 2 more within 400
        let counts = Counts::read(LATER).since(&Counts::read(EARLIER));
        assert_eq!(counts.decision_ms(0.25), Some(50.0));
        assert_eq!(counts.decision_ms(0.5), Some(100.0));
        assert_eq!(counts.decision_ms(0.9), Some(200.0));
        assert_eq!(counts.decision_ms(0.95).map(f64::round), Some(300.0));
        assert_eq!(Counts::default().decision_ms(0.5), None);
        let same = Counts::read(LATER).since(&Counts::read(LATER));
        assert_eq!(same.decision_ms(0.5), None, "nothing was decided");
    }

    #[test]
    fn what_took_longer_than_all_bounds_is_endless() {
        let text = "streetwarden_decision_seconds_bucket{le=\"1\"} 1\n\
                    streetwarden_decision_seconds_bucket{le=\"+Inf\"} 4\n";
        let counts = Counts::read(text);
        assert_eq!(counts.decision_ms(0.25), Some(1000.0));
        assert_eq!(counts.decision_ms(0.5), Some(f64::INFINITY));
    }
}
