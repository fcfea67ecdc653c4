//! The store on a real disk: what it keeps over restarts and crashes, what fsck finds, what the
//! outbox promises. Time is given, never waited for.

mod commit;
mod crash;
mod export;
mod kill;
mod outbox;
mod story;

use std::path::Path;

use streetwarden::{
    base::{BBox, CaseId, LonLat, SecondLook, ThingId, TimeSource, ViolationId, WallTime},
    judge::{RejectedSpot, StateValue},
    resolve::{Case, CaseChange, CaseStatus, Decision, Review},
    store::{Commit, EvidenceRow, Moment, NewEvidence, Options, Role, Store},
};

/// Some morning.
const T0: WallTime = WallTime::from_millis(1_778_457_600_000);

fn options(dir: &Path) -> Options {
    Options { dir: dir.to_owned(), min_free_bytes: 0 }
}

async fn open(dir: &Path) -> Store {
    Store::open(&options(dir)).await.unwrap()
}

/// Ends a store as a shutdown does, and waits for its lock to go.
async fn close(store: Store) {
    store.close().await;
    drop(store);
}

fn case(number: u64) -> Case {
    Case {
        id: CaseId::new(format!("44070320260511{number:05}")),
        violation: ViolationId(number),
        class: "billboard".into(),
        code: "07003".into(),
        code_name: "违规户外广告".into(),
        status: CaseStatus::Clue,
        opened_at: T0,
        first_seen: T0,
        last_seen: T0,
        gone_at: None,
        cameras: vec!["cam-1".into()],
        place: LonLat { lon: 113.0815, lat: 22.5787 },
        error_m: 0.75,
        grid: Some("440703001001001".into()),
        detections: 12,
        score: 0.8125,
        recurrence_of: None,
        permit: None,
    }
}

fn item(moment: Moment, role: Role, second: u64, bytes: &[u8]) -> NewEvidence {
    NewEvidence {
        role,
        camera: "cam-1".into(),
        at: T0.plus(std::time::Duration::from_secs(second)),
        time_source: TimeSource::SenderNtp,
        pts_ns: Some(u64::MAX),
        bbox: Some(BBox::new(0.1, 0.2, 0.3, 0.4).unwrap()),
        moment,
        extension: "jpg",
        bytes: bytes.to_vec().into(),
        derived_from: None,
        model: "street 1".into(),
        // as from looking twice, at the end
        second: (moment == Moment::Last).then_some(SecondLook { first_score: 0.9, keep: 0.7 }),
    }
}

/// Keeps three frames for `thing` and links them for `case`.
fn attach(store: &Store, thing: ThingId, case: &CaseId) -> Vec<EvidenceRow> {
    let evidence = store.evidence();
    for (second, moment) in [(1, Moment::First), (2, Moment::Middle), (3, Moment::Last)] {
        let bytes = format!("{moment:?} of {case}");
        evidence.keep(thing, &item(moment, Role::Picture, second, bytes.as_bytes())).unwrap();
    }
    evidence.attach(thing, case, true).unwrap()
}

fn hits(of: &Case) -> StateValue {
    StateValue::parse(format!("{{\"hits\":{}}}", of.detections)).unwrap()
}

fn opening(case: &Case, evidence: Vec<EvidenceRow>) -> Commit {
    Commit {
        changes: vec![CaseChange::Open(case.clone())],
        evidence,
        judge: vec![("thing/7".into(), Some(hits(case)))],
        channels: vec!["desk".into()],
        at: T0,
    }
}

fn rejection() -> Review {
    Review {
        decision: Decision::Rejected,
        by: "reviewer 3".into(),
        reason: "licensed board".into(),
        at: T0.plus(std::time::Duration::from_secs(60)),
    }
}

fn spot(id: &str) -> RejectedSpot {
    RejectedSpot {
        id: id.into(),
        class: "billboard".into(),
        place: LonLat { lon: 113.0815, lat: 22.5787 },
        radius_m: 5.0,
        from: T0,
        until: T0.plus(std::time::Duration::from_secs(86_400)),
        by: "reviewer 3".into(),
        reason: "licensed board".into(),
    }
}

/// A second way into the database, past the store: what an intruder would use.
async fn tamper(dir: &Path, statements: &'static [&'static str]) {
    use sqlx::{ConnectOptions, Connection};
    let mut db = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(dir.join("streetwarden.db"))
        .foreign_keys(false)
        .connect()
        .await
        .unwrap();
    for statement in statements {
        sqlx::query(*statement).execute(&mut db).await.unwrap();
    }
    db.close().await.unwrap();
}
