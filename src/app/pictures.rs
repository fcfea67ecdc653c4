//! Picture files as frames, upright as their camera says, with the original bytes kept.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::{Context, bail};
use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbImage, metadata::Orientation,
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

/// A frame made of a picture file, maybe with fewer pixels than the file has.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The frame.
    pub frame: Frame,
    /// Width of the whole picture in pixels.
    pub width: u32,
    /// Height of the whole picture in pixels.
    pub height: u32,
}

impl Picture {
    /// All that there is.
    pub fn whole(frame: Frame) -> Self {
        Self { width: frame.width, height: frame.height, frame }
    }
}

/// One picture as a frame of a camera named after the file; its time is the file's.
///
/// # Errors
/// The file cannot be read, or is no JPEG or PNG picture.
pub fn read(path: &Path) -> anyhow::Result<Frame> {
    read_for(path, None).map(|picture| picture.frame)
}

/// The same, halved on both sides where that is cheaper and still fills a model's input of width
/// and height `fits`.
///
/// # Errors
/// As [`read`].
pub fn read_for(path: &Path, fits: Option<(u32, u32)>) -> anyhow::Result<Picture> {
    let named = || format!("picture {}", path.display());
    let bytes = fs::read(path).with_context(named)?;
    let picture = match fits.and_then(|fits| half(path, &bytes, fits)) {
        Some(picture) => picture,
        None => Picture::whole(whole(path, &bytes).with_context(named)?),
    };
    let encoded = picture.frame.encoded.map(|e| Encoded { bytes: Bytes::from(bytes), ..e });
    Ok(Picture { frame: Frame { encoded, ..picture.frame }, ..picture })
}

/// A JPEG at half its size; `None` when that is too small for `fits` or needs more than the decoder
/// does, and the other one is to say what is wrong.
fn half(path: &Path, bytes: &[u8], fits: (u32, u32)) -> Option<Picture> {
    if is_cut(bytes) {
        return None;
    }
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.read_info().ok()?;
    let whole = decoder.info()?;
    let (width, height) = (u32::from(whole.width), u32::from(whole.height));
    let turned = decoder.exif_data().and_then(Orientation::from_exif_chunk);
    let is_upright = turned.is_none_or(|turned| turned == Orientation::NoTransforms);
    if !is_upright || !fills((width, height), fits) {
        return None;
    }
    decoder.scale(whole.width.div_ceil(2), whole.height.div_ceil(2)).ok()?;
    let samples = decoder.decode().ok()?;
    let shrunk = decoder.info()?;
    let pixels = match shrunk.pixel_format {
        jpeg_decoder::PixelFormat::RGB24 => samples,
        jpeg_decoder::PixelFormat::L8 => samples.into_iter().flat_map(|grey| [grey; 3]).collect(),
        _ => return None,
    };
    let pixels = RgbImage::from_raw(shrunk.width.into(), shrunk.height.into(), pixels)?;
    Some(Picture { frame: frame_of(path, EncodedFormat::Jpeg, pixels), width, height })
}

/// Whether half of `size` has at least the pixels that fitting it into `fits` leaves.
fn fills(size: (u32, u32), fits: (u32, u32)) -> bool {
    2 * fits.0 <= size.0 || 2 * fits.1 <= size.1
}

fn whole(path: &Path, bytes: &[u8]) -> anyhow::Result<Frame> {
    let (format, picture) = decode(bytes)?;
    Ok(frame_of(path, format, picture.into_rgb8()))
}

/// A frame of the file at `path`, its bytes left out.
fn frame_of(path: &Path, format: EncodedFormat, pixels: RgbImage) -> Frame {
    let (width, height) = pixels.dimensions();
    let plane = Plane { data: Bytes::from(pixels.into_raw()), stride: width as usize * 3 };
    let taken = fs::metadata(path)
        .and_then(|m| m.modified())
        .ok()
        .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
    Frame {
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
        encoded: Some(Encoded { format, bytes: Bytes::new() }),
    }
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
    use image::codecs::jpeg::JpegEncoder;

    use super::*;

    /// Houses in colours that change slowly and edges that do not, so that no decoder is lucky.
    fn drawn(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let edge = if (x / 9 + y / 7) % 5 == 0 { 90 } else { 0 };
            let wave = 60.0 * (x as f32 / 11.0).sin() * (y as f32 / 17.0).cos();
            image::Rgb([(120.0 + wave) as u8 - edge / 2, 90 + edge, (y * 160 / height) as u8 + 40])
        })
    }

    fn jpeg(picture: &DynamicImage) -> Vec<u8> {
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, 90);
        picture.write_with_encoder(encoder).unwrap();
        jpeg
    }

    #[test]
    fn half_a_jpeg_is_what_averaging_the_whole_one_gives() {
        let colours = DynamicImage::from(drawn(322, 201));
        for picture in [colours.clone(), colours.into_luma8().into()] {
            let jpeg = jpeg(&picture);
            let half = half(Path::new("a.jpg"), &jpeg, (160, 160)).unwrap();
            assert_eq!((half.width, half.height), (322, 201));
            assert_eq!((half.frame.width, half.frame.height), (161, 101));
            let whole = image::load_from_memory(&jpeg).unwrap().into_rgb8();
            let mut off = 0.0;
            for (at, level) in half.frame.planes[0].data.iter().enumerate() {
                let (x, y, channel) = (at / 3 % 161, at / 3 / 161, at % 3);
                let levels = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, down)| {
                    let (x, y) = (2 * x + right, (2 * y + down).min(200));
                    f64::from(whole.get_pixel(x as u32, y as u32).0[channel])
                });
                off += (levels.iter().sum::<f64>() / 4.0 - f64::from(*level)).abs();
            }
            off /= half.frame.planes[0].data.len() as f64;
            assert!(off < 3.0, "{off} levels off on average");
        }
    }

    #[test]
    fn small_turned_and_broken_jpegs_are_left_to_the_other_decoder() {
        let jpeg = jpeg(&drawn(320, 200).into());
        let path = Path::new("a.jpg");
        assert!(half(path, &jpeg, (161, 161)).is_none(), "too small");
        assert!(half(path, &jpeg[..jpeg.len() / 2], (160, 160)).is_none(), "cut");
        assert!(half(path, b"no picture", (1, 1)).is_none());
        let with_exif = |turned: u8| {
            let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
            let exif = [&exif[..], &[turned, 0, 0]].concat();
            let length = (exif.len() as u16 + 2).to_be_bytes();
            [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
        };
        assert!(half(path, &with_exif(1), (160, 160)).is_some());
        assert!(half(path, &with_exif(6), (160, 160)).is_none(), "turned");
    }

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
