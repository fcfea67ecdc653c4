//! Picture files as frames, upright as their camera says, with the original bytes kept.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::{Context, bail};
use bytes::Bytes;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use crate::base::{
    CameraId, ColourMatrix, Encoded, EncodedFormat, Frame, PixelFormat, Plane, TimeSource, WallTime,
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
    let named = || format!("picture {}", path.display());
    let bytes = fs::read(path).with_context(named)?;
    let (format, picture) = decode(&bytes).with_context(named)?;
    let picture = picture.into_rgb8();
    let (width, height) = picture.dimensions();
    let plane = Plane { data: Bytes::from(picture.into_raw()), stride: width as usize * 3 };
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
        format: PixelFormat::Rgb,
        matrix: ColourMatrix::usual(height),
        planes: [plane].into(),
        encoded: Some(Encoded { format, bytes: Bytes::from(bytes) }),
    })
}

fn decode(bytes: &[u8]) -> anyhow::Result<(EncodedFormat, DynamicImage)> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let format = match reader.format() {
        Some(ImageFormat::Jpeg) if is_cut(bytes) => bail!("it is cut off"),
        Some(ImageFormat::Jpeg) => EncodedFormat::Jpeg,
        Some(ImageFormat::Png) => EncodedFormat::Png,
        _ => bail!("it is neither JPEG nor PNG"),
    };
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok((format, picture))
}

/// Whether a JPEG's end is missing: the decoder fills what is missing with grey instead of failing.
/// In its data neither marker occurs otherwise; a thumbnail in its header has both, before them.
fn is_cut(jpeg: &[u8]) -> bool {
    const START_OF_SCAN: [u8; 2] = [0xff, 0xda];
    const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];
    let last = |marker: [u8; 2]| jpeg.windows(2).rposition(|pair| pair == marker);
    last(END_OF_IMAGE) < last(START_OF_SCAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_read_and_others_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        let good = dir.path().join("b/good.PNG");
        let red = image::RgbImage::from_pixel(5, 3, image::Rgb([200, 10, 10]));
        red.save_with_format(&good, ImageFormat::Png).unwrap();
        let bad = dir.path().join("a.jpg");
        fs::write(&bad, "no picture").unwrap();
        fs::write(dir.path().join("notes.txt"), "").unwrap();
        assert_eq!(in_folder(dir.path()).unwrap(), [bad.clone(), good.clone()]);
        let frame = read(&good).unwrap();
        assert_eq!((frame.width, frame.height), (5, 3));
        assert_eq!(frame.planes[0].data[..3], [200, 10, 10]);
        assert_eq!(frame.encoded.unwrap().format, EncodedFormat::Png);
        let text = format!("{:#}", read(&bad).unwrap_err());
        assert!(text.contains("a.jpg") && text.contains("neither JPEG nor PNG"), "{text}");
        let cut = fs::read(&good).unwrap();
        fs::write(&bad, &cut[..cut.len() / 2]).unwrap();
        assert!(read(&bad).is_err());
        let jpeg = dir.path().join("cut.jpg");
        red.save_with_format(&jpeg, ImageFormat::Jpeg).unwrap();
        assert!(read(&jpeg).is_ok());
        let whole = fs::read(&jpeg).unwrap();
        fs::write(&jpeg, &whole[..whole.len() - 3]).unwrap();
        assert!(format!("{:#}", read(&jpeg).unwrap_err()).contains("cut off"));
    }
}
