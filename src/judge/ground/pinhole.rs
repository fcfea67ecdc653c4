//! A pinhole camera over flat ground, and its fit to surveyed points.
//!
//! Five points determine a free homography only near themselves: a metre of survey error becomes many
//! metres where the street goes on behind the last point. Real cameras stand where the settings say,
//! do not roll much and have square pixels, so the fit uses those as weak priors.

use nalgebra::{Matrix3, SMatrix, SVector};

use super::{Pose, SurveyPoint};
use crate::base::LonLat;

/// Camera east, north, height (metres); heading, pitch, roll (radians); ln of focal length in picture
/// widths; ln of the pixel aspect.
pub(super) const PARAMETERS: usize = 8;
type Params = SVector<f64, PARAMETERS>;
type Square = SMatrix<f64, PARAMETERS, PARAMETERS>;

/// Error of a surveyed point on the ground, metres.
const SURVEY_ERROR_M: f64 = 0.4;
/// Error of its click in the picture, fractions.
const CLICK_ERROR: f64 = 0.002;
/// Errors of what is known beforehand; heading is not.
const PRIOR_SPREAD: [f64; PARAMETERS] = [1.5, 1.5, 3.0, 10.0, 0.4, 0.035, 0.4, 0.02];
/// Typical height and focal length of a street camera (70° across).
const PRIOR_HEIGHT_M: f64 = 6.5;
const PRIOR_FOCAL: f64 = 0.714;
/// Errors of a pose an installer wrote down.
const POSE_SPREAD: [f64; PARAMETERS] = [2.0, 2.0, 0.3, 0.035, 0.017, 0.017, 0.04, 0.01];
/// Picture shapes that are tried, the usual one first.
const ASPECTS: [f64; 2] = [16.0 / 9.0, 4.0 / 3.0];
/// Steps of the fit; it settles in about ten.
const STEPS: usize = 60;
/// Normalised residual above which the points do not look like a pinhole's.
const MISFIT: f64 = 3.0;

/// One camera.
#[derive(Clone, Debug)]
pub(super) struct Pinhole {
    params: Params,
}

/// A fit and what it does not know.
pub(super) struct Fitted {
    pub camera: Pinhole,
    /// One step of one standard deviation along each principal direction.
    pub steps: Vec<Params>,
}

impl Pinhole {
    pub(super) fn from_pose(pose: &Pose) -> Option<Self> {
        let focal = 0.5 / (pose.fov_deg.to_radians() / 2.0).tan();
        let params = Params::from([
            0.0,
            0.0,
            pose.height_m,
            pose.heading_deg.to_radians(),
            pose.pitch_deg.to_radians(),
            0.0,
            focal.ln(),
            pose.aspect.ln(),
        ]);
        params.iter().all(|v| v.is_finite()).then_some(Self { params })
    }

    pub(super) fn pose_steps() -> Vec<Params> {
        (0..PARAMETERS)
            .map(|i| {
                let mut step = Params::zeros();
                step[i] = POSE_SPREAD[i];
                step
            })
            .collect()
    }

    pub(super) fn moved(&self, step: &Params) -> Self {
        Self { params: self.params + step }
    }

    /// The matrix from ground (east, north, 1) to picture (u·d, v·d, d), d the depth.
    pub(super) fn matrix(&self) -> Matrix3<f64> {
        let [x, y, z, heading, pitch, roll, focal, aspect] = self.params.into();
        let (sh, ch) = heading.sin_cos();
        let (sp, cp) = pitch.sin_cos();
        let (sr, cr) = roll.sin_cos();
        let forward = [sh * cp, ch * cp, -sp];
        let right = [ch, -sh, 0.0];
        let down = [-sh * sp, -ch * sp, -cp];
        let mix =
            |a: f64, b: f64| -> [f64; 3] { std::array::from_fn(|i| a * right[i] + b * down[i]) };
        let (right, down) = (mix(cr, sr), mix(-sr, cr));
        let fx = focal.exp();
        let fy = fx * aspect.exp();
        let rows: [[f64; 3]; 3] = [
            std::array::from_fn(|i| fx * right[i] + 0.5 * forward[i]),
            std::array::from_fn(|i| fy * down[i] + 0.5 * forward[i]),
            forward,
        ];
        Matrix3::from_fn(|r, c| match c {
            0 | 1 => rows[r][c],
            _ => -(rows[r][0] * x + rows[r][1] * y + rows[r][2] * z),
        })
    }

    /// Fits points given in metres around the camera's stated position.
    pub(super) fn fit(points: &[SurveyPoint], near: LonLat) -> Option<Fitted> {
        let mut best: Option<(f64, Params, Square)> = None;
        for aspect in ASPECTS {
            for pitch in [0.2, 0.45, 0.9] {
                let Some(found) = Fit::new(points, near, aspect, pitch).run() else { continue };
                if best.as_ref().is_none_or(|b| found.0 < b.0) {
                    best = Some(found);
                }
            }
        }
        let (cost, params, information) = best?;
        // residuals and priors together have as many degrees of freedom as there are residuals
        #[expect(clippy::cast_precision_loss, reason = "a handful of points")]
        let freedom = 2.0 * points.len() as f64;
        if (cost / freedom).sqrt() > MISFIT {
            return None;
        }
        let spread = information.try_inverse()?.cholesky()?;
        let steps = (0..PARAMETERS).map(|i| spread.l().column(i).into_owned()).collect();
        Some(Fitted { camera: Self { params }, steps })
    }
}

/// Levenberg–Marquardt with numeric derivatives.
struct Fit {
    /// u, v, east, north.
    points: Vec<[f64; 4]>,
    start: Params,
    prior: Params,
}

impl Fit {
    fn new(points: &[SurveyPoint], near: LonLat, aspect: f64, pitch: f64) -> Self {
        let points: Vec<[f64; 4]> = points
            .iter()
            .map(|p| {
                let (east, north) = p.place.metres_from(near);
                [p.image.0, p.image.1, east, north]
            })
            .collect();
        let (east, north) = points.iter().fold((0.0, 0.0), |s, p| (s.0 + p[2], s.1 + p[3]));
        let heading = f64::atan2(east, north);
        let focal = PRIOR_FOCAL.ln();
        let prior =
            Params::from([0.0, 0.0, PRIOR_HEIGHT_M, heading, 0.35, 0.0, focal, aspect.ln()]);
        let mut start = prior;
        start[4] = pitch;
        Self { points, start, prior }
    }

    /// Picture error of each point over its expected one; then the priors. Empty when a point lies
    /// behind the camera.
    fn residuals(&self, params: &Params) -> Option<Vec<f64>> {
        let matrix = Pinhole { params: *params }.matrix();
        let see = |east: f64, north: f64| {
            let p = matrix * nalgebra::Vector3::new(east, north, 1.0);
            (p.z > 0.3).then(|| (p.x / p.z, p.y / p.z))
        };
        let mut out = Vec::with_capacity(self.points.len() * 2 + PARAMETERS);
        for [u, v, east, north] in &self.points {
            let (pu, pv) = see(*east, *north)?;
            let (eu, ev) = see(east + SURVEY_ERROR_M, *north)?;
            let (nu, nv) = see(*east, north + SURVEY_ERROR_M)?;
            let su = (eu - pu).hypot(nu - pu).hypot(CLICK_ERROR);
            let sv = (ev - pv).hypot(nv - pv).hypot(CLICK_ERROR);
            out.push((pu - u) / su);
            out.push((pv - v) / sv);
        }
        out.extend((0..PARAMETERS).map(|i| (params[i] - self.prior[i]) / PRIOR_SPREAD[i]));
        Some(out)
    }

    fn run(&self) -> Option<(f64, Params, Square)> {
        let square = |r: &[f64]| r.iter().map(|v| v * v).sum::<f64>();
        let mut params = self.start;
        let mut residuals = self.residuals(&params)?;
        let mut damping = 1e-2;
        for _ in 0..STEPS {
            let (information, gradient) = self.normal(&params, &residuals)?;
            let mut damped = information;
            for i in 0..PARAMETERS {
                damped[(i, i)] *= 1.0 + damping;
            }
            let step = damped.try_inverse()? * gradient;
            let tried = params - step;
            match self.residuals(&tried).filter(|r| square(r) < square(&residuals)) {
                Some(better) => {
                    let gain = square(&residuals) - square(&better);
                    (params, residuals) = (tried, better);
                    damping = (damping * 0.3).max(1e-9);
                    if gain < 1e-9 {
                        break;
                    }
                }
                None => damping *= 8.0,
            }
            if damping > 1e9 {
                break;
            }
        }
        let (information, _) = self.normal(&params, &residuals)?;
        let sane = params[2] > 0.5 && params[4] > -0.2 && params[4] < 1.7;
        sane.then(|| (square(&residuals), params, information))
    }

    fn normal(&self, params: &Params, residuals: &[f64]) -> Option<(Square, Params)> {
        let mut columns = Vec::with_capacity(PARAMETERS);
        for i in 0..PARAMETERS {
            let mut moved = *params;
            let step = 1e-5;
            moved[i] += step;
            let there = self.residuals(&moved)?;
            let column: Vec<f64> =
                there.iter().zip(residuals).map(|(a, b)| (a - b) / step).collect();
            columns.push(column);
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let information = Square::from_fn(|r, c| dot(&columns[r], &columns[c]));
        let gradient = Params::from_fn(|r, _| dot(&columns[r], residuals));
        Some((information, gradient))
    }
}
