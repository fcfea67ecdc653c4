//! Which of many numbered things lie near a place, found without looking at all of them. It knows no
//! thing, only numbers and places; distances are `LonLat`'s.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use crate::base::{LonLat, METRES_PER_DEGREE};

/// Side of a cell in degrees, some 50 m: a few merge radii.
const CELL_DEG: f64 = 0.0005;
/// Room for rounding where a place lies just on a radius.
const ROOM: f64 = 1.000_001;

type Cell = (i64, i64);

/// Numbers by place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Near {
    cells: BTreeSet<(Cell, u64)>,
    at: BTreeMap<u64, Cell>,
}

impl Near {
    /// Number `n` is at `place` from now on.
    pub(super) fn put(&mut self, n: u64, place: LonLat) {
        let cell = (index(place.lat), index(place.lon));
        match self.at.insert(n, cell) {
            Some(before) if before == cell => return,
            Some(before) => {
                self.cells.remove(&(before, n));
            }
            None => {}
        }
        self.cells.insert((cell, n));
    }

    /// Number `n` is nowhere any more.
    pub(super) fn remove(&mut self, n: u64) {
        if let Some(cell) = self.at.remove(&n) {
            self.cells.remove(&(cell, n));
        }
    }

    /// All numbers within `radius_m` of `place`, and some beyond, each once.
    pub(super) fn around(&self, place: LonLat, radius_m: f64) -> impl Iterator<Item = u64> {
        let reach_lat = radius_m * ROOM / METRES_PER_DEGREE;
        // measured by the latitude of `place`, as distances from it are
        let reach_lon = reach_lat / place.lat.to_radians().cos().max(f64::MIN_POSITIVE);
        let columns = (index(place.lon - reach_lon), index(place.lon + reach_lon));
        let last = index(place.lat + reach_lat);
        let rows = iter::successors(self.row_from(index(place.lat - reach_lat)), |row| {
            row.checked_add(1).and_then(|next| self.row_from(next))
        });
        rows.take_while(move |row| *row <= last)
            .flat_map(move |row| {
                self.cells.range(((row, columns.0), 0)..=((row, columns.1), u64::MAX))
            })
            .map(|(_, n)| *n)
    }

    /// The first row from `row` on in which anything is: a large radius must not go through empty ones.
    fn row_from(&self, row: i64) -> Option<i64> {
        self.cells.range(((row, i64::MIN), 0)..).next().map(|((row, _), _)| *row)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturates, and such a place is on no globe")]
fn index(degrees: f64) -> i64 {
    (degrees / CELL_DEG).floor() as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Places within some hundred metres of one another, anywhere.
    fn places() -> impl Strategy<Value = (LonLat, Vec<LonLat>)> {
        let origin = (-179.0..179.0f64, -88.0..88.0f64).prop_map(|(lon, lat)| LonLat { lon, lat });
        let offsets = prop::collection::vec((-200.0..200.0f64, -200.0..200.0f64), 1..60);
        (origin, offsets).prop_map(|(origin, offsets)| {
            let place = |(east, north): (f64, f64)| origin.offset_by(east, north);
            (origin, offsets.into_iter().map(place).collect())
        })
    }

    #[test]
    fn a_radius_beyond_the_globe_takes_no_longer_for_it() {
        let mut near = Near::default();
        let here = LonLat { lon: 113.0, lat: 22.5 };
        near.put(7, here);
        near.put(8, LonLat { lon: -113.0, lat: -89.9 });
        assert_eq!(near.around(here, 1e12).count(), 2);
        assert_eq!(near.around(here, f64::INFINITY).count(), 2);
    }

    proptest! {
        #[test]
        fn whatever_lies_within_the_radius_is_found_also_after_it_moved(
            (origin, places) in places(), radius_m in 0.5..150.0f64
        ) {
            let mut near = Near::default();
            for (n, place) in places.iter().enumerate() {
                near.put(n as u64, origin);
                near.put(n as u64, *place);
            }
            let within: Vec<u64> = (0..places.len() as u64)
                .filter(|n| places[*n as usize].distance_m(origin) <= radius_m)
                .collect();
            let found: Vec<u64> = near.around(origin, radius_m).collect();
            prop_assert!(within.iter().all(|n| found.contains(n)), "{within:?} {found:?}");
            let once: BTreeSet<u64> = found.iter().copied().collect();
            prop_assert_eq!(once.len(), found.len());
            let far = |n: &u64| places[*n as usize].distance_m(origin) > radius_m + 200.0;
            prop_assert!(!found.iter().any(far), "too much is looked at");
            (0..places.len() as u64).for_each(|n| near.remove(n));
            prop_assert_eq!(near.around(origin, radius_m).count(), 0);
        }
    }
}
