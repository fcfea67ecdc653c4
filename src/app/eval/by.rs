//! Scores apart for groups of pictures: a camera, a place, whatever the annotations say of each.
//!
//! One figure for all pictures hides the place where a model fails. Of groups that it has learnt nothing
//! of, the mean over them is what a place that it has never seen can expect.

use std::{collections::BTreeMap, fmt};

use anyhow::ensure;
use serde::Serialize;
use serde_json::Value;

use super::number;
use crate::{
    base::ClassName,
    detect::{
        coco::{Annotations, Picture},
        score::{ClassScore, Found, score_class},
    },
};

/// What pictures without the field are put under.
const WITHOUT: &str = "-";

/// The pictures with one value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The value.
    pub value: String,
    /// How many pictures have it.
    pub pictures: usize,
    /// One entry a class that they show.
    pub classes: Vec<ClassScore>,
}

/// What the groups have on average, each counting the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// Which class.
    pub class: ClassName,
    /// How many groups show it.
    pub groups: usize,
    /// Mean AP50 of these.
    pub ap50: Option<f64>,
    /// Mean AP of these.
    pub ap: Option<f64>,
}

/// The scores of all groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct By {
    /// The field that tells the groups apart.
    pub field: String,
    /// In order of their values.
    pub groups: Vec<Group>,
    /// One entry a class that some group shows.
    pub means: Vec<Mean>,
}

/// That some picture has the field.
pub(super) fn check(field: &str, set: &Annotations) -> anyhow::Result<()> {
    let mut known: Vec<&str> =
        set.pictures.iter().flat_map(|p| p.facts.keys()).map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    let there = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    ensure!(
        known.contains(&field),
        "no picture of the annotations has a field {field:?} to be scored by; there are: {there}"
    );
    Ok(())
}

impl By {
    pub(super) fn new(field: &str, classes: &[&ClassName], looks: &[(&Picture, &[Found])]) -> Self {
        let mut parts: BTreeMap<String, Vec<(&Picture, &[Found])>> = BTreeMap::new();
        for look in looks {
            parts.entry(value(field, look.0)).or_default().push(*look);
        }
        let group = |(value, looks): (String, Vec<(&Picture, &[Found])>)| {
            let scores = classes.iter().map(|class| score_class(class, &looks));
            let classes = scores.filter(|score| score.boxes > 0).collect();
            Group { value, pictures: looks.len(), classes }
        };
        let groups: Vec<Group> = parts.into_iter().map(group).collect();
        let means = classes.iter().filter_map(|class| mean(class, &groups)).collect();
        Self { field: field.to_owned(), groups, means }
    }
}

fn value(field: &str, picture: &Picture) -> String {
    match picture.facts.get(field) {
        None | Some(Value::Null) => WITHOUT.to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn mean(class: &ClassName, groups: &[Group]) -> Option<Mean> {
    let own = groups.iter().flat_map(|group| &group.classes).filter(|score| score.class == *class);
    let scores: Vec<&ClassScore> = own.collect();
    let over = |part: fn(&ClassScore) -> Option<f64>| {
        let sum: Option<f64> = scores.iter().map(|score| part(score)).sum();
        sum.map(|sum| sum / scores.len() as f64)
    };
    let (ap50, ap) = (over(|score| score.ap50), over(|score| score.ap));
    let groups = scores.len();
    (groups > 0).then(|| Mean { class: class.clone(), groups, ap50, ap })
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, cells: [&str; 6]| {
            let [group, class, pictures, boxes, ap50, ap] = cells;
            writeln!(f, "{group:<30} {class:<20} {pictures:>9} {boxes:>7} {ap50:>7} {ap:>7}")
        };
        writeln!(f)?;
        row(f, [&format!("by {}", self.field), "class", "pictures", "boxes", "AP50", "AP"])?;
        for Group { value, pictures, classes } in &self.groups {
            if classes.is_empty() {
                row(f, [value, "nothing to find", &pictures.to_string(), "0", "-", "-"])?;
            }
            for c in classes {
                let (pictures, boxes) = (c.pictures.to_string(), c.boxes.to_string());
                let cells = [&pictures, &boxes, &number(c.ap50), &number(c.ap)];
                row(f, [value, c.class.as_str(), cells[0], cells[1], cells[2], cells[3]])?;
            }
        }
        for Mean { class, groups, ap50, ap } in &self.means {
            let of = format!("mean of {groups}");
            row(f, [&of, class.as_str(), "", "", &number(*ap50), &number(*ap)])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pictures of one camera and one of another, with a bin each, and one of no camera, without.
    fn set() -> Annotations {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("set.json");
        let text = r#"{"images": [
            {"id": 1, "file_name": "a", "width": 10, "height": 10, "camera": "north"},
            {"id": 2, "file_name": "b", "width": 10, "height": 10, "camera": "north"},
            {"id": 3, "file_name": "c", "width": 10, "height": 10, "camera": 7},
            {"id": 4, "file_name": "d", "width": 10, "height": 10}],
          "annotations": [
            {"image_id": 1, "category_id": 0, "bbox": [0, 0, 10, 10]},
            {"image_id": 2, "category_id": 0, "bbox": [0, 0, 10, 10]},
            {"image_id": 3, "category_id": 0, "bbox": [0, 0, 10, 10]}],
          "categories": [{"id": 0, "name": "bin"}]}"#;
        std::fs::write(&path, text).unwrap();
        Annotations::load(&path).unwrap()
    }

    #[test]
    fn each_group_has_its_own_score_and_counts_the_same_in_the_mean() {
        let set = set();
        let right = [Found { class: "bin".into(), score: 0.5, corners: [0.0, 0.0, 10.0, 10.0] }];
        let found: [&[Found]; 4] = [&[], &right, &right, &[]];
        let looks: Vec<_> = set.pictures.iter().zip(found).collect();
        let by = By::new("camera", &[&"bin".into()], &looks);
        let told =
            |g: &Group| (g.value.clone(), g.pictures, g.classes.first().and_then(|c| c.ap50));
        let told: Vec<_> = by.groups.iter().map(told).collect();
        let half = 51.0 / 101.0;
        assert_eq!(told[0], ("-".to_owned(), 1, None));
        assert_eq!(told[1], ("7".to_owned(), 1, Some(1.0)));
        assert_eq!((told[2].0.as_str(), told[2].1), ("north", 2));
        assert!((told[2].2.unwrap() - half).abs() < 1e-9, "{by}");
        assert_eq!((by.means.len(), by.means[0].groups), (1, 2));
        assert!((by.means[0].ap50.unwrap() - (1.0 + half) / 2.0).abs() < 1e-9, "{by}");
        let text = by.to_string();
        assert!(text.contains("nothing to find") && text.contains("mean of 2"), "{text}");
    }

    #[test]
    fn a_field_that_no_picture_has_is_refused_with_those_that_are_there() {
        assert!(check("camera", &set()).is_ok());
        let text = check("light", &set()).unwrap_err().to_string();
        assert!(text.contains("light") && text.contains("camera"), "{text}");
    }
}
