//! One case from opening to rejection, kept over a restart; then everything fsck must find.

use std::fs;

use streetwarden::{
    base::{SecondLook, ThingId},
    resolve::CaseStatus,
    store::{CaseFilter, EVIDENCE_KEPT, EvidenceError, FsckReport, Moment, Page, Role, StoreError},
};

use super::{T0, attach, case, close, hits, item, open, opening, options, rejection, spot, tamper};

#[tokio::test]
async fn a_case_with_its_evidence_and_review_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let opened = case(1);
    let rows = attach(&store, ThingId(7), &opened.id);
    assert_eq!(rows.len(), 3);
    store.commit(&opening(&opened, rows.clone())).await.unwrap();
    store.evidence().discard(ThingId(7)).unwrap();
    let reviewed = store.review(&opened.id, &rejection(), Some(&spot("s1"))).await.unwrap();
    assert_eq!(reviewed.status, CaseStatus::Rejected);
    close(store).await;

    let store = open(dir.path()).await;
    let loaded = store.load().await.unwrap();
    assert_eq!(loaded.cases, std::slice::from_ref(&reviewed));
    assert_eq!(loaded.judge, [("thing/7".to_owned(), hits(&case(1)))]);
    assert_eq!(loaded.spots, [spot("s1")]);
    assert_eq!(store.case(&opened.id).await.unwrap(), Some(reviewed));
    assert_eq!(store.evidence_of(&opened.id).await.unwrap(), rows);
    assert_eq!(
        store.evidence_bytes(&rows[0]).await.unwrap(),
        format!("First of {}", opened.id).into_bytes()
    );
    let told: Vec<_> =
        store.custody_of(&opened.id).await.unwrap().into_iter().map(|e| (e.what, e.who)).collect();
    let machine = |what: &str| (what.to_owned(), "streetwarden".to_owned());
    assert_eq!(
        told,
        [
            machine("case_opened"),
            machine("evidence_kept"),
            machine("evidence_kept"),
            machine("evidence_kept"),
            ("case_reviewed".to_owned(), "reviewer 3".to_owned()),
        ]
    );
    let report = store.fsck().await.unwrap();
    assert!(report.is_clean(), "{:?}", report.lines());
    assert_eq!((report.checked.cases, report.checked.files, report.checked.entries), (1, 3, 6));

    store.lift_spot("s1", "reviewer 4", "sign was swapped", T0).await.unwrap();
    assert!(store.spots().await.unwrap().is_empty());
    let again = store.lift_spot("s1", "reviewer 4", "", T0).await.unwrap_err();
    assert!(matches!(again, StoreError::NotFound { .. }), "{again}");
    let twice = store.review(&opened.id, &rejection(), None).await.unwrap_err();
    assert!(matches!(twice, StoreError::Conflict(_)), "{twice}");
    assert!(store.fsck().await.unwrap().is_clean());
}

/// One committed case with three files, fsck clean.
async fn clean() -> (tempfile::TempDir, streetwarden::store::Store, Vec<std::path::PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let opened = case(1);
    let rows = attach(&store, ThingId(7), &opened.id);
    store.commit(&opening(&opened, rows.clone())).await.unwrap();
    store.evidence().discard(ThingId(7)).unwrap();
    store.review(&opened.id, &rejection(), None).await.unwrap();
    assert!(store.fsck().await.unwrap().is_clean());
    let files = rows.iter().map(|row| store.evidence().cases_dir().join(&row.path)).collect();
    (dir, store, files)
}

/// How many findings of each kind: missing, altered, orphaned, chain, database.
fn counts(report: &FsckReport) -> [usize; 5] {
    [
        report.missing.len(),
        report.altered.len(),
        report.orphaned.len(),
        report.chain_broken.len(),
        report.database.len(),
    ]
}

#[tokio::test]
async fn fsck_names_every_file_that_is_missing_altered_or_stray() {
    let (_dir, store, files) = clean().await;
    let mut bytes = fs::read(&files[0]).unwrap();
    bytes[0] ^= 1;
    fs::write(&files[0], bytes).unwrap();
    fs::remove_file(&files[1]).unwrap();
    fs::write(files[2].with_file_name("stray.jpg"), b"who am I").unwrap();
    fs::write(store.evidence().cases_dir().join("loose.txt"), b"").unwrap();

    let report = store.fsck().await.unwrap();
    assert_eq!(counts(&report), [1, 1, 2, 0, 0], "{:?}", report.lines());
    let named = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(report.altered[0].file.ends_with(&named(&files[0])));
    assert!(report.missing[0].file.ends_with(&named(&files[1])));
    for finding in [&report.altered[0], &report.missing[0]] {
        assert_eq!(finding.case, Some(case(1).id), "{finding}");
    }
    let stray: Vec<_> = report.orphaned.iter().map(|f| f.file.clone()).collect();
    assert_eq!(stray, [format!("{}/stray.jpg", case(1).id), "loose.txt".to_owned()]);
    let rows = store.evidence_of(&case(1).id).await.unwrap();
    let altered = store.evidence_bytes(&rows[0]).await.unwrap_err();
    assert!(matches!(altered, StoreError::EvidenceAltered { .. }), "{altered}");
}

#[tokio::test]
async fn a_second_look_is_kept_with_its_evidence_and_in_the_log() {
    let (_dir, store, _) = clean().await;
    let rows = store.evidence_of(&case(1).id).await.unwrap();
    let second: Vec<_> = rows.iter().map(|row| (row.moment, row.second)).collect();
    let looked = SecondLook { first_score: 0.9, keep: 0.7 };
    assert_eq!(
        second,
        [(Moment::First, None), (Moment::Middle, None), (Moment::Last, Some(looked))]
    );
    let told = store.custody_of(&case(1).id).await.unwrap();
    let told: Vec<_> = told.iter().filter(|e| e.what == EVIDENCE_KEPT).collect();
    assert!(told[2].payload.contains(r#""second":{"first_score":0.9,"keep":0.7}"#), "{told:?}");
}

/// The layout before second looks.
const FORMER: &[&str] = &[
    "ALTER TABLE evidence DROP COLUMN second_look",
    "DELETE FROM _sqlx_migrations WHERE version = 3",
];

#[tokio::test]
async fn evidence_from_before_second_looks_is_read_checked_and_migrated() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let opened = case(1);
    let thing = ThingId(7);
    let piece = item(Moment::First, Role::Picture, 1, b"plain");
    store.evidence().keep(thing, &piece).unwrap();
    // its description as a former version wrote it
    let folder = dir.path().join("pending/7");
    let described = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let described = described.into_iter().find(|p| p.extension().is_some_and(|e| e == "json"));
    let described = described.unwrap();
    let text = fs::read_to_string(&described).unwrap();
    assert!(text.contains(",\"second\":null"), "{text}");
    fs::write(&described, text.replace(",\"second\":null", "")).unwrap();
    let rows = store.evidence().attach(thing, &opened.id, true).unwrap();
    store.commit(&opening(&opened, rows.clone())).await.unwrap();
    store.evidence().discard(thing).unwrap();
    close(store).await;
    tamper(dir.path(), FORMER).await;

    let beside = streetwarden::store::Store::look(&options(dir.path())).await.unwrap();
    assert_eq!(beside.evidence_of(&opened.id).await.unwrap(), rows);
    assert!(beside.fsck().await.unwrap().is_clean());
    close(beside).await;
    let store = open(dir.path()).await;
    assert_eq!(store.evidence_of(&opened.id).await.unwrap(), rows);
    assert!(store.fsck().await.unwrap().is_clean());
}

#[tokio::test]
async fn a_restart_never_removes_what_it_does_not_know() {
    let (dir, store, files) = clean().await;
    let stray = files[0].with_file_name("stray.jpg");
    fs::write(&stray, b"who am I").unwrap();
    close(store).await;
    let store = open(dir.path()).await;
    assert!(stray.exists() && files.iter().all(|f| f.exists()));
    assert_eq!(counts(&store.fsck().await.unwrap()), [0, 0, 1, 0, 0]);
}

#[tokio::test]
async fn the_custody_log_can_neither_be_changed_nor_shortened_unseen() {
    for (statements, what) in [
        (
            &[
                "DROP TRIGGER custody_is_never_changed",
                "UPDATE custody SET who = 'nobody' WHERE seq = 2",
            ][..],
            "fields were altered",
        ),
        (
            &["DROP TRIGGER custody_is_never_deleted", "DELETE FROM custody WHERE seq = 2"][..],
            "entry 2 is missing",
        ),
        (
            // the end of the chain holds together; the review it told of gives it away
            &[
                "DROP TRIGGER custody_is_never_deleted",
                "DELETE FROM custody WHERE what = 'case_reviewed'",
            ][..],
            "the log has no case_reviewed entry",
        ),
        (
            &["UPDATE evidence SET model = 'another' WHERE moment = 'first'"][..],
            "its evidence_kept entry: model",
        ),
        (
            &["UPDATE reviews SET reason = 'no reason'"][..],
            "its row was altered since its case_reviewed entry: reason",
        ),
        (
            &["UPDATE evidence SET second_look = json_set(second_look, '$.keep', 0.8) \
               WHERE moment = 'last'"][..],
            "its evidence_kept entry: second",
        ),
        (&["UPDATE evidence SET second_look = NULL"][..], "its evidence_kept entry: second"),
        (
            &["UPDATE evidence SET second_look = '{\"first_score\":1,\"keep\":1}' \
               WHERE moment = 'first'"][..],
            "its evidence_kept entry: second",
        ),
        (&["DELETE FROM evidence WHERE moment = 'first'"][..], "but its row is gone"),
        (&["UPDATE cases SET code = '07006'"][..], "its case_opened entry: code"),
        (&["UPDATE cases SET status = 'clue'"][..], "its latest review says rejected"),
    ] {
        let (dir, store, _) = clean().await;
        tamper(dir.path(), statements).await;
        let report = store.fsck().await.unwrap();
        assert!(!report.is_clean() && !report.chain_broken.is_empty(), "{statements:?}");
        let lines = report.lines();
        assert!(lines.iter().any(|line| line.contains(what)), "{statements:?}: {lines:?}");
    }
}

#[tokio::test]
async fn the_log_refuses_changes_as_long_as_its_triggers_stand() {
    use sqlx::{ConnectOptions, Connection};
    let (dir, _store, _) = clean().await;
    let mut db = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(dir.path().join("streetwarden.db"))
        .connect()
        .await
        .unwrap();
    for statement in ["UPDATE custody SET who = 'x'", "DELETE FROM custody"] {
        let error = sqlx::query(statement).execute(&mut db).await.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
    db.close().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_keeps_evidence_and_case_out() {
    let dir = tempfile::tempdir().unwrap();
    let full = streetwarden::store::Options { min_free_bytes: u64::MAX, ..options(dir.path()) };
    let store = streetwarden::store::Store::open(&full).await.unwrap();
    let piece = item(Moment::First, Role::Original, 1, b"frame");
    let error = store.evidence().keep(ThingId(1), &piece).unwrap_err();
    assert!(matches!(error, EvidenceError::DiskFull { .. }), "{error}");
    assert!(store.evidence().attach(ThingId(1), &case(1).id, true).unwrap().is_empty());
    let page = store.cases(&CaseFilter::default(), Page::default()).await.unwrap();
    assert_eq!(page.total, 0);
    assert!(store.fsck().await.unwrap().is_clean());
}

#[tokio::test]
async fn fsck_beside_a_daemon_sees_the_same_and_cannot_write() {
    let (dir, store, _) = clean().await;
    let beside = streetwarden::store::Store::look(&options(dir.path())).await.unwrap();
    // a link made just now whose commit is still to come is no orphan
    attach(&store, ThingId(8), &case(2).id);
    let report = beside.fsck().await.unwrap();
    assert!(report.is_clean(), "{:?}", report.lines());
    assert!(beside.commit(&opening(&case(3), Vec::new())).await.is_err());
    let nothing = tempfile::tempdir().unwrap();
    let error = streetwarden::store::Store::look(&options(nothing.path())).await.unwrap_err();
    assert!(matches!(error, StoreError::NoDatabase(_)), "{error}");
}
