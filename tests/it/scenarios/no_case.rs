//! What must not become a case: noise, what leaves in time, what stands where nobody asks.

use super::{
    desk::cases,
    street::{BIN, Faults, STALL, Street},
};

const SPOT: (f64, f64) = (21.0, 3.0);
const DAY: f64 = 24.0 * 60.0;

#[test]
fn flickers_all_over_the_picture() {
    let faults = Faults { flicker: 0.03, ..Faults::default() };
    for seed in 0..3 {
        let street = Street::seen_from_both_ends(DAY).with_faults(faults);
        let found = cases(&street.on_day(seed));
        assert!(found.is_empty(), "day {seed}: {found:#?}");
    }
}

#[test]
fn flickers_on_one_spot_at_a_low_rate() {
    for (seed, rate) in [(0, 0.003), (1, 0.006), (2, 0.01)] {
        let street = Street::seen_from_west(2.0 * DAY)
            .ghost(BIN, [0.4, 0.5, 0.47, 0.6], rate, 0.0..2.0 * DAY)
            .with_faults(Faults { flicker: 0.0, ..Faults::default() });
        let found = cases(&street.on_day(seed));
        assert!(found.is_empty(), "hit at {rate} of all looks: {found:#?}");
    }
}

#[test]
fn a_stay_shorter_than_dwell() {
    for seed in 0..8 {
        let street = Street::seen_from_both_ends(60.0).thing(STALL, SPOT, [20.0..23.5]);
        let found = cases(&street.on_day(seed));
        assert!(found.is_empty(), "day {seed}: {found:#?}");
    }
}

#[test]
fn a_flicker_before_a_short_stay_does_not_make_it_long() {
    let street = Street::seen_from_west(60.0);
    let corners = street.box_in_first_camera(STALL, SPOT);
    // one false hit on the spot some minutes before the stall comes, another some minutes after
    let street = street
        .thing(STALL, SPOT, [20.0..23.0])
        .ghost(STALL, corners, 1.0, 15.9..16.2)
        .ghost(STALL, corners, 1.0, 26.9..27.2);
    for seed in 0..4 {
        let found = cases(&street.clone().on_day(seed));
        assert!(found.is_empty(), "day {seed}: {found:#?}");
    }
}

#[test]
fn what_stands_in_an_ignored_zone() {
    let street = Street::seen_from_west(60.0).thing(STALL, SPOT, [10.0..50.0]);
    let [left, _, right, bottom] = street.box_in_first_camera(STALL, SPOT);
    let foot = ((left + right) / 2.0, bottom);
    let zone = |key: &str, classes: &str| {
        let (x, y) = foot;
        format!(
            "{key} = [{{ polygon = [[{}, {}], [{}, {}], [{}, {}], [{}, {}]]{classes} }}]",
            x - 0.1,
            y - 0.1,
            x + 0.1,
            y - 0.1,
            x + 0.1,
            y + 0.1,
            x - 0.1,
            y + 0.1
        )
    };
    let count = |keys: &str| cases(&street.clone().camera_keys(keys)).len();
    assert_eq!(count(""), 1);
    assert_eq!(count(&zone("ignore", "")), 0);
    assert_eq!(count(&zone("ignore", ", classes = [\"bin_overflow\"]")), 1);
    assert_eq!(count(&zone("include", "")), 1);
    let sky = "include = [{ polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.2], [0.0, 0.2]] }]";
    assert_eq!(count(sky), 0);
}

#[test]
fn what_the_detector_is_not_sure_enough_of() {
    let street = Street::seen_from_west(60.0).thing(STALL, SPOT, [10.0..50.0]);
    assert_eq!(cases(&street.clone().rule_keys("min_score = 0.4")).len(), 1);
    assert_eq!(cases(&street.rule_keys("min_score = 0.97")).len(), 0);
}

#[test]
fn a_class_without_a_rule() {
    let street = Street::seen_from_west(60.0).thing("umbrella", SPOT, [10.0..50.0]);
    assert!(cases(&street).is_empty());
}
