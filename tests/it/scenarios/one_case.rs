//! What is one thing stays one case, whatever hides it.

use super::{
    desk::{cases, off_by},
    street::{BIN, Faults, STALL, Street, at},
};

const SPOT: (f64, f64) = (21.0, 3.0);

#[test]
fn two_cameras_name_one_thing_once() {
    let street = Street::seen_from_both_ends(120.0).thing(STALL, SPOT, [10.0..80.0]);
    let found = cases(&street);
    let [case] = &found[..] else { panic!("{found:#?}") };
    let mut cameras: Vec<_> = case.cameras.iter().map(|c| c.as_str()).collect();
    cameras.sort_unstable();
    assert_eq!(cameras, ["east", "west"]);
    assert!(off_by(case, SPOT) < 1.0, "{} m", off_by(case, SPOT));
    assert!(case.first_seen >= at(10.0) && case.first_seen < at(12.0), "{case:?}");
    assert!(case.last_seen < at(80.0) && case.last_seen > at(76.0), "{case:?}");
    // looked for in vain for ten minutes after that
    let gone = case.gone_at.unwrap();
    assert!(gone > at(86.0) && gone < at(92.0), "{case:?}");
    assert_eq!((case.status.as_str(), &case.recurrence_of), ("clue", &None));
}

#[test]
fn gone_long_enough_and_back_is_a_second_case_that_names_the_first() {
    let street = Street::seen_from_west(200.0).thing(STALL, SPOT, [10.0..50.0, 80.0..120.0]);
    let found = cases(&street);
    let [first, second] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((&first.recurrence_of, &second.recurrence_of), (&None, &Some(first.id.clone())));
    assert!(first.gone_at.unwrap() < second.first_seen);
}

#[test]
fn back_before_it_counts_as_gone_is_the_same_case() {
    let street = Street::seen_from_west(150.0).thing(STALL, SPOT, [10.0..50.0, 57.0..120.0]);
    let found = cases(&street);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].last_seen > at(115.0), "{found:#?}");
}

#[test]
fn a_camera_that_did_not_look_does_not_say_gone() {
    let street =
        Street::seen_from_west(200.0).thing(STALL, SPOT, [10.0..170.0]).outage(40.0..130.0);
    let found = cases(&street);
    let [case] = &found[..] else { panic!("{found:#?}") };
    assert!(case.last_seen > at(165.0), "{case:?}");
    assert!(case.gone_at.unwrap() > at(175.0), "{case:?}");
}

#[test]
fn a_small_knock_moves_no_thing() {
    for (right, down) in [(0.012, 0.0), (-0.01, 0.012), (0.0, -0.02), (0.03, 0.01)] {
        let street = Street::seen_from_west(150.0)
            .thing(STALL, SPOT, [10.0..120.0])
            .knock(60.0, (right, down));
        let found = cases(&street);
        let [case] = &found[..] else { panic!("knocked by {right}, {down}: {found:#?}") };
        assert!(case.last_seen > at(115.0), "knocked by {right}, {down}: {case:?}");
    }
}

#[test]
fn a_small_knock_of_a_camera_without_a_survey_moves_no_thing() {
    // every place is the camera's own here, so only the picture can tell
    let street = Street::seen_from_west(150.0)
        .unsurveyed()
        .thing(STALL, SPOT, [10.0..120.0])
        .knock(60.0, (0.035, 0.01));
    let found = cases(&street);
    let [case] = &found[..] else { panic!("{found:#?}") };
    assert!(case.last_seen > at(115.0) && case.error_m > 20.0, "{case:?}");
}

#[test]
fn people_who_stop_in_front_of_it_hide_nothing_for_good() {
    let faults = Faults { miss: 0.3, passer_by: 0.04, ..Faults::default() };
    for seed in 0..4 {
        let street =
            Street::seen_from_west(240.0).thing(BIN, SPOT, [20.0..200.0]).with_faults(faults);
        let found = cases(&street.on_day(seed));
        assert_eq!(found.len(), 1, "day {seed}: {found:#?}");
    }
}

#[test]
fn one_thing_in_two_nested_boxes_is_one() {
    // a detector that finds the stall, and now and then its counter as a stall of its own
    let street = Street::seen_from_west(120.0).thing(STALL, SPOT, [10.0..100.0]);
    let whole = street.box_in_first_camera(STALL, SPOT);
    let [left, top, right, bottom] = whole;
    let counter = [left + 0.1 * (right - left), top + 0.45 * (bottom - top), right, bottom];
    let found = cases(&street.ghost(STALL, counter, 0.4, 10.0..100.0));
    assert_eq!(found.len(), 1, "{found:#?}");
}
