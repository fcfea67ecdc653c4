//! Polygons: zones in the picture, areas on the ground.

use geo::{Contains as _, Coord, LineString, Polygon};

use crate::base::{ClassName, LonLat};

/// A polygon on the ground, WGS84.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    ring: Vec<LonLat>,
}

/// A ring that bounds no area.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AreaError {
    /// Fewer than three different corners.
    #[error("a ring needs at least 3 different corners, this one has {0}")]
    TooFewCorners(usize),
    /// A corner is no place on the globe.
    #[error("corner {0} is no longitude and latitude in degrees")]
    OffGlobe(usize),
}

impl Area {
    /// From the outer ring, closed or not.
    ///
    /// # Errors
    /// [`AreaError`] when it bounds nothing.
    pub fn new(mut ring: Vec<LonLat>) -> Result<Self, AreaError> {
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        if ring.len() < 3 {
            return Err(AreaError::TooFewCorners(ring.len()));
        }
        match ring.iter().position(|p| !p.is_on_globe()) {
            Some(at) => Err(AreaError::OffGlobe(at)),
            None => Ok(Self { ring }),
        }
    }

    /// The corners, the first one not repeated.
    pub fn ring(&self) -> &[LonLat] {
        &self.ring
    }

    /// Metres from `place` to the area; 0 inside.
    pub fn distance_m(&self, place: LonLat) -> f64 {
        let local: Vec<(f64, f64)> = self.ring.iter().map(|p| p.metres_from(place)).collect();
        let mut inside = false;
        let mut nearest = f64::INFINITY;
        for (i, &a) in local.iter().enumerate() {
            let b = local[(i + 1) % local.len()];
            if (a.1 > 0.0) != (b.1 > 0.0) && a.0 + (b.0 - a.0) * -a.1 / (b.1 - a.1) > 0.0 {
                inside = !inside;
            }
            nearest = nearest.min(distance_to_segment(a, b));
        }
        if inside { 0.0 } else { nearest }
    }
}

/// Distance from the origin to the segment `a`–`b`.
fn distance_to_segment(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length2 = dx * dx + dy * dy;
    let t = if length2 > 0.0 { (-(a.0 * dx + a.1 * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (a.0 + t * dx).hypot(a.1 + t * dy)
}

/// A polygon in the picture, in fractions of its width and height.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    polygon: Polygon<f64>,
    classes: Option<Vec<ClassName>>,
}

impl Zone {
    /// From corners in fractions of the picture; for all classes, or for those named.
    ///
    /// # Errors
    /// [`AreaError::TooFewCorners`] below three corners.
    pub fn new(
        corners: Vec<(f64, f64)>,
        classes: Option<Vec<ClassName>>,
    ) -> Result<Self, AreaError> {
        if corners.len() < 3 {
            return Err(AreaError::TooFewCorners(corners.len()));
        }
        let ring = corners.into_iter().map(|(x, y)| Coord { x, y }).collect();
        Ok(Self { polygon: Polygon::new(LineString::new(ring), Vec::new()), classes })
    }

    /// Whether the zone is meant for `class`.
    pub fn is_for(&self, class: &ClassName) -> bool {
        self.classes.as_ref().is_none_or(|list| list.contains(class))
    }

    /// Whether the point lies inside.
    pub fn contains(&self, x: f64, y: f64) -> bool {
        self.polygon.contains(&Coord { x, y })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: LonLat = LonLat { lon: 113.0815, lat: 22.5787 };

    fn square(half_m: f64) -> Area {
        let corner = |x: f64, y: f64| P.offset_by(x * half_m, y * half_m);
        Area::new(vec![corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)])
            .unwrap()
    }

    #[test]
    fn distance_is_zero_inside_and_measured_outside() {
        let area = square(5.0);
        assert_eq!(area.distance_m(P.offset_by(4.9, -4.9)), 0.0);
        assert!((area.distance_m(P.offset_by(8.0, 0.0)) - 3.0).abs() < 0.01);
        assert!((area.distance_m(P.offset_by(8.0, 9.0)) - 5.0).abs() < 0.01);
    }

    #[test]
    fn a_ring_without_area_is_refused() {
        assert_eq!(Area::new(vec![P, P.offset_by(1.0, 0.0), P]), Err(AreaError::TooFewCorners(2)));
        let off = LonLat { lon: 181.0, lat: 0.0 };
        assert_eq!(Area::new(vec![P, P.offset_by(1.0, 0.0), off]), Err(AreaError::OffGlobe(2)));
    }

    #[test]
    fn a_zone_is_for_its_classes() {
        let zone = Zone::new(
            vec![(0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)],
            Some(vec!["street_stall".into()]),
        )
        .unwrap();
        assert!(zone.contains(0.5, 0.75) && !zone.contains(0.5, 0.25));
        assert!(zone.is_for(&"street_stall".into()) && !zone.is_for(&"billboard".into()));
    }
}
