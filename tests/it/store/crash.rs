//! What is on the disk when the process ends at the worst moments: the store is dropped there, with
//! nothing closed or tidied.

use std::fs;

use streetwarden::{
    base::{ThingId, WallTime},
    store::{CaseFilter, Page, StoreError},
};

use super::{attach, case, open, opening, options};

const THING: ThingId = ThingId(7);

#[tokio::test]
async fn links_whose_case_was_never_committed_are_taken_back_and_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let rows = attach(&store, THING, &case(1).id);
    drop(store);

    let store = open(dir.path()).await;
    let report = store.fsck().await.unwrap();
    assert!(report.is_clean(), "{:?}", report.lines());
    assert_eq!(fs::read_dir(store.evidence().cases_dir()).unwrap().count(), 0);
    // the judge comes back without the case, opens it again, and nothing of its evidence is lost
    let again = store.evidence().attach(THING, &case(1).id, true).unwrap();
    assert_eq!(again, rows);
    store.commit(&opening(&case(1), again)).await.unwrap();
    assert!(store.fsck().await.unwrap().is_clean());
}

#[tokio::test]
async fn a_crash_after_the_commit_leaves_the_case_and_no_pending_copy() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let rows = attach(&store, THING, &case(1).id);
    store.commit(&opening(&case(1), rows.clone())).await.unwrap();
    drop(store);

    let store = open(dir.path()).await;
    assert_eq!(store.evidence_of(&case(1).id).await.unwrap(), rows);
    assert!(store.fsck().await.unwrap().is_clean());
    assert!(!dir.path().join("pending/7").exists(), "its files are the case's now");
}

#[tokio::test]
async fn pending_evidence_outlives_a_crash_and_half_written_files_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let rows = attach(&store, THING, &case(1).id);
    store.undo_attach(THING).await.unwrap();
    drop(store);
    let pending = dir.path().join("pending/7");
    fs::write(pending.join(".tmp-half.jpg"), b"ha").unwrap();
    fs::write(pending.join("undescribed.jpg"), b"what is it").unwrap();
    fs::create_dir_all(dir.path().join("evidence/x")).unwrap();
    fs::write(dir.path().join("evidence/x/.tmp-half.jpg"), b"ha").unwrap();

    let store = open(dir.path()).await;
    assert_eq!(fs::read_dir(&pending).unwrap().count(), 6, "three files and their descriptions");
    assert!(store.fsck().await.unwrap().is_clean());
    assert_eq!(store.evidence().retain_pending(&[THING]).unwrap(), 0);
    assert_eq!(store.evidence().attach(THING, &case(1).id, true).unwrap(), rows);
}

#[tokio::test]
async fn a_failed_commit_changes_nothing_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let mut commit = opening(&case(1), attach(&store, THING, &case(1).id));
    // the last part of the transaction cannot be written
    let mut stranger = commit.evidence[0].clone();
    stranger.case = case(9).id;
    stranger.id = "0".repeat(16);
    let file = store.evidence().cases_dir().join(stranger.case.as_str());
    fs::create_dir_all(&file).unwrap();
    let name = stranger.path.split_once('/').unwrap().1.to_owned();
    stranger.path = format!("{}/{name}", stranger.case);
    fs::copy(store.evidence().cases_dir().join(&commit.evidence[0].path), file.join(&name))
        .unwrap();
    commit.evidence.push(stranger);

    let error = store.commit(&commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Database(_)), "a row of no case: {error}");
    let page = store.cases(&CaseFilter::default(), Page::default()).await.unwrap();
    assert_eq!(page.total, 0);
    let loaded = store.load().await.unwrap();
    assert!(loaded.judge.is_empty());
    let due = store.claim_outbox(WallTime::from_millis(i64::MAX / 2), 9, std::time::Duration::ZERO);
    assert!(due.await.unwrap().is_empty());
    assert_eq!(store.fsck().await.unwrap().checked.entries, 0);
}

#[tokio::test]
async fn a_second_daemon_on_the_same_directory_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).await;
    let refused =
        streetwarden::store::Store::open(&options(dir.path())).await.unwrap_err().to_string();
    assert!(refused.contains(dir.path().to_str().unwrap()), "{refused}");
    assert!(refused.contains(&std::process::id().to_string()), "{refused}");
    drop(first);
    assert!(open(dir.path()).await.load().await.unwrap().cases.is_empty());
}
