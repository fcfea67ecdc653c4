//! From a judged frame to evidence files: the original bytes as the camera sent them, a plain
//! picture, and an annotated copy that names its source. Which frames are worth it is said by
//! `resolve::ShotPlan`.

use std::io::Cursor;

use bytes::Bytes;
use image::{RgbImage, codecs::jpeg::JpegEncoder};

use crate::{
    base::{BBox, ClassName, Detection, Frame, SecondLook, ThingId},
    detect,
    store::{Evidence, EvidenceError, Moment, NewEvidence, Role},
};

/// JPEG quality of pictures made here; the original is kept besides.
const JPEG_QUALITY: u8 = 90;

/// A thing in a frame.
pub struct Shot<'a> {
    /// The frame.
    pub frame: &'a Frame,
    /// What it is taken for.
    pub class: &'a ClassName,
    /// Where.
    pub bbox: BBox,
    /// The score of this sighting.
    pub score: f32,
    /// The second look at it, when there was one.
    pub second: Option<SecondLook>,
    /// Which part of the stay.
    pub moment: Moment,
    /// Model name and version.
    pub model: &'a str,
}

/// Keeps `shot` for `thing`: original (where the source still had it), picture, annotated copy.
///
/// # Errors
/// When the disk refuses; what was written stays pending and does no harm.
pub fn keep(evidence: &Evidence, thing: ThingId, shot: &Shot<'_>) -> Result<(), EvidenceError> {
    let encoded = shot.frame.encoded.as_ref();
    let original = encoded
        .map(|e| {
            evidence.keep(
                thing,
                &item(shot, Role::Original, e.format.extension(), e.bytes.clone(), None),
            )
        })
        .transpose()?;
    let plain = jpeg(&detect::to_rgb(shot.frame));
    let picture = evidence.keep(thing, &item(shot, Role::Picture, "jpg", plain, original))?;
    let seen = Detection {
        class: shot.class.clone(),
        score: shot.score,
        bbox: shot.bbox,
        second: shot.second,
    };
    let marked = jpeg(&detect::annotate(shot.frame, &[seen]));
    evidence.keep(thing, &item(shot, Role::Annotated, "jpg", marked, Some(picture)))?;
    Ok(())
}

fn item(
    shot: &Shot<'_>,
    role: Role,
    extension: &'static str,
    bytes: Bytes,
    derived_from: Option<String>,
) -> NewEvidence {
    NewEvidence {
        role,
        camera: shot.frame.camera.clone(),
        at: shot.frame.at,
        time_source: shot.frame.time_source,
        pts_ns: shot.frame.pts_ns,
        bbox: Some(shot.bbox),
        moment: shot.moment,
        extension,
        bytes,
        derived_from,
        model: shot.model.to_owned(),
        second: shot.second,
    }
}

fn jpeg(picture: &RgbImage) -> Bytes {
    let mut out = Cursor::new(Vec::new());
    // encoding into memory fails only for pictures beyond 65,535 pixels, which no decoder gives
    if let Err(error) = JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY).encode_image(picture)
    {
        tracing::error!(%error, "picture could not be encoded");
    }
    out.into_inner().into()
}
