//! Picture files as frames, and which files are taken for pictures.

use std::{
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::Context;

use crate::{
    base::{CameraId, Frame, TimeSource, WallTime},
    capture::{PictureFile, PictureReader},
};

/// Extensions taken for pictures.
const EXTENSIONS: [&str; 3] = ["jpg", "jpeg", "png"];

/// Whether a file's name says it is a picture.
pub fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    EXTENSIONS.iter().any(|e| e.eq_ignore_ascii_case(extension))
}

/// The pictures of a folder and the folders in it, in order of their paths.
///
/// # Errors
/// A folder cannot be listed.
pub fn in_folder(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("folder {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("folder {}", folder.display()))?;
            // links are not followed into folders: a loop would never end
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                open.push(entry.path());
            } else if is_picture(&entry.path()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// One picture as a frame of a camera named after the file; its time is the file's.
///
/// # Errors
/// The file cannot be read, or is no JPEG or PNG picture.
pub fn read(path: &Path) -> anyhow::Result<Frame> {
    read_by(&PictureReader::default(), path)
}

/// The same for many, by one reader.
///
/// # Errors
/// As [`read`].
pub fn read_by(reader: &PictureReader, path: &Path) -> anyhow::Result<Frame> {
    let read = reader.read(path).with_context(|| format!("picture {}", path.display()))?;
    let PictureFile { width, height, format, matrix, planes, encoded } = read;
    let taken = fs::metadata(path)
        .and_then(|m| m.modified())
        .ok()
        .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
    Ok(Frame {
        camera: CameraId::new(path.to_string_lossy()),
        seq: 0,
        at: WallTime::from_millis(taken),
        arrival: WallTime::from_millis(taken),
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
    use super::*;

    #[test]
    fn pictures_are_found_in_folders_and_read_and_others_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        let good = dir.path().join("b/good.PNG");
        let red = image::RgbImage::from_pixel(5, 3, image::Rgb([200, 10, 10]));
        red.save_with_format(&good, image::ImageFormat::Png).unwrap();
        let bad = dir.path().join("a.jpg");
        fs::write(&bad, "no picture").unwrap();
        fs::write(dir.path().join("notes.txt"), "").unwrap();
        assert_eq!(in_folder(dir.path()).unwrap(), [bad.clone(), good.clone()]);
        let frame = read(&good).unwrap();
        assert_eq!((frame.width, frame.height), (5, 3));
        assert_eq!(frame.camera.as_str(), good.to_str().unwrap());
        assert!(frame.at > WallTime::from_millis(0));
        assert_eq!(frame.encoded.unwrap().bytes, fs::read(&good).unwrap());
        let text = format!("{:#}", read(&bad).unwrap_err());
        assert!(text.contains("a.jpg") && text.contains("neither JPEG nor PNG"), "{text}");
    }
}
