//! Pictures of every kind that is read, and of kinds that are not.

use std::path::PathBuf;

use image::{GrayImage, Luma, Rgb, RgbImage};
use jpeg_encoder::{ColorType as Colours, Encoder, SamplingFactor};

use super::*;

/// Colours that change slowly, as halved chroma keeps them.
fn slope(width: u32, height: u32) -> RgbImage {
    let part = |at: u32, of: u32| (at * 200 / of) as u8;
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([20 + part(x, width), 20 + part(y, height), 220 - part(x, width)])
    })
}

fn jpeg_of(picture: &RgbImage, sampling: SamplingFactor) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 95);
    encoder.set_sampling_factor(sampling);
    let (width, height) = picture.dimensions();
    encoder.encode(picture.as_raw(), width as u16, height as u16, Colours::Rgb).unwrap();
    out
}

fn written(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn what_is_no_whole_picture_is_refused_by_reason() {
    let dir = tempfile::tempdir().unwrap();
    let reader = PictureReader::default();
    let refused = |bytes: &[u8]| reader.read(&written(dir.path(), "a.jpg", bytes)).unwrap_err();
    assert!(matches!(refused(b"no picture"), PictureError::Kind));
    let whole = jpeg_of(&slope(64, 48), SamplingFactor::F_2_2);
    assert!(matches!(refused(&whole[..whole.len() - 3]), PictureError::Cut));
    let (png, noise) =
        (dir.path().join("b.png"), RgbImage::from_fn(9, 9, |x, y| Rgb([7, x as u8, y as u8])));
    noise.save(&png).unwrap();
    let png = fs::read(&png).unwrap();
    assert!(matches!(refused(&png[..png.len() / 2]), PictureError::Image(_)));
    let mut huge = whole.clone();
    let frame = whole.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    huge[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    let too_large = refused(&huge);
    assert!(too_large.to_string().contains("60000x60000"), "{too_large}");
    assert!(matches!(reader.read(&dir.path().join("none.jpg")), Err(PictureError::Io(_))));
    // whatever the header says is asked of the decoder that can tell what is wrong
    let mut headless = whole.clone();
    headless.drain(20..whole.len() / 2);
    refused(&headless);
    assert!(reader.read(&written(dir.path(), "a.jpg", &whole)).is_ok(), "the next one is read");
}

#[test]
fn every_sampling_gives_the_colours_that_were_written() {
    let dir = tempfile::tempdir().unwrap();
    let reader = PictureReader::default();
    // higher than what has the colours of high definition in a stream; odd, and no whole blocks
    for (width, height) in [(320, 240), (99, 731)] {
        let picture = slope(width, height);
        for sampling in [SamplingFactor::F_2_2, SamplingFactor::F_2_1, SamplingFactor::F_1_1] {
            let path = written(dir.path(), "a.jpg", &jpeg_of(&picture, sampling));
            let read = reader.read(&path).unwrap();
            assert_eq!((read.width, read.height), (width, height));
            assert_eq!(read.encoded.bytes, fs::read(&path).unwrap());
            let is_halved = matches!(sampling, SamplingFactor::F_2_2) && cfg!(feature = "gst");
            let expected = if is_halved { PixelFormat::I420 } else { PixelFormat::Rgb };
            assert_eq!(read.format, expected, "{sampling:?}");
            for at in [(0, 0), (width / 2, height / 2), (width - 1, height - 1)] {
                let (got, exact) = (colour(&read, at), picture.get_pixel(at.0, at.1).0);
                let off = got.iter().zip(exact).map(|(got, exact)| (got - f32::from(exact)).abs());
                let off = off.fold(0.0, f32::max);
                assert!(off < 6.0, "{sampling:?} {at:?}: {got:?} instead of {exact:?}");
            }
        }
    }
}

#[test]
fn what_follows_a_picture_in_its_file_is_not_of_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let [first, next] = [RgbImage::from_pixel(64, 48, Rgb([200; 3])), slope(320, 240)]
        .map(|picture| jpeg_of(&picture, SamplingFactor::F_2_2));
    let reader = PictureReader::default();
    // some have another picture, or the beginning of one, others bytes of no meaning
    for tail in [&next[..], &next[..100], &[0; 700], &[0xff; 3]] {
        let file = [&first[..], tail].concat();
        let read = reader.read(&written(dir.path(), "a.jpg", &file)).unwrap();
        assert_eq!((read.width, read.height), (64, 48));
        let read = reader.read(&written(dir.path(), "b.jpg", &next)).unwrap();
        assert_eq!((read.width, read.height), (320, 240));
        let [red, ..] = colour(&read, (319, 0));
        assert!(red > 200.0, "{red}");
    }
}

/// One pixel, of JFIF's colours where it is of planes.
fn colour(of: &PictureFile, (x, y): (u32, u32)) -> [f32; 3] {
    let sample = |plane: usize, x: u32, y: u32| {
        let plane = &of.planes[plane];
        f32::from(plane.data[y as usize * plane.stride + x as usize])
    };
    if of.format == PixelFormat::Rgb {
        return [0, 1, 2].map(|channel| sample(0, 3 * x + channel, y));
    }
    assert_eq!(of.matrix, ColourMatrix::FullBt601);
    let luma = sample(0, x, y);
    let [u, v] = [1, 2].map(|plane| sample(plane, x / 2, y / 2) - 128.0);
    [luma + 1.402 * v, luma - 0.344 * u - 0.714 * v, luma + 1.772 * u]
}

#[test]
fn grey_pictures_become_red_green_and_blue() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("grey.jpg");
    GrayImage::from_pixel(16, 8, Luma([90])).save(&path).unwrap();
    let read = PictureReader::default().read(&path).unwrap();
    assert_eq!((read.width, read.height, read.planes[0].stride), (16, 8, 48));
    assert!(read.planes[0].data.iter().all(|v| v.abs_diff(90) < 3));
}

#[test]
fn a_picture_on_its_side_is_set_upright() {
    let dir = tempfile::tempdir().unwrap();
    let lying = jpeg_of(&slope(320, 240), SamplingFactor::F_2_2);
    // EXIF of one field: orientation 6, a quarter turn to the right
    let told =
        b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let turned = [&lying[..2], &told[..], &lying[2..]].concat();
    let read = PictureReader::default().read(&written(dir.path(), "a.jpg", &turned)).unwrap();
    assert_eq!((read.width, read.height, read.format), (240, 320, PixelFormat::Rgb));
    let [red, ..] = colour(&read, (120, 319));
    assert!(red > 200.0, "what was on the right is below: {red}");
}

#[test]
fn memory_is_used_again_once_nobody_has_the_picture() {
    let dir = tempfile::tempdir().unwrap();
    let [large, small] = [(40, 30, 10), (8, 6, 200)].map(|(width, height, grey)| {
        let path = dir.path().join(format!("{grey}.png"));
        RgbImage::from_pixel(width, height, Rgb([grey; 3])).save(&path).unwrap();
        path
    });
    let halved = written(dir.path(), "c.jpg", &jpeg_of(&slope(32, 32), SamplingFactor::F_2_2));
    let reader = PictureReader::default();
    let planes = |path: &Path| reader.read(path).unwrap().planes;
    let at = |planes: &Arc<[Plane]>| planes[0].data.as_ptr();
    let first = planes(&large);
    let (kept, where_kept) = (first.clone(), at(&first));
    drop(first);
    let second = planes(&large);
    assert_ne!(at(&second), where_kept, "somebody has it");
    assert_eq!(kept[0].data[..], [10; 40 * 30 * 3]);
    drop(kept);
    let third = planes(&small);
    assert_eq!(at(&third), where_kept);
    assert_eq!(third[0].data[..], [200; 8 * 6 * 3], "and no more than its own");
    assert_eq!(second[0].data[..], [10; 40 * 30 * 3]);
    drop(third);
    let fourth = planes(&halved);
    let (kept, where_kept) = (fourth.clone(), at(&fourth));
    drop(fourth);
    assert_ne!(at(&planes(&halved)), where_kept, "somebody has these planes");
    drop(kept);
    let both = [planes(&halved), planes(&halved)];
    assert!(both.iter().any(|planes| at(planes) == where_kept), "the decoder has them back");
}
