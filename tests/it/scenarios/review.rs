//! What a person decides holds: a rejected spot stays quiet until the rejection runs out.

use super::{
    desk::cases,
    street::{STALL, Street},
};

const SPOT: (f64, f64) = (21.0, 3.0);
const OTHER: (f64, f64) = (37.0, 3.0);

#[test]
fn a_confirmed_case_says_so() {
    let street = Street::seen_from_west(60.0).thing(STALL, SPOT, [10.0..50.0]).review(
        30.0,
        STALL,
        SPOT,
        "confirmed",
    );
    let found = cases(&street);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].status, "confirmed");
}

#[test]
fn a_rejected_spot_is_never_a_case_again_while_the_rejection_holds() {
    let street = Street::seen_from_both_ends(600.0)
        .thing(STALL, SPOT, [10.0..90.0, 120.0..200.0, 400.0..500.0])
        .review(30.0, STALL, SPOT, "rejected");
    let found = cases(&street);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].status, "rejected");
}

#[test]
fn another_spot_is_not_meant() {
    let street = Street::seen_from_west(300.0)
        .thing(STALL, SPOT, [10.0..60.0, 120.0..170.0])
        .thing(STALL, OTHER, [200.0..250.0])
        .review(30.0, STALL, SPOT, "rejected");
    let statuses: Vec<_> = cases(&street).into_iter().map(|c| c.status).collect();
    assert_eq!(statuses, ["rejected", "clue"]);
}

#[test]
fn another_class_is_not_meant() {
    let street = Street::seen_from_west(200.0)
        .thing(STALL, SPOT, [10.0..60.0])
        .thing("bin_overflow", SPOT, [90.0..150.0])
        .review(30.0, STALL, SPOT, "rejected");
    assert_eq!(cases(&street).len(), 2);
}

#[test]
fn when_the_rejection_runs_out_it_may_be_a_case_again() {
    let street = Street::seen_from_west(300.0)
        .rule_keys("reject_for = \"90m\"")
        .thing(STALL, SPOT, [10.0..60.0, 80.0..110.0, 150.0..200.0])
        .review(30.0, STALL, SPOT, "rejected");
    let statuses: Vec<_> = cases(&street).into_iter().map(|c| c.status).collect();
    assert_eq!(statuses, ["rejected", "clue"]);
}

#[test]
fn a_review_is_meant_for_the_nearest_case() {
    let street = Street::seen_from_west(100.0)
        .thing(STALL, SPOT, [10.0..90.0])
        .thing(STALL, OTHER, [10.0..90.0])
        .review(40.0, STALL, (34.0, 3.0), "rejected")
        .review(41.0, STALL, (24.0, 3.0), "confirmed");
    let mut found = cases(&street);
    found.sort_by(|a, b| a.lon.total_cmp(&b.lon));
    let statuses: Vec<_> = found.iter().map(|c| c.status.as_str()).collect();
    assert_eq!(statuses, ["confirmed", "rejected"], "west to east: {found:#?}");
}
