//! Unit grids: which one a place lies in, by R-tree and point in polygon.

use geo::{BoundingRect as _, Contains as _, Coord, Intersects as _, MultiPolygon};
use rstar::{AABB, RTree, RTreeObject};

use crate::base::LonLat;

/// The unit grids of a site. Empty until told otherwise.
#[derive(Clone, Debug, Default)]
pub struct Grids {
    tree: RTree<Grid>,
}

#[derive(Clone, Debug)]
struct Grid {
    code: String,
    shape: MultiPolygon<f64>,
    envelope: AABB<[f64; 2]>,
}

impl RTreeObject for Grid {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

/// A grid file that cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GridError {
    /// Not GeoJSON.
    #[error("not GeoJSON: {0}")]
    Syntax(String),
    /// GeoJSON, but no feature collection.
    #[error("a FeatureCollection of polygons is expected")]
    NotFeatures,
    /// A feature without a usable code.
    #[error("feature {feature}: property \"code\" {found} is not 15 or 16 digits")]
    Code {
        /// Counted from 0.
        feature: usize,
        /// What stands there.
        found: String,
    },
    /// A code that two features have.
    #[error("feature {feature}: code {code} was given before")]
    Twice {
        /// Counted from 0.
        feature: usize,
        /// The code.
        code: String,
    },
    /// A feature that is no polygon.
    #[error("feature {feature}: the geometry is not a Polygon or MultiPolygon in WGS84 degrees")]
    Shape {
        /// Counted from 0.
        feature: usize,
    },
}

impl Grids {
    /// Reads an RFC 7946 FeatureCollection of polygons with a property `code`.
    ///
    /// # Errors
    /// [`GridError`] naming the first feature that cannot be used.
    pub fn from_geojson(text: &str) -> Result<Self, GridError> {
        let parsed: geojson::GeoJson =
            text.parse().map_err(|e: geojson::Error| GridError::Syntax(e.to_string()))?;
        let geojson::GeoJson::FeatureCollection(collection) = parsed else {
            return Err(GridError::NotFeatures);
        };
        let mut seen = std::collections::BTreeSet::new();
        let mut grids = Vec::with_capacity(collection.features.len());
        for (at, feature) in collection.features.into_iter().enumerate() {
            let code = code_of(&feature, at)?;
            if !seen.insert(code.clone()) {
                return Err(GridError::Twice { feature: at, code });
            }
            let shape = shape_of(feature).ok_or(GridError::Shape { feature: at })?;
            let bounds = shape.bounding_rect().ok_or(GridError::Shape { feature: at })?;
            let envelope = AABB::from_corners(
                [bounds.min().x, bounds.min().y],
                [bounds.max().x, bounds.max().y],
            );
            grids.push(Grid { code, shape, envelope });
        }
        Ok(Self { tree: RTree::bulk_load(grids) })
    }

    /// The code of the grid that covers `place`; on a shared border the smallest code.
    pub fn locate(&self, place: LonLat) -> Option<&str> {
        let point = Coord { x: place.lon, y: place.lat };
        let around = AABB::from_point([place.lon, place.lat]);
        let near = || self.tree.locate_in_envelope_intersecting(around);
        let inside = near().filter(|g| g.shape.contains(&point)).map(|g| g.code.as_str()).min();
        inside.or_else(|| {
            near().filter(|g| g.shape.intersects(&point)).map(|g| g.code.as_str()).min()
        })
    }

    /// The division all codes share, when they share one.
    pub fn division(&self) -> Option<&str> {
        let mut all = self.tree.iter().map(|g| &g.code[..6]);
        let first = all.next()?;
        all.all(|d| d == first).then_some(first)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tree.size()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tree.size() == 0
    }
}

fn code_of(feature: &geojson::Feature, at: usize) -> Result<String, GridError> {
    let found = feature.property("code");
    let code = found.and_then(|v| v.as_str()).unwrap_or_default();
    if matches!(code.len(), 15 | 16) && code.bytes().all(|b| b.is_ascii_digit()) {
        Ok(code.to_owned())
    } else {
        let found = found.map_or_else(|| "missing".to_owned(), ToString::to_string);
        Err(GridError::Code { feature: at, found })
    }
}

fn shape_of(feature: geojson::Feature) -> Option<MultiPolygon<f64>> {
    let geometry = feature.geometry?;
    let rings = match geometry.value {
        geojson::GeometryValue::Polygon { coordinates } => vec![coordinates],
        geojson::GeometryValue::MultiPolygon { coordinates } => coordinates,
        _ => return None,
    };
    let line = |ring: &Vec<geojson::Position>| -> Option<geo::LineString<f64>> {
        let coords: Option<Vec<Coord<f64>>> = ring
            .iter()
            .map(|p| {
                let (lon, lat) = (*p.as_slice().first()?, *p.as_slice().get(1)?);
                (LonLat { lon, lat }).is_on_globe().then_some(Coord { x: lon, y: lat })
            })
            .collect();
        coords.filter(|c| c.len() >= 4).map(geo::LineString::new)
    };
    let mut polygons = Vec::with_capacity(rings.len());
    for polygon in &rings {
        let (outer, holes) = polygon.split_first()?;
        let holes: Option<Vec<_>> = holes.iter().map(line).collect();
        polygons.push(geo::Polygon::new(line(outer)?, holes?));
    }
    (!polygons.is_empty()).then(|| MultiPolygon::new(polygons))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(features: &[(&str, [f64; 4])]) -> String {
        let features: Vec<_> = features
            .iter()
            .map(|(code, [w, s, e, n])| {
                serde_json::json!({"type": "Feature", "properties": {"code": code}, "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}})
            })
            .collect();
        serde_json::json!({"type": "FeatureCollection", "features": features}).to_string()
    }

    const WEST: &str = "440703001001001";
    const EAST: &str = "440703001001002";

    #[test]
    fn a_place_is_found_in_its_grid_and_borders_have_one_owner() {
        let grids = Grids::from_geojson(&file(&[
            (EAST, [113.001, 22.0, 113.002, 22.001]),
            (WEST, [113.0, 22.0, 113.001, 22.001]),
        ]))
        .unwrap();
        assert_eq!(grids.locate(LonLat { lon: 113.0005, lat: 22.0005 }), Some(WEST));
        assert_eq!(grids.locate(LonLat { lon: 113.0015, lat: 22.0005 }), Some(EAST));
        assert_eq!(grids.locate(LonLat { lon: 113.001, lat: 22.0005 }), Some(WEST));
        assert_eq!(grids.locate(LonLat { lon: 113.003, lat: 22.0005 }), None);
        assert_eq!(grids.division(), Some("440703"));
    }

    #[test]
    fn bad_features_are_named() {
        let bounds = [113.0, 22.0, 113.001, 22.001];
        let e = Grids::from_geojson(&file(&[(WEST, bounds), ("12", bounds)])).unwrap_err();
        assert_eq!(e.to_string(), "feature 1: property \"code\" \"12\" is not 15 or 16 digits");
        let e = Grids::from_geojson(&file(&[(WEST, bounds), (WEST, bounds)])).unwrap_err();
        assert!(matches!(e, GridError::Twice { feature: 1, .. }));
        assert!(matches!(Grids::from_geojson("{"), Err(GridError::Syntax(_))));
    }
}
