//! The daemon under measurement: the verb `run` in a process of its own, its counters by HTTP, its
//! processor time, memory and threads by the system.

use std::{
    collections::VecDeque,
    io::{self, BufRead as _, BufReader, Read, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::metrics::Counts;
use crate::app::bench::{clock::time_of, memory::size_of};

/// How long the daemon may take to answer.
const ANSWER: Duration = Duration::from_secs(10);
/// Lines of its log that are kept, to say why it ended.
const LINES: usize = 20;

/// A running daemon; it ends with this value.
pub struct Daemon {
    child: Child,
    page: SocketAddr,
    last: LastLines,
}

type LastLines = Arc<Mutex<VecDeque<String>>>;

impl Daemon {
    /// Starts `program` on the settings file `config` and waits until its page is there.
    ///
    /// # Errors
    /// Its last words when it ends instead; that it takes longer than `patience`.
    pub fn start(program: &Path, config: &Path, patience: Duration) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.arg("run").arg("--config").arg(config);
        command.env("STREETWARDEN_LOG", "info,ort=warn,sqlx=warn");
        command.env("STREETWARDEN_LOG_FORMAT", "json");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        end_with_this_process(&mut command);
        let mut child = command.spawn().context("the daemon cannot be started")?;
        let last = LastLines::default();
        let (pages, page) = channel();
        if let Some(log) = child.stderr.take() {
            follow(log, last.clone(), pages)?;
        }
        // from here on the process ends with the value
        let mut daemon = Self { child, page: SocketAddr::from(([127, 0, 0, 1], 0)), last };
        daemon.page = match page.recv_timeout(patience) {
            Ok(page) => page,
            Err(RecvTimeoutError::Disconnected) => bail!("{}", daemon.last_words()),
            Err(RecvTimeoutError::Timeout) => {
                bail!("the daemon did not start within {}", humantime::format_duration(patience))
            }
        };
        Ok(daemon)
    }

    /// What it has counted.
    ///
    /// # Errors
    /// It does not answer; its last words when it has ended.
    pub fn counts(&mut self) -> anyhow::Result<Counts> {
        self.check()?;
        let text = get(self.page, "/metrics").context("the daemon's /metrics cannot be read")?;
        Ok(Counts::read(&text))
    }

    /// Processor time it has used.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn processor_time(&self) -> io::Result<Duration> {
        time_of(self.child.id())
    }

    /// MiB of it in memory, and its threads, where the system tells.
    pub fn size(&self) -> Option<(f64, usize)> {
        size_of(self.child.id())
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// Its last words when it does not.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the daemon ended with {status}: {}", self.last_words()),
        }
    }

    fn last_words(&self) -> String {
        let lines = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let own = lines.iter().rev().find_map(|line| line.strip_prefix("streetwarden: "));
        let words = own.or(lines.back().map(String::as_str)).unwrap_or("it said nothing");
        words.to_owned()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // its data is thrown away, so there is nothing to be put in order
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A daemon left alone would go on for ever when whoever measures is killed.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn end_with_this_process(command: &mut Command) {
    use nix::sys::{prctl::set_pdeathsig, signal::Signal};
    use std::os::unix::process::CommandExt as _;
    let ask = || set_pdeathsig(Signal::SIGKILL).map_err(io::Error::from);
    // SAFETY: between fork and exec `ask` makes one system call and allocates nothing.
    unsafe { command.pre_exec(ask) };
}

#[cfg(not(target_os = "linux"))]
fn end_with_this_process(_: &mut Command) {}

/// Reads the log to its end, so that it never holds the daemon up, and tells the page's address.
fn follow(
    log: impl Read + Send + 'static,
    last: LastLines,
    pages: Sender<SocketAddr>,
) -> io::Result<()> {
    let mut pages = Some(pages);
    let read = move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if let Some(page) = page_in(&line) {
                // nobody waits for a second one
                let _ = pages.take().map(|pages| pages.send(page));
            }
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.len() == LINES {
                last.pop_front();
            }
            last.push_back(line);
        }
    };
    std::thread::Builder::new().name("daemon's log".to_owned()).spawn(read).map(drop)
}

/// The address of the page in the line that says that the daemon runs.
fn page_in(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    line["fields"]["page"].as_str()?.strip_prefix("http://")?.parse().ok()
}

/// The body of an answer. HTTP/1.0: it ends where the connection does.
fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    // in one piece: who answers after the first line and hangs up must find nothing unread
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        bail!("{status}");
    }
    Ok(body.to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn answering(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn an_answers_body_is_read_and_a_refusal_is_named() {
        let address = answering("HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\na 1\nb 2\n");
        assert_eq!(get(address, "/metrics").unwrap(), "a 1\nb 2\n");
        let address = answering("HTTP/1.0 401 Unauthorized\r\n\r\n{}");
        assert!(get(address, "/metrics").unwrap_err().to_string().contains("401"));
    }

    #[test]
    fn the_page_is_found_in_the_log() {
        let line = r#"{"level":"INFO","fields":{"message":"streetwarden runs",
            "page":"http://127.0.0.1:4711","cameras":3}}"#;
        assert_eq!(page_in(&line.replace('\n', "")), Some("127.0.0.1:4711".parse().unwrap()));
        assert_eq!(page_in(r#"{"fields":{"message":"camera decoded"}}"#), None);
        assert_eq!(page_in("streetwarden: no such file"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_daemon_that_does_not_start_says_why() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        let start = |script: &str, patience| {
            std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            Daemon::start(&program, Path::new("site.toml"), patience).err().unwrap().to_string()
        };
        let long = Duration::from_secs(60);
        let told = start("echo 'streetwarden: no model' >&2; echo more >&2; exit 1", long);
        assert_eq!(told, "no model");
        assert_eq!(start("exit 0", long), "it said nothing");
        let told = start("exec sleep 1000", Duration::from_millis(1));
        assert!(told.contains("did not start within"), "{told}");
    }
}
