//! Picture files as planes, upright as their camera says, with the original bytes kept. A JPEG as cameras
//! write it goes through the decoder of Motion JPEG, which leaves it in its planes: a picture in red, green and
//! blue would be twice the size. Memory of pictures is used again: the system gives it page by page.

use std::{
    fs,
    io::{self, Cursor},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader,
    metadata::Orientation,
};

#[cfg(feature = "gst")]
use super::gst::{Planes, Still};
use super::jpeg;
use crate::base::{ColourMatrix, Encoded, EncodedFormat, PixelFormat, Plane};

/// What a picture may take in its own colours: what `image` gives by itself. A header of a few bytes can
/// claim gigabytes.
const MOST_BYTES: u64 = 512 << 20;

/// Why a file gives no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Its bytes are no picture, or another kind.
    #[error("it is neither JPEG nor PNG")]
    Kind,
    /// A JPEG without its end.
    #[error("it is cut off")]
    Cut,
    /// Its header claims a picture of more than 512 MiB.
    #[error("it is {width}x{height}, which takes more than 512 MiB: scale it down")]
    TooLarge {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// Its decoder fails.
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// A picture out of a file.
#[derive(Debug)]
pub struct PictureFile {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Layout of `planes`.
    pub format: PixelFormat,
    /// What their samples mean.
    pub matrix: ColourMatrix,
    /// One or three planes.
    pub planes: Arc<[Plane]>,
    /// The file as it is.
    pub encoded: Encoded,
}

/// Reads pictures into memory of those that nobody has any more. Clones share it, and the decoders.
#[derive(Clone, Default)]
pub struct PictureReader(Arc<Spare>);

#[derive(Default)]
struct Spare {
    memory: Mutex<Vec<Vec<u8>>>,
    #[cfg(feature = "gst")]
    decoders: Mutex<Vec<Still>>,
}

fn lock<T>(spare: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    spare.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PictureReader {
    /// The picture in the file at `path`. Its bytes, not its name, say what it is.
    ///
    /// # Errors
    /// [`PictureError`]: the file cannot be read, or is no whole JPEG or PNG picture.
    pub fn read(&self, path: &Path) -> Result<PictureFile, PictureError> {
        let bytes = Bytes::from(fs::read(path)?);
        let reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format()?;
        let format = match reader.format() {
            Some(ImageFormat::Jpeg) if jpeg::is_cut(&bytes) => return Err(PictureError::Cut),
            Some(ImageFormat::Jpeg) => EncodedFormat::Jpeg,
            Some(ImageFormat::Png) => EncodedFormat::Png,
            _ => return Err(PictureError::Kind),
        };
        let encoded = Encoded { format, bytes: bytes.clone() };
        let mut decoder = reader.into_decoder()?;
        let (width, height) = decoder.dimensions();
        if decoder.total_bytes() > MOST_BYTES {
            return Err(PictureError::TooLarge { width, height });
        }
        let orientation = decoder.orientation()?;
        if orientation == Orientation::NoTransforms {
            if let Some(picture) = self.in_planes(&encoded) {
                return Ok(picture);
            }
            if decoder.color_type() == ColorType::Rgb8 {
                return Ok(in_rgb(width, height, self.as_it_is(decoder)?, encoded));
            }
        }
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(orientation);
        let picture = picture.into_rgb8();
        let (width, height) = picture.dimensions();
        Ok(in_rgb(width, height, Bytes::from(picture.into_raw()), encoded))
    }

    /// The planes of a JPEG that has them as frames do; `None` for any other, and when the decoder fails:
    /// what is wrong is said by the one that is asked next.
    #[cfg(feature = "gst")]
    fn in_planes(&self, encoded: &Encoded) -> Option<PictureFile> {
        if encoded.format != EncodedFormat::Jpeg || !jpeg::has_halved_chroma(&encoded.bytes) {
            return None;
        }
        let spare = lock(&self.0.decoders).pop();
        let mut decoder = match spare {
            Some(decoder) => decoder,
            None => Still::new(EncodedFormat::Jpeg, "jpegdec").ok()?,
        };
        // its memory is the system's: there is more of it for as many pictures as are kept
        let decoded = decoder.decode_kept(&encoded.bytes)?;
        lock(&self.0.decoders).push(decoder);
        let Planes { width, height, format, planes, .. } = decoded;
        // JFIF has no other colours, whatever the height
        let matrix = ColourMatrix::FullBt601;
        Some(PictureFile { width, height, format, matrix, planes, encoded: encoded.clone() })
    }

    /// No decoder gives planes in this build.
    #[cfg(not(feature = "gst"))]
    fn in_planes(&self, _: &Encoded) -> Option<PictureFile> {
        None
    }

    fn as_it_is(&self, decoder: impl ImageDecoder) -> Result<Bytes, ImageError> {
        let size = decoder.total_bytes() as usize; // below MOST_BYTES
        let mut memory = self.memory();
        if memory.bytes.capacity() < size {
            memory.bytes = vec![0; size];
        } else {
            memory.bytes.resize(size, 0);
        }
        decoder.read_image(&mut memory.bytes)?;
        Ok(Bytes::from_owner(memory))
    }

    fn memory(&self) -> InUse {
        let bytes = lock(&self.0.memory).pop().unwrap_or_default();
        InUse { bytes, reader: self.clone() }
    }
}

fn in_rgb(width: u32, height: u32, data: Bytes, encoded: Encoded) -> PictureFile {
    let (format, matrix) = (PixelFormat::Rgb, ColourMatrix::usual(height));
    let planes = [Plane { data, stride: width as usize * 3 }].into();
    PictureFile { width, height, format, matrix, planes, encoded }
}

/// A picture's memory, back with its reader when the last who has the picture lets go of it.
struct InUse {
    bytes: Vec<u8>,
    reader: PictureReader,
}

impl AsRef<[u8]> for InUse {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        lock(&self.reader.0.memory).push(bytes);
    }
}

#[cfg(test)]
mod tests;
