//! A small site behind a router: a store in a temporary folder, three cases with evidence, two
//! cameras. Everything goes through the public ways in.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use bytes::Bytes;
use crossbeam_channel::Receiver;
use serde_json::Value;
use streetwarden::{
    base::{
        BBox, CaseId, ClassName, LonLat, SecondLook, ThingId, TimeSource, ViolationId, WallTime,
    },
    judge::Rule,
    resolve::{Case, CaseChange, CaseStatus},
    runtime::judging::Mail,
    store::{Commit, Moment, NewEvidence, Options, Role, Store},
    web::{
        CameraHealth, DecodedView, ModelSwitch, ModelView, SiteInfo, State, SwitchFault, router,
    },
};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// What the tests hold in their hands.
pub struct Site {
    /// The router as it would be served.
    pub router: Router,
    /// What judging is told.
    pub mail: Receiver<Mail>,
    /// The store behind it.
    pub store: Store,
    /// The data directory.
    pub dir: TempDir,
}

/// An answer taken apart.
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("a JSON body")
    }

    /// `(code, field)` of an error.
    pub fn fault(&self) -> (String, Option<String>) {
        let error = self.json()["error"].clone();
        let text = |key: &str| error[key].as_str().map(str::to_owned);
        (text("code").expect("a code"), text("field"))
    }
}

pub const MORNING: &str = "2026-05-11T00:00:00Z";

pub fn at(minute: u64) -> WallTime {
    WallTime::parse(MORNING).unwrap().plus(Duration::from_secs(60 * minute))
}

fn case(n: u64, class: &str, code: (&str, &str), minute: u64) -> Case {
    Case {
        id: CaseId::new(format!("44070320260511{n:05}")),
        violation: ViolationId(n),
        class: ClassName::new(class),
        code: code.0.into(),
        code_name: code.1.into(),
        status: CaseStatus::Clue,
        opened_at: at(minute),
        first_seen: at(minute).minus(Duration::from_secs(200)),
        last_seen: at(minute + 5),
        gone_at: None,
        cameras: vec!["cam-1".into()],
        place: LonLat { lon: 113.0815 + n as f64 * 1e-4, lat: 22.5787 },
        error_m: 1.5,
        grid: Some("440703001001002".into()),
        detections: 40 + n,
        score: 0.8,
        recurrence_of: None,
        permit: None,
    }
}

/// Oldest first: a stall, a bin that came back, a board that is gone.
pub fn cases() -> Vec<Case> {
    let stall = case(1, "street_stall", ("09006", "占道经营"), 0);
    let mut bin = case(2, "bin_overflow", ("06042", "垃圾站（箱）满溢"), 10);
    bin.cameras = vec!["cam-1".into(), "cam-2".into()];
    bin.recurrence_of = Some(stall.id.clone());
    let mut board = case(3, "billboard", ("07003", "违规户外广告"), 20);
    board.gone_at = Some(at(40));
    board.cameras = vec!["cam-2".into()];
    vec![stall, bin, board]
}

pub fn picture(
    role: Role,
    moment: Moment,
    minute: u64,
    bytes: Bytes,
    extension: &'static str,
) -> NewEvidence {
    NewEvidence {
        role,
        camera: "cam-1".into(),
        at: at(minute),
        time_source: TimeSource::SenderNtp,
        pts_ns: Some(1),
        bbox: BBox::new(0.2, 0.3, 0.5, 0.7).ok(),
        moment,
        extension,
        bytes,
        derived_from: None,
        model: "street-nano".into(),
        // the original is from before second looks
        second: (role != Role::Original).then_some(SecondLook { first_score: 0.9, keep: 0.7 }),
    }
}

/// Opens `case` with its evidence, as the runtime does.
pub async fn open_case(store: &Store, case: Case, evidence: Vec<NewEvidence>) {
    let (files, thing, id) = (store.evidence(), ThingId(case.violation.0), case.id.clone());
    let rows = tokio::task::spawn_blocking(move || {
        for item in &evidence {
            files.keep(thing, item).unwrap();
        }
        files.attach(thing, &id, true).unwrap()
    });
    let evidence = rows.await.unwrap();
    let at = case.opened_at;
    let changes = vec![CaseChange::Open(case)];
    store.commit(&Commit { changes, evidence, at, ..Commit::default() }).await.unwrap();
}

fn rule() -> Rule {
    Rule {
        dwell: Duration::from_secs(180),
        gone_after: Duration::from_secs(600),
        merge_radius_m: 8.0,
        min_score: 0.35,
        hours: None,
        reject_radius_m: 6.0,
        reject_for: Duration::from_secs(30 * 86_400),
    }
}

pub fn camera(id: &str, state: &str, reason: Option<&str>) -> CameraHealth {
    CameraHealth {
        id: id.into(),
        name: format!("camera {id}"),
        lon: Some(113.0815),
        lat: Some(22.5787),
        state: state.into(),
        reason: reason.map(str::to_owned),
        frames_in: 900,
        sampled: 60,
        dropped: BTreeMap::from([("delta".into(), 800), ("not_due".into(), 40)]),
        decoding: 0,
        reconnects: 2,
        last_frame_at: Some(at(3)),
        width: 1920,
        height: 1080,
        codec: "H264".into(),
        decoded: Some(DecodedView {
            way: "own".into(),
            reason: Some("sparse_keyframes".into()),
            keyframes_every_s: Some(8.0),
        }),
        time_source: Some("sender_ntp".into()),
    }
}

/// One model that looks, and nothing to switch to.
struct OneModel;

impl ModelSwitch for OneModel {
    fn list(&self) -> Vec<ModelView> {
        vec![ModelView {
            name: "street".into(),
            version: "1".into(),
            sha256: "0".repeat(64),
            licence: "Apache-2.0".into(),
            active: true,
            previous: false,
            fault: None,
        }]
    }

    fn activate(&self, name: &str, _: &str) -> Result<ModelView, SwitchFault> {
        Err(SwitchFault::Unknown(name.to_owned()))
    }
}

/// The state over `store`.
pub fn state(store: Store, token: Option<&str>) -> (State, Receiver<Mail>) {
    let (reviews, mail) = crossbeam_channel::bounded(1);
    let classes = ["street_stall", "bin_overflow", "billboard"];
    let state = State {
        store,
        cameras: Arc::new(|| {
            let leak = "cannot open rtsp://admin:hunter2@10.0.0.9/ch1?pwd=hunter2";
            vec![camera("cam-1", "streaming", None), camera("cam-2", "failing", Some(leak))]
        }),
        ready: Arc::new(|| Err("model not loaded from /srv/models".into())),
        reviews,
        models: Arc::new(OneModel),
        metrics: Arc::new(|| "streetwarden_cases_total 3\n".into()),
        rules: Arc::new(classes.map(|c| (ClassName::new(c), rule())).into()),
        token: token.map(str::to_owned),
        site: SiteInfo {
            name: "test street".into(),
            timezone: "Asia/Shanghai".into(),
            grids_geojson: Some(r#"{"type":"FeatureCollection","features":[]}"#.into()),
        },
    };
    (state, mail)
}

impl Site {
    /// Three cases; the stall has a plain picture, one with a box, and the original.
    pub async fn new(token: Option<&str>) -> Self {
        let dir = TempDir::new().unwrap();
        let options = Options { dir: dir.path().to_owned(), min_free_bytes: 0 };
        let store = Store::open(&options).await.unwrap();
        for case in cases() {
            let evidence = match case.violation.0 {
                1 => vec![
                    picture(Role::Picture, Moment::First, 0, Bytes::from_static(b"plain"), "jpg"),
                    picture(Role::Annotated, Moment::First, 0, Bytes::from_static(b"boxed"), "jpg"),
                    picture(Role::Original, Moment::First, 0, Bytes::from_static(b"au"), "h264"),
                ],
                _ => Vec::new(),
            };
            open_case(&store, case, evidence).await;
        }
        let (state, mail) = state(store.clone(), token);
        Self { router: router(state), mail, store, dir }
    }

    /// Asks and takes the answer apart.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A JSON body by `method`.
    pub async fn put(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }
}
