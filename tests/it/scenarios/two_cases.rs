//! What is two things stays two cases, however near one another.

use super::{
    desk::{cases, off_by},
    street::{BIN, STALL, Street},
};

#[test]
fn farther_apart_than_the_merge_radius() {
    let places = [(15.5, 3.0), (32.0, 3.0)];
    let street = Street::seen_from_both_ends(90.0).thing(STALL, places[0], [10.0..80.0]).thing(
        STALL,
        places[1],
        [20.0..80.0],
    );
    let found = cases(&street);
    assert_eq!(found.len(), 2, "{found:#?}");
    for (case, truth) in found.iter().zip(places) {
        assert!(off_by(case, truth) < 2.0, "{} m", off_by(case, truth));
    }
}

#[test]
fn side_by_side_in_one_picture() {
    let places = [(20.0, 4.0), (20.0, -3.0)];
    let street = Street::seen_from_both_ends(90.0).thing(STALL, places[0], [10.0..80.0]).thing(
        STALL,
        places[1],
        [20.0..80.0],
    );
    let found = cases(&street);
    assert_eq!(found.len(), 2, "{found:#?}");
    for (case, truth) in found.iter().zip(places) {
        assert!(off_by(case, truth) < 2.0, "{} m", off_by(case, truth));
        assert_eq!(case.cameras.len(), 2, "both ends see both: {case:?}");
        assert_eq!(case.recurrence_of, None);
    }
}

#[test]
fn one_partly_behind_the_other() {
    // their boxes overlap, yet they are seen at once; the first leaves soon after the second came
    let street = Street::seen_from_west(180.0).thing(STALL, (17.0, 1.5), [10.0..90.0]).thing(
        STALL,
        (20.0, 0.2),
        [75.0..180.0],
    );
    let found = cases(&street);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].gone_at.is_some() && found[1].gone_at.is_none(), "{found:#?}");
    assert!(off_by(&found[1], (20.0, 0.2)) < 2.0, "{} m", off_by(&found[1], (20.0, 0.2)));
}

#[test]
fn of_two_classes_on_one_spot() {
    let street = Street::seen_from_both_ends(90.0).thing(STALL, (21.0, 2.0), [10.0..80.0]).thing(
        BIN,
        (21.0, 2.0),
        [10.0..80.0],
    );
    let mut classes: Vec<_> = cases(&street).into_iter().map(|c| c.class.to_string()).collect();
    classes.sort();
    assert_eq!(classes, [BIN, STALL]);
}
