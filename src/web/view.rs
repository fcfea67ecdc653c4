//! The JSON that callers see. Not the stored types: those may change without the API changing.

use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::public_id;
use crate::{
    base::{BBox, LonLat, SecondLook, WallTime},
    judge::RejectedSpot,
    resolve::Case,
    store::{CustodyRow, EvidenceRow, Moment, Role},
};

/// WGS84 degrees.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaceView {
    /// Longitude.
    pub lon: f64,
    /// Latitude.
    pub lat: f64,
}

impl From<LonLat> for PlaceView {
    fn from(place: LonLat) -> Self {
        Self { lon: place.lon, lat: place.lat }
    }
}

/// A case.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseView {
    /// Number.
    pub id: String,
    /// Detector class.
    pub class: String,
    /// National matter code.
    pub code: String,
    /// Its name.
    pub code_name: String,
    /// `clue` until a person decides.
    pub status: &'static str,
    /// When it became a case, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: WallTime,
    /// First sighting.
    #[schema(value_type = String, format = DateTime)]
    pub first_seen: WallTime,
    /// Latest sighting.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen: WallTime,
    /// When it was found gone; null while it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub gone_at: Option<WallTime>,
    /// Cameras that saw it.
    pub cameras: Vec<String>,
    /// Where, WGS84.
    pub place: PlaceView,
    /// Radius of error in metres.
    pub error_m: f64,
    /// Unit grid code.
    pub grid: Option<String>,
    /// Sightings.
    pub detections: u64,
    /// Score in 0..1.
    pub score: f32,
    /// The second look at its newest picture; null when there was none.
    pub second_look: Option<SecondLookView>,
    /// The former case of the same thing.
    pub recurrence_of: Option<String>,
    /// A permit whose hours have ended.
    pub permit: Option<String>,
    /// A picture for lists.
    pub thumbnail: Option<ThumbnailView>,
}

impl CaseView {
    /// `case` with a picture out of `evidence`.
    pub fn of(case: &Case, evidence: &[EvidenceRow]) -> Self {
        Self {
            id: case.id.to_string(),
            class: case.class.to_string(),
            code: case.code.clone(),
            code_name: case.code_name.clone(),
            status: case.status.as_str(),
            opened_at: case.opened_at,
            first_seen: case.first_seen,
            last_seen: case.last_seen,
            gone_at: case.gone_at,
            cameras: case.cameras.iter().map(ToString::to_string).collect(),
            place: case.place.into(),
            error_m: case.error_m,
            grid: case.grid.clone(),
            detections: case.detections,
            score: case.score,
            second_look: SecondLookView::among(evidence),
            recurrence_of: case.recurrence_of.as_ref().map(ToString::to_string),
            permit: case.permit.clone(),
            thumbnail: ThumbnailView::among(evidence),
        }
    }
}

/// What a second model said: the score is the product of both numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct SecondLookView {
    /// The detector's own score in 0..1.
    pub first_score: f32,
    /// What became of it, as a factor: above 1 where the second look is surer.
    pub keep: f32,
}

impl SecondLookView {
    /// That of the newest evidence that has one.
    fn among(evidence: &[EvidenceRow]) -> Option<Self> {
        let newest = evidence.iter().filter(|e| e.second.is_some()).max_by_key(|e| e.at)?;
        newest.second.map(Self::from)
    }
}

impl From<SecondLook> for SecondLookView {
    fn from(second: SecondLook) -> Self {
        Self { first_score: second.first_score, keep: second.keep }
    }
}

/// A picture and where the thing is in it.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct ThumbnailView {
    /// Evidence id.
    pub id: String,
    /// `[x0, y0, x1, y1]` in fractions of the frame.
    #[schema(value_type = Option<[f32; 4]>)]
    pub bbox: Option<BBox>,
}

impl ThumbnailView {
    /// The newest picture with the thing in it; one without a drawn box before one with.
    fn among(evidence: &[EvidenceRow]) -> Option<Self> {
        let rank = |e: &&EvidenceRow| match e.role {
            Role::Picture => 2,
            Role::Annotated => 1,
            Role::Original => 0,
        };
        let shows = |e: &&EvidenceRow| e.moment != Moment::Gone && FileKind::of(e).is_picture();
        let best = evidence.iter().filter(shows).max_by_key(|e| (rank(e), e.at))?;
        Some(Self { id: public_id(best), bbox: best.bbox })
    }
}

/// How a file of evidence is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileKind {
    /// Content type.
    pub content_type: &'static str,
    /// Shown in the browser, or only saved.
    pub inline: bool,
}

impl FileKind {
    /// By the file's extension; whatever is not known to be harmless is only saved.
    pub fn of(row: &EvidenceRow) -> Self {
        let (content_type, inline) = match row.extension() {
            "jpg" | "jpeg" => ("image/jpeg", true),
            "png" => ("image/png", true),
            "h264" => ("video/h264", false),
            "h265" => ("video/h265", false),
            "mp4" => ("video/mp4", false),
            _ => ("application/octet-stream", false),
        };
        Self { content_type, inline }
    }

    fn is_picture(self) -> bool {
        self.inline
    }
}

/// One piece of evidence.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceView {
    /// Its id.
    pub id: String,
    /// `original`, `picture` or `annotated`.
    pub role: &'static str,
    /// `first`, `middle`, `last`, `later` or `gone`.
    pub moment: &'static str,
    /// Camera.
    pub camera: String,
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    pub at: WallTime,
    /// Where that time comes from: `sender_ntp`, `arrival`, `file` or `recorded`.
    #[schema(value_type = String)]
    pub time_source: crate::base::TimeSource,
    /// Where the thing is, `[x0, y0, x1, y1]` in fractions of the frame.
    #[schema(value_type = Option<[f32; 4]>)]
    pub bbox: Option<BBox>,
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// SHA-256 of what it was made from.
    pub derived_from: Option<String>,
    /// Length.
    pub bytes_len: u64,
    /// Model that saw it; empty when none did.
    pub model: String,
    /// The second look at it; null when there was none.
    pub second_look: Option<SecondLookView>,
    /// Name for saving.
    pub file_name: String,
    /// Content type of the bytes.
    pub content_type: &'static str,
    /// Where the bytes are.
    pub url: String,
}

impl From<&EvidenceRow> for EvidenceView {
    fn from(row: &EvidenceRow) -> Self {
        Self {
            id: public_id(row),
            role: row.role.as_str(),
            moment: row.moment.as_str(),
            camera: row.camera.to_string(),
            at: row.at,
            time_source: row.time_source,
            bbox: row.bbox,
            sha256: row.sha256.clone(),
            derived_from: row.derived_from.clone(),
            bytes_len: row.bytes_len,
            model: row.model.clone(),
            second_look: row.second.map(SecondLookView::from),
            file_name: file_name(row),
            content_type: FileKind::of(row).content_type,
            url: format!("/api/v1/evidence/{}", public_id(row)),
        }
    }
}

/// `CASE-FILE` with nothing in it that a header or a file system would read otherwise.
pub fn file_name(row: &EvidenceRow) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    row.path.chars().map(plain).collect()
}

/// One entry of the custody log.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustodyView {
    /// Place in the log of the whole site.
    pub seq: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: WallTime,
    /// A person, or `streetwarden`.
    pub who: String,
    /// What was done.
    pub what: String,
    /// To what: case number or evidence path.
    pub subject: String,
    /// What was recorded: JSON text, as hashed.
    pub payload: String,
    /// Hash of the entry before.
    pub prev_hash: String,
    /// This entry's hash.
    pub hash: String,
}

impl From<CustodyRow> for CustodyView {
    fn from(row: CustodyRow) -> Self {
        let CustodyRow { seq, at, who, what, subject, payload, prev_hash, hash, .. } = row;
        Self { seq, at, who, what, subject, payload, prev_hash, hash }
    }
}

/// A place where a class stays quiet.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpotView {
    /// Its id.
    pub id: String,
    /// Detector class.
    pub class: String,
    /// Centre, WGS84.
    pub place: PlaceView,
    /// Radius in metres.
    pub radius_m: f64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub from: WallTime,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub until: WallTime,
    /// Who rejected.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl From<&RejectedSpot> for SpotView {
    fn from(spot: &RejectedSpot) -> Self {
        Self {
            id: spot.id.clone(),
            class: spot.class.to_string(),
            place: spot.place.into(),
            radius_m: spot.radius_m,
            from: spot.from,
            until: spot.until,
            by: spot.by.clone(),
            reason: spot.reason.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::TimeSource;

    fn row(id: &str, role: Role, moment: Moment, at_ms: i64, extension: &str) -> EvidenceRow {
        EvidenceRow {
            id: id.into(),
            case: "1".into(),
            path: format!("1/a \"b\".{extension}"),
            sha256: String::new(),
            bytes_len: 0,
            role,
            camera: "c".into(),
            at: WallTime::from_millis(at_ms),
            time_source: TimeSource::Arrival,
            pts_ns: None,
            bbox: None,
            moment,
            derived_from: None,
            model: String::new(),
            second: None,
        }
    }

    #[test]
    fn the_list_shows_the_newest_plain_picture_with_the_thing() {
        let all = [
            row("boxed", Role::Annotated, Moment::Last, 9, "jpg"),
            row("old", Role::Picture, Moment::First, 1, "jpg"),
            row("new", Role::Picture, Moment::Last, 9, "jpg"),
            row("gone", Role::Picture, Moment::Gone, 20, "jpg"),
            row("video", Role::Original, Moment::Last, 9, "h264"),
        ];
        let shown = |rows: &[EvidenceRow]| ThumbnailView::among(rows).map(|t| t.id);
        assert_eq!(shown(&all).as_deref(), Some("1.new"));
        assert_eq!(shown(&all[..1]).as_deref(), Some("1.boxed"));
        assert_eq!(shown(&all[4..]), None);
    }

    #[test]
    fn names_for_saving_cannot_break_a_header() {
        assert_eq!(file_name(&row("x", Role::Picture, Moment::Last, 0, "jpg")), "1-a--b-.jpg");
    }

    #[test]
    fn only_known_pictures_are_shown_in_the_browser() {
        for (extension, inline) in
            [("jpg", true), ("png", true), ("h264", false), ("html", false), ("svg", false)]
        {
            assert_eq!(
                FileKind::of(&row("x", Role::Original, Moment::Last, 0, extension)).inline,
                inline
            );
        }
    }
}
