//! The real library on the real model. They run where both are found and say loudly when not.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest, Sha256};

use super::{bound::Locations, *};
use crate::{
    base::{PixelFormat, Plane},
    detect::{Batch, library},
};

/// The bundled model's card, when it and the library are there.
fn card_path() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/street-nano/model.toml");
    let missing = match library::find(None) {
        Err(e) => Some(e.to_string()),
        Ok(_) if !path.is_file() => Some(format!("{} is not there", path.display())),
        Ok(_) => None,
    };
    if let Some(why) = missing {
        // the harness captures println!, so a skipped test would look like a passed one
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "SKIPPED: test of ONNX inference: {why}");
        return None;
    }
    Some(path)
}

fn options(card: &Path) -> Options {
    Options { threads: 1, ..Options::for_card(card) }
}

/// A folder with the model and its card, the card changed by `edit` (and its hash made right).
fn altered(card: &Path, model: &[u8], edit: impl Fn(String) -> String) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let loaded = ModelCard::load(card).unwrap();
    let text = fs::read_to_string(card).unwrap();
    let text = edit(text.replace(loaded.sha256(), &hex::encode(Sha256::digest(model))));
    fs::write(dir.path().join(loaded.file().file_name().unwrap()), model).unwrap();
    fs::write(dir.path().join("model.toml"), text).unwrap();
    dir
}

/// Whether a detector opens; what it holds would fill the screen.
fn opened(dir: &tempfile::TempDir) -> Result<(), DetectError> {
    let path = dir.path().join("model.toml");
    OnnxDetector::open(&ModelCard::load(&path).unwrap(), &options(&path)).map(|_| ())
}

/// A picture of coarse noise, another one for every `seed`.
fn noise(seed: u32, width: u32, height: u32) -> Frame {
    let block = |x: u32, y: u32| {
        ((x / 40 + 1) * 7919) ^ ((y / 40 + 1) * 104_729) ^ ((seed + 1) * 1_299_709)
    };
    let bytes: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let h = block(x, y).wrapping_mul(2_654_435_761);
            [(h >> 24) as u8, (h >> 16) as u8, (h >> 8) as u8]
        })
        .collect();
    let plane = Plane { data: bytes.into(), stride: width as usize * 3 };
    let planes: Arc<[Plane]> = [plane].into();
    Frame {
        camera: format!("camera-{seed}").as_str().into(),
        width,
        height,
        format: PixelFormat::Rgb,
        planes,
        ..blank(width, height)
    }
}

/// The best of `seen` are in `other` too; sums come out a little different in a batch of another size.
fn assert_alike(seen: &[Detection], other: &[Detection]) {
    for a in &seen[..5] {
        let same = |b: &&Detection| {
            a.class == b.class && (a.score - b.score).abs() < 1e-3 && a.bbox.iou(&b.bbox) > 0.98
        };
        assert!(other.iter().any(|b| same(&b)), "{a:?} is not seen");
    }
}

#[test]
fn memory_that_is_kept_gives_what_memory_of_each_batch_gives() {
    let Some(path) = card_path() else { return };
    let card = ModelCard::load(&path).unwrap().with_threshold(0.0);
    let options = Options { max_batch: 4, ..options(&path) };
    let frames: Vec<_> = (0..4).map(|i| noise(i, 640 - 100 * i, 360 + 60 * i)).collect();
    let environment = session::environment(None).unwrap();
    let place = options.places().next().unwrap();
    for fixed in [false, true] {
        // batches all of one size are of one shape as well
        let shapes = if fixed { &card.inputs()[..1] } else { card.inputs() };
        let with = |kept| {
            let session =
                session::open(&environment, &card, &options, place, Spinning::Never).unwrap();
            let (mut detector, _) = OnnxDetector::open(&card, &options).unwrap();
            detector.runner = Runner::keeping(session, &card, shapes, 4, kept).unwrap();
            detector
        };
        let mut usual = with(None);
        let mut bound = with(Some((Locations::of_processor(), fixed)));
        // sizes change, and a shorter batch after a longer one must not show what lay there
        for range in [0..1, 0..4, 1..3, 2..4, 3..4] {
            let frames = &frames[range];
            let (own, expected) = (bound.detect(frames).unwrap(), usual.detect(frames).unwrap());
            assert_eq!(own.len(), frames.len());
            own.iter().zip(&expected).for_each(|(own, expected)| assert_alike(own, expected));
        }
    }
}

#[test]
fn a_place_that_cannot_be_had_is_passed_over_with_all_its_devices() {
    let Some(path) = card_path() else { return };
    let card = ModelCard::load(&path).unwrap();
    let mut options = Options { providers: vec![Provider::Cuda], ..options(&path) };
    options.accelerator.devices = vec![97, 98];
    let (_, used) = OnnxDetector::open(&card, &options).unwrap();
    assert_eq!((used.used, used.device, used.tried), (Provider::Cpu, None, 2));
    let why = used.why.unwrap();
    assert!(why.contains("cuda 97: ") && why.contains("; cuda 98: "), "{why}");
    // nowhere left
    options.given_up = 3;
    let error = OnnxDetector::open(&card, &options).unwrap_err();
    assert!(matches!(error, DetectError::Model { .. }), "{error}");
}

#[test]
fn a_batch_sees_in_each_frame_what_is_seen_in_it_alone() {
    let Some(path) = card_path() else { return };
    let card = ModelCard::load(&path).unwrap().with_threshold(0.0);
    let (mut detector, used) = OnnxDetector::open(&card, &options(&path)).unwrap();
    assert_eq!((used.used, used.fell_back()), (Provider::Cpu, false));
    let frames: Vec<_> = (0..3).map(|i| noise(i, 640 - 100 * i, 360 + 60 * i)).collect();
    let mut batch = Batch::new();
    frames.iter().for_each(|f| batch.push(f.clone()).unwrap());
    let together = batch.detect(&mut detector).unwrap();
    let mut all = Vec::new();
    for ((frame, seen), original) in together.into_iter().zip(&frames) {
        assert_eq!(frame.camera, original.camera);
        let alone = detector.detect(std::slice::from_ref(original)).unwrap().remove(0);
        assert_alike(&seen, &alone);
        all.push(seen);
    }
    assert!(all[0] != all[1] && all[1] != all[2], "different frames must not give the same boxes");
}

#[test]
fn the_library_alone_runs_a_whole_batch_and_on_the_provider_asked_for() {
    let Some(path) = card_path() else { return };
    let card = ModelCard::load(&path).unwrap();
    let frames = [noise(0, 64, 64), noise(1, 80, 80)];
    let mut alone = RawLoop::open(&card, &options(&path), &frames).unwrap();
    alone.run().unwrap();
    let outputs = alone.runner.run().unwrap();
    assert_eq!(outputs.array::<Ix3>(&card.output().name).unwrap().shape()[0], 2);
    let (mut detector, _) = OnnxDetector::open(&card, &options(&path)).unwrap();
    detector.detect(&frames).unwrap();
    detector.again().unwrap();
    let outputs = detector.runner.run().unwrap();
    assert_eq!(outputs.array::<Ix3>(&card.output().name).unwrap().shape()[0], 2);
    assert!(outputs.array::<Ix3>("none").unwrap_err().contains("\"none\""));
    // the library that the tests run with is built without it
    let cuda = Options { providers: vec![Provider::Cuda], ..options(&path) };
    match RawLoop::open(&card, &cuda, &frames) {
        Ok(_) => eprintln!("SKIPPED: this library has CUDA"),
        Err(e) => assert!(e.to_string().contains("cuda"), "{e}"),
    }
}

#[test]
fn more_frames_than_promised_are_refused() {
    let Some(path) = card_path() else { return };
    let card = ModelCard::load(&path).unwrap();
    let few = Options { max_batch: 1, ..options(&path) };
    let (mut detector, _) = OnnxDetector::open(&card, &few).unwrap();
    let frames = [noise(0, 64, 64), noise(1, 64, 64)];
    let error = detector.detect(&frames).unwrap_err();
    assert!(matches!(error, DetectError::TooMany { found: 2, most: 1 }), "{error}");
    assert_eq!(detector.detect(&[]).unwrap(), Vec::<Vec<Detection>>::new());
}

#[test]
fn a_corrupt_model_is_refused_by_name() {
    let Some(path) = card_path() else { return };
    let model = fs::read(ModelCard::load(&path).unwrap().file()).unwrap();
    for broken in [&model[..model.len() / 2], b"this is no model at all".as_slice(), b""] {
        let error = opened(&altered(&path, broken, |t| t)).unwrap_err();
        assert!(matches!(error, DetectError::Model { .. }), "{error}");
        assert!(error.to_string().contains(".onnx"), "{error}");
    }
}

#[test]
fn a_card_of_another_model_is_refused_with_every_difference() {
    let Some(path) = card_path() else { return };
    let model = fs::read(ModelCard::load(&path).unwrap().file()).unwrap();
    let more = "\n[[class]]\nname = \"pothole\"\nthreshold = 0.5\n\n[nms]";
    let edits: [(&str, &str, &str); 4] = [
        ("\n[nms]", more, "output"),
        ("strides = [8, 16, 32]", "strides = [8, 16]", "for one picture instead of"),
        ("dtype = \"u8\"", "dtype = \"f32\"", "is u8, the card says f32"),
        ("name = \"images\"", "name = \"pixels\"", "\"pixels\" is not among \"images\""),
    ];
    for (from, to, part) in edits {
        let dir = altered(&path, &model, |text| {
            assert!(text.contains(from), "the card has no {from:?}");
            text.replacen(from, to, 1)
        });
        let error = opened(&dir).unwrap_err();
        assert!(
            matches!(error, DetectError::Mismatch { .. } | DetectError::Shape { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(part), "{part} is not in {error}");
    }
}

#[test]
fn a_provider_that_cannot_be_had_falls_back_and_says_why() {
    let Some(path) = card_path() else { return };
    let card = ModelCard::load(&path).unwrap();
    for asked in [vec![Provider::Cuda], vec![Provider::TensorRt, Provider::OpenVino, Provider::Cpu]]
    {
        let options = Options { providers: asked.clone(), ..options(&path) };
        let (_, used) = OnnxDetector::open(&card, &options).unwrap();
        assert_eq!(used.asked, asked);
        if used.used == asked[0] {
            assert_eq!(used.why, None);
        } else {
            let why = used.why.unwrap();
            assert!(why.starts_with(asked[0].as_str()), "{why}");
        }
    }
}
