//! What the page must know once: the site's name, the words for its classes, its unit grids.

use axum::{Json, extract::State as Shared};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{State, error::ErrorBody};

/// What the settings say about the site.
#[derive(Clone, Debug, Default)]
pub struct SiteInfo {
    /// Its name.
    pub name: String,
    /// IANA name of its time zone, in which the page shows times.
    pub timezone: String,
    /// Unit grids, GeoJSON text as in the settings.
    pub grids_geojson: Option<String>,
}

/// The site.
#[derive(Serialize, ToSchema)]
pub struct SiteView {
    /// Its name.
    pub name: String,
    /// IANA name of its time zone.
    pub timezone: String,
    /// The classes that have a rule.
    pub classes: Vec<ClassView>,
    /// Unit grids as a GeoJSON FeatureCollection; null when there are none.
    #[schema(value_type = Option<Object>)]
    pub grids: Option<Value>,
}

/// A class and what people call it.
#[derive(Serialize, ToSchema)]
pub struct ClassView {
    /// Detector class.
    pub name: String,
    /// What people call it.
    pub label: Label,
}

/// One thing in both languages.
#[derive(Serialize, ToSchema)]
pub struct Label {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Class, Chinese, English.
const LABELS: &[(&str, &str, &str)] = &[
    ("bin_overflow", "垃圾箱满溢", "Overflowing bin"),
    ("bin_normal", "垃圾箱", "Bin"),
    ("garbage_pile", "暴露垃圾", "Garbage pile"),
    ("street_stall", "占道经营", "Street stall"),
    ("billboard", "违规广告牌", "Illegal billboard"),
    ("ad_sign", "违规广告招牌", "Advertising sign"),
];

fn label(class: &str) -> Label {
    let found = LABELS.iter().find(|(name, ..)| *name == class);
    let (zh, en) = found.map_or((class, class), |(_, zh, en)| (*zh, *en));
    Label { zh: zh.to_owned(), en: en.to_owned() }
}

/// Name, classes and unit grids of the site.
#[utoipa::path(get, path = "/api/v1/site", tag = "site",
    responses((status = 200, body = SiteView), (status = 401, body = ErrorBody)))]
pub async fn show(Shared(state): Shared<State>) -> Json<SiteView> {
    let classes = state.rules.keys();
    Json(SiteView {
        name: state.site.name.clone(),
        timezone: state.site.timezone.clone(),
        classes: classes
            .map(|c| ClassView { name: c.to_string(), label: label(c.as_str()) })
            .collect(),
        // the settings' check has read it already
        grids: state.site.grids_geojson.as_deref().and_then(|text| serde_json::from_str(text).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_nobody_named_is_shown_by_its_own_name() {
        assert_eq!(label("street_stall").zh, "占道经营");
        assert_eq!(label("skip_bin").en, "skip_bin");
    }
}
