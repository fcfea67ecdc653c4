//! From clips to cases: the demo; a run that is recorded, sends its cases away and is replayed.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use streetwarden::{base::WallTime, send::signature};

use super::{
    process::{Daemon, verb, wait},
    receiver::{Received, Receiver},
    site::{Site, assert_true},
};

const SECRET: &str = "a secret of this test";

#[test]
fn the_demo_makes_exactly_one_case_of_every_violation() {
    let output = verb(&["demo", "--once", "--bind", "127.0.0.1:0"]);
    let (said, log) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}\n{log}");
    assert!(said.contains("every violation became exactly one case, no false case"), "{said}");
    for camera in ["cam-1", "cam-2", "cam-3", "cam-4"] {
        let row = said.lines().find(|line| line.starts_with(camera)).expect(camera);
        let columns: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(columns[1], "ended", "{row}");
        let [frames_in, sampled, dropped] =
            [2, 3, 4].map(|column: usize| columns[column].parse::<u64>().unwrap());
        assert_eq!(frames_in, sampled + dropped, "{row}");
    }
}

#[test]
fn a_run_sends_its_cases_away_stops_in_order_and_replays_to_the_same_cases() {
    let receiver = Receiver::start();
    let site = Site::of_files().with(&format!(
        "[[channel]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"http://{}/hook\"\n\
         secret = \"{SECRET}\"\n[[channel]]\nname = \"map\"\nkind = \"geojson\"\ndir = \"out\"\n",
        receiver.address
    ));
    let (config, recording) = (site.config(), site.path("seen.jsonl"));
    let daemon = Daemon::start(&config, &["--record", recording.to_str().unwrap()]);
    daemon.wait_for_ends();
    let cases = wait("four cases", || Some(daemon.cases()).filter(|cases| cases.len() >= 4));
    assert_true(&cases);
    let ids: BTreeSet<String> =
        cases.iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect();
    for id in &ids {
        assert_eq!(moments(&daemon, id).first().map(String::as_str), Some("first"), "{id}");
    }
    wait("every case at the receiver, the refused one again", || {
        let received = receiver.received();
        let opened = received.iter().filter_map(|r| id_of(r, "case.opened")).collect();
        (ids == opened && times(&received, refused(&received)) == 2).then_some(())
    });
    check_messages(&receiver.received());
    check_features(&site, &ids);

    let (status, log) = daemon.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("ERROR") && log.trim_end().ends_with("stopped"), "{log}");
    site.assert_clean();
    replays_to(&site, &cases);
}

/// What the pictures of a case are called, oldest first.
fn moments(daemon: &Daemon, id: &str) -> Vec<String> {
    let case = daemon.get(&format!("/api/v1/cases/{id}"));
    let text = |piece: &Value, key: &str| piece[key].as_str().unwrap().to_owned();
    let pictures = case["evidence"].as_array().unwrap().iter();
    let mut pictures: Vec<_> = pictures
        .filter(|piece| piece["role"] == "picture")
        .map(|piece| (text(piece, "at"), text(piece, "moment")))
        .collect();
    pictures.sort();
    pictures.into_iter().map(|(_, moment)| moment).collect()
}

/// The case of a message, when it tells of `event`.
fn id_of(received: &Received, event: &str) -> Option<String> {
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    (body["event"] == event).then(|| body["case"]["id"].as_str().unwrap().to_owned())
}

/// The key of the message that the receiver refused: the first.
fn refused(received: &[Received]) -> &str {
    received.first().map_or("", |first| first.headers["x-event-id"].as_str())
}

fn times(received: &[Received], key: &str) -> usize {
    received.iter().filter(|r| r.headers["x-event-id"] == *key).count()
}

/// Every message is signed, and the one refused at first came again under the same key.
fn check_messages(received: &[Received]) {
    for message in received {
        let header = |name: &str| message.headers[name].as_str();
        let body: Value = serde_json::from_slice(&message.body).unwrap();
        assert_eq!(body["key"], header("x-event-id"));
        let signed = signature(SECRET.as_bytes(), header("x-timestamp"), &message.body);
        assert_eq!(header("x-signature"), signed);
    }
    let refused = refused(received);
    assert_eq!(times(received, refused), 2, "{refused} came again once");
    let keys: BTreeSet<&str> = received.iter().map(|r| r.headers["x-event-id"].as_str()).collect();
    assert_eq!(keys.len(), received.len() - 1, "nothing else came twice");
}

fn check_features(site: &Site, ids: &BTreeSet<String>) {
    for id in ids {
        let path = site.path(&format!("out/{id}.geojson"));
        let text = wait("a GeoJSON file of every case", || fs::read_to_string(&path).ok());
        let feature: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(feature["type"], "Feature");
        assert_eq!(feature["id"], id.as_str());
    }
}

fn replays_to(site: &Site, cases: &[Value]) {
    let (input, output) = (site.path("seen.jsonl"), site.path("cases.json"));
    let config = site.config();
    let [input, output, config] = [&input, &output, &config].map(|p| p.to_str().unwrap());
    let replay = verb(&["replay", input, "--config", config, "--cases", output]);
    assert!(replay.status.success(), "{}", String::from_utf8_lossy(&replay.stderr));
    let replayed: Vec<Value> = serde_json::from_str(&fs::read_to_string(output).unwrap()).unwrap();
    assert_true(&replayed);
    let summary = |case: &Value| ["class", "code", "grid"].map(|key| case[key].to_string());
    let sorted = |cases: &[Value]| {
        let mut sorted = cases.to_vec();
        sorted.sort_by_key(summary);
        sorted
    };
    for (replayed, case) in sorted(&replayed).iter().zip(&sorted(cases)) {
        assert_eq!(summary(replayed), summary(case));
        // a recording is in order of time; live, two cameras' frames of one moment are judged as they
        // come out of inference, so which of them was first may differ by that moment
        let at = |case: &Value| WallTime::parse(case["first_seen"].as_str().unwrap()).unwrap();
        assert!(
            at(replayed).millis().abs_diff(at(case).millis()) < 1_000,
            "{replayed} is not {case}"
        );
        let cameras = |case: &Value| -> BTreeSet<String> {
            case["cameras"].as_array().unwrap().iter().map(Value::to_string).collect()
        };
        assert_eq!(cameras(replayed), cameras(case));
    }
}
