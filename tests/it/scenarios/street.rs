//! A street with cameras, things that come and go, and everything that spoils a detector's sight, as
//! settings and as lines of a recording. The same street gives the same lines. Times are minutes from
//! a Monday's midnight in Shanghai, places metres east and north of a corner of the town.

use std::{fmt::Write as _, ops::Range};

use serde_json::{Value, json};
use streetwarden::base::{LonLat, WallTime};

use super::optics::{Corners, Optics, Point};

pub const STALL: &str = "street_stall";
pub const BIN: &str = "bin_overflow";
const CORNER: LonLat = LonLat { lon: 113.0902, lat: 22.6013 };
/// Monday 2026-03-02, 00:00 in Shanghai.
const MIDNIGHT_MS: i64 = 1_772_380_800_000;

pub fn at(minute: f64) -> WallTime {
    WallTime::from_millis(MIDNIGHT_MS + (minute * 60_000.0).round() as i64)
}

pub fn place(p: Point) -> LonLat {
    CORNER.offset_by(p.0, p.1)
}

#[derive(Clone, Debug)]
pub struct Camera {
    id: &'static str,
    optics: Optics,
    /// Seconds after the full sampling period at which it looks.
    phase_s: f64,
    outages: Vec<Range<f64>>,
    knocks: Vec<(f64, Point)>,
    is_surveyed: bool,
    /// More keys of its table.
    keys: String,
}

#[derive(Clone, Debug)]
struct Thing {
    class: &'static str,
    place: Point,
    stands: Vec<Range<f64>>,
}

/// A box that is reported at a place of one picture whenever chance will have it.
#[derive(Clone, Debug)]
struct Ghost {
    camera: &'static str,
    class: &'static str,
    corners: Corners,
    rate: f64,
    during: Range<f64>,
}

/// How bad a day it is; shares of looks and of boxes.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Looks at which a thing is not found.
    pub miss: f64,
    /// Deviation of each side of a box, as a share of its size.
    pub jitter: f64,
    /// Looks at which something is found that is not there, anywhere in the street.
    pub flicker: f64,
    /// Looks at which somebody stops in front of a thing, for up to three minutes.
    pub passer_by: f64,
}

impl Default for Faults {
    fn default() -> Self {
        Self { miss: 0.2, jitter: 0.03, flicker: 0.01, passer_by: 0.003 }
    }
}

#[derive(Clone, Debug)]
pub struct Street {
    pub minutes: f64,
    seed: u64,
    faults: Faults,
    every_s: f64,
    cameras: Vec<Camera>,
    things: Vec<Thing>,
    ghosts: Vec<Ghost>,
    reviews: Vec<(f64, Value)>,
    permits: String,
    /// More keys of the rule of each class.
    rule_keys: String,
}

impl Street {
    /// Looked at from its west end: `west`, at the origin, looking east.
    pub fn seen_from_west(minutes: f64) -> Self {
        Self {
            minutes,
            seed: 1,
            faults: Faults::default(),
            every_s: 20.0,
            cameras: vec![Camera::new("west", Optics::new((0.0, 0.0), 6.5, (22.0, 0.0)))],
            things: Vec::new(),
            ghosts: Vec::new(),
            reviews: Vec::new(),
            permits: String::new(),
            rule_keys: String::new(),
        }
    }

    /// Looked at from both ends, 44 m apart.
    pub fn seen_from_both_ends(minutes: f64) -> Self {
        let mut street = Self::seen_from_west(minutes);
        let east = Optics::new((44.0, 1.0), 7.0, (22.0, 0.0));
        street.cameras.push(Camera { phase_s: 7.0, ..Camera::new("east", east) });
        street
    }

    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Each camera looks so often; 20 s unless said otherwise.
    pub fn looked_at_every(mut self, seconds: f64) -> Self {
        self.every_s = seconds;
        self
    }

    /// Another day of the same street: the same things, other chance.
    pub fn on_day(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The same day broken off early.
    pub fn until(mut self, minute: f64) -> Self {
        self.minutes = minute;
        self
    }

    /// Something stands at `place` during each of `stands`.
    pub fn thing(
        mut self,
        class: &'static str,
        place: Point,
        stands: impl IntoIterator<Item = Range<f64>>,
    ) -> Self {
        self.things.push(Thing { class, place, stands: stands.into_iter().collect() });
        self
    }

    /// The first camera reports a box at `corners` at this share of its looks.
    pub fn ghost(
        mut self,
        class: &'static str,
        corners: Corners,
        rate: f64,
        during: Range<f64>,
    ) -> Self {
        self.ghosts.push(Ghost { camera: self.cameras[0].id, class, corners, rate, during });
        self
    }

    /// Of the first camera only its own position is known.
    pub fn unsurveyed(mut self) -> Self {
        self.cameras[0].is_surveyed = false;
        self
    }

    /// The first camera sends nothing during `minutes`.
    pub fn outage(mut self, minutes: Range<f64>) -> Self {
        self.cameras[0].outages.push(minutes);
        self
    }

    /// The first camera's picture has shifted by `by` from `minute` on.
    pub fn knock(mut self, minute: f64, by: Point) -> Self {
        self.cameras[0].knocks.push((minute, by));
        self
    }

    /// Where the first camera sees a thing of `class` at `place`.
    pub fn box_in_first_camera(&self, class: &str, place: Point) -> Corners {
        self.cameras[0].optics.frame(place, size(class), (0.0, 0.0)).unwrap()
    }

    /// The street without one of its cameras.
    pub fn without(mut self, camera: &str) -> Self {
        self.cameras.retain(|c| c.id != camera);
        self
    }

    /// More keys of the first camera.
    pub fn camera_keys(mut self, keys: &str) -> Self {
        self.cameras[0].keys = keys.to_owned();
        self
    }

    pub fn rule_keys(mut self, keys: &str) -> Self {
        self.rule_keys = keys.to_owned();
        self
    }

    pub fn review(mut self, minute: f64, class: &str, place_m: Point, decision: &str) -> Self {
        let LonLat { lon, lat } = place(place_m);
        let review = json!({"class": class, "lon": lon, "lat": lat, "decision": decision, "reason": "seen on the spot"});
        self.reviews.push((minute, json!({"at": at(minute), "review": review})));
        self
    }

    /// A licence for a square of 8 m around `middle`; `keys` are dates and hours.
    pub fn permit(mut self, class: &str, middle: Point, keys: &str) -> Self {
        let corner = |x: f64, y: f64| {
            let LonLat { lon, lat } = place((middle.0 + x, middle.1 + y));
            format!("[{lon:.7}, {lat:.7}]")
        };
        let ring =
            [corner(-4.0, -4.0), corner(4.0, -4.0), corner(4.0, 4.0), corner(-4.0, 4.0)].join(", ");
        let _ = write!(
            self.permits,
            "[[permit]]\nid = \"L-{class}\"\nclass = \"{class}\"\narea = [{ring}]\n{keys}\n"
        );
        self
    }

    /// The settings of the site.
    pub fn site(&self) -> String {
        let mut text =
            "[site]\nname = \"a made-up street\"\ntimezone = \"Asia/Shanghai\"\n".to_owned();
        for (class, dwell, gone, radius) in [(STALL, 5, 10, 15), (BIN, 10, 20, 12)] {
            let _ = write!(
                text,
                "[rule.{class}]\ndwell = \"{dwell}m\"\ngone_after = \"{gone}m\"\nmerge_radius_m = {radius}\n{}\n",
                self.rule_keys
            );
        }
        for (i, camera) in self.cameras.iter().enumerate() {
            text.push_str(&camera.table(&mut Chance::new(self.seed, 1_000 + i as u64)));
        }
        text + &self.permits
    }

    /// The recording, in time order.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.reviews.clone();
        lines.retain(|(minute, _)| *minute < self.minutes);
        for (i, camera) in self.cameras.iter().enumerate() {
            lines.extend(self.looks(camera, &mut Chance::new(self.seed, i as u64)));
        }
        lines.sort_by(|a, b| a.0.total_cmp(&b.0));
        lines.into_iter().map(|(_, line)| line.to_string()).collect()
    }

    fn looks(&self, camera: &Camera, chance: &mut Chance) -> Vec<(f64, Value)> {
        let mut looks = Vec::new();
        let mut hidden_until = vec![0.0; self.things.len()];
        let mut minute = camera.phase_s / 60.0;
        while minute < self.minutes {
            let mut seen = Vec::new();
            for (thing, hidden) in self.things.iter().zip(&mut hidden_until) {
                seen.extend(self.sight(camera, thing, hidden, minute, chance));
            }
            seen.extend(self.not_there(camera, minute, chance));
            if !camera.outages.iter().any(|o| o.contains(&minute)) {
                let look = json!({"camera": camera.id, "at": at(minute), "width": 1920, "height": 1080, "detections": seen});
                looks.push((minute, look));
            }
            minute += self.every_s / 60.0;
        }
        looks
    }

    fn sight(
        &self,
        camera: &Camera,
        thing: &Thing,
        hidden_until: &mut f64,
        minute: f64,
        chance: &mut Chance,
    ) -> Option<Value> {
        let corners =
            camera.optics.frame(thing.place, size(thing.class), camera.knocked(minute))?;
        if !thing.stands.iter().any(|s| s.contains(&minute)) {
            return None;
        }
        if chance.of(self.faults.passer_by) {
            *hidden_until = minute + chance.between(0.5, 3.0);
        }
        if minute < *hidden_until || chance.of(self.faults.miss) {
            return None;
        }
        let (w, h) = (corners[2] - corners[0], corners[3] - corners[1]);
        let jittered: Corners = std::array::from_fn(|k| {
            let side = if k % 2 == 0 { w } else { h };
            corners[k] + chance.normal() * self.faults.jitter * side
        });
        Some(detection(thing.class, chance.between(0.45, 0.95), jittered))
    }

    fn not_there(&self, camera: &Camera, minute: f64, chance: &mut Chance) -> Vec<Value> {
        let mut seen = Vec::new();
        for class in [STALL, BIN] {
            if chance.of(self.faults.flicker) {
                let (u, v) = (chance.between(0.05, 0.85), chance.between(0.4, 0.8));
                let (w, h) = (chance.between(0.03, 0.12), chance.between(0.05, 0.15));
                let score = chance.between(0.3, 0.6);
                seen.push(detection(class, score, [u, v, u + w, v + h]));
            }
        }
        for ghost in &self.ghosts {
            if ghost.camera == camera.id && ghost.during.contains(&minute) && chance.of(ghost.rate)
            {
                let jittered = ghost.corners.map(|c| c + 0.003 * chance.normal());
                seen.push(detection(ghost.class, chance.between(0.35, 0.7), jittered));
            }
        }
        seen
    }
}

fn detection(class: &str, score: f64, corners: Corners) -> Value {
    json!({"class": class, "score": score, "box": corners.map(|c| c.clamp(0.0, 1.0))})
}

/// Metres wide and high.
fn size(class: &str) -> Point {
    if class == STALL { (2.4, 2.1) } else { (1.1, 1.3) }
}

impl Camera {
    fn new(id: &'static str, optics: Optics) -> Self {
        Self {
            id,
            optics,
            phase_s: 1.0,
            outages: Vec::new(),
            knocks: Vec::new(),
            is_surveyed: true,
            keys: String::new(),
        }
    }

    fn knocked(&self, minute: f64) -> Point {
        let knock = self.knocks.iter().rfind(|(from, _)| *from <= minute);
        knock.map_or((0.0, 0.0), |(_, by)| *by)
    }

    fn table(&self, chance: &mut Chance) -> String {
        let LonLat { lon, lat } = place(self.optics.foot());
        let id = self.id;
        let mut text = format!(
            "[[camera]]\nid = \"{id}\"\nuri = \"rtsp://192.0.2.7/{id}\"\n\
             position = {{ lon = {lon:.7}, lat = {lat:.7}, crs = \"WGS84\" }}\n{}\n",
            self.keys
        );
        if !self.is_surveyed {
            return text;
        }
        text.push_str("ground_points = [\n");
        for ((u, v), (x, y)) in self.optics.survey() {
            let error = |c: &mut Chance| c.normal() * 0.2;
            let LonLat { lon, lat } = place((x + error(chance), y + error(chance)));
            let _ = writeln!(text, "  {{ image = [{u}, {v}], lon = {lon:.7}, lat = {lat:.7} }},");
        }
        text + "]\n"
    }
}

/// Chance that repeats itself (SplitMix64).
struct Chance(u64);

impl Chance {
    fn new(seed: u64, stream: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    /// From 0 to 1, 1 excluded.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    fn of(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// About normal, mean 0, deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}
