//! The plane-to-plane map from picture to ground, with the maps that would also have fitted.

use nalgebra::{DMatrix, Matrix3, SMatrix, SVector, Vector3};

use super::{Fix, Spread, pinhole::Pinhole};
use crate::base::LonLat;

/// A point that is known in the picture and on the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurveyPoint {
    /// Fractions of picture width and height.
    pub image: (f64, f64),
    /// WGS84.
    pub place: LonLat,
}

/// Points from which no map can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroundError {
    /// Too few.
    #[error("4 or more surveyed points are needed, {0} are given")]
    TooFew(usize),
    /// Points on a line, or given twice.
    #[error("the surveyed points lie on one line or on one another; spread them over the ground")]
    OnOneLine,
}

/// Error of a surveyed point used for the free map, metres.
const SURVEY_ERROR_M: f64 = 0.4;
/// How far the view may have been knocked since the survey, in fractions of the picture.
const KNOCK: f64 = 0.003;
/// Flat ground is flat only so far.
const FARTHEST_M: f64 = 300.0;
/// Kerbs, slopes and boxes that do not end at the ground, metres.
const FLATNESS_ERROR_M: f64 = 0.3;

/// Maps a picture to the ground around an origin.
#[derive(Clone, Debug)]
pub struct Homography {
    origin: LonLat,
    main: Matrix3<f64>,
    /// One for each principal direction of what the fit does not know, one deviation away.
    others: Vec<Matrix3<f64>>,
}

impl Homography {
    /// Fits surveyed points. With the camera's own position a pinhole camera is fitted, which holds
    /// far better beyond the points; without it, or when the points do not look like a pinhole's
    /// (a strongly distorting lens), a free least-squares homography.
    ///
    /// # Errors
    /// [`GroundError`] when the points determine none.
    pub fn fit(points: &[SurveyPoint], camera: Option<LonLat>) -> Result<Self, GroundError> {
        if points.len() < 4 {
            return Err(GroundError::TooFew(points.len()));
        }
        let free = Self::free(points)?;
        let pinhole = camera.and_then(|near| {
            let fitted = Pinhole::fit(points, near)?;
            Self::from_pinhole(&fitted.camera, near, &fitted.steps)
        });
        Ok(pinhole.unwrap_or(free))
    }

    pub(super) fn from_pinhole(
        camera: &Pinhole,
        origin: LonLat,
        steps: &[SVector<f64, 8>],
    ) -> Option<Self> {
        let main = camera.matrix().try_inverse()?;
        let others = steps.iter().filter_map(|s| camera.moved(s).matrix().try_inverse()).collect();
        Some(Self { origin, main, others })
    }

    /// Direct linear transform on normalised coordinates.
    fn free(points: &[SurveyPoint]) -> Result<Self, GroundError> {
        let origin = points[0].place;
        let image: Vec<(f64, f64)> = points.iter().map(|p| p.image).collect();
        let ground: Vec<(f64, f64)> = points.iter().map(|p| p.place.metres_from(origin)).collect();
        let from = normaliser(&image).ok_or(GroundError::OnOneLine)?;
        let to = normaliser(&ground).ok_or(GroundError::OnOneLine)?;
        let back = to.try_inverse().ok_or(GroundError::OnOneLine)?;
        // padded to at least nine rows so that the decomposition has the ninth direction
        let mut rows = DMatrix::<f64>::zeros((points.len() * 2).max(9), 9);
        for (i, (a, b)) in image.iter().zip(&ground).enumerate() {
            let (a, b) = (from * Vector3::new(a.0, a.1, 1.0), to * Vector3::new(b.0, b.1, 1.0));
            let first = [a.x, a.y, 1.0, 0.0, 0.0, 0.0, -b.x * a.x, -b.x * a.y, -b.x];
            let second = [0.0, 0.0, 0.0, a.x, a.y, 1.0, -b.y * a.x, -b.y * a.y, -b.y];
            for k in 0..9 {
                rows[(2 * i, k)] = first[k];
                rows[(2 * i + 1, k)] = second[k];
            }
        }
        let found = rows.svd(false, true);
        let turned = found.v_t.ok_or(GroundError::OnOneLine)?;
        let mut order: Vec<usize> = (0..found.singular_values.len()).collect();
        order.sort_by(|a, b| found.singular_values[*a].total_cmp(&found.singular_values[*b]));
        if found.singular_values[order[1]] < 1e-6 {
            return Err(GroundError::OnOneLine);
        }
        let h = Matrix3::from_fn(|r, c| turned[(order[0], r * 3 + c)]);
        let unit = scale_of(&to);
        let others = free_steps(&h, &image, &from, SURVEY_ERROR_M * unit);
        let whole = |m: Matrix3<f64>| {
            let m = back * m * from;
            let (u, v) = image[0];
            // the surveyed side of the horizon is the visible one
            if (m * Vector3::new(u, v, 1.0)).z < 0.0 { -m } else { m }
        };
        Ok(Self { origin, main: whole(h), others: others.into_iter().map(whole).collect() })
    }

    /// What the map's metres are counted from.
    pub(super) fn origin(&self) -> LonLat {
        self.origin
    }

    /// The place of a picture point; `None` at or above the horizon.
    pub fn locate(&self, u: f64, v: f64) -> Option<LonLat> {
        let (east, north) = apply(&self.main, u, v)?;
        Some(self.origin.offset_by(east, north))
    }

    pub(super) fn fix(&self, (u, v): (f64, f64), (su, sv): (f64, f64)) -> Option<Fix> {
        let (east, north) = apply(&self.main, u, v)?;
        let across = self.slope((u, v), (1e-3, 0.0), (east, north));
        let along = self.slope((u, v), (0.0, 1e-3), (east, north));
        let scaled = |d: (f64, f64), s: f64| (d.0 * s, d.1 * s);
        let far = Spread::round(FARTHEST_M);
        let mut missing = Vec::with_capacity(self.others.len() + 2);
        for other in &self.others {
            match apply(other, u, v) {
                Some((e, n)) => missing.push((e - east, n - north)),
                None => missing.push((far.error_m(), far.error_m())),
            }
        }
        missing.push(scaled(across, KNOCK));
        missing.push(scaled(along, KNOCK));
        Some(Fix {
            place: self.origin.offset_by(east, north),
            jitter: Spread::of(&[scaled(across, su), scaled(along, sv)]),
            bias: Spread::of(&missing).add(Spread::round(FLATNESS_ERROR_M)),
        })
    }

    /// Metres on the ground per unit of the picture in direction `step`.
    fn slope(&self, (u, v): (f64, f64), step: (f64, f64), here: (f64, f64)) -> (f64, f64) {
        // downwards is always below the horizon when the point is
        let (e, n) = apply(&self.main, u + step.0, v + step.1).unwrap_or(here);
        let length = step.0 + step.1;
        ((e - here.0) / length, (n - here.1) / length)
    }
}

fn apply(m: &Matrix3<f64>, u: f64, v: f64) -> Option<(f64, f64)> {
    let p = m * Vector3::new(u, v, 1.0);
    let (east, north) = (p.x / p.z, p.y / p.z);
    (p.z > 0.0 && east.hypot(north) <= FARTHEST_M).then_some((east, north))
}

/// Moves points to their middle and scales them to mean distance √2; `None` when they coincide.
fn normaliser(points: &[(f64, f64)]) -> Option<Matrix3<f64>> {
    #[expect(clippy::cast_precision_loss, reason = "a handful of points")]
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
    let mean = points.iter().map(|p| (p.0 - x).hypot(p.1 - y)).sum::<f64>() / n;
    let s = std::f64::consts::SQRT_2 / mean;
    s.is_finite().then(|| Matrix3::new(s, 0.0, -s * x, 0.0, s, -s * y, 0.0, 0.0, 1.0))
}

fn scale_of(normaliser: &Matrix3<f64>) -> f64 {
    normaliser[(0, 0)]
}

/// The homographies one deviation away from `h`, given the error of each surveyed point.
fn free_steps(
    h: &Matrix3<f64>,
    image: &[(f64, f64)],
    from: &Matrix3<f64>,
    error: f64,
) -> Vec<Matrix3<f64>> {
    let main = h / h[(2, 2)];
    let with = |k: usize, d: f64| {
        let mut m = main;
        m[(k / 3, k % 3)] += d;
        m
    };
    let place = |m: &Matrix3<f64>, p: &(f64, f64)| {
        let q = m * from * Vector3::new(p.0, p.1, 1.0);
        (q.x / q.z, q.y / q.z)
    };
    let mut information = SMatrix::<f64, 8, 8>::zeros();
    for p in image {
        let here = place(&main, p);
        let slopes: Vec<(f64, f64)> = (0..8)
            .map(|k| {
                let there = place(&with(k, 1e-6), p);
                ((there.0 - here.0) / 1e-6, (there.1 - here.1) / 1e-6)
            })
            .collect();
        for r in 0..8 {
            for c in 0..8 {
                information[(r, c)] += slopes[r].0 * slopes[c].0 + slopes[r].1 * slopes[c].1;
            }
        }
    }
    let Some(spread) = information.try_inverse().and_then(nalgebra::Cholesky::new) else {
        return Vec::new();
    };
    (0..8)
        .map(|i| {
            let column = spread.l().column(i) * error;
            (0..8).fold(main, |m, k| {
                let mut m = m;
                m[(k / 3, k % 3)] += column[k];
                m
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::ground::{Ground, Pose, Projector};

    const CAMERA: LonLat = LonLat { lon: 113.0815, lat: 22.5787 };
    const POSE: Pose = Pose {
        place: CAMERA,
        height_m: 6.5,
        heading_deg: 80.0,
        pitch_deg: 18.0,
        fov_deg: 70.0,
        aspect: 16.0 / 9.0,
    };
    const CLICKS: [(f64, f64); 5] =
        [(0.12, 0.93), (0.88, 0.93), (0.2, 0.55), (0.8, 0.55), (0.5, 0.72)];

    fn truth(u: f64, v: f64) -> LonLat {
        let fix = Projector::new(&Ground::Pose(POSE)).fix((u, v), (0.0, 0.0));
        assert!(fix.bias.error_m() < 24.0, "({u}, {v}) is above the horizon");
        fix.place
    }

    fn survey(noise: [(f64, f64); 5]) -> Vec<SurveyPoint> {
        CLICKS
            .iter()
            .zip(noise)
            .map(|(c, (e, n))| SurveyPoint { image: *c, place: truth(c.0, c.1).offset_by(e, n) })
            .collect()
    }

    const EXACT: [(f64, f64); 5] = [(0.0, 0.0); 5];
    const ROUGH: [(f64, f64); 5] = [(0.3, -0.2), (-0.4, 0.1), (0.2, 0.4), (0.3, -0.3), (-0.3, 0.2)];

    #[test]
    fn a_free_map_gives_the_surveyed_points_back() {
        let map = Homography::fit(&survey(EXACT), None).unwrap();
        for (u, v) in CLICKS.into_iter().chain([(0.5, 0.48)]) {
            let off = map.locate(u, v).unwrap().distance_m(truth(u, v));
            assert!(off < 0.02, "({u}, {v}) is {off} m off");
        }
    }

    #[test]
    fn four_points_are_enough() {
        let map = Homography::fit(&survey(EXACT)[..4], None).unwrap();
        assert!(map.locate(0.5, 0.72).unwrap().distance_m(truth(0.5, 0.72)) < 0.02);
    }

    #[test]
    fn the_known_camera_position_holds_the_map_beyond_the_points() {
        let far = (0.5, 0.42);
        let map = Homography::fit(&survey(ROUGH), Some(CAMERA)).unwrap();
        let fix = map.fix(far, (0.0, 0.0)).unwrap();
        let off = fix.place.distance_m(truth(far.0, far.1));
        assert!(off < 3.0 && fix.bias.error_m() > off / 3.0, "{off} m, {:?}", fix.bias);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_survey_of_any_pose_gives_its_ground_back(
            height_m in 4.0..9.0f64,
            heading_deg in 0.0..360.0f64,
            pitch_deg in 12.0..35.0f64,
            fov_deg in 55.0..85.0f64,
            u in 0.1..0.9f64,
            v in 0.55..0.95f64,
        ) {
            let pose = Pose { height_m, heading_deg, pitch_deg, fov_deg, ..POSE };
            let view = Projector::new(&Ground::Pose(pose));
            let place = |(u, v)| view.fix((u, v), (0.0, 0.0)).place;
            let points = CLICKS.map(|image| SurveyPoint { image, place: place(image) });
            let truth = place((u, v));
            // with the camera's position the usual mounting weighs in a little
            for (camera, allowed) in [(None, 0.01), (Some(CAMERA), 0.05)] {
                let found = Homography::fit(&points, camera).unwrap().locate(u, v).unwrap();
                let off = found.distance_m(truth) / truth.distance_m(CAMERA);
                prop_assert!(off < allowed, "{off} of the distance off, camera {camera:?}");
            }
        }
    }

    #[test]
    fn the_sky_has_no_place() {
        let map = Homography::fit(&survey(EXACT), Some(CAMERA)).unwrap();
        assert_eq!(map.locate(0.5, 0.0), None);
    }

    #[test]
    fn points_on_a_line_are_refused() {
        let points: Vec<SurveyPoint> = (0..5)
            .map(|i| {
                let t = f64::from(i);
                SurveyPoint { image: (0.1 * t, 0.5), place: CAMERA.offset_by(t, 0.0) }
            })
            .collect();
        assert_eq!(Homography::fit(&points, None).unwrap_err(), GroundError::OnOneLine);
        assert_eq!(Homography::fit(&points[..3], None).unwrap_err(), GroundError::TooFew(3));
    }
}
