//! `[[permit]]`: what is allowed, where and when.

use chrono::NaiveDate;

use super::{camera::on_globe, reader::Node, rule::hours};
use crate::{
    base::{ClassName, Crs, LonLat},
    judge::{Area, Permit},
};

pub(super) fn read(root: &Node<'_>, ruled: &[ClassName]) -> Option<Vec<Permit>> {
    let (mut permits, mut whole) = (Vec::new(), true);
    for node in root.tables("permit") {
        match one(&node, ruled) {
            Some(permit) => permits.push(permit),
            None => whole = false,
        }
        node.finish();
    }
    whole.then_some(permits)
}

fn one(node: &Node<'_>, ruled: &[ClassName]) -> Option<Permit> {
    let id = node.required::<String>("id");
    let class = node.required::<String>("class").map(|c| ClassName::from(c.as_str()));
    if let Some(class) = &class
        && !ruled.contains(class)
    {
        let known: Vec<&str> = ruled.iter().map(ClassName::as_str).collect();
        node.fault(
            "class",
            format!("{class} has no rule; classes with rules: {}", known.join(", ")),
        );
    }
    let area = area(node);
    let from = node.required::<NaiveDate>("valid_from");
    let to = node.required::<NaiveDate>("valid_to");
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        node.fault("valid_to", format!("{to} lies before valid_from {from}"));
    }
    let hours = hours(node);
    Some(Permit {
        id: id?,
        class: class?,
        area: area?,
        valid_from: from?,
        valid_to: to?,
        hours: hours?,
    })
}

/// A GeoJSON ring, so WGS84 (RFC 7946) unless `crs` says otherwise.
fn area(node: &Node<'_>) -> Option<Area> {
    let crs = if node.has("crs") { node.optional::<Crs>("crs") } else { Some(Crs::Wgs84) };
    let corners = node.required::<Vec<(f64, f64)>>("area")?;
    let crs = crs?;
    let ring: Option<Vec<LonLat>> = corners
        .into_iter()
        .map(|(lon, lat)| on_globe(node, "area", LonLat { lon, lat }).map(|p| crs.to_wgs84(p)))
        .collect();
    node.checked("area", Area::new(ring?))
}
