//! The same lines give the same bytes, in one run or in several.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    desk::{Desk, rows},
    street::{BIN, Faults, STALL, Street},
};

const PLACES: [(f64, f64); 4] = [(16.0, 3.0), (21.0, -3.0), (27.0, 2.0), (35.0, -1.0)];

/// A short bad day: one to three things that come and go, an outage, a knock, a review.
fn street() -> impl Strategy<Value = Street> {
    let thing =
        (prop::sample::select(vec![STALL, BIN]), 0..PLACES.len(), 5.0..60.0f64, 8.0..70.0f64);
    let upset = (20.0..100.0f64, 5.0..30.0f64, -0.01..0.01f64);
    let faults = (0.1..0.4f64, 0.0..0.03f64);
    (any::<u64>(), prop::collection::vec(thing, 1..4), upset, faults, any::<bool>()).prop_map(
        |(seed, things, (when, long, knock), (miss, flicker), rejected)| {
            let mut street = Street::seen_from_both_ends(150.0)
                .with_faults(Faults { miss, flicker, ..Faults::default() })
                .outage(when..when + long)
                .knock(when + 10.0, (knock, -knock))
                .permit(STALL, PLACES[1], "valid_from = \"2026-01-01\"\nvalid_to = \"2026-12-31\"\nhours = \"00:00-01:00\"");
            for (class, place, from, stay) in things {
                street = street.thing(class, PLACES[place], [from..from + stay, from + stay + 25.0..150.0]);
            }
            let decision = if rejected { "rejected" } else { "confirmed" };
            street.review(when, STALL, PLACES[0], decision).on_day(seed)
        },
    )
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_run_cut_at_any_line_gives_the_cases_of_one_run(street in street(), cuts in prop::collection::vec(0.0..=1.0f64, 1..4)) {
        let lines = street.lines();
        let whole = Desk::new(&street.site()).replay(&lines, None);
        let mut at: Vec<usize> = cuts.iter().map(|c| (c * lines.len() as f64) as usize).collect();
        at.extend([0, lines.len()]);
        at.sort_unstable();
        let desk = Desk::new(&street.site());
        let mut last = Vec::new();
        for part in at.windows(2) {
            last = desk.replay(&lines[part[0]..part[1]], Some("state"));
        }
        prop_assert_eq!(String::from_utf8(last), String::from_utf8(whole), "cut at {:?} of {}", at, lines.len());
    }

    #[test]
    fn the_same_lines_give_the_same_bytes_and_state(street in street()) {
        let lines = street.lines();
        let (one, other) = (Desk::new(&street.site()), Desk::new(&street.site()));
        prop_assert_eq!(one.replay(&lines, Some("state")), other.replay(&lines, Some("state")));
        let state = |desk: &Desk| super::desk::contents(&desk.path("state")).into_iter().map(|(_, b)| b).collect::<Vec<_>>();
        prop_assert_eq!(state(&one), state(&other));
    }
}

#[test]
fn numbers_are_never_used_twice() {
    let street = Street::seen_from_west(600.0)
        .thing(
            STALL,
            PLACES[0],
            (0..6).map(|i| f64::from(i) * 90.0 + 10.0..f64::from(i) * 90.0 + 60.0),
        )
        .review(30.0, STALL, PLACES[3], "confirmed");
    let desk = Desk::new(&street.site());
    let lines = street.lines();
    let mut known = BTreeSet::new();
    for part in lines.chunks(lines.len() / 12) {
        let found = rows(&desk.replay(part, Some("state")));
        let ids: BTreeSet<_> = found.iter().map(|c| c.id.clone()).collect();
        assert_eq!(ids.len(), found.len(), "a number twice");
        assert!(ids.is_superset(&known), "a number was given up");
        known = ids;
    }
    assert_eq!(known.len(), 6);
}

#[test]
fn a_camera_taken_out_of_the_settings_does_not_stop_the_rest() {
    let street = Street::seen_from_both_ends(120.0).thing(STALL, PLACES[1], [10.0..110.0]);
    let desk = Desk::new(&street.site());
    let lines = street.lines();
    let (first, second) = lines.split_at(lines.len() / 2);
    assert_eq!(rows(&desk.replay(first, Some("state")))[0].cameras.len(), 2);
    desk.settle(&street.clone().without("west").site());
    let rest: Vec<String> = second.iter().filter(|l| !l.contains("\"west\"")).cloned().collect();
    let found = rows(&desk.replay(&rest, Some("state")));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].last_seen > super::street::at(100.0), "{found:#?}");
}
