//! The same thing in the same place is lawful or not by permit, hours and date.

use super::{
    desk::{cases, cases_until},
    street::{STALL, Street, at},
};

const SPOT: (f64, f64) = (21.0, 3.0);
const YEAR: &str = "valid_from = \"2026-01-01\"\nvalid_to = \"2026-12-31\"";
const MIDNIGHT: f64 = 24.0 * 60.0;

/// A stall from ten to four until half past five in the morning.
fn morning() -> Street {
    Street::seen_from_both_ends(360.0).thing(STALL, SPOT, [230.0..330.0])
}

#[test]
fn within_its_hours_it_is_no_case() {
    assert_eq!(cases(&morning()).len(), 1);
    let hours = format!("{YEAR}\nhours = \"Mo-Su 03:00-06:00\"");
    assert!(cases(&morning().permit(STALL, SPOT, &hours)).is_empty());
    assert!(cases(&morning().permit(STALL, SPOT, YEAR)).is_empty());
}

#[test]
fn when_its_hours_end_the_dwell_clock_starts() {
    let hours = format!("{YEAR}\nhours = \"Mo-Su 03:00-05:00\"");
    let street = morning().permit(STALL, SPOT, &hours);
    let found = cases(&street);
    let [case] = &found[..] else { panic!("{found:#?}") };
    assert!(case.first_seen >= at(300.0) && case.first_seen < at(302.0), "{case:?}");
    assert!(cases_until(&street, 304.9).is_empty(), "open before five minutes were over");
    assert_eq!(cases_until(&street, 308.0).len(), 1);
}

#[test]
fn packing_up_within_dwell_after_the_hours_is_tolerated() {
    let hours = format!("{YEAR}\nhours = \"Mo-Su 03:00-05:27\"");
    assert!(cases(&morning().permit(STALL, SPOT, &hours)).is_empty());
}

#[test]
fn before_its_hours_it_is_a_case() {
    let hours = format!("{YEAR}\nhours = \"Mo-Su 05:00-09:00\"");
    let found = cases(&morning().permit(STALL, SPOT, &hours));
    let [case] = &found[..] else { panic!("{found:#?}") };
    assert!(case.first_seen < at(233.0) && case.last_seen < at(300.0), "{case:?}");
}

#[test]
fn a_permit_is_for_one_class_and_one_place() {
    let elsewhere = (SPOT.0 + 12.0, SPOT.1);
    assert_eq!(cases(&morning().permit("bin_overflow", SPOT, YEAR)).len(), 1);
    assert_eq!(cases(&morning().permit(STALL, elsewhere, YEAR)).len(), 1);
}

#[test]
fn it_holds_through_its_last_day() {
    let street = Street::seen_from_west(MIDNIGHT + 90.0).thing(
        STALL,
        SPOT,
        [MIDNIGHT - 60.0..MIDNIGHT + 60.0],
    );
    let to = |day: &str| {
        let keys = format!("valid_from = \"2026-01-01\"\nvalid_to = \"{day}\"");
        cases(&street.clone().permit(STALL, SPOT, &keys))
    };
    assert!(to("2026-03-03").is_empty());
    let found = to("2026-03-02");
    let [case] = &found[..] else { panic!("{found:#?}") };
    assert!(case.first_seen >= at(MIDNIGHT) && case.first_seen < at(MIDNIGHT + 2.0), "{case:?}");
}

#[test]
fn it_does_not_hold_before_its_first_day() {
    let street = Street::seen_from_west(MIDNIGHT + 90.0)
        .thing(STALL, SPOT, [MIDNIGHT - 60.0..MIDNIGHT + 60.0])
        .permit(STALL, SPOT, "valid_from = \"2026-03-03\"\nvalid_to = \"2026-12-31\"");
    let found = cases(&street);
    let [case] = &found[..] else { panic!("{found:#?}") };
    assert!(case.first_seen < at(MIDNIGHT - 57.0) && case.last_seen < at(MIDNIGHT), "{case:?}");
}

#[test]
fn a_rule_has_hours_of_its_own() {
    assert!(cases(&morning().rule_keys("hours = \"Mo-Su 07:00-22:00\"")).is_empty());
    assert_eq!(cases(&morning().rule_keys("hours = \"Mo-Su 03:00-22:00\"")).len(), 1);
}
