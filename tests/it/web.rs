//! The HTTP API from the outside: the router over a real store, called without a socket.

mod site;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use streetwarden::{resolve::CaseStatus, runtime::judging::Mail};

use site::{Answer, Site};

const TOKEN: &str = "0123456789abcdef0123";
const STALL: &str = "4407032026051100001";
const BIN: &str = "4407032026051100002";
const BOARD: &str = "4407032026051100003";

fn ids(answer: &Answer) -> Vec<String> {
    let list = answer.json();
    let cases = list["cases"].as_array().unwrap();
    cases.iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_list_filters_and_pages_newest_first() {
    let site = Site::new(None).await;
    let all = site.get("/api/v1/cases").await;
    assert_eq!(all.status, StatusCode::OK);
    assert_eq!(ids(&all), [BOARD, BIN, STALL]);
    for (query, expected) in [
        ("class=street_stall", vec![STALL]),
        ("camera=cam-2", vec![BOARD, BIN]),
        ("since=2026-05-11T08:10:00%2B08:00", vec![BOARD, BIN]),
        ("until=2026-05-11T00:10:00Z", vec![STALL]),
        ("q=06042", vec![BIN]),
        ("q=%E5%8D%A0%E9%81%93", vec![STALL]),
        ("status=confirmed", vec![]),
        ("open=false", vec![]),
        ("open=true&status=&class=billboard", vec![BOARD]),
    ] {
        assert_eq!(ids(&site.get(&format!("/api/v1/cases?{query}")).await), expected, "{query}");
    }
    let second = site.get("/api/v1/cases?limit=1&offset=1").await;
    assert_eq!(ids(&second), [BIN]);
    let page = second.json();
    assert_eq!((page["total"].as_u64(), page["limit"].as_u64()), (Some(3), Some(1)));
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let site = Site::new(None).await;
    for (query, field) in [
        ("statsu=clue", "statsu"),
        ("status=done", "status"),
        ("since=yesterday", "since"),
        ("open=maybe", "open"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("offset=-1", "offset"),
    ] {
        let answer = site.get(&format!("/api/v1/cases?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.fault(), ("bad_parameter".into(), Some(field.into())));
    }
}

#[tokio::test]
async fn a_case_comes_with_evidence_custody_and_links() {
    let site = Site::new(None).await;
    let case = site.get(&format!("/api/v1/cases/{STALL}")).await.json();
    assert_eq!(case["class"], "street_stall");
    assert_eq!(case["place"]["lat"], 22.5787);
    let evidence = case["evidence"].as_array().unwrap();
    let mut roles: Vec<_> = evidence.iter().map(|e| e["role"].as_str().unwrap()).collect();
    roles.sort_unstable();
    assert_eq!(roles, ["annotated", "original", "picture"]);
    let plain = evidence.iter().find(|e| e["role"] == "picture").unwrap();
    assert_eq!(case["thumbnail"]["id"], plain["id"]);
    let what: Vec<_> = case["custody"].as_array().unwrap().iter().map(|c| &c["what"]).collect();
    assert_eq!(what[0], "case_opened");
    assert_eq!(what.len(), 4);
    let looked = json!({"first_score": 0.9, "keep": 0.7});
    assert_eq!((&case["second_look"], &plain["second_look"]), (&looked, &looked));
    let original = evidence.iter().find(|e| e["role"] == "original").unwrap();
    assert_eq!(original["second_look"], Value::Null);
    let again = site.get(&format!("/api/v1/cases/{BIN}")).await.json();
    assert_eq!(again["second_look"], Value::Null);
    assert_eq!(again["links"]["former"], format!("/api/v1/cases/{STALL}"));
    let listed = site.get(case["links"]["evidence"].as_str().unwrap()).await.json();
    assert_eq!(listed["evidence"], case["evidence"]);
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let site = Site::new(None).await;
    for path in [
        "/api/v1/cases/4407032026051199999",
        "/api/v1/cases/4407032026051199999/evidence",
        "/api/v1/evidence/nothing",
        "/api/v1/evidence/4407032026051100001.0000000000000000",
        "/api/v1/nothing",
        "/assets/../Cargo.toml",
        "/assets/js/nothing.js",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        answer.fault();
    }
    let wrong_method = site.put("PUT", "/api/v1/cases", &json!({})).await;
    assert_eq!(wrong_method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong_method.fault().0, "method");
}

async fn evidence_of(site: &Site, role: &str) -> Value {
    let list = site.get(&format!("/api/v1/cases/{STALL}/evidence")).await.json();
    let all = list["evidence"].as_array().unwrap().clone();
    all.into_iter().find(|e| e["role"] == role).unwrap()
}

#[tokio::test]
async fn evidence_is_handed_out_as_what_it_is() {
    let site = Site::new(None).await;
    let row = evidence_of(&site, "picture").await;
    let plain = site.get(row["url"].as_str().unwrap()).await;
    assert_eq!(&plain.bytes[..], b"plain");
    assert_eq!(plain.headers[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(plain.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(plain.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(plain.headers["x-evidence-sha256"], row["sha256"].as_str().unwrap());
    let original = evidence_of(&site, "original").await;
    let original = site.get(original["url"].as_str().unwrap()).await;
    assert_eq!(&original.bytes[..], b"au");
    let manner = original.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(manner.starts_with("attachment; filename=\"4407032026051100001-"), "{manner}");
}

#[tokio::test]
async fn altered_evidence_is_not_handed_out_and_paths_stay_inside() {
    let site = Site::new(None).await;
    let row = evidence_of(&site, "picture").await;
    let folder = site.dir.path().join("evidence").join(STALL);
    for entry in std::fs::read_dir(folder).unwrap() {
        std::fs::write(entry.unwrap().path(), b"forged").unwrap();
    }
    let answer = site.get(row["url"].as_str().unwrap()).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.fault().0, "internal");
    let body = String::from_utf8(answer.bytes.to_vec()).unwrap();
    assert!(
        !body.contains("sha256") && !body.contains(site.dir.path().to_str().unwrap()),
        "{body}"
    );
}

#[tokio::test]
async fn a_confirmation_is_stored_and_a_second_one_conflicts() {
    let site = Site::new(None).await;
    let path = format!("/api/v1/cases/{STALL}/review");
    let body = json!({"decision": "confirmed", "by": "Reviewer 7"});
    let done = site.put("POST", &path, &body).await;
    assert_eq!(done.status, StatusCode::OK);
    assert_eq!(done.json()["case"]["status"], "confirmed");
    assert_eq!(done.json()["spot"], Value::Null);
    assert!(site.mail.try_recv().is_err());
    let twice = site.put("POST", &path, &body).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert_eq!(twice.fault().0, "conflict");
    let case = site.get(&format!("/api/v1/cases/{STALL}")).await.json();
    let last = case["custody"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (last["what"].as_str(), last["who"].as_str()),
        (Some("case_reviewed"), Some("Reviewer 7"))
    );
}

#[tokio::test]
async fn a_rejection_makes_a_spot_that_judging_hears_of_and_that_can_be_lifted() {
    let site = Site::new(None).await;
    let body = json!({"decision": "rejected", "by": "Reviewer 7", "reason": "licensed"});
    let done = site.put("POST", &format!("/api/v1/cases/{STALL}/review"), &body).await;
    assert_eq!(done.status, StatusCode::OK);
    assert_eq!(done.json()["spot"]["radius_m"], 6.0);
    let Mail::Reject(spot) = site.mail.try_recv().unwrap() else { panic!("no rejection") };
    assert_eq!((spot.class.as_str(), spot.reason.as_str()), ("street_stall", "licensed"));
    assert_eq!(spot.until.since(spot.from).as_secs(), 30 * 86_400);

    let listed = site.get("/api/v1/spots").await.json();
    assert_eq!(listed["spots"][0]["id"], spot.id);
    let path = format!("/api/v1/spots/{}", spot.id);
    let unexplained = site.put("DELETE", &path, &json!({"by": "Reviewer 7"})).await;
    assert_eq!(unexplained.fault(), ("bad_field".into(), Some("reason".into())));
    let why = json!({"by": "Reviewer 7", "reason": "licence ended"});
    assert_eq!(site.put("DELETE", &path, &why).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.mail.try_recv().unwrap(), Mail::Lift(spot.id));
    assert_eq!(site.get("/api/v1/spots").await.json()["spots"], json!([]));
    assert_eq!(site.put("DELETE", &path, &why).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_decision_waits_for_room_in_judgings_box() {
    let site = Site::new(None).await;
    let body = json!({"decision": "rejected", "by": "Reviewer 7", "reason": "licensed"});
    let reject = async |id: &str| {
        site.put("POST", &format!("/api/v1/cases/{id}/review"), &body).await.status
    };
    assert_eq!(reject(STALL).await, StatusCode::OK);
    assert!(site.mail.is_full());
    let mail = site.mail.clone();
    let take = tokio::task::spawn_blocking(move || {
        let wait = std::time::Duration::from_secs(30);
        [mail.recv_timeout(wait), mail.recv_timeout(wait)]
    });
    let (second, taken) = tokio::join!(reject(BIN), take);
    assert_eq!(second, StatusCode::OK);
    let classes = taken.unwrap().map(|message| match message.unwrap() {
        Mail::Reject(spot) => spot.class.to_string(),
        Mail::Lift(id) => id,
    });
    assert_eq!(classes, ["street_stall", "bin_overflow"]);
}

#[tokio::test]
async fn a_wrong_field_is_named_and_changes_nothing() {
    let site = Site::new(None).await;
    let path = format!("/api/v1/cases/{STALL}/review");
    for (body, field) in [
        (json!({"decision": "rejected", "by": "r"}), "reason"),
        (json!({"decision": "rejected", "by": "r", "reason": "  "}), "reason"),
        (json!({"decision": "maybe", "by": "r"}), "decision"),
        (json!({"decision": "confirmed"}), "by"),
        (json!({"decision": "confirmed", "by": 7}), "by"),
        (json!({"decision": "confirmed", "by": "r", "note": "x"}), "note"),
        (json!({"decision": "confirmed", "by": "r".repeat(121)}), "by"),
    ] {
        let answer = site.put("POST", &path, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.fault().1.as_deref(), Some(field), "{body}");
    }
    let long = json!({"decision": "confirmed", "by": "r", "reason": "x".repeat(20_000)});
    assert_eq!(site.put("POST", &path, &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(site.put("POST", &path, &json!([])).await.status, StatusCode::BAD_REQUEST);
    let right = json!({"decision": "confirmed", "by": "r"});
    let nobody = site.put("POST", "/api/v1/cases/1/review", &right).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    let case = site.store.case(&STALL.into()).await.unwrap().unwrap();
    assert_eq!(case.status, CaseStatus::Clue);
    assert!(site.mail.try_recv().is_err());
}

#[tokio::test]
async fn another_sites_page_cannot_decide() {
    let site = Site::new(None).await;
    let path = format!("/api/v1/cases/{STALL}/review");
    let ask = |kind: &str, origin: &str, host: &str| {
        Request::post(&path)
            .header(header::CONTENT_TYPE, kind)
            .header(header::ORIGIN, origin)
            .header(header::HOST, host)
            .body(Body::from(r#"{"decision":"confirmed","by":"r"}"#))
            .unwrap()
    };
    let own = ("http://127.0.0.1:8080", "127.0.0.1:8080");
    let form = site.send(ask("text/plain", own.0, own.1)).await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let foreign = site.send(ask("application/json", "https://evil.example", own.1)).await;
    assert_eq!((foreign.status, foreign.fault().0.as_str()), (StatusCode::FORBIDDEN, "origin"));
    let rebound = site.send(ask("application/json", "http://evil.example", "evil.example")).await;
    assert_eq!((rebound.status, rebound.fault().0.as_str()), (StatusCode::FORBIDDEN, "host"));
    assert_eq!(site.send(ask("application/json", own.0, own.1)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn with_a_token_set_nothing_is_told_without_it() {
    let site = Site::new(Some(TOKEN)).await;
    let description = site.get("/api/v1/openapi.json").await;
    assert_eq!(description.status, StatusCode::UNAUTHORIZED);
    let ask = |path: &str, value: &str| {
        Request::get(path).header(header::AUTHORIZATION, value).body(Body::empty()).unwrap()
    };
    let right = format!("Bearer {TOKEN}");
    let api = site.send(ask("/api/v1/openapi.json", &right)).await.json();
    let described = api["paths"].as_object().unwrap();
    for path in described.keys().filter(|p| !p.ends_with("healthz") && !p.ends_with("readyz")) {
        let method = described[path].as_object().unwrap().keys().next().unwrap().to_uppercase();
        let answer = site.put(&method, &path.replace("{id}", STALL), &json!({})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    for wrong in
        ["Bearer ", "Bearer 0123456789abcdef0124", TOKEN, "Basic 0123456789abcdef0123", "B"]
    {
        assert_eq!(
            site.send(ask("/api/v1/cases", wrong)).await.status,
            StatusCode::UNAUTHORIZED,
            "{wrong}"
        );
    }
    assert_eq!(site.send(ask("/api/v1/cases", &right)).await.status, StatusCode::OK);
    assert_eq!(
        site.get(&format!("/api/v1/cases?token={TOKEN}")).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn probes_answer_without_a_token_and_say_why_only_with_it() {
    let site = Site::new(Some(TOKEN)).await;
    assert_eq!(site.get("/healthz").await.status, StatusCode::OK);
    let stranger = site.get("/readyz").await;
    assert_eq!(stranger.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stranger.json()["error"]["message"], "not ready");
    let ask = Request::get("/readyz").header(header::AUTHORIZATION, format!("bearer {TOKEN}"));
    let told = site.send(ask.body(Body::empty()).unwrap()).await;
    assert!(told.json()["error"]["message"].as_str().unwrap().contains("model not loaded"));
    let open = Site::new(None).await;
    assert_eq!(&open.get("/metrics").await.bytes[..], b"streetwarden_cases_total 3\n");
}

#[tokio::test]
async fn no_credential_leaves() {
    let site = Site::new(None).await;
    let cameras = site.get("/api/v1/cameras").await;
    let text = String::from_utf8(cameras.bytes.to_vec()).unwrap();
    assert!(text.contains("cannot open (address)"), "{text}");
    for secret in ["hunter2", "admin", "10.0.0.9", "rtsp:"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let camera = &cameras.json()["cameras"][0];
    assert_eq!(camera["dropped"]["delta"], 800);
    let decoded = json!({"way": "own", "reason": "sparse_keyframes", "keyframes_every_s": 8.0});
    assert_eq!(camera["decoded"], decoded);
    assert!(camera.get("uri").is_none());
}

#[tokio::test]
async fn the_site_says_what_its_classes_are_called() {
    let site = Site::new(None).await.get("/api/v1/site").await.json();
    assert_eq!(site["name"], "test street");
    assert_eq!(site["timezone"], "Asia/Shanghai");
    assert_eq!(site["grids"]["type"], "FeatureCollection");
    let classes = site["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 3);
    assert_eq!(classes[2]["label"], json!({"zh": "占道经营", "en": "Street stall"}));
}

#[tokio::test]
async fn the_page_and_its_parts_are_served_with_a_strict_policy() {
    let site = Site::new(Some(TOKEN)).await;
    let page = site.get("/").await;
    assert_eq!(page.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = String::from_utf8(page.bytes.to_vec()).unwrap();
    let parts: Vec<_> = html.split('"').filter(|p| p.starts_with("assets/")).collect();
    assert!(parts.len() >= 4);
    for part in parts {
        assert_eq!(site.get(&format!("/{part}")).await.status, StatusCode::OK, "{part}");
    }
    assert!(!html.contains("<style") && !html.contains("style="), "inline styles are refused");
    let module = site.get("/assets/js/main.js").await;
    assert_eq!(module.headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
}

#[tokio::test]
async fn models_are_listed_and_only_those_can_be_activated() {
    let site = Site::new(None).await;
    let models = site.get("/api/v1/models").await.json();
    assert_eq!(
        (&models["models"][0]["name"], &models["models"][0]["active"]),
        (&json!("street"), &json!(true))
    );
    let by = json!({"by": "Engineer 2"});
    let unknown = site.put("POST", "/api/v1/models/other:activate", &by).await;
    assert_eq!((unknown.status, unknown.fault().0.as_str()), (StatusCode::NOT_FOUND, "not_found"));
    let no_verb = site.put("POST", "/api/v1/models/street", &by).await;
    assert_eq!(no_verb.fault().0, "no_route");
}

#[tokio::test]
async fn precision_is_counted_from_decisions() {
    let site = Site::new(None).await;
    assert_eq!(site.get("/api/v1/precision").await.json()["precision"], json!([]));
    let body = json!({"decision": "rejected", "by": "Reviewer 7", "reason": "licensed"});
    site.put("POST", &format!("/api/v1/cases/{STALL}/review"), &body).await;
    let rows = site.get("/api/v1/precision").await.json();
    let row = &rows["precision"][0];
    assert_eq!(
        (&row["confirmed"], &row["rejected"], &row["precision"]),
        (&json!(0), &json!(1), &json!(0.0))
    );
    assert_eq!(
        (row["class"].as_str(), row["camera"].as_str()),
        (Some("street_stall"), Some("cam-1"))
    );
    assert!(!row["model"].as_str().unwrap().is_empty());
}
