//! Watches streams with the usls crate: its letterbox, its session, its YOLO post-process. Called by
//! `script/bench-peers` as `usls-peer MODEL IOU EVERY NAME=THRESHOLD,... URL...`.
//!
//! Pictures come from one ffmpeg a stream, which decodes every frame and hands over one every EVERY
//! seconds in its own size: usls' video reader would have to be linked with ffmpeg's libraries.
//! Writes a line of JSON a look to standard output, until it is ended.

use std::{
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use anyhow::{Context as _, bail, ensure};
use serde_json::json;
use usls::{
    Config, Image, Model as _,
    models::vision::{YOLO, YOLOPredsFormat},
};

const SIZE: (u32, u32) = (1920, 1080);

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().context("usls-peer MODEL IOU EVERY NAME=THRESHOLD,... URL...");
    let (model, iou, every, classes) = (next()?, next()?.parse()?, next()?, next()?);
    let (mut names, mut limits) = (Vec::new(), Vec::new());
    for class in classes.split(',') {
        let (name, limit) = class.split_once('=').context("a class is NAME=THRESHOLD")?;
        names.push(name.to_owned());
        limits.push(limit.parse()?);
    }
    let config = Config::yolo_detect()
        .with_yolo_preds_format(YOLOPredsFormat::n_a_cxcywh_confclss())
        .with_model_file(model)
        .with_class_names_owned(names)
        .with_class_confs(&limits)
        .with_iou(iou)
        .with_normalize(false)
        .with_padding_value(114)
        .with_model_num_intra_threads(1)
        .with_model_num_inter_threads(1)
        .commit()?;
    let detector = Arc::new(Mutex::new(YOLO::new(config)?));
    let looks = arguments.enumerate().map(|(index, url)| {
        let name = url.rsplit('/').next().unwrap_or_default();
        let (camera, every, detector) = (format!("{name}.{index}"), every.clone(), detector.clone());
        std::thread::spawn(move || watch(&camera, &url, &every, |picture| {
            let mut detector = detector.lock().map_err(|_| anyhow::anyhow!("another camera failed"))?;
            detector.forward(&[picture])
        }))
    });
    for look in looks.collect::<Vec<_>>() {
        match look.join() {
            Ok(ended) => ended?,
            Err(_) => bail!("a camera's thread has panicked"),
        }
    }
    Ok(())
}

/// One stream, until it ends.
fn watch(
    camera: &str,
    url: &str,
    every: &str,
    mut look: impl FnMut(Image) -> anyhow::Result<Vec<usls::Y>>,
) -> anyhow::Result<()> {
    let (width, height) = SIZE;
    let mut ffmpeg = Ended(reading(url, every)?);
    let mut frames = ffmpeg.0.stdout.take().context("ffmpeg has no output")?;
    loop {
        let mut bytes = vec![0; width as usize * height as usize * 3];
        if frames.read_exact(&mut bytes).is_err() {
            return Ok(());
        }
        let picture = image::RgbImage::from_raw(width, height, bytes).context("a frame is short")?;
        let seen = look(picture.into())?;
        ensure!(seen.len() <= 1, "one picture, {} answers", seen.len());
        let things = seen.iter().flat_map(|y| y.hbbs()).map(|thing| {
            let (w, h) = (width as f32, height as f32);
            let corners = [thing.xmin() / w, thing.ymin() / h, thing.xmax() / w, thing.ymax() / h];
            json!({"class": thing.name(), "score": thing.confidence(), "box": corners})
        });
        let line = json!({"camera": camera, "detections": things.collect::<Vec<_>>()});
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()?;
    }
}

/// An ffmpeg that ends with this value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn reading(url: &str, every: &str) -> std::io::Result<Child> {
    let (width, height) = SIZE;
    let filter = format!("fps=1/{every},scale={width}:{height}");
    Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-threads", "1", "-rtsp_transport", "tcp"])
        .args(["-i", url, "-an", "-vf", &filter])
        .args(["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"])
        .stdout(Stdio::piped())
        .spawn()
}
