//! Positions on the ground: WGS84 degrees for storing, local metres for measuring.

use serde::{Deserialize, Serialize};

/// Metres of one degree of latitude; good to 0.5 % anywhere, which is centimetres at street scale.
pub const METRES_PER_DEGREE: f64 = 111_320.0;

/// WGS84 degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LonLat {
    /// Longitude, east positive.
    pub lon: f64,
    /// Latitude, north positive.
    pub lat: f64,
}

impl LonLat {
    /// East and north of `origin`, in metres (equirectangular; for distances of kilometres at most).
    pub fn metres_from(self, origin: Self) -> (f64, f64) {
        let scale = METRES_PER_DEGREE * origin.lat.to_radians().cos();
        ((self.lon - origin.lon) * scale, (self.lat - origin.lat) * METRES_PER_DEGREE)
    }

    /// The point `east`, `north` metres away.
    pub fn offset_by(self, east: f64, north: f64) -> Self {
        let scale = METRES_PER_DEGREE * self.lat.to_radians().cos();
        Self { lon: self.lon + east / scale, lat: self.lat + north / METRES_PER_DEGREE }
    }

    /// Distance in metres.
    pub fn distance_m(self, other: Self) -> f64 {
        let (x, y) = self.metres_from(other);
        x.hypot(y)
    }

    /// Whether both are degrees on the globe.
    pub fn is_on_globe(self) -> bool {
        self.lon.abs() <= 180.0 && self.lat.abs() <= 90.0
    }
}

/// Where something stands, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroundPosition {
    /// The place.
    #[serde(flatten)]
    pub place: LonLat,
    /// Radius of error in metres (about one standard deviation).
    pub error_m: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metres_there_and_back() {
        let origin = LonLat { lon: 113.0815, lat: 22.5787 };
        let p = origin.offset_by(30.0, -12.0);
        let (east, north) = p.metres_from(origin);
        assert!((east - 30.0).abs() < 1e-6 && (north + 12.0).abs() < 1e-6);
        assert!((p.distance_m(origin) - 30f64.hypot(12.0)).abs() < 1e-3);
    }
}
