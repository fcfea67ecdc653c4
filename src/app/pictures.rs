//! Picture files as frames, upright as their camera says, with the original bytes kept. Memory of pictures
//! is used again: one of 1080p takes 6 MB, which the system gives page by page.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use anyhow::{Context, bail};
use bytes::Bytes;
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, metadata::Orientation,
};

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
    Reader::default().read(path)
}

/// Reads pictures into memory of those that nobody has any more. Clones share it.
#[derive(Clone, Default)]
pub struct Reader(Arc<Mutex<Vec<Vec<u8>>>>);

/// A decoded picture.
struct Decoded {
    format: EncodedFormat,
    width: u32,
    height: u32,
    /// Red, green, blue.
    data: Bytes,
}

impl Reader {
    /// See [`read`].
    ///
    /// # Errors
    /// As [`read`].
    pub fn read(&self, path: &Path) -> anyhow::Result<Frame> {
        let named = || format!("picture {}", path.display());
        let bytes = fs::read(path).with_context(named)?;
        let Decoded { format, width, height, data } = self.decode(&bytes).with_context(named)?;
        let plane = Plane { data, stride: width as usize * 3 };
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

    fn decode(&self, bytes: &[u8]) -> anyhow::Result<Decoded> {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
        let format = match reader.format() {
            Some(ImageFormat::Jpeg) if is_cut(bytes) => bail!("it is cut off"),
            Some(ImageFormat::Jpeg) => EncodedFormat::Jpeg,
            Some(ImageFormat::Png) => EncodedFormat::Png,
            _ => bail!("it is neither JPEG nor PNG"),
        };
        let mut decoder = reader.into_decoder()?;
        let orientation = decoder.orientation()?;
        if decoder.color_type() == ColorType::Rgb8 && orientation == Orientation::NoTransforms {
            let (width, height) = decoder.dimensions();
            return Ok(Decoded { format, width, height, data: self.as_it_is(decoder)? });
        }
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(orientation);
        let picture = picture.into_rgb8();
        let (width, height) = picture.dimensions();
        Ok(Decoded { format, width, height, data: Bytes::from(picture.into_raw()) })
    }

    fn as_it_is(&self, decoder: impl ImageDecoder) -> anyhow::Result<Bytes> {
        let size = usize::try_from(decoder.total_bytes()).context("it is too large")?;
        let mut memory = self.spare().pop().unwrap_or_default();
        if memory.len() < size {
            // of a size that a broken header only claims, the system gives nothing before it is written
            memory = vec![0; size];
        }
        decoder.read_image(&mut memory[..size])?;
        Ok(Bytes::from_owner(InUse { memory, reader: self.clone() }).slice(..size))
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A picture's memory, back with its reader when the last who has the picture lets go of it.
struct InUse {
    memory: Vec<u8>,
    reader: Reader,
}

impl AsRef<[u8]> for InUse {
    fn as_ref(&self) -> &[u8] {
        &self.memory
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        self.reader.spare().push(memory);
    }
}

/// Whether a JPEG's end is missing: the decoder fills what is missing with grey instead of failing.
/// In its data neither marker occurs otherwise; a thumbnail in its header has both, before them.
fn is_cut(jpeg: &[u8]) -> bool {
    const START_OF_SCAN: [u8; 2] = [0xff, 0xda];
    const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];
    let end = jpeg.windows(2).rposition(|pair| pair == END_OF_IMAGE);
    end.is_none_or(|end| jpeg[end..].windows(2).any(|pair| pair == START_OF_SCAN))
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
        // as it is where a thumbnail in the header has an end, too
        assert!(is_cut(&[&whole[..], &whole[..whole.len() - 3]].concat()));
        assert!(!is_cut(&whole.repeat(2)));
    }

    #[test]
    fn memory_is_used_again_once_nobody_has_the_picture() {
        let dir = tempfile::tempdir().unwrap();
        let [large, small] = [(40, 30, 10), (8, 6, 200)].map(|(w, h, grey)| {
            let path = dir.path().join(format!("{grey}.png"));
            image::RgbImage::from_pixel(w, h, image::Rgb([grey; 3])).save(&path).unwrap();
            path
        });
        let reader = Reader::default();
        let at = |frame: &Frame| frame.planes[0].data.as_ptr();
        let first = reader.read(&large).unwrap();
        let (kept, where_kept) = (first.clone(), at(&first));
        drop(first);
        let second = reader.read(&large).unwrap();
        assert_ne!(at(&second), where_kept, "somebody has it");
        assert_eq!(kept.planes[0].data[..], [10; 40 * 30 * 3]);
        drop(kept);
        let third = reader.read(&small).unwrap();
        assert_eq!(at(&third), where_kept);
        assert_eq!(third.planes[0].data[..], [200; 8 * 6 * 3], "and no more than its own");
        assert_eq!(second.planes[0].data[..], [10; 40 * 30 * 3]);
    }

    #[test]
    fn pictures_of_other_colours_become_red_green_blue() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("grey.jpg");
        image::GrayImage::from_pixel(16, 8, image::Luma([90])).save(&path).unwrap();
        let frame = read(&path).unwrap();
        assert_eq!((frame.width, frame.height, frame.planes[0].stride), (16, 8, 48));
        assert!(frame.planes[0].data.iter().all(|v| v.abs_diff(90) < 3));
    }
}
