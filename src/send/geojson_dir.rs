//! One GeoJSON Feature file a case (RFC 7946, WGS84), replaced whole with each event.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use geojson::{Feature, GeoJson, Geometry, JsonObject, feature::Id};
use serde_json::Value;

use super::{Failure, Message};
use crate::resolve::Case;

/// Writes or replaces the case's file.
pub(super) fn write(dir: &Path, message: &Message) -> Result<(), Failure> {
    let case: Case = serde_json::from_value(message.body["case"].clone())
        .map_err(|e| Failure::lasting(format!("the message holds no case: {e}")))?;
    let name = file_name(&case)?;
    let text = GeoJson::from(feature(&case, message)?).to_string();
    replace(dir, &name, text.as_bytes())
        .map_err(|e| Failure::passing(format!("{}: {e}", dir.join(&name).display())))
}

fn file_name(case: &Case) -> Result<String, Failure> {
    let id = case.id.as_str();
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        return Err(Failure::lasting(format!("case number {id:?} cannot name a file")));
    }
    Ok(format!("{id}.geojson"))
}

fn feature(case: &Case, message: &Message) -> Result<Feature, Failure> {
    let mut properties: JsonObject = match serde_json::to_value(case) {
        Ok(Value::Object(fields)) => fields,
        _ => return Err(Failure::lasting("the case is no JSON object")),
    };
    properties.remove("place"); // it is the geometry
    properties.insert("event".to_owned(), message.body["event"].clone());
    properties.insert("event_key".to_owned(), Value::from(message.key.as_str()));
    properties.insert("event_at".to_owned(), Value::from(message.created_at.to_string()));
    Ok(Feature {
        bbox: None,
        geometry: Some(Geometry::new_point([case.place.lon, case.place.lat])),
        id: Some(Id::String(case.id.to_string())),
        properties: Some(properties),
        foreign_members: None,
    })
}

/// Temporary file, sync, rename, sync of the folder: a reader sees the old file or the new one.
fn replace(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let temp = dir.join(format!(".{name}.tmp"));
    let mut file = File::create(&temp)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temp, dir.join(name))?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::WallTime;

    fn message(id: &str, event: &str) -> Message {
        let case = json!({
            "id": id, "violation": 1, "class": "billboard", "code": "07003",
            "code_name": "违规户外广告", "status": "clue", "opened_at": "2026-05-11T00:00:00Z",
            "first_seen": "2026-05-11T00:00:00Z", "last_seen": "2026-05-11T00:00:00Z",
            "gone_at": null, "cameras": ["cam-1"], "place": {"lon": 113.0815, "lat": 22.5787},
            "error_m": 0.8, "grid": null, "detections": 3, "score": 0.5, "recurrence_of": null,
            "permit": null,
        });
        Message {
            key: format!("{id}.{event}"),
            created_at: WallTime::from_millis(1_000),
            body: json!({"event": format!("case.{event}"), "case": case}),
        }
    }

    #[test]
    fn a_case_has_one_file_and_the_newest_event_wins() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        for event in ["opened", "gone", "gone"] {
            write(&out, &message("4407032026051100001", event)).unwrap();
        }
        let names: Vec<_> = fs::read_dir(&out)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names, ["4407032026051100001.geojson"]);
        let text = fs::read_to_string(out.join(&names[0])).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["type"], "Feature");
        assert_eq!(
            read["geometry"],
            json!({"type": "Point", "coordinates": [113.0815, 22.5787]}),
            "longitude first"
        );
        assert_eq!(read["id"], "4407032026051100001");
        assert_eq!(read["properties"]["event"], "case.gone");
        assert_eq!(read["properties"]["code"], "07003");
    }

    #[test]
    fn a_number_that_leads_out_of_the_folder_is_refused_for_good() {
        let dir = tempfile::tempdir().unwrap();
        let failure = write(dir.path(), &message("../escape", "opened")).unwrap_err();
        assert!(!failure.retryable && failure.reason.contains("escape"), "{failure:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_may_be_there_later() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), b"").unwrap();
        assert!(write(&dir.path().join("file"), &message("1", "opened")).unwrap_err().retryable);
    }
}
