//! What judging must be told: rules, cameras, permits. Checked by whoever makes it.

use std::{collections::BTreeMap, time::Duration};

use chrono::NaiveDate;

use super::{Area, Ground, Hours, Zone};
use crate::base::{CameraId, ClassName};

/// Everything judging depends on besides detections and rejected spots.
#[derive(Clone, Debug)]
pub struct Options {
    /// One rule a class; a class without a rule is not judged.
    pub rules: BTreeMap<ClassName, Rule>,
    /// The cameras; detections of any other camera are not judged.
    pub cameras: Vec<Camera>,
    /// What is allowed.
    pub permits: Vec<Permit>,
    /// The zone in which dates and hours are meant.
    pub timezone: chrono_tz::Tz,
}

/// When a thing of one class is a violation.
#[derive(Clone, Debug)]
pub struct Rule {
    /// How long it must stand.
    pub dwell: Duration,
    /// How long it must be looked for and not seen to be gone.
    pub gone_after: Duration,
    /// Sightings closer than this are of one thing, in metres.
    pub merge_radius_m: f64,
    /// Detections below are ignored.
    pub min_score: f32,
    /// When the rule applies; always when `None`.
    pub hours: Option<Hours>,
    /// Radius of the spot made by a rejection, in metres.
    pub reject_radius_m: f64,
    /// How long such a spot stays.
    pub reject_for: Duration,
}

/// One camera as judging sees it.
#[derive(Clone, Debug)]
pub struct Camera {
    /// Its id.
    pub id: CameraId,
    /// How a point in its picture becomes a place on the ground.
    pub ground: Ground,
    /// Where a foot point must lie; anywhere when no zone is for its class.
    pub include: Vec<Zone>,
    /// Where a foot point must not lie.
    pub ignore: Vec<Zone>,
    /// So long it may go without a look because nothing changes in its picture; zero where every
    /// frame is looked at.
    pub recheck: Duration,
}

/// A licence that makes a thing of one class lawful in one place.
#[derive(Clone, Debug)]
pub struct Permit {
    /// Licence number.
    pub id: String,
    /// For which class.
    pub class: ClassName,
    /// Where.
    pub area: Area,
    /// First day, in the site's time zone.
    pub valid_from: NaiveDate,
    /// Last day, included.
    pub valid_to: NaiveDate,
    /// At which hours; at all when `None`.
    pub hours: Option<Hours>,
}
