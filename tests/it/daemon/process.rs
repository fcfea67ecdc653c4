//! Processes of the binary under test: verbs that end by themselves, the daemon, the clip server.
//! Each is killed when its value goes.

use std::{
    io::{BufRead as _, BufReader, Read},
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;

/// The longest any condition may take to come true: far more than it takes on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waits until `condition` gives something; `what` is said when it does not.
pub fn wait<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < until, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The binary, with the repository as its working directory.
pub fn streetwarden() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_streetwarden"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Runs a verb to its end.
pub fn verb(args: &[&str]) -> Output {
    streetwarden().args(args).output().unwrap()
}

/// The exit code, none if it was not refused and had to be killed, and all that was said on standard error.
pub fn refusal(args: &[&str]) -> (Option<i32>, String) {
    let mut command = streetwarden();
    let mut child =
        command.args(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let said = Arc::new(Mutex::new(String::new()));
    let heard = gather(child.stderr.take().unwrap(), said.clone());
    let until = Instant::now() + DEADLINE;
    while child.try_wait().unwrap().is_none() && Instant::now() < until {
        std::thread::sleep(LOOK_EVERY);
    }
    let _ = child.kill();
    let code = child.wait().unwrap().code();
    heard.join().unwrap();
    let said = said.lock().unwrap().clone();
    (code, said)
}

/// The daemon.
pub struct Daemon {
    child: Child,
    log: Arc<Mutex<String>>,
    /// Address of the page, `http://...`.
    pub page: String,
}

impl Daemon {
    /// Starts `run` with more arguments and waits until its page is there.
    pub fn start(config: &Path, more: &[&str]) -> Self {
        let mut child = streetwarden()
            .args(["run", "--config", config.to_str().unwrap()])
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        gather(child.stderr.take().unwrap(), log.clone());
        let mut daemon = Self { child, log, page: String::new() };
        daemon.page = wait("the daemon's start", || {
            if let Some(status) = daemon.child.try_wait().unwrap() {
                panic!("the daemon ended with {status}:\n{}", daemon.log());
            }
            let log = daemon.log();
            let line = log.lines().find(|line| line.contains("streetwarden runs"))?;
            let page = line.split("page=").nth(1)?.split_whitespace().next()?;
            Some(page.trim_matches('"').to_owned())
        });
        daemon
    }

    /// All it logged until now.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// An answer of the API.
    pub fn get(&self, path: &str) -> Value {
        let text = self.text(path);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}: {text}"))
    }

    /// An answer as text.
    pub fn text(&self, path: &str) -> String {
        let answer = ureq::get(format!("{}{path}", self.page)).call();
        answer.unwrap().body_mut().read_to_string().unwrap()
    }

    /// What a JSON body brings.
    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.post(format!("{}{path}", self.page));
        let request = request.header("content-type", "application/json");
        let mut answer = request.send(body.to_string()).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}: {text}"));
        (answer.status().as_u16(), value)
    }

    /// Every camera as the API shows it.
    pub fn cameras(&self) -> Vec<Value> {
        self.get("/api/v1/cameras")["cameras"].as_array().unwrap().clone()
    }

    /// One camera as the API shows it.
    pub fn camera(&self, id: &str) -> Value {
        self.cameras().into_iter().find(|c| c["id"] == id).unwrap()
    }

    /// Every case, newest first.
    pub fn cases(&self) -> Vec<Value> {
        self.get("/api/v1/cases?limit=500")["cases"].as_array().unwrap().clone()
    }

    /// Waits until every camera's stream has ended.
    pub fn wait_for_ends(&self) {
        wait("the cameras' ends", || {
            self.cameras().iter().all(|c| c["state"] == "ended").then_some(())
        });
    }

    /// Threads it has now.
    pub fn threads(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap().count()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and how it ended.
    pub fn terminate(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = wait("the daemon's end", || self.child.try_wait().unwrap());
        (status, self.log())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the daemon's log:\n{}", self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads on until the process closes its end, so that a full pipe never holds it up.
fn gather(from: impl Read + Send + 'static, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut log = into.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    })
}

/// The clip server in a process of its own.
pub struct Clips {
    child: Child,
    _alive: ChildStdin,
    /// Where it listens.
    pub port: u16,
}

impl Clips {
    /// Serves the demo's clips once, from now on.
    pub fn once() -> Self {
        let mut child = streetwarden()
            .args(["serve-clips", "pipelines/demo/clips", "--bind", "127.0.0.1:0"])
            .args(["--once", "--until-stdin-ends"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().unwrap().parse().expect("a port");
        let alive = child.stdin.take().unwrap();
        Self { child, _alive: alive, port }
    }
}

impl Drop for Clips {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
