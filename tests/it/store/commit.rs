//! Committing: never a case twice, never a person's word overwritten; and reading back by filter.

use std::{fs, time::Duration};

use streetwarden::{
    base::ThingId,
    judge::StateValue,
    resolve::{Case, CaseChange, CaseStatus},
    store::{CaseFilter, Commit, Page, StoreError},
};

use super::{T0, attach, case, open, opening, rejection};

fn update(case: Case) -> Commit {
    Commit { changes: vec![CaseChange::Update(case)], at: T0, ..Commit::default() }
}

#[tokio::test]
async fn committing_twice_is_committing_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let commit = opening(&case(1), attach(&store, ThingId(7), &case(1).id));
    store.commit(&commit).await.unwrap();
    store.review(&case(1).id, &rejection(), None).await.unwrap();
    let before = store.fsck().await.unwrap().checked;
    store.commit(&commit).await.unwrap();
    let report = store.fsck().await.unwrap();
    assert!(report.is_clean(), "{:?}", report.lines());
    assert_eq!(report.checked, before);
    let kept = store.case(&case(1).id).await.unwrap().unwrap();
    assert_eq!(kept.status, CaseStatus::Rejected, "the decision is not undone");
}

#[tokio::test]
async fn neither_violation_nor_number_can_have_two_cases() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.commit(&opening(&case(1), Vec::new())).await.unwrap();
    let same_violation = Case { violation: case(1).violation, ..case(2) };
    let same_number = Case { id: case(1).id, ..case(2) };
    for offered in [same_violation, same_number] {
        let error = store.commit(&opening(&offered, Vec::new())).await.unwrap_err();
        assert!(matches!(error, StoreError::DoubleCase { .. }), "{error}");
    }
    assert_eq!(store.load().await.unwrap().cases, [case(1)]);
}

#[tokio::test]
async fn the_machine_updates_its_fields_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.commit(&opening(&case(1), Vec::new())).await.unwrap();
    store.review(&case(1).id, &rejection(), None).await.unwrap();
    let later = T0.plus(Duration::from_secs(900));
    let seen = Case {
        last_seen: later,
        gone_at: Some(later),
        cameras: vec!["cam-1".into(), "cam-2".into()],
        detections: u64::from(u32::MAX) + 1,
        code: "99999".into(),
        ..case(1)
    };
    store.commit(&update(seen.clone())).await.unwrap();
    let kept = store.case(&case(1).id).await.unwrap().unwrap();
    assert_eq!(kept, Case { status: CaseStatus::Rejected, code: case(1).code, ..seen });
    let unknown = store.commit(&update(case(5))).await.unwrap_err();
    assert!(matches!(unknown, StoreError::NotFound { .. }), "{unknown}");
}

#[tokio::test]
async fn a_row_without_its_file_is_refused_with_its_case() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let rows = attach(&store, ThingId(7), &case(1).id);
    fs::remove_file(store.evidence().cases_dir().join(&rows[1].path)).unwrap();
    let error = store.commit(&opening(&case(1), rows)).await.unwrap_err();
    assert!(matches!(error, StoreError::EvidenceMissing { .. }), "{error}");
    assert!(store.case(&case(1).id).await.unwrap().is_none());
}

#[tokio::test]
async fn judge_state_is_replaced_and_removed_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let value = |n: i32| Some(StateValue::parse(n.to_string()).unwrap());
    let judge = vec![
        ("a".to_owned(), value(1)),
        ("b".to_owned(), value(2)),
        ("a".to_owned(), None),
        ("b".to_owned(), value(3)),
        ("c".to_owned(), None),
    ];
    store.commit(&Commit { judge, at: T0, ..Commit::default() }).await.unwrap();
    let kept = store.load().await.unwrap().judge;
    assert_eq!(kept, [("b".to_owned(), value(3).unwrap())]);
}

#[tokio::test]
async fn filters_pages_and_totals_agree() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    for n in 1..=5 {
        let opened = Case {
            opened_at: T0.plus(Duration::from_secs(n)),
            class: if n % 2 == 0 { "street_stall".into() } else { "billboard".into() },
            cameras: vec![format!("cam-{n}").as_str().into()],
            ..case(n)
        };
        store.commit(&opening(&opened, Vec::new())).await.unwrap();
    }
    store.review(&case(5).id, &rejection(), None).await.unwrap();
    let all = CaseFilter::default();
    for (filter, expected) in [
        (all.clone(), vec![5, 4, 3, 2, 1]),
        (CaseFilter { class: Some("street_stall".into()), ..all.clone() }, vec![4, 2]),
        (CaseFilter { camera: Some("cam-3".into()), ..all.clone() }, vec![3]),
        (CaseFilter { camera: Some("cam".into()), ..all.clone() }, vec![]),
        (CaseFilter { open: Some(false), ..all.clone() }, vec![5]),
        (CaseFilter { open: Some(true), ..all.clone() }, vec![4, 3, 2, 1]),
        (CaseFilter { status: Some(CaseStatus::Rejected), ..all.clone() }, vec![5]),
        (
            CaseFilter {
                since: Some(T0.plus(Duration::from_secs(2))),
                until: Some(T0.plus(Duration::from_secs(4))),
                ..all.clone()
            },
            vec![3, 2],
        ),
        (CaseFilter { text: Some("户外".into()), ..all.clone() }, vec![5, 4, 3, 2, 1]),
        (CaseFilter { text: Some("STALL".into()), ..all.clone() }, vec![4, 2]),
        (CaseFilter { text: Some("%' OR 1 --".into()), ..all.clone() }, vec![]),
    ] {
        let page = store.cases(&filter, Page { limit: 10, offset: 0 }).await.unwrap();
        let found: Vec<_> = page.cases.iter().map(|c| c.violation.0).collect();
        assert_eq!((page.total as usize, found), (expected.len(), expected), "{filter:?}");
    }
    let second = store.cases(&all, Page { limit: 2, offset: 2 }).await.unwrap();
    let found: Vec<_> = second.cases.iter().map(|c| c.violation.0).collect();
    assert_eq!((second.total, found), (5, vec![3, 2]));
}
