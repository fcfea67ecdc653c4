//! A made-up city for benchmarks: cameras so far apart that none sees what another does, ten things in
//! the picture of each. The same city is the same every time.

use std::{collections::BTreeMap, time::Duration};

use streetwarden::{
    base::{BBox, CameraId, Detection, Detections, LonLat, WallTime},
    judge::{Camera, Ground, Options, Pose, Rule},
};

/// Things in each picture.
pub const THINGS: usize = 10;
/// Time between two looks of a camera.
pub const STEP: Duration = Duration::from_secs(5);
/// Looks until a thing is surely there and long enough.
#[allow(dead_code)] // not every benchmark needs one
pub const LOOKS: usize = 5;

const CORNER: LonLat = LonLat { lon: 113.0, lat: 22.0 };
const CAMERAS_A_ROW: usize = 320;
const APART_M: f64 = 300.0;
const CLASS: &str = "street_stall";
/// Feet in the picture: two rows of five, and one between them for whoever comes and goes.
const COLUMNS: usize = 5;
const ROWS: [f32; 2] = [0.6, 0.85];
const BETWEEN: (f32, f32) = (0.4, 0.72);
const BOX: (f32, f32) = (0.08, 0.15);

/// Rules and `cameras` cameras.
pub fn options(cameras: usize) -> Options {
    let rule = Rule {
        dwell: 2 * STEP,
        gone_after: 2 * STEP,
        merge_radius_m: 2.0,
        min_score: 0.3,
        hours: None,
        reject_radius_m: 2.0,
        reject_for: Duration::from_secs(3600),
    };
    Options {
        rules: BTreeMap::from([(CLASS.into(), rule)]),
        cameras: (0..cameras).map(camera).collect(),
        permits: Vec::new(),
        timezone: chrono_tz::Asia::Shanghai,
    }
}

fn camera(at: usize) -> Camera {
    let (row, column) = ((at / CAMERAS_A_ROW) as f64, (at % CAMERAS_A_ROW) as f64);
    let place = CORNER.offset_by(column * APART_M, row * APART_M);
    let (height_m, heading_deg, pitch_deg, fov_deg) = (6.5, 90.0, 18.0, 70.0);
    let pose = Pose { place, height_m, heading_deg, pitch_deg, fov_deg, aspect: 16.0 / 9.0 };
    Camera {
        id: id(at),
        ground: Ground::Pose(pose),
        include: Vec::new(),
        ignore: Vec::new(),
        recheck: Duration::ZERO,
    }
}

fn id(camera: usize) -> CameraId {
    CameraId::new(format!("camera-{camera}"))
}

/// A look of a camera, so many steps after the beginning; with one thing more than usual, or without.
pub fn look(camera: usize, step: u64, one_more: bool) -> Detections {
    let usual = (0..THINGS).map(|n| {
        let x = 0.1 + 0.2 * (n % COLUMNS) as f32;
        (x, ROWS[n / COLUMNS % ROWS.len()])
    });
    Detections {
        camera: id(camera),
        at: WallTime::from_millis(1_778_457_600_000)
            .plus(Duration::from_millis(step * STEP.as_millis() as u64)),
        width: 1920,
        height: 1080,
        detections: usual.chain(one_more.then_some(BETWEEN)).map(detection).collect(),
    }
}

fn detection((x, y): (f32, f32)) -> Detection {
    let (left, right) = (x - BOX.0 / 2.0, x + BOX.0 / 2.0);
    // the numbers above lie within the picture
    let bbox = BBox::new(left, y - BOX.1, right, y).unwrap_or_else(|_| unreachable!("no box"));
    Detection { class: CLASS.into(), score: 0.7, bbox, second: None, is_weak: false }
}
