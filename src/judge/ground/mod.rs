//! From a point in the picture to a place on the ground, with how sure that is.
//!
//! The ground is taken as flat around a camera. Three kinds of knowledge: surveyed points, the
//! camera's pose, or only where the camera stands.

mod homography;
mod pinhole;

pub use homography::{GroundError, Homography, SurveyPoint};
use pinhole::Pinhole;

use crate::base::LonLat;

/// Error of a place of which only the camera that sees it is known, in metres.
const POSITION_ONLY_ERROR_M: f64 = 25.0;

/// A camera's pose as an installer writes it down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Where the camera stands, WGS84.
    pub place: LonLat,
    /// Metres above the ground.
    pub height_m: f64,
    /// Degrees clockwise from north.
    pub heading_deg: f64,
    /// Degrees below the horizon.
    pub pitch_deg: f64,
    /// Horizontal field of view in degrees.
    pub fov_deg: f64,
    /// Picture width over picture height.
    pub aspect: f64,
}

/// How a camera's picture lies on the ground.
#[derive(Clone, Debug)]
pub enum Ground {
    /// From surveyed points.
    Homography(Homography),
    /// From the pose.
    Pose(Pose),
    /// Only the camera's own position is known.
    Position(LonLat),
}

/// A symmetric 2×2 covariance in square metres, east and north.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spread {
    pub ee: f64,
    pub en: f64,
    pub nn: f64,
}

impl Spread {
    pub(super) fn round(error_m: f64) -> Self {
        Self { ee: error_m * error_m, en: 0.0, nn: error_m * error_m }
    }

    pub(super) fn add(self, other: Self) -> Self {
        Self { ee: self.ee + other.ee, en: self.en + other.en, nn: self.nn + other.nn }
    }

    pub(super) fn over(self, n: f64) -> Self {
        Self { ee: self.ee / n, en: self.en / n, nn: self.nn / n }
    }

    /// One standard deviation, averaged over the directions.
    pub(super) fn error_m(self) -> f64 {
        ((self.ee + self.nn) / 2.0).sqrt()
    }

    pub(super) fn inverse(self) -> Option<Self> {
        let det = self.ee * self.nn - self.en * self.en;
        (det > 1e-12 && det.is_finite()).then(|| Self {
            ee: self.nn / det,
            en: -self.en / det,
            nn: self.ee / det,
        })
    }

    fn of(steps: &[(f64, f64)]) -> Self {
        steps
            .iter()
            .fold(Self::default(), |s, (e, n)| s.add(Self { ee: e * e, en: e * n, nn: n * n }))
    }
}

/// A place with both parts of its error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fix {
    /// The place.
    pub place: LonLat,
    /// What averaging many sightings removes.
    pub jitter: Spread,
    /// What it does not: the survey, the pose, the mounting.
    pub bias: Spread,
}

/// A projection ready for use.
#[derive(Clone, Debug)]
pub(super) enum Projector {
    Plane(Homography),
    Fixed(LonLat),
}

impl Projector {
    pub(super) fn new(ground: &Ground) -> Self {
        match ground {
            Ground::Homography(h) => Self::Plane(h.clone()),
            Ground::Pose(pose) => Pinhole::from_pose(pose)
                .and_then(|p| Homography::from_pinhole(&p, pose.place, &Pinhole::pose_steps()))
                .map_or(Self::Fixed(pose.place), Self::Plane),
            Ground::Position(place) => Self::Fixed(*place),
        }
    }

    /// The place of foot point (`u`, `v`), measured with errors `su`, `sv` (all in fractions of the
    /// picture). A point at or above the horizon falls back to the middle of what was surveyed, with
    /// a large error.
    pub(super) fn fix(&self, (u, v): (f64, f64), (su, sv): (f64, f64)) -> Fix {
        match self {
            Self::Plane(h) => h.fix((u, v), (su, sv)).unwrap_or_else(|| vague(h.origin())),
            Self::Fixed(place) => vague(*place),
        }
    }
}

fn vague(place: LonLat) -> Fix {
    Fix { place, jitter: Spread::default(), bias: Spread::round(POSITION_ONLY_ERROR_M) }
}
