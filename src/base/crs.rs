//! Coordinate systems of the Chinese map world and the way between them.
//!
//! Everything is kept in WGS84 (CGCS2000 differs by centimetres). GCJ-02 and BD-09 are 100–700 m
//! off, so a coordinate without a stated system is refused at the door, never guessed.

use serde::{Deserialize, Serialize};

use super::LonLat;

/// A coordinate reference system a coordinate may be stated in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Crs {
    /// GPS, GeoJSON (EPSG:4326).
    #[serde(rename = "WGS84", alias = "EPSG:4326")]
    Wgs84,
    /// The national system (EPSG:4490); taken as WGS84.
    #[serde(rename = "CGCS2000", alias = "EPSG:4490")]
    Cgcs2000,
    /// Amap, Tencent and phone map SDKs.
    #[serde(rename = "GCJ-02", alias = "GCJ02")]
    Gcj02,
    /// Baidu.
    #[serde(rename = "BD-09", alias = "BD09")]
    Bd09,
}

impl Crs {
    /// `p`, stated in this system, as WGS84.
    pub fn to_wgs84(self, p: LonLat) -> LonLat {
        let (lon, lat) = match self {
            Self::Wgs84 | Self::Cgcs2000 => (p.lon, p.lat),
            Self::Gcj02 => coordtransform::gcj02_to_wgs84(p.lon, p.lat),
            Self::Bd09 => coordtransform::bd09_to_wgs84(p.lon, p.lat),
        };
        LonLat { lon, lat }
    }

    /// WGS84 `p` in this system, for drawing on a map that uses it.
    pub fn from_wgs84(self, p: LonLat) -> LonLat {
        let (lon, lat) = match self {
            Self::Wgs84 | Self::Cgcs2000 => (p.lon, p.lat),
            Self::Gcj02 => coordtransform::wgs84_to_gcj02(p.lon, p.lat),
            Self::Bd09 => coordtransform::wgs84_to_bd09(p.lon, p.lat),
        };
        LonLat { lon, lat }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: LonLat = LonLat { lon: 116.404, lat: 39.915 };

    fn near(got: LonLat, lon: f64, lat: f64, metres: f64) {
        assert!(got.distance_m(LonLat { lon, lat }) <= metres, "{got:?} is not {lon},{lat}");
    }

    #[test]
    fn published_vectors_hold_both_ways() {
        near(Crs::Gcj02.from_wgs84(P), 116.41024449916938, 39.91640428150164, 0.01);
        near(Crs::Bd09.from_wgs84(P), 116.41662724378733, 39.922699552216216, 0.01);
        // the published inverses are the simple ones, off by up to a few metres
        near(Crs::Gcj02.to_wgs84(P), 116.39775550083061, 39.91359571849836, 5.0);
        near(Crs::Bd09.to_wgs84(P), 116.3913836995125, 39.907253214522164, 5.0);
    }

    #[test]
    fn there_and_back_is_the_same_place() {
        for crs in [Crs::Wgs84, Crs::Cgcs2000, Crs::Gcj02, Crs::Bd09] {
            let back = crs.to_wgs84(crs.from_wgs84(P));
            assert!(back.distance_m(P) < 1.0, "{crs:?} comes back {back:?}");
        }
    }
}
