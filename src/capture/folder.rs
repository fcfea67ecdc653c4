//! A folder of pictures as one camera: JPEG and PNG files in name order, each handed over with its
//! original bytes. Not a watcher: what is added later is not seen. Works without GStreamer.

use std::{
    path::{Path, PathBuf},
    sync::PoisonError,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use tracing::warn;

use crate::base::{EncodedFormat, TimeSource, WallTime};

use super::{
    CaptureError, DropReason, Flow, PictureError, PictureFile, PictureReader,
    camera::{Connection, Outcome},
    handover::Picture,
};

/// Plays the folder once.
pub(super) fn run_once(path: &Path, connection: &Connection<'_>) -> Result<Outcome, CaptureError> {
    let pictures = list(path)?;
    if pictures.is_empty() {
        return Err(CaptureError::NoPictures);
    }
    let status = connection.status;
    let (reader, mut readable, mut previous) = (PictureReader::default(), false, None);
    for file in &pictures {
        if connection.stop.is_cancelled() {
            return Ok(Outcome::Stopped);
        }
        if connection.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return Err(CaptureError::Timeout(std::time::Duration::ZERO));
        }
        status.count_in();
        let at = taken_at(file, previous, connection.options.every);
        previous = Some(at);
        let picture = match read(&reader, file, at) {
            Ok(picture) => picture,
            Err(error) => {
                status.count_drop(DropReason::Undecodable);
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                warn!(camera = %connection.options.id, file = name, %error, "picture left out");
                continue;
            }
        };
        readable = true;
        if let Some(encoded) = &picture.encoded {
            status.set_codec(codec_name(encoded.format), Some("image"));
        }
        let mut handover = connection.handover.lock().unwrap_or_else(PoisonError::into_inner);
        if handover.hand_over(picture) == Flow::Stop {
            return Ok(Outcome::Stopped);
        }
    }
    if readable { Ok(Outcome::Ended) } else { Err(CaptureError::Damaged) }
}

/// The pictures of a folder, in name order.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>, CaptureError> {
    let mut pictures = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if format_of(&path).is_some() && path.is_file() {
            pictures.push(path);
        }
    }
    pictures.sort();
    Ok(pictures)
}

fn format_of(path: &Path) -> Option<EncodedFormat> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "jpg" | "jpeg" => Some(EncodedFormat::Jpeg),
        "png" => Some(EncodedFormat::Png),
        _ => None,
    }
}

fn codec_name(format: EncodedFormat) -> &'static str {
    match format {
        EncodedFormat::Png => "png",
        _ => "jpeg",
    }
}

/// The file's modification time; where it does not lie after the picture before (a copied folder
/// has all its files of one moment), `every` after that.
fn taken_at(file: &Path, previous: Option<WallTime>, every: std::time::Duration) -> WallTime {
    let modified = std::fs::metadata(file)
        .and_then(|data| data.modified())
        .ok()
        .and_then(wall)
        .unwrap_or_default();
    match previous {
        Some(previous) if modified < previous.plus(every) => previous.plus(every),
        _ => modified,
    }
}

fn wall(time: SystemTime) -> Option<WallTime> {
    let ms = time.duration_since(UNIX_EPOCH).ok()?.as_millis();
    i64::try_from(ms).ok().map(WallTime::from_millis)
}

/// Reads one picture. The extension says what the bytes should be; the bytes decide.
fn read(reader: &PictureReader, file: &Path, at: WallTime) -> Result<Picture, PictureError> {
    let PictureFile { width, height, format, matrix, planes, encoded } = reader.read(file)?;
    Ok(Picture {
        at,
        arrival: wall(SystemTime::now()).unwrap_or(at),
        time_source: TimeSource::File,
        pts_ns: None,
        width,
        height,
        format,
        matrix,
        planes,
        encoded: Some(encoded),
    })
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        base::{CameraId, Frame},
        capture::{Camera, CameraStatus, Capture, FrameSink, Options, Source, State},
    };

    struct Keep(Arc<Mutex<Vec<Frame>>>);

    impl FrameSink for Keep {
        fn deliver(&mut self, frame: Frame) -> Flow {
            self.0.lock().unwrap().push(frame);
            Flow::Continue
        }
    }

    fn play(folder: &Path, until_end: bool) -> (Vec<Frame>, Arc<CameraStatus>) {
        let frames = Arc::new(Mutex::new(Vec::new()));
        let status = Arc::new(CameraStatus::new());
        let (source, _) = Source::parse(folder.to_str().unwrap(), folder).unwrap();
        let options = Options::new(CameraId::from("folder"), source);
        let sink = Box::new(Keep(frames.clone()));
        let stop = CancellationToken::new();
        let camera = Camera { options, sink, status: status.clone(), stop, until_end };
        Capture::default().start(camera).unwrap().join().unwrap();
        (Arc::into_inner(frames).unwrap().into_inner().unwrap(), status)
    }

    #[test]
    fn pictures_come_in_name_order_with_their_bytes_and_damaged_ones_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        for (name, shade) in [("b.png", 20), ("a.jpg", 200)] {
            let picture = image::RgbImage::from_pixel(32, 16, image::Rgb([shade, shade, shade]));
            picture.save(dir.path().join(name)).unwrap();
        }
        std::fs::write(dir.path().join("c.jpg"), b"not a picture").unwrap();
        std::fs::write(dir.path().join("notes.txt"), b"left alone").unwrap();
        let (frames, status) = play(dir.path(), false);
        assert_eq!(frames.len(), 2);
        assert_eq!(frames.iter().map(|f| f.seq).collect::<Vec<_>>(), [0, 1]);
        assert!((i16::from(frames[0].planes[0].data[0]) - 200).abs() < 4);
        assert_eq!((frames[1].width, frames[1].height, frames[1].planes[0].stride), (32, 16, 96));
        let original = frames[1].encoded.as_ref().unwrap();
        assert_eq!(original.format, EncodedFormat::Png);
        assert_eq!(original.bytes, std::fs::read(dir.path().join("b.png")).unwrap());
        assert!(frames[1].at.since(frames[0].at) >= Duration::from_secs(2));
        let snapshot = status.snapshot();
        assert_eq!(snapshot.state, State::Ended);
        assert_eq!(snapshot.dropped.get(&DropReason::Undecodable), Some(&1));
        assert!(snapshot.adds_up());
    }

    #[test]
    fn a_folder_without_a_readable_picture_is_failing_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let reason = |status: &CameraStatus| match status.state() {
            State::Failing { reason } => reason,
            other => panic!("{other:?}"),
        };
        let (_, status) = play(dir.path(), true);
        assert!(reason(&status).starts_with("no pictures"));
        std::fs::write(dir.path().join("c.jpg"), b"not a picture").unwrap();
        let (frames, status) = play(dir.path(), true);
        assert!(frames.is_empty());
        assert!(reason(&status).starts_with("damaged"));
        assert!(status.snapshot().adds_up());
    }
}
