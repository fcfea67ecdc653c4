//! What judging says to the outside. Values only.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{
    BBox, CameraId, ClassName, GroundPosition, LonLat, SecondLook, ThingId, ViolationId, WallTime,
};

/// A place where a reviewer said that this class is not to be claimed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectedSpot {
    /// Name by which it can be lifted.
    pub id: String,
    /// The class that was taken for a violation.
    pub class: ClassName,
    /// Centre, WGS84.
    pub place: LonLat,
    /// Radius in metres.
    pub radius_m: f64,
    /// In force from here.
    pub from: WallTime,
    /// In force up to here.
    pub until: WallTime,
    /// Who rejected.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl RejectedSpot {
    /// Whether a thing of `class` at `place` is covered at `at`.
    pub fn covers(&self, class: &ClassName, place: LonLat, at: WallTime) -> bool {
        self.class == *class
            && self.from <= at
            && at < self.until
            && self.place.distance_m(place) <= self.radius_m
    }
}

/// One stay of one thing that broke a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// Its number; never used twice.
    pub id: ViolationId,
    /// The thing.
    pub thing: ThingId,
    /// What it is.
    pub class: ClassName,
    /// Where it stands.
    pub position: GroundPosition,
    /// When it began to be unlawful: first seen, or when a permit's hours ended.
    pub first_seen: WallTime,
    /// When it was last surely seen.
    pub last_seen: WallTime,
    /// All cameras that saw it, in the order in which they did.
    pub cameras: Vec<CameraId>,
    /// The camera of the latest sighting.
    pub camera: CameraId,
    /// The box of the latest sighting.
    pub bbox: BBox,
    /// Sure sightings so far.
    pub detections: u64,
    /// Mean score of them, in [0, 1].
    pub score: f32,
    /// The second look at the latest sighting, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<SecondLook>,
    /// The former violation at this place, when this one came back.
    pub recurrence_of: Option<ViolationId>,
    /// A permit that covers the place, whose hours or dates have ended.
    pub permit: Option<String>,
}

/// What judging concluded from a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// A thing stands unlawfully, not yet long enough.
    Candidate {
        /// The thing.
        thing: ThingId,
        /// What it is.
        class: ClassName,
        /// Who saw it now.
        camera: CameraId,
        /// Where in the frame.
        bbox: BBox,
        /// The score of this sighting.
        score: f32,
        /// The second look at it, when there was one.
        second: Option<SecondLook>,
        /// How long it has stood.
        dwelt: Duration,
        /// How long it must stand.
        dwell: Duration,
    },
    /// A candidate will not become a violation: it left, or is lawful.
    CandidateEnded {
        /// The thing.
        thing: ThingId,
    },
    /// A violation begins.
    Opened(Violation),
    /// An open violation was seen again.
    Seen(Violation),
    /// An open violation is over: the thing is no longer there, or has become lawful.
    Gone {
        /// Which.
        violation: ViolationId,
        /// When that was concluded.
        at: WallTime,
    },
    /// A violation that would have been opened stands on a rejected spot. Said once per stay.
    Suppressed {
        /// The thing.
        thing: ThingId,
        /// What it was taken for.
        class: ClassName,
        /// The spot's id.
        spot: String,
    },
}
