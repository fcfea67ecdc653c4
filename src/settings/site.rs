//! `[site]`: name, time zone, division, unit grids.

use std::path::Path;

use super::reader::{Node, from_dir};
use crate::resolve::{Division, Grids};

/// A checked `[site]`.
pub(super) struct Site {
    pub name: String,
    pub timezone: chrono_tz::Tz,
    pub division: String,
    pub grids: Grids,
    pub grids_geojson: Option<String>,
}

pub(super) fn read(root: &Node<'_>, dir: &Path) -> Option<Site> {
    let Some(site) = root.table("site") else {
        if !root.has("site") {
            root.fault("site", "is missing; give [site] with name and timezone");
        }
        return None;
    };
    let name = site.required::<String>("name");
    let timezone = site.required::<String>("timezone").and_then(|text| {
        let unknown = |_| format!("{text:?} is no time zone; give one such as \"Asia/Shanghai\"");
        site.checked("timezone", text.parse().map_err(unknown))
    });
    let grids = if site.has("grids") { grids(&site, dir) } else { Some((Grids::default(), None)) };
    let division = match site.optional::<String>("division") {
        Some(text) => {
            site.checked("division", Division::parse(&text)).map(|d| d.as_str().to_owned())
        }
        None => {
            let own = grids.as_ref().and_then(|(g, _)| g.division());
            Some(own.unwrap_or("000000").to_owned())
        }
    };
    site.finish();
    let (grids, grids_geojson) = grids?;
    Some(Site { name: name?, timezone: timezone?, division: division?, grids, grids_geojson })
}

fn grids(site: &Node<'_>, dir: &Path) -> Option<(Grids, Option<String>)> {
    let path = from_dir(dir, &site.optional::<String>("grids")?);
    let unreadable =
        |e| format!("{} cannot be read: {e}; give a GeoJSON file of unit grids", path.display());
    let text = site.checked("grids", std::fs::read_to_string(&path).map_err(unreadable))?;
    let grids = site.checked("grids", Grids::from_geojson(&text))?;
    Some((grids, Some(text)))
}
