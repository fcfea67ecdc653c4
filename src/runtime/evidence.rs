//! From a judged frame to evidence files: the original bytes as the camera sent them, a plain
//! picture that is made once a frame, and, when a case is opened, a marked copy of each picture.
//! Which frames are worth it is said by `resolve::ShotPlan`.

use std::{cell::OnceCell, sync::Arc};

use bytes::Bytes;
use image::ImageFormat;

use super::jpeg;
use crate::{
    base::{BBox, ClassName, Frame, SecondLook, ThingId},
    detect,
    store::{Evidence, EvidenceError, Moment, NewEvidence, Role},
};

/// A frame of which evidence may be kept.
pub struct Shown<'a> {
    /// The frame.
    pub frame: &'a Frame,
    /// Name and version of the model that looked at it.
    model: Arc<str>,
    /// The plain picture, made when the first thing asks for it.
    plain: OnceCell<Bytes>,
}

/// A thing in it.
pub struct Shot {
    /// Where.
    pub bbox: BBox,
    /// The second look at it, when there was one.
    pub second: Option<SecondLook>,
    /// Which part of the stay.
    pub moment: Moment,
}

impl<'a> Shown<'a> {
    /// `frame`, as `model` saw it.
    pub fn new(frame: &'a Frame, model: Arc<str>) -> Self {
        Self { frame, model, plain: OnceCell::new() }
    }

    /// Keeps the frame for `thing`: original (where the source still had it) and plain picture.
    ///
    /// # Errors
    /// When the disk refuses; what was written stays pending and does no harm.
    pub fn keep(
        &self,
        evidence: &Evidence,
        thing: ThingId,
        shot: &Shot,
    ) -> Result<(), EvidenceError> {
        let encoded = self.frame.encoded.as_ref();
        let original = encoded
            .map(|e| {
                let bytes = e.bytes.clone();
                evidence.keep(thing, &self.item(shot, Role::Original, e.format.extension(), bytes))
            })
            .transpose()?;
        let plain = self.plain.get_or_init(|| jpeg::of_frame(self.frame)).clone();
        let picture = self.item(shot, Role::Picture, "jpg", plain);
        evidence.keep(thing, &NewEvidence { derived_from: original, ..picture })?;
        Ok(())
    }

    fn item(&self, shot: &Shot, role: Role, extension: &'static str, bytes: Bytes) -> NewEvidence {
        NewEvidence {
            role,
            camera: self.frame.camera.clone(),
            at: self.frame.at,
            time_source: self.frame.time_source,
            pts_ns: self.frame.pts_ns,
            bbox: Some(shot.bbox),
            moment: shot.moment,
            extension,
            bytes,
            derived_from: None,
            model: self.model.to_string(),
            second: shot.second,
        }
    }
}

/// Keeps a copy of each pending picture of `thing` with its box drawn in, where there is none yet.
/// Only things that become cases need them, and most candidates do not.
///
/// # Errors
/// When the disk refuses; repeating it makes what is missing.
pub fn mark(evidence: &Evidence, thing: ThingId, class: &ClassName) -> Result<(), EvidenceError> {
    for (sha256, picture) in evidence.unmarked(thing)? {
        let Some(bytes) = marked(&picture, class) else { continue };
        let derived_from = Some(sha256);
        evidence
            .keep(thing, &NewEvidence { role: Role::Annotated, bytes, derived_from, ..picture })?;
    }
    Ok(())
}

fn marked(picture: &NewEvidence, class: &ClassName) -> Option<Bytes> {
    let bbox = picture.bbox?;
    match image::load_from_memory_with_format(&picture.bytes, ImageFormat::Jpeg) {
        Ok(plain) => {
            let mut drawn = plain.into_rgb8();
            detect::draw(&mut drawn, class, bbox);
            Some(jpeg::of_picture(&drawn))
        }
        // the case stands on the plain picture, whose hash tells that it was changed
        Err(error) => {
            tracing::error!(camera = %picture.camera, at = %picture.at, %error, "picture could not be marked");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::PixelFormat,
        detect::{annotate::colour_of, planes::tests::frame},
        store,
    };

    const THING: ThingId = ThingId(3);

    async fn opened(dir: &std::path::Path) -> store::Store {
        let options = store::Options { dir: dir.to_owned(), min_free_bytes: 0 };
        store::Store::open(&options).await.unwrap()
    }

    fn grey(at: i64) -> Frame {
        let mut frame = frame("c", (64, 48), PixelFormat::Rgb, vec![(vec![90; 64 * 48 * 3], 192)]);
        frame.at = crate::base::WallTime::from_millis(at);
        frame
    }

    fn shot(moment: Moment) -> Shot {
        Shot { bbox: BBox::new(0.25, 0.25, 0.75, 0.75).unwrap(), second: None, moment }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn pictures_are_marked_once_and_name_what_they_were_made_from() {
        let dir = tempfile::tempdir().unwrap();
        let store = opened(dir.path()).await;
        let (evidence, class) = (store.evidence(), ClassName::from("billboard"));
        for (at, moment) in [(1_000, Moment::First), (2_000, Moment::Last)] {
            Shown::new(&grey(at), "m".into()).keep(&evidence, THING, &shot(moment)).unwrap();
        }
        mark(&evidence, THING, &class).unwrap();
        mark(&evidence, THING, &class).unwrap();
        let rows = evidence.attach(THING, &"C-1".into(), true).unwrap();
        let of = |role| rows.iter().filter(move |r| r.role == role).collect::<Vec<_>>();
        let (plain, drawn) = (of(Role::Picture), of(Role::Annotated));
        assert_eq!((rows.len(), plain.len(), drawn.len()), (4, 2, 2));
        for (from, to) in plain.into_iter().zip(drawn) {
            assert_eq!(to.derived_from.as_ref(), Some(&from.sha256));
            assert_eq!((to.at, to.moment, to.bbox), (from.at, from.moment, from.bbox));
            let picture = image::open(evidence.cases_dir().join(&to.path)).unwrap().into_rgb8();
            let edge = picture.get_pixel(17, 24).0;
            let near = edge.iter().zip(colour_of("billboard")).all(|(a, b)| a.abs_diff(b) < 40);
            assert!(near, "the box is drawn: {edge:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_picture_that_was_changed_is_left_unmarked() {
        let dir = tempfile::tempdir().unwrap();
        let store = opened(dir.path()).await;
        let evidence = store.evidence();
        Shown::new(&grey(1_000), "m".into()).keep(&evidence, THING, &shot(Moment::First)).unwrap();
        let (pending, _) = evidence.unmarked(THING).unwrap().remove(0);
        for file in std::fs::read_dir(dir.path().join("pending/3")).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|e| e == "jpg") {
                std::fs::write(path, b"no picture").unwrap();
            }
        }
        mark(&evidence, THING, &"billboard".into()).unwrap();
        let left = evidence.unmarked(THING).unwrap();
        assert_eq!((left.len(), &left[0].0), (1, &pending));
    }
}
