//! A process that opens cases as fast as it can and is killed (SIGKILL) at ten different moments.
//! The process is this test binary, started again for the one ignored test below.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use streetwarden::{
    base::ThingId,
    store::{Options, Store},
};

use super::{attach, case, opening, options};

/// Tells the started process which data directory to work on.
const DIR: &str = "STREETWARDEN_TEST_KILL_DIR";
/// What it says when a case is committed.
const SAID: &str = "committed ";

#[tokio::test]
#[ignore = "not a test of its own: the process that is killed"]
async fn opens_cases_until_it_is_killed() {
    let Ok(dir) = env::var(DIR) else { return };
    let store = Store::open(&options(Path::new(&dir))).await.unwrap();
    let known = store.load().await.unwrap().cases.len() as u64;
    for number in known + 1.. {
        let thing = ThingId(number);
        let rows = attach(&store, thing, &case(number).id);
        store.commit(&opening(&case(number), rows)).await.unwrap();
        println!("\n{SAID}{number}");
        std::io::stdout().flush().unwrap();
        store.evidence().discard(thing).unwrap();
    }
}

fn start(dir: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["store::kill::opens_cases_until_it_is_killed", "--exact", "--ignored"])
        .args(["--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The last case a process said it committed; kills it when it has said so `times` times and a
/// little more work is under way.
fn kill_after(times: usize, dir: &Path) -> u64 {
    let mut child = start(dir);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut last = 0;
    for _ in 0..times {
        last = lines
            .by_ref()
            .find_map(|line| line.unwrap().strip_prefix(SAID).map(|n| n.parse().unwrap()))
            .expect("the process ended by itself");
    }
    // differs from round to round, so that the kill falls into different steps
    for _ in 0..times * 20_000 {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let rest = lines.filter_map(|line| line.unwrap().strip_prefix(SAID)?.parse().ok());
    rest.last().unwrap_or(last)
}

#[tokio::test]
async fn ten_kills_lose_no_case_and_double_none() {
    let dir = tempfile::tempdir().unwrap();
    let options: Options = options(dir.path());
    for round in 1..=10 {
        let said = kill_after(round, dir.path());
        // looking works on what the kill left, before anything is cleared up
        Store::look(&options).await.unwrap().load().await.unwrap();
        let store = Store::open(&options).await.expect("the kernel let the lock go");
        let numbers: Vec<u64> =
            store.load().await.unwrap().cases.iter().map(|c| c.violation.0).collect();
        let kept = numbers.len() as u64;
        assert!(kept == said || kept == said + 1, "round {round}: said {said}, kept {kept}");
        assert_eq!(numbers, (1..=kept).collect::<Vec<_>>());
        let report = store.fsck().await.unwrap();
        assert!(report.is_clean() && report.bare.is_empty(), "round {round}: {:?}", report.lines());
        assert_eq!(report.checked.files, kept * 3);
        assert_eq!(store.outbox_counts().await.unwrap().pending, kept);
        store.close().await;
    }
}
