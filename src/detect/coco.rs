//! Reading annotations in COCO's json form, with one addition: `labelled_classes` per picture.
//!
//! Data sets put together from several sources label some classes in some pictures only; a class is
//! then judged only where it was labelled. Without the field every class counts as labelled.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::base::ClassName;

/// Annotations that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CocoError {
    /// The file cannot be read.
    #[error("annotations {path} cannot be read: {source}", path = .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no COCO json.
    #[error("annotations {path} are no COCO json: {source}", path = .path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The file contradicts itself.
    #[error("annotations: {0}")]
    Contradiction(String),
}

/// A box in pixels: left, top, right, bottom.
pub type PixelBox = [f64; 4];

/// One true box.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Its class.
    pub class: ClassName,
    /// Where.
    pub corners: PixelBox,
    /// Area in square pixels, as annotated (of the outline where there is one).
    pub area: f64,
    /// A region to be left out of account (`iscrowd`), not a thing.
    pub ignore: bool,
}

/// One annotated picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Path below the folder of pictures.
    pub file_name: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Classes that were looked for when it was labelled.
    pub labelled: BTreeSet<ClassName>,
    /// What is in it.
    pub truths: Vec<Truth>,
    /// What else the file says of it, as a camera or a place.
    pub facts: Map<String, Value>,
}

/// A data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotations {
    /// All classes of the file, in its order.
    pub classes: Vec<ClassName>,
    /// All pictures, in its order.
    pub pictures: Vec<Picture>,
}

#[derive(Deserialize)]
struct RawFile {
    images: Vec<RawImage>,
    annotations: Vec<RawAnnotation>,
    categories: Vec<RawCategory>,
}

#[derive(Deserialize)]
struct RawImage {
    id: i64,
    file_name: String,
    width: u32,
    height: u32,
    labelled_classes: Option<Vec<i64>>,
    #[serde(flatten)]
    facts: Map<String, Value>,
}

#[derive(Deserialize)]
struct RawAnnotation {
    image_id: i64,
    category_id: i64,
    bbox: [f64; 4],
    area: Option<f64>,
    #[serde(default)]
    iscrowd: u8,
}

#[derive(Deserialize)]
struct RawCategory {
    id: i64,
    name: String,
}

impl Annotations {
    /// Reads a file.
    ///
    /// # Errors
    /// [`CocoError`] naming the file and the place.
    pub fn load(path: &Path) -> Result<Self, CocoError> {
        let text = fs::read_to_string(path)
            .map_err(|source| CocoError::Unreadable { path: path.to_owned(), source })?;
        match Self::parse(&text) {
            Ok(read) => read,
            Err(source) => Err(CocoError::Syntax { path: path.to_owned(), source }),
        }
    }

    fn parse(text: &str) -> Result<Result<Self, CocoError>, serde_json::Error> {
        serde_json::from_str::<RawFile>(text)
            .map(|raw| raw.join().map_err(CocoError::Contradiction))
    }
}

impl RawFile {
    fn join(self) -> Result<Annotations, String> {
        let mut names = BTreeMap::new();
        let mut classes = Vec::new();
        for category in self.categories {
            let name = ClassName::from(category.name.as_str());
            if names.insert(category.id, name.clone()).is_some() {
                return Err(format!("category id {} is given twice", category.id));
            }
            classes.push(name);
        }
        let class = |id: i64, of: &str| {
            names.get(&id).cloned().ok_or_else(|| format!("{of} has unknown category id {id}"))
        };
        let mut places = BTreeMap::new();
        let mut pictures = Vec::new();
        for image in self.images {
            let labelled = match image.labelled_classes {
                Some(ids) => {
                    let of = format!("picture {:?}", image.file_name);
                    ids.into_iter().map(|id| class(id, &of)).collect::<Result<_, _>>()?
                }
                None => classes.iter().cloned().collect(),
            };
            if places.insert(image.id, pictures.len()).is_some() {
                return Err(format!("picture id {} is given twice", image.id));
            }
            let RawImage { file_name, width, height, facts, .. } = image;
            pictures.push(Picture {
                file_name,
                width,
                height,
                labelled,
                truths: Vec::new(),
                facts,
            });
        }
        for a in self.annotations {
            let place = places.get(&a.image_id);
            let place =
                *place.ok_or_else(|| format!("a box has unknown picture id {}", a.image_id))?;
            let [x, y, w, h] = a.bbox;
            if !(w > 0.0 && h > 0.0 && x.is_finite() && y.is_finite()) {
                return Err(format!(
                    "picture id {} has the box {:?} without area",
                    a.image_id, a.bbox
                ));
            }
            let class = class(a.category_id, "a box")?;
            pictures[place].truths.push(Truth {
                class,
                corners: [x, y, x + w, y + h],
                area: a.area.unwrap_or(w * h),
                ignore: a.iscrowd != 0,
            });
        }
        Ok(Annotations { classes, pictures })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"images": [
        {"id": 4, "file_name": "a.jpg", "width": 100, "height": 50, "labelled_classes": [7], "camera": "north"},
        {"id": 5, "file_name": "b.jpg", "width": 10, "height": 10}],
      "annotations": [
        {"id": 1, "image_id": 4, "category_id": 7, "bbox": [10, 20, 30, 5], "area": 150, "iscrowd": 0},
        {"id": 2, "image_id": 5, "category_id": 9, "bbox": [0, 0, 5, 5], "iscrowd": 1}],
      "categories": [{"id": 7, "name": "bin"}, {"id": 9, "name": "sign"}]}"#;

    fn read(text: &str) -> Result<Annotations, CocoError> {
        Annotations::parse(text).unwrap()
    }

    #[test]
    fn boxes_meet_their_pictures_and_partial_labels_are_kept() {
        let set = read(TEXT).unwrap();
        let labelled: Vec<_> = set.pictures[0].labelled.iter().map(ClassName::as_str).collect();
        assert_eq!(labelled, ["bin"]);
        assert_eq!(set.pictures[0].facts.len(), 1, "{:?}", set.pictures[0].facts);
        assert_eq!(set.pictures[0].facts["camera"], "north");
        assert_eq!(set.pictures[0].truths[0].corners, [10.0, 20.0, 40.0, 25.0]);
        assert_eq!(set.pictures[1].labelled.len(), 2);
        assert!(set.pictures[1].truths[0].ignore);
        assert_eq!(set.pictures[1].truths[0].area, 25.0);
    }

    #[test]
    fn contradictions_are_named() {
        for (from, to, part) in [
            ("\"image_id\": 4", "\"image_id\": 44", "44"),
            ("\"category_id\": 9", "\"category_id\": 8", "category id 8"),
            ("[10, 20, 30, 5]", "[10, 20, 0, 5]", "without area"),
            ("\"id\": 5", "\"id\": 4", "twice"),
            ("[7]", "[3]", "a.jpg"),
        ] {
            let text = read(&TEXT.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(Annotations::parse("{}").is_err());
    }
}
