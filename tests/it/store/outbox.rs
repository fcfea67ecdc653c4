//! The outbox: claimed for a while, tried again under the same key, in order, given up in the end;
//! once with a real webhook receiver that fails twice.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use serde_json::Value;
use streetwarden::{
    resolve::{Case, CaseChange, Decision, Review},
    send::{Channel, Message, backoff, signature},
    store::{Commit, OutboxJob, Store},
};

use super::{T0, case, close, open, opening, rejection};

const LEASE: Duration = Duration::from_secs(60);

fn after(seconds: u64) -> streetwarden::base::WallTime {
    T0.plus(Duration::from_secs(seconds))
}

async fn claim(store: &Store, seconds: u64) -> Vec<OutboxJob> {
    store.claim_outbox(after(seconds), 10, LEASE).await.unwrap()
}

fn keys(jobs: &[OutboxJob]) -> Vec<String> {
    jobs.iter().map(|job| format!("{}:{}", job.channel, job.key)).collect()
}

#[tokio::test]
async fn a_crash_between_delivery_and_done_delivers_again_under_the_same_key() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.commit(&opening(&case(1), Vec::new())).await.unwrap();
    let first = claim(&store, 0).await;
    assert_eq!(keys(&first), [format!("desk:{}.opened", case(1).id)]);
    assert_eq!(first[0].body["event"], "case.opened");
    assert_eq!(first[0].body["case"]["id"], case(1).id.as_str());
    close(store).await;

    let store = open(dir.path()).await;
    assert!(claim(&store, 59).await.is_empty(), "the lease still runs");
    let second = claim(&store, 60).await;
    assert_eq!(second[0], OutboxJob { attempts: 2, ..first[0].clone() });
    store.outbox_done(second[0].id).await.unwrap();
    store.outbox_retry(second[0].id, after(61), "a late worker").await.unwrap();
    assert!(claim(&store, 10_000).await.is_empty(), "delivered stays delivered");
    assert_eq!(store.outbox_counts().await.unwrap().done, 1);
}

#[tokio::test]
async fn nobody_hears_the_end_before_the_beginning() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let mut commit = opening(&case(1), Vec::new());
    commit.channels = vec!["a".into(), "b".into()];
    store.commit(&commit).await.unwrap();
    let gone = Case { gone_at: Some(after(5)), last_seen: after(5), ..case(1) };
    commit.changes = vec![CaseChange::Update(gone)];
    for _ in 0..2 {
        store.commit(&commit).await.unwrap(); // gone is told once
    }
    store.review(&case(1).id, &rejection(), None).await.unwrap();
    let id = case(1).id;
    let first = claim(&store, 5_000).await;
    assert_eq!(keys(&first), [format!("a:{id}.opened"), format!("b:{id}.opened")]);
    store.outbox_done(first[0].id).await.unwrap();
    store.outbox_retry(first[1].id, after(9_000), "down").await.unwrap();
    let second = claim(&store, 5_001).await;
    assert_eq!(keys(&second), [format!("a:{id}.gone")], "b waits for its first");
    store.outbox_done(second[0].id).await.unwrap();
    let third = claim(&store, 5_002).await;
    assert_eq!(keys(&third), [format!("a:{id}.rejected")]);
    assert_eq!(third[0].body["case"]["status"], "rejected");
    assert_eq!(third[0].body["case"]["gone_at"], Value::from(after(5).to_string()));
}

#[tokio::test]
async fn a_dead_letter_is_kept_shown_and_revived() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.commit(&opening(&case(1), Vec::new())).await.unwrap();
    let job = claim(&store, 0).await.remove(0);
    store.outbox_dead(job.id, "refused the message with 410").await.unwrap();
    assert!(claim(&store, 1_000_000).await.is_empty());
    let dead = store.dead_letters(10).await.unwrap();
    assert_eq!(dead[0].last_error.as_deref(), Some("refused the message with 410"));
    store.outbox_revive(job.id, after(7)).await.unwrap();
    let again = claim(&store, 7).await.remove(0);
    assert_eq!(again, OutboxJob { attempts: 1, ..job });
    assert!(store.outbox_revive(again.id, after(8)).await.is_err(), "it is no longer dead");
}

#[tokio::test]
async fn both_decisions_on_a_case_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.commit(&opening(&case(1), Vec::new())).await.unwrap();
    let confirmed = Review { decision: Decision::Confirmed, ..rejection() };
    store.review(&case(1).id, &confirmed, None).await.unwrap();
    store.review(&case(1).id, &rejection(), None).await.unwrap();
    store.commit(&Commit { at: T0, ..Commit::default() }).await.unwrap();
    assert_eq!(store.outbox_counts().await.unwrap().pending, 3);
    assert!(store.fsck().await.unwrap().is_clean());
}

/// What a receiver was sent.
struct Request {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        &found.unwrap_or_else(|| panic!("no {name}")).1
    }
}

fn read_request(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut request = Request { headers, body: Vec::new() };
    request.body = vec![0; request.header("content-length").parse().unwrap()];
    reader.read_exact(&mut request.body).unwrap();
    request
}

/// Answers one connection for each status and gives back what was sent.
fn receiver(statuses: &'static [u16]) -> (url::Url, thread::JoinHandle<Vec<Request>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap()).parse().unwrap();
    let serving = thread::spawn(move || {
        let mut requests = Vec::new();
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            requests.push(read_request(&stream));
            let answer = format!(
                "HTTP/1.1 {status} Said\r\nLocation: http://127.0.0.1:1/elsewhere\r\n\
                 Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
        requests
    });
    (url, serving)
}

async fn deliver(channel: &Channel, job: &OutboxJob) -> Result<(), streetwarden::send::SendError> {
    let message =
        Message { key: job.key.clone(), created_at: job.created_at, body: job.body.clone() };
    let channel = channel.clone();
    tokio::task::spawn_blocking(move || channel.deliver(&message)).await.unwrap()
}

#[tokio::test]
async fn a_receiver_that_fails_twice_gets_the_message_at_the_third_attempt() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.commit(&opening(&case(1), Vec::new())).await.unwrap();
    let (url, serving) = receiver(&[503, 429, 204]);
    let channel = Channel::webhook("desk", url, "s3cret");
    let mut now = T0;
    for attempt in 1..=3 {
        let jobs = store.claim_outbox(now, 10, LEASE).await.unwrap();
        let [job] = jobs.as_slice() else { panic!("attempt {attempt}: {jobs:?}") };
        match deliver(&channel, job).await {
            Ok(()) => store.outbox_done(job.id).await.unwrap(),
            Err(error) => {
                assert!(error.retryable(), "{error}");
                let wait = backoff(job.attempts, 0.5).unwrap();
                store.outbox_retry(job.id, now.plus(wait), &error.to_string()).await.unwrap();
                let early = now.plus(wait - Duration::from_millis(1));
                assert!(store.claim_outbox(early, 10, LEASE).await.unwrap().is_empty());
                now = now.plus(wait);
            }
        }
    }
    let requests = serving.join().unwrap();
    for request in &requests {
        assert_eq!(request.header("x-event-id"), format!("{}.opened", case(1).id));
        assert_eq!(request.header("content-type"), "application/json");
        let due = signature(b"s3cret", request.header("x-timestamp"), &request.body);
        assert_eq!(request.header("x-signature"), due);
        assert_eq!(request.body, requests[0].body, "the same bytes each time");
    }
    let counts = store.outbox_counts().await.unwrap();
    assert_eq!((counts.pending, counts.done, counts.dead), (0, 1, 0));
}

#[tokio::test]
async fn refusals_and_redirects_are_for_good_and_not_followed() {
    let (url, serving) = receiver(&[400, 307]);
    let channel = Channel::webhook("desk", url, "s3cret");
    let job = OutboxJob {
        id: 1,
        channel: "desk".into(),
        key: "k.opened".into(),
        body: serde_json::json!({"event": "case.opened"}),
        attempts: 1,
        created_at: T0,
    };
    for status in ["400", "307"] {
        let error = deliver(&channel, &job).await.unwrap_err();
        assert!(!error.retryable() && error.to_string().contains(status), "{error}");
        assert!(!error.to_string().contains("hook"), "{error}");
    }
    assert_eq!(serving.join().unwrap().len(), 2);
}
