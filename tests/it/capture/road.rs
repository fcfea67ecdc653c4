//! A camera under test, with what it handed over and what it says of itself; and a server.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use streetwarden::{
    base::{CameraId, Frame},
    capture::{
        self, Backoff, CameraStatus, Capture, Credentials, Flow, FrameSink, Options, Running,
        Source, State, StatusSnapshot, serve,
    },
};
use tokio_util::sync::CancellationToken;

/// The longest any condition may take to come true.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until `condition` gives something.
pub fn wait<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < until, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Options with short waits.
pub fn options(source: &str) -> Options {
    let (source, credentials) = Source::parse(source, Path::new("/")).unwrap();
    let mut options = Options::new(CameraId::from("cam"), source);
    options.credentials = credentials;
    options.every = Duration::from_millis(500);
    options.backoff = Backoff { first: Duration::from_millis(50), max: Duration::from_millis(400) };
    options.stall_after = Duration::from_secs(5);
    options
}

/// What the cameras of all tests share, as those of a daemon do.
pub static CAPTURE: LazyLock<Capture> = LazyLock::new(Capture::default);

struct Keep(Arc<Mutex<Vec<Frame>>>);

impl FrameSink for Keep {
    fn deliver(&mut self, frame: Frame) -> Flow {
        self.0.lock().unwrap().push(frame);
        Flow::Continue
    }
}

/// A running camera; stopped and joined when dropped.
pub struct Camera {
    pub frames: Arc<Mutex<Vec<Frame>>>,
    pub status: Arc<CameraStatus>,
    stop: CancellationToken,
    running: Option<Running>,
}

impl Camera {
    pub fn start(options: Options, until_end: bool) -> Self {
        Self::start_on(&CAPTURE, options, until_end)
    }

    /// On decoders that are not every test's.
    pub fn start_on(capture: &Capture, options: Options, until_end: bool) -> Self {
        let frames = Arc::new(Mutex::new(Vec::new()));
        let status = Arc::new(CameraStatus::new());
        let stop = CancellationToken::new();
        let sink = Box::new(Keep(frames.clone()));
        let (of_camera, token) = (status.clone(), stop.clone());
        let camera = capture::Camera { options, sink, status: of_camera, stop: token, until_end };
        let running = Some(capture.start(camera).unwrap());
        Self { frames, status, stop, running }
    }

    /// Waits for `more` frames beyond those there are, and returns the newest.
    pub fn wait_for_frames(&self, more: usize) -> Frame {
        let before = self.frames.lock().unwrap().len();
        wait(&format!("{more} frames; {:?}", self.status.snapshot()), || {
            let frames = self.frames.lock().unwrap();
            (frames.len() >= before + more).then(|| frames.last().cloned()).flatten()
        })
    }

    pub fn wait_for_reason(&self) -> String {
        wait("a reason", || match self.status.state() {
            State::Failing { reason } => Some(reason),
            _ => None,
        })
    }

    /// Waits until it ends by itself.
    pub fn join(mut self) -> (Vec<Frame>, StatusSnapshot) {
        wait("the camera's end", || self.running.as_ref().unwrap().is_finished().then_some(()));
        self.running.take().unwrap().join().unwrap();
        let frames = std::mem::take(&mut *self.frames.lock().unwrap());
        (frames, self.status.snapshot())
    }

    /// Stops it.
    pub fn stop(self) -> (Vec<Frame>, StatusSnapshot) {
        self.stop.cancel();
        self.join()
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A running server; stopped and joined by `kill`.
pub struct Server {
    pub address: SocketAddr,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(path: PathBuf, port: u16, looping: bool, password: Option<&str>) -> Self {
        let stop = CancellationToken::new();
        let (tell, told) = mpsc::channel();
        let options = serve::ServeOptions {
            clips: vec![serve::Clip { mount: "cam".to_owned(), path }],
            bind: SocketAddr::from(([127, 0, 0, 1], port)),
            looping,
            cameras: None,
            credentials: password
                .map(|p| Credentials { user: "admin".to_owned(), password: p.to_owned() }),
        };
        let token = stop.clone();
        let thread = std::thread::spawn(move || {
            serve::serve(options, token, |address| tell.send(address).unwrap()).unwrap();
        });
        let address = told.recv_timeout(DEADLINE).expect("the server listens");
        Self { address, stop, thread: Some(thread) }
    }

    pub fn kill(mut self) -> u16 {
        self.stop.cancel();
        self.thread.take().unwrap().join().unwrap();
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("rtsp://{}/cam", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Stands between camera and server, and can fall silent without hanging up.
pub struct Proxy {
    pub address: SocketAddr,
    pub silent: Arc<AtomicBool>,
}

impl Proxy {
    /// Its threads end with their connections or the test process.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let silent = Arc::new(AtomicBool::new(false));
        let of_thread = silent.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(server) else { continue };
                let (up, down) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let (for_up, for_down) = (of_thread.clone(), of_thread.clone());
                std::thread::spawn(move || pump(client, up, &for_up));
                std::thread::spawn(move || pump(server, down, &for_down));
            }
        });
        Self { address, silent }
    }
}

/// Copies until either end hangs up; drops what it reads while silent.
fn pump(mut from: TcpStream, mut to: TcpStream, silent: &AtomicBool) -> Option<()> {
    let mut bytes = [0; 16_384];
    loop {
        let count = from.read(&mut bytes).ok().filter(|n| *n > 0);
        let Some(count) = count else { return to.shutdown(Shutdown::Both).ok() };
        if !silent.load(SeqCst) {
            to.write_all(&bytes[..count]).ok()?;
        }
    }
}

/// The types of an H.264 byte stream's NAL units.
pub fn h264_units(bytes: &[u8]) -> Vec<u8> {
    bytes.windows(4).filter(|w| w[..3] == [0, 0, 1]).map(|w| w[3] & 0x1f).collect()
}
