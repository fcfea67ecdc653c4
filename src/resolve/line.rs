//! One line of a recording: what a camera saw, or what a reviewer decided. Nonsense is refused.

use serde::Deserialize;

use super::status::Decision;
use crate::base::{BBox, CameraId, ClassName, Detection, Detections, LonLat, SecondLook, WallTime};

/// A parsed line.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// A sampled frame of a camera.
    Detections(Detections),
    /// A reviewer's decision.
    Review(ReviewLine),
}

/// A reviewer's decision, meant for the nearest open case of the class.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewLine {
    /// When.
    pub at: WallTime,
    /// The class.
    pub class: ClassName,
    /// Where the reviewer means, WGS84.
    pub place: LonLat,
    /// What.
    pub decision: Decision,
    /// Why.
    pub reason: String,
}

/// Why a line is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LineError {
    /// Not a JSON object of either kind.
    #[error("{0}")]
    Syntax(String),
    /// A frame without area.
    #[error("width and height must be at least 1")]
    NoArea,
    /// A score outside [0, 1].
    #[error("detections[{index}].score {score} is not in 0..1")]
    Score {
        /// Which detection.
        index: usize,
        /// What stands there.
        score: f64,
    },
    /// A second look's numbers that make no score.
    #[error(
        "detections[{index}].second first_score {first_score}, keep {keep}: the first is not in 0..1, \
         or keep times it is not"
    )]
    Second {
        /// Which detection.
        index: usize,
        /// What stands there as the first score.
        first_score: f32,
        /// What stands there as the factor.
        keep: f32,
    },
    /// A box that is not ordered inside 0..1.
    #[error("detections[{index}].box {corners:?} is not x0 < x1, y0 < y1 within 0..1")]
    Box {
        /// Which detection.
        index: usize,
        /// What stands there.
        corners: [f64; 4],
    },
    /// A review of a place that is none.
    #[error("review.lon {lon}, review.lat {lat} is no place on the globe")]
    Place {
        /// Longitude.
        lon: f64,
        /// Latitude.
        lat: f64,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    at: WallTime,
    camera: Option<CameraId>,
    width: Option<u32>,
    height: Option<u32>,
    detections: Option<Vec<RawDetection>>,
    review: Option<RawReview>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDetection {
    class: ClassName,
    score: f64,
    #[serde(rename = "box")]
    corners: [f64; 4],
    second: Option<SecondLook>,
    #[serde(default)]
    is_weak: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReview {
    class: ClassName,
    lon: f64,
    lat: f64,
    decision: Decision,
    #[serde(default)]
    reason: String,
}

/// How far a corner may lie outside 0..1: a detector's rounding, not a mistake in units.
const OVERHANG: f64 = 0.05;

/// Reads one line.
///
/// # Errors
/// [`LineError`] with the reason.
pub fn parse_line(text: &str) -> Result<Line, LineError> {
    let raw: RawLine =
        serde_json::from_str(text).map_err(|e| LineError::Syntax(without_place(&e.to_string())))?;
    match raw {
        RawLine { at, camera: Some(camera), width, height, detections, review: None } => {
            let (Some(width), Some(height), Some(seen)) = (width, height, detections) else {
                let text = "a camera's line needs width, height and detections";
                return Err(LineError::Syntax(text.to_owned()));
            };
            if width == 0 || height == 0 {
                return Err(LineError::NoArea);
            }
            let detections =
                seen.into_iter().enumerate().map(checked).collect::<Result<Vec<_>, _>>()?;
            Ok(Line::Detections(Detections { camera, at, width, height, detections }))
        }
        RawLine {
            at,
            camera: None,
            width: None,
            height: None,
            detections: None,
            review: Some(RawReview { class, lon, lat, decision, reason }),
        } => {
            let place = LonLat { lon, lat };
            if !place.is_on_globe() {
                return Err(LineError::Place { lon, lat });
            }
            Ok(Line::Review(ReviewLine { at, class, place, decision, reason }))
        }
        _ => Err(LineError::Syntax(
            "a line is either a camera's (camera, at, width, height, detections) or a review's \
             (at, review)"
                .to_owned(),
        )),
    }
}

/// Scores, and a little for a product of rounded numbers.
const SCORES: std::ops::RangeInclusive<f32> = 0.0..=1.0 + 1e-6;

fn checked((index, raw): (usize, RawDetection)) -> Result<Detection, LineError> {
    if !(0.0..=1.0).contains(&raw.score) {
        return Err(LineError::Score { index, score: raw.score });
    }
    if let Some(SecondLook { first_score, keep }) = raw.second
        && !(keep >= 0.0 && [first_score, first_score * keep].iter().all(|v| SCORES.contains(v)))
    {
        return Err(LineError::Second { index, first_score, keep });
    }
    let wrong = || LineError::Box { index, corners: raw.corners };
    if !raw.corners.iter().all(|v| (-OVERHANG..=1.0 + OVERHANG).contains(v)) {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, reason = "fractions of a picture fit an f32")]
    let [x0, y0, x1, y1] = raw.corners.map(|v| v as f32);
    let bbox = BBox::new(x0, y0, x1, y1).map_err(|_| wrong())?;
    #[expect(clippy::cast_possible_truncation, reason = "a score needs no more digits")]
    let score = raw.score as f32;
    Ok(Detection { class: raw.class, score, bbox, second: raw.second, is_weak: raw.is_weak })
}

/// serde_json counts lines within the line; only its column means something here.
fn without_place(message: &str) -> String {
    message.replace(" at line 1 column ", " at column ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str = r#"{"camera":"c","at":"2026-05-11T00:00:00+08:00","width":1920,"height":1080,"detections":[{"class":"billboard","score":0.5,"box":[0.1,0.2,0.3,0.4]}]}"#;

    fn refused(text: &str) -> String {
        parse_line(text).unwrap_err().to_string()
    }

    #[test]
    fn both_kinds_are_read() {
        let Ok(Line::Detections(frame)) = parse_line(FRAME) else { panic!("a frame") };
        assert_eq!((frame.camera.as_str(), frame.detections.len()), ("c", 1));
        let review = r#"{"at":"2026-05-11T04:00:00+08:00","review":{"class":"billboard","lon":113.1,"lat":22.5,"decision":"rejected","reason":"no"}}"#;
        let Ok(Line::Review(review)) = parse_line(review) else { panic!("a review") };
        assert_eq!(review.decision, Decision::Rejected);
    }

    #[test]
    fn a_second_look_comes_back_as_it_was_written_and_is_missing_where_there_was_none() {
        let Ok(Line::Detections(plain)) = parse_line(FRAME) else { panic!("a frame") };
        assert_eq!(plain.detections[0].second, None);
        assert!(!serde_json::to_string(&plain).unwrap().contains("second"));
        let mut looked = plain;
        let second = SecondLook { first_score: 0.8, keep: 0.625 };
        looked.detections[0].second = Some(second);
        let text = serde_json::to_string(&looked).unwrap();
        assert!(text.contains(r#""second":{"first_score":0.8,"keep":0.625}"#), "{text}");
        assert_eq!(parse_line(&text), Ok(Line::Detections(looked)));
        assert!(parse_line(&text.replace("0.625", "1.2")).is_ok(), "it may be surer");
        for wrong in ["1.3", "-0.1"] {
            assert!(refused(&text.replace("0.625", wrong)).contains("detections[0].second"));
        }
        assert!(refused(&text.replace("\"keep\"", "\"kept\"")).contains("kept"));
    }

    #[test]
    fn nonsense_is_refused_with_its_reason() {
        assert!(refused(&FRAME[..40]).contains("EOF"));
        assert!(refused(&FRAME.replace("0.5,", "1.5,")).contains("detections[0].score 1.5"));
        assert!(refused(&FRAME.replace("0.3,0.4", "300,400")).contains("detections[0].box"));
        assert!(refused(&FRAME.replace("[0.1,0.2", "[0.4,0.2")).contains("detections[0].box"));
        assert!(refused(&FRAME.replace("1920", "0")).contains("width"));
        assert!(refused(&FRAME.replace("\"width\"", "\"wide\"")).contains("wide"));
        assert!(refused(&FRAME.replace("00:00:00+08:00", "noon")).contains("noon"));
        assert!(refused(r#"{"at":"2026-05-11T00:00:00Z"}"#).contains("either"));
    }
}
