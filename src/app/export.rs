//! The verb `export`: what people decided, as a COCO data set that training reads.
//!
//! A review speaks of one box. What else a picture shows is not known, so everything around the box
//! is marked `iscrowd`, a region to leave out of account: a confirmed box is a thing, a rejected one
//! is background that looks like a thing.

use std::{
    collections::BTreeMap,
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use chrono::{NaiveDate, NaiveTime};
use image::{DynamicImage, ImageFormat};
use serde::Serialize;

use super::run::on_runtime;
use crate::{
    base::{BBox, CameraId, CaseId, ClassName, WallTime},
    resolve::Decision,
    settings::Settings,
    store::{EvidenceRow, Reviewed, Store},
};

/// The file that makes a folder an export.
const ANNOTATIONS: &str = "annotations.json";
/// How far around the box a picture is still known, as a share of the box's sides.
const KNOWN_AROUND: f64 = 0.1;
/// A crop's sides, as a multiple of the box's.
const CROP: f64 = 1.5;

/// What to export.
#[derive(Clone, Debug)]
pub struct Request {
    /// Settings file of the site.
    pub config: PathBuf,
    /// Decisions from the beginning of this day on, in the site's time zone; all when not given.
    pub since: Option<NaiveDate>,
    /// The folder to be made.
    pub out: PathBuf,
    /// Replace an export that is there.
    pub force: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cases written.
    pub cases: usize,
    /// Pictures with a confirmed box.
    pub confirmed: usize,
    /// Pictures with a rejected box.
    pub rejected: usize,
    /// What was left out, each with the reason.
    pub bad: Vec<String>,
}

#[derive(Default, Serialize)]
struct Coco {
    images: Vec<CocoImage>,
    annotations: Vec<CocoBox>,
    categories: Vec<CocoCategory>,
}

#[derive(Serialize)]
struct CocoImage {
    id: usize,
    file_name: String,
    width: u32,
    height: u32,
    labelled_classes: [usize; 1],
    crop: String,
    case: CaseId,
    camera: CameraId,
    at: WallTime,
    model: String,
    decision: Decision,
    reason: String,
}

#[derive(Serialize)]
struct CocoBox {
    id: usize,
    image_id: usize,
    category_id: usize,
    bbox: [f64; 4],
    area: f64,
    iscrowd: u8,
}

#[derive(Serialize)]
struct CocoCategory {
    id: usize,
    name: ClassName,
}

/// Writes the pictures, crops and annotations of every decided case. The folder appears whole or
/// not at all; stills that cannot be used are named in the [`Summary`].
///
/// # Errors
/// Settings, store or disk cannot be used, the folder exists, or there is nothing to export.
pub fn export(request: &Request) -> anyhow::Result<Summary> {
    let settings = Settings::load(&request.config)?;
    let since = begin(request.since, settings.judge.timezone)?;
    check_target(&request.out, request.force)?;
    let parent = request.out.parent().filter(|p| !p.as_os_str().is_empty());
    let building = tempdir_in(parent.unwrap_or(Path::new(".")))?;
    let written = on_runtime(async {
        let store = Store::look(&settings.data).await?;
        let summary = Export::new(&building).write(&store, since).await;
        store.close().await;
        summary
    });
    let moved = written.and_then(|summary| {
        ensure!(summary.cases > 0, "no case decided since then has a picture to export");
        put_in_place(&building, &request.out)?;
        Ok(summary)
    });
    if moved.is_err() {
        // what was half built is of no use; the error that matters is the first
        let _ = fs::remove_dir_all(&building);
    }
    moved
}

/// The first instant of a day somewhere.
fn begin(day: Option<NaiveDate>, zone: chrono_tz::Tz) -> anyhow::Result<WallTime> {
    let Some(day) = day else { return Ok(WallTime::from_millis(i64::MIN)) };
    let midnight = day.and_time(NaiveTime::MIN).and_local_timezone(zone).earliest();
    let midnight = midnight.with_context(|| format!("{day} has no midnight in {zone}"))?;
    Ok(WallTime::from(midnight.to_utc()))
}

fn check_target(out: &Path, force: bool) -> anyhow::Result<()> {
    let Ok(mut entries) = fs::read_dir(out) else {
        ensure!(!out.exists(), "{} is no folder; name another", out.display());
        return Ok(());
    };
    if entries.next().is_none() {
        return Ok(());
    }
    ensure!(
        out.join(ANNOTATIONS).is_file(),
        "{} holds files that are no export; name another folder",
        out.display()
    );
    ensure!(force, "{} holds an export; --force replaces it", out.display());
    Ok(())
}

fn tempdir_in(parent: &Path) -> anyhow::Result<PathBuf> {
    let dir = parent.join(format!(".export-{}", std::process::id()));
    fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    Ok(dir)
}

fn put_in_place(building: &Path, out: &Path) -> anyhow::Result<()> {
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("replacing {}", out.display()))?;
    }
    fs::rename(building, out).with_context(|| format!("writing {}", out.display()))
}

struct Export<'a> {
    dir: &'a Path,
    coco: Coco,
    classes: BTreeMap<ClassName, usize>,
    summary: Summary,
}

impl<'a> Export<'a> {
    fn new(dir: &'a Path) -> Self {
        Self { dir, coco: Coco::default(), classes: BTreeMap::new(), summary: Summary::default() }
    }

    async fn write(mut self, store: &Store, since: WallTime) -> anyhow::Result<Summary> {
        fs::create_dir_all(self.dir.join("images"))?;
        for reviewed in store.reviewed(since).await? {
            if reviewed.pictures.is_empty() {
                self.summary.bad.push(format!("case {} has no still that shows it", reviewed.case));
                continue;
            }
            let before = self.coco.images.len();
            for still in &reviewed.pictures {
                let bytes = match store.evidence_bytes(still).await {
                    Ok(bytes) => bytes,
                    Err(error) => {
                        self.summary.bad.push(error.to_string());
                        continue;
                    }
                };
                if let Err(error) = self.add(&reviewed, still, &bytes) {
                    self.summary.bad.push(format!("{}: {error:#}", still.path));
                }
            }
            self.summary.cases += usize::from(self.coco.images.len() > before);
        }
        let text = serde_json::to_string(&self.coco)?;
        fs::write(self.dir.join(ANNOTATIONS), text)?;
        Ok(self.summary)
    }

    fn add(&mut self, of: &Reviewed, still: &EvidenceRow, bytes: &[u8]) -> anyhow::Result<()> {
        let Some(bbox) = still.bbox else { bail!("it does not say where the thing is") };
        let picture = image::load_from_memory(bytes).context("it does not open")?;
        let name = still.path.rsplit('/').next().unwrap_or(&still.path);
        let file_name = format!("images/{name}");
        let decision = of.decision.as_str();
        let crop = format!("crops/{}/{decision}/{name}", of.class);
        fs::write(self.dir.join(&file_name), bytes)?;
        write_crop(&self.dir.join(&crop), &picture, bbox)?;
        let category = self.category(&of.class);
        let id = self.coco.images.len() + 1;
        let (width, height) = (picture.width(), picture.height());
        self.coco.images.push(CocoImage {
            id,
            file_name,
            width,
            height,
            labelled_classes: [category],
            crop,
            case: of.case.clone(),
            camera: still.camera.clone(),
            at: still.at,
            model: still.model.clone(),
            decision: of.decision,
            reason: of.reason.clone(),
        });
        let size = (f64::from(width), f64::from(height));
        match of.decision {
            Decision::Confirmed => {
                self.summary.confirmed += 1;
                self.push(id, category, in_pixels(bbox, size), false);
            }
            Decision::Rejected => self.summary.rejected += 1,
        }
        for strip in around(in_pixels(bbox, size), size) {
            self.push(id, category, strip, true);
        }
        Ok(())
    }

    fn push(
        &mut self,
        image_id: usize,
        category_id: usize,
        [x0, y0, x1, y1]: [f64; 4],
        crowd: bool,
    ) {
        let (w, h) = (x1 - x0, y1 - y0);
        let (id, area) = (self.coco.annotations.len() + 1, w * h);
        let bbox = [x0, y0, w, h];
        let iscrowd = u8::from(crowd);
        self.coco.annotations.push(CocoBox { id, image_id, category_id, bbox, area, iscrowd });
    }

    fn category(&mut self, class: &ClassName) -> usize {
        let next = self.classes.len();
        *self.classes.entry(class.clone()).or_insert_with(|| {
            self.coco.categories.push(CocoCategory { id: next, name: class.clone() });
            next
        })
    }
}

fn in_pixels(bbox: BBox, (width, height): (f64, f64)) -> [f64; 4] {
    let [x0, y0, x1, y1] = bbox.corners().map(f64::from);
    [x0 * width, y0 * height, x1 * width, y1 * height]
}

/// `b` with its sides longer by `share` at each end, inside the picture.
fn grown([x0, y0, x1, y1]: [f64; 4], share: f64, (width, height): (f64, f64)) -> [f64; 4] {
    let (dx, dy) = ((x1 - x0) * share, (y1 - y0) * share);
    [(x0 - dx).max(0.0), (y0 - dy).max(0.0), (x1 + dx).min(width), (y1 + dy).min(height)]
}

/// The picture but the box and a little around it, as up to four strips.
fn around(bbox: [f64; 4], size: (f64, f64)) -> Vec<[f64; 4]> {
    let [x0, y0, x1, y1] = grown(bbox, KNOWN_AROUND, size);
    let (width, height) = size;
    let strips =
        [[0.0, 0.0, width, y0], [0.0, y1, width, height], [0.0, y0, x0, y1], [x1, y0, width, y1]];
    strips.into_iter().filter(|[a, b, c, d]| c - a >= 1.0 && d - b >= 1.0).collect()
}

fn write_crop(path: &Path, picture: &DynamicImage, bbox: BBox) -> anyhow::Result<()> {
    let size = (f64::from(picture.width()), f64::from(picture.height()));
    let [x0, y0, x1, y1] = grown(in_pixels(bbox, size), (CROP - 1.0) / 2.0, size);
    let (x, y) = (x0.floor() as u32, y0.floor() as u32);
    let (width, height) = ((x1.ceil() as u32 - x).max(1), (y1.ceil() as u32 - y).max(1));
    let mut bytes = Vec::new();
    picture
        .crop_imm(x, y, width, height)
        .to_rgb8()
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(path, bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strips_leave_out_the_box_and_no_more() {
        let size = (100.0, 50.0);
        let bbox = [20.0, 10.0, 40.0, 30.0];
        let strips = around(bbox, size);
        let area = |b: &[f64; 4]| (b[2] - b[0]) * (b[3] - b[1]);
        let known = area(&grown(bbox, KNOWN_AROUND, size));
        let rest: f64 = strips.iter().map(area).sum();
        assert!((rest + known - 5000.0).abs() < 1e-9, "{strips:?}");
        assert!(around([0.0, 0.0, 100.0, 50.0], size).is_empty());
    }

    #[test]
    fn a_folder_of_something_else_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        check_target(&out, false).unwrap();
        fs::create_dir(&out).unwrap();
        check_target(&out, false).unwrap();
        fs::write(out.join("letter.txt"), "dear").unwrap();
        assert!(check_target(&out, true).unwrap_err().to_string().contains("no export"));
        fs::write(out.join(ANNOTATIONS), "{}").unwrap();
        assert!(check_target(&out, false).unwrap_err().to_string().contains("--force"));
        check_target(&out, true).unwrap();
    }
}
