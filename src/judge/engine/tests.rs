//! What must hold of judging whatever is seen: properties over made-up looks of two cameras.

use std::{collections::BTreeMap, time::Duration};

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::{
    base::{BBox, Detection, LonLat, WallTime},
    judge::{Area, Camera, Ground, Permit, Pose, Rule},
};

const CLASS: &str = "street_stall";
const WEST: LonLat = LonLat { lon: 113.0815, lat: 22.5787 };
const LOOK_EVERY_S: u64 = 20;
/// Boxes so far apart that their places are too.
const SPOTS: [(f32, f32); 3] = [(0.2, 0.8), (0.5, 0.6), (0.85, 0.75)];

fn pose(place: LonLat, heading_deg: f64) -> Ground {
    let (height_m, pitch_deg, fov_deg) = (6.5, 18.0, 70.0);
    Ground::Pose(Pose { place, height_m, heading_deg, pitch_deg, fov_deg, aspect: 16.0 / 9.0 })
}

fn camera(id: &str, ground: Ground) -> Camera {
    Camera {
        id: id.into(),
        ground,
        include: Vec::new(),
        ignore: Vec::new(),
        recheck: Duration::ZERO,
    }
}

pub(super) fn options() -> Options {
    let minutes = |m: u64| Duration::from_secs(m * 60);
    let rule = Rule {
        dwell: minutes(5),
        gone_after: minutes(10),
        merge_radius_m: 2.0,
        min_score: 0.3,
        hours: None,
        reject_radius_m: 2.0,
        reject_for: minutes(60),
    };
    Options {
        rules: BTreeMap::from([(CLASS.into(), rule)]),
        cameras: vec![camera("west", pose(WEST, 90.0))],
        permits: Vec::new(),
        timezone: chrono_tz::Asia::Shanghai,
    }
}

/// Licensed around `place` at all times of all days.
fn licence(place: LonLat, half_m: f64) -> Permit {
    let corner = |x: f64, y: f64| place.offset_by(x * half_m, y * half_m);
    let ring = vec![corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)];
    Permit {
        id: "L1".to_owned(),
        class: CLASS.into(),
        area: Area::new(ring).unwrap(),
        valid_from: NaiveDate::MIN,
        valid_to: NaiveDate::MAX,
        hours: None,
    }
}

/// One look: which spots are found, each with a jitter.
pub(super) type Seen = Vec<(usize, f32, f32)>;

pub(super) fn look(number: usize, seen: &Seen) -> Detections {
    let detections = seen.iter().map(|(spot, dx, dy)| {
        let (x, y) = (SPOTS[*spot].0 + dx, SPOTS[*spot].1 + dy);
        let bbox = BBox::new(x - 0.05, y - 0.1, x + 0.05, y).unwrap();
        Detection { class: CLASS.into(), score: 0.7, bbox, second: None, is_weak: false }
    });
    Detections {
        camera: "west".into(),
        at: WallTime::from_millis(0).plus(Duration::from_secs(LOOK_EVERY_S * number as u64)),
        width: 1920,
        height: 1080,
        detections: detections.collect(),
    }
}

/// The same, of which nothing is sure.
fn weakly(mut look: Detections) -> Detections {
    look.detections.iter_mut().for_each(|seen| seen.is_weak = true);
    look
}

fn opened(judge: &mut Judge, looks: &[Detections]) -> Vec<crate::judge::Violation> {
    let judgements = looks.iter().flat_map(|look| judge.observe(look));
    judgements.filter_map(|j| if let Judgement::Opened(v) = j { Some(v) } else { None }).collect()
}

fn jitter() -> impl Strategy<Value = f32> {
    -0.006..0.006f32
}

/// Looks at which any of the spots are found or not, in no order at all.
fn any_looks() -> impl Strategy<Value = Vec<Seen>> {
    let spot = (0..SPOTS.len(), jitter(), jitter());
    prop::collection::vec(prop::collection::vec(spot, 0..3), 20..150)
}

/// An hour in which the first `n` spots are found at every look.
fn standing(n: usize) -> impl Strategy<Value = Vec<Seen>> {
    let each: Vec<_> = (0..n).map(|i| (Just(i), jitter(), jitter())).collect();
    prop::collection::vec(each, 180)
}

fn looks(seen: &[Seen]) -> Vec<Detections> {
    seen.iter().enumerate().map(|(i, seen)| look(i, seen)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_third_of_all_looks_lost_changes_no_count(
        seen in standing(3),
        lost in prop::collection::vec(prop::bool::weighted(0.3), 180),
    ) {
        let all = looks(&seen);
        let kept: Vec<Detections> =
            all.iter().zip(&lost).filter(|(_, lost)| !**lost).map(|(look, _)| look.clone()).collect();
        prop_assert_eq!(opened(&mut Judge::new(options()), &all).len(), 3);
        prop_assert_eq!(opened(&mut Judge::new(options()), &kept).len(), 3);
    }

    #[test]
    fn what_is_seen_weakly_opens_nothing(seen in any_looks()) {
        let mut judge = Judge::new(options());
        let weak: Vec<_> = looks(&seen).into_iter().map(weakly).collect();
        prop_assert!(weak.iter().all(|look| judge.observe(look).is_empty()));
        prop_assert_eq!(judge.tracks.len(), 0);
        // nor does it bring forward what sure boxes open
        let plain = looks(&seen);
        let mut both = plain.clone();
        for (look, weak) in both.iter_mut().zip(looks(&vec![vec![(0, 0.0, 0.0), (2, 0.0, 0.0)]; 150])) {
            look.detections.extend(weakly(weak).detections);
        }
        let first = |looks: &[Detections]| opened(&mut Judge::new(options()), looks).into_iter().next();
        prop_assert_eq!(first(&both), first(&plain));
    }

    #[test]
    fn a_licence_for_all_times_never_makes_more_violations(
        seen in any_looks(),
        east in 5.0..30.0f64,
        north in -8.0..8.0f64,
        half_m in 1.0..15.0f64,
    ) {
        let licensed =
            Options { permits: vec![licence(WEST.offset_by(east, north), half_m)], ..options() };
        let looks = looks(&seen);
        let without = opened(&mut Judge::new(options()), &looks).len();
        prop_assert!(opened(&mut Judge::new(licensed), &looks).len() <= without);
    }

    #[test]
    fn nothing_is_claimed_on_a_rejected_spot(seen in any_looks(), spot in 0..SPOTS.len()) {
        let looks = looks(&seen);
        let place = opened(&mut Judge::new(options()), &self::looks(&vec![vec![(spot, 0.0, 0.0)]; 60]))[0]
            .position
            .place;
        let mut judge = Judge::new(options());
        let spot = RejectedSpot {
            id: "s".to_owned(),
            class: CLASS.into(),
            place,
            radius_m: 4.0,
            from: WallTime::from_millis(0),
            until: WallTime::from_millis(i64::MAX),
            by: "somebody".to_owned(),
            reason: String::new(),
        };
        judge.reject(spot);
        for violation in opened(&mut judge, &looks) {
            prop_assert!(violation.position.place.distance_m(place) > 4.0, "{violation:?}");
        }
    }

    #[test]
    fn every_violation_ends_at_most_once_and_after_it_began(seen in any_looks()) {
        let mut judge = Judge::new(options());
        let mut quiet = seen.clone();
        quiet.extend(vec![Seen::new(); 40]);
        let mut standing = BTreeMap::new();
        for judgement in looks(&quiet).iter().flat_map(|look| judge.observe(look)) {
            match judgement {
                Judgement::Opened(v) => {
                    prop_assert!(v.last_seen.since(v.first_seen) >= options().rules[&v.class].dwell);
                    prop_assert!(standing.insert(v.id, v.last_seen).is_none(), "opened twice");
                }
                Judgement::Seen(v) => {
                    prop_assert!(standing.insert(v.id, v.last_seen).is_some(), "seen, not opened");
                }
                Judgement::Gone { violation, at } => {
                    let last = standing.remove(&violation);
                    prop_assert!(last.is_some_and(|last| at > last), "gone, not standing");
                }
                _ => {}
            }
        }
        prop_assert!(standing.is_empty(), "nothing is left after thirteen empty minutes");
        prop_assert_eq!(judge.things().count(), 0);
    }

    #[test]
    fn what_follows_from_the_tables_keeps_up_with_them(seen in any_looks(), radius_m in 1.0..30.0f64) {
        let mut both = options();
        both.cameras.push(camera("east", pose(WEST, 90.0)));
        both.rules.values_mut().for_each(|rule| {
            (rule.merge_radius_m, rule.dwell) = (radius_m, Duration::from_secs(60));
        });
        let mut judge = Judge::new(both);
        for (number, west) in looks(&seen).into_iter().enumerate() {
            let camera = if number % 3 == 0 { "east" } else { "west" };
            judge.observe(&Detections { camera: camera.into(), ..west });
            prop_assert_eq!(&judge.found, &Found::of(&judge.things, &judge.former));
            for (id, thing) in &judge.things {
                let mutual = thing.apart.iter().filter_map(|other| judge.things.get(other));
                prop_assert!(mutual.into_iter().all(|other| other.apart.contains(id)));
                let shown = thing.tracks.iter().filter_map(|n| judge.tracks.get(n));
                prop_assert!(shown.into_iter().all(|track| track.thing == Some(*id)));
            }
        }
    }

    #[test]
    fn it_does_not_matter_which_of_two_cameras_looks_first(
        east_first in any::<bool>(),
        seen in standing(1),
    ) {
        // the second one stands where the first one does, so that both see the same boxes
        let mut both = options();
        both.cameras.push(camera("east", pose(WEST, 90.0)));
        let mut judge = Judge::new(both);
        let mut twice = Vec::new();
        for west in looks(&seen) {
            let east = Detections { camera: "east".into(), ..west.clone() };
            twice.extend(if east_first { [east, west] } else { [west, east] });
        }
        prop_assert_eq!(opened(&mut judge, &twice).len(), 1);
        let thing = judge.things.values().next().unwrap();
        prop_assert_eq!(thing.seen_by.len(), 2);
        let alone = opened(&mut Judge::new(options()), &looks(&seen))[0].position.place;
        prop_assert!(thing.position.place.distance_m(alone) < 0.5);
    }
}

#[test]
fn two_that_were_taken_for_one_are_parted_when_both_are_seen_at_once() {
    // the second spot is within the merge radius and at first seen only when the first is hidden
    let mut wide = options();
    wide.rules.values_mut().for_each(|rule| rule.merge_radius_m = 40.0);
    let in_turns = (0..30).map(|i| vec![(usize::from(i >= 15), 0.0, 0.0)]);
    let at_once = (0..60).map(|_| vec![(0, 0.0, 0.0), (1, 0.0, 0.0)]);
    let seen: Vec<Seen> = in_turns.chain(at_once).collect();
    let mut judge = Judge::new(wide);
    let found = opened(&mut judge, &looks(&seen));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(judge.things().count(), 2);
}

#[test]
fn what_is_seen_weakly_where_it_lately_stood_has_not_gone() {
    let stall = vec![(1, 0.0, 0.0)];
    let faintly = |mut look: Detections| {
        look.detections.iter_mut().for_each(|seen| seen.score = 0.29);
        look
    };
    // weak by the detector, or by the rule
    for weaken in [weakly, faintly] {
        let mut judge = Judge::new(options());
        let mut number = 0;
        let mut observe = |seen: &Seen, is_weak: bool, times: usize| {
            let looks = (number..number + times).map(|number| look(number, seen));
            number += times;
            let looks: Vec<_> =
                looks.map(|look| if is_weak { weaken(look) } else { look }).collect();
            looks.iter().flat_map(|look| judge.observe(look)).collect::<Vec<_>>()
        };
        let is_end = |judgement: &Judgement| matches!(judgement, Judgement::Gone { .. });
        let seen = observe(&stall, false, 30);
        assert!(seen.iter().any(|j| matches!(j, Judgement::Opened(_))));
        for _ in 0..6 {
            // five minutes; it is gone after ten minutes
            let held = observe(&stall, true, 15);
            assert!(held.is_empty(), "neither seen nor gone: {held:?}");
            assert!(observe(&vec![(2, 0.0, 0.0)], true, 15).is_empty(), "elsewhere: looked for");
            let again = observe(&stall, false, 3);
            let is_seen = |judgement: &Judgement| matches!(judgement, Judgement::Seen(_));
            assert!(!again.is_empty() && again.iter().all(is_seen), "it is there: {again:?}");
        }
        assert!(!observe(&stall, true, 15 + 29).iter().any(is_end));
        assert!(observe(&stall, true, 1).iter().any(is_end), "it left something behind");
    }
}
