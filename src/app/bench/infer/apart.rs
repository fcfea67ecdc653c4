//! One combination, measured in a process of its own: this program once more, told on its standard
//! input what to measure, answering on its standard output. Whatever happens to it stays there.

use std::{
    io::{Read, Write as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};

use super::{Measured, Point};

/// Arguments that make this program measure one combination.
const ARGUMENTS: [&str; 2] = ["bench", "point"];

/// Has `program` measure `point`, for as long as `patience` at most.
///
/// # Errors
/// What the process said, how it ended, or that it took too long.
pub fn measure(program: &Path, point: &Point, patience: Duration) -> anyhow::Result<Measured> {
    let mut command = Command::new(program);
    command.args(ARGUMENTS);
    ask(command, &serde_json::to_string(point)?, patience)
}

fn ask(mut command: Command, question: &str, patience: Duration) -> anyhow::Result<Measured> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("this program cannot be started once more")?;
    if let Some(mut stdin) = child.stdin.take() {
        // one that has ended without listening says why on its own
        let _ = stdin.write_all(question.as_bytes());
    }
    let answered = listen(&mut child, patience);
    if answered.is_none() {
        child.kill().context("the process cannot be ended")?;
    }
    let status = child.wait()?;
    let Some((answer, said)) = answered else {
        let patience = humantime::format_duration(patience);
        bail!("no answer after {patience}, given up: allow more with --patience");
    };
    if !status.success() {
        bail!("{}", reason(status, &said));
    }
    serde_json::from_str(&answer).context("the process gave no figures")
}

/// All that comes out of the process until it ends; `None` when that takes too long.
fn listen(child: &mut Child, patience: Duration) -> Option<(String, String)> {
    let (answers, words) = (read(child.stdout.take()), read(child.stderr.take()));
    let (sender, ended) = channel();
    thread::spawn(move || {
        let text = |thread: thread::JoinHandle<String>| thread.join().unwrap_or_default();
        // nobody listens any more after patience has run out
        let _ = sender.send((text(answers), text(words)));
    });
    ended.recv_timeout(patience).ok()
}

fn read(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // what came until then is what there is
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The last words of a process that failed, or how it ended where it had none.
fn reason(status: ExitStatus, said: &str) -> String {
    let own = said.lines().rev().find_map(|line| line.strip_prefix("streetwarden: "));
    match own {
        Some(own) => own.to_owned(),
        None => {
            let last = said.lines().rev().find(|line| !line.trim().is_empty());
            let last = last.map(|line| format!(", its last words: {line}")).unwrap_or_default();
            format!("the process that measured it ended with {status}{last}")
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> anyhow::Result<Measured> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        ask(command, "a question", patience)
    }

    fn fault(script: &str) -> String {
        let error = shell(script, Duration::from_secs(60)).err();
        error.map(|error| format!("{error:#}")).unwrap_or_default()
    }

    #[test]
    fn an_answer_is_read_and_the_question_was_asked() {
        let figures = r#"{"figures":{"each":[],"rounds":3,"settled":true},
            "memory_mib":1.5,"gpu_memory_mib":null}"#;
        let script = format!("read -r line; test \"$line\" = 'a question' && echo '{figures}'");
        let measured = shell(&script, Duration::from_secs(60)).unwrap();
        assert_eq!((measured.figures.rounds, measured.memory_mib), (3, Some(1.5)));
    }

    #[test]
    fn every_way_to_fail_is_told() {
        let told = fault("echo noise >&2; echo 'streetwarden: no such provider' >&2; exit 1");
        assert_eq!(told, "no such provider");
        let told = fault("echo 'out of memory' >&2; kill -9 $$");
        assert!(told.contains("9") && told.contains("out of memory"), "{told}");
        assert!(fault("echo nonsense").contains("no figures"));
    }

    #[test]
    fn one_that_hangs_is_ended() {
        let error = shell("exec sleep 1000", Duration::from_millis(1)).unwrap_err();
        assert!(error.to_string().contains("given up"), "{error}");
    }
}
