//! Made-up streets with only the looks that a gate before inference lets through: those after a
//! change, those every `recheck`, and those that judging asks for. What must come out is what comes
//! out of all looks. Whether a picture shows a change is not asked of pictures here.

use std::{collections::BTreeMap, path::Path, time::Duration};

use streetwarden::{
    base::{CameraId, WallTime},
    judge::Judge,
    resolve::{CaseRow, Line, parse_line},
    settings::Settings,
};

use super::{
    desk::{Desk, rows},
    street::{BIN, Faults, STALL, Street, at},
};

/// Looks that a change gets, the time between them, and frames until it is taken for one.
const LOOKS_AFTER_CHANGE: usize = 2;
const PAUSE: Duration = Duration::from_secs(5);
const FRAMES_UNTIL_STANDING: usize = 2;
/// Time after a look in which frames do not reach the gate, unless looks are wanted sooner.
const REST: Duration = Duration::from_secs(3);

/// What a gate knows of a camera.
#[derive(Default)]
struct Eye {
    looked_at: Option<WallTime>,
    before: Option<WallTime>,
    /// Frames since the last change.
    since_change: Option<usize>,
    /// Looks that the last change has yet to get.
    owed: usize,
}

impl Eye {
    fn admits(&mut self, at: WallTime, changes: &[WallTime], recheck: Duration) -> bool {
        let rests =
            recheck >= PAUSE && self.looked_at.is_some_and(|looked| at.since(looked) < REST);
        if rests {
            return false;
        }
        let before = self.before.replace(at);
        if changes.iter().any(|c| *c <= at && before.is_none_or(|b| b < *c)) {
            self.since_change = Some(0);
        } else if let Some(frames) = &mut self.since_change {
            *frames += 1;
        }
        if self.since_change == Some(FRAMES_UNTIL_STANDING) {
            self.owed = LOOKS_AFTER_CHANGE;
        }
        let is_over = |time| self.looked_at.is_none_or(|looked| at.since(looked) >= time);
        let admits = is_over(if self.owed > 0 { PAUSE.min(recheck) } else { recheck });
        if admits {
            self.looked_at = Some(at);
            self.owed = self.owed.saturating_sub(1);
        }
        admits
    }
}

/// The lines that are left of `lines` when pictures change at `changes`. Judging is asked as it is
/// in the daemon, after each look.
pub fn thinned(site: &Path, lines: &[String], changes: &[WallTime]) -> Vec<String> {
    let settings = Settings::load(site).unwrap();
    let mut judge = Judge::new(settings.judge);
    let mut eyes: BTreeMap<CameraId, Eye> = BTreeMap::new();
    let mut passes = |line: &str| {
        let Line::Detections(look) = parse_line(line).unwrap() else { return true };
        let recheck = settings.detect.recheck_of(&look.camera).time().expect("a gate");
        let wanted = judge.wants_look_within(&look.camera).unwrap_or(recheck);
        let eye = eyes.entry(look.camera.clone()).or_default();
        let admits = eye.admits(look.at, changes, recheck.min(wanted));
        if admits {
            judge.observe(&look);
        }
        admits
    };
    lines.iter().filter(|line| passes(line)).cloned().collect()
}

struct Both {
    all: Vec<CaseRow>,
    few: Vec<CaseRow>,
    /// Part of the looks that are left.
    share: f64,
}

fn both(street: &Street, changes: &[f64]) -> Both {
    let desk = Desk::new(&street.site());
    let lines = street.lines();
    let changes: Vec<WallTime> = changes.iter().map(|minute| at(*minute)).collect();
    let few = thinned(&desk.path("site.toml"), &lines, &changes);
    let share = few.len() as f64 / lines.len() as f64;
    Both { all: rows(&desk.replay(&lines, None)), few: rows(&desk.replay(&few, None)), share }
}

/// A day at a look every two seconds, as bad a minute as those at a look every twenty.
fn busy_street(seed: u64) -> Street {
    let faults = Faults { miss: 0.25, flicker: 0.003, passer_by: 0.0004, ..Faults::default() };
    Street::seen_from_both_ends(200.0)
        .looked_at_every(2.0)
        .with_faults(faults)
        .on_day(seed)
        .thing(STALL, (21.0, 3.0), [10.0..80.0, 130.0..160.0])
        .thing(BIN, (27.0, -3.0), [30.0..120.0])
        .thing(BIN, (16.0, 4.0), [60.0..65.0])
        .outage(90.0..100.0)
}

fn assert_same(both: &Both, reach_s: u64, what: &str) {
    let (all, few) = (&both.all, &both.few);
    assert_eq!(few.len(), all.len(), "{what}: {few:#?} instead of {all:#?}");
    let near = |a: WallTime, b: WallTime| a.millis().abs_diff(b.millis()) <= reach_s * 1_000;
    for one in all {
        let same: Vec<&CaseRow> = few
            .iter()
            .filter(|f| f.class == one.class && near(f.first_seen, one.first_seen))
            .collect();
        let [same] = same[..] else { panic!("{what}: {few:#?} instead of {all:#?}") };
        assert_eq!(same.recurrence_of.is_some(), one.recurrence_of.is_some(), "{what}");
        let [gone, gone_of_all] = [same, one].map(|case| case.gone_at.unwrap());
        assert!(near(gone, gone_of_all), "{what}: {same:#?} instead of {one:#?}");
    }
}

#[test]
fn few_looks_make_the_cases_of_all_looks() {
    for seed in 0..6 {
        let street = busy_street(seed);
        let both = both(&street, &[10.0, 80.0, 130.0, 160.0, 30.0, 120.0, 60.0, 65.0]);
        assert_eq!(both.all.len(), 3, "day {seed}: {:#?}", both.all);
        assert_same(&both, 120, &format!("day {seed}"));
        assert!(both.share < 0.3, "day {seed}: {} of the looks", both.share);
    }
}

#[test]
fn also_when_the_gate_overlooks_every_change() {
    for seed in 0..6 {
        let both = both(&busy_street(seed), &[]);
        assert_same(&both, 150, &format!("day {seed}"));
        assert!(both.share < 0.3, "day {seed}: {} of the looks", both.share);
    }
}
