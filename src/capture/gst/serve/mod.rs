//! Clips as cameras: an RTSP server that plays video files on one wall-clock timeline, for the
//! demo, tests and benchmarks. Not a restreamer: it encodes nothing and reads files only.

pub(super) mod clip;
mod factory;
mod pusher;
mod timeline;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer_rtsp_server::{self as rtsp, prelude::*};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::capture::{CaptureError, Credentials};

/// The role a user must have, and every mount gives.
const ROLE: &str = "viewer";
/// How often the server looks whether it was stopped.
const TICK: Duration = Duration::from_millis(50);
/// How often sessions of vanished clients are swept out.
const SWEEP: Duration = Duration::from_secs(5);

/// A video file and where it is served.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Path of the address, with or without its leading slash.
    pub mount: String,
    /// The H.264, H.265 or Motion JPEG video file.
    pub path: PathBuf,
}

/// What is served, and how.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The clips.
    pub clips: Vec<Clip>,
    /// Where to listen; port 0 picks a free one.
    pub bind: SocketAddr,
    /// Begin anew at the end, or end.
    pub looping: bool,
    /// Serve so many cameras `cam-0`, `cam-1`, … instead of one a clip: the clips by turns, each
    /// camera out of step with the others. For measuring.
    pub cameras: Option<usize>,
    /// User and password asked for, by basic or digest authentication.
    pub credentials: Option<Credentials>,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// GStreamer or an element is missing.
    #[error(transparent)]
    Gstreamer(CaptureError),
    /// A clip cannot be served.
    #[error("clip {}: {reason}", path.display())]
    Clip {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: CaptureError,
    },
    /// Nothing to serve.
    #[error("no clips to serve: name at least one")]
    NoClips,
    /// The address is taken or not ours.
    #[error("cannot listen on {0}: choose another port, or 0 for any")]
    Listen(SocketAddr),
}

/// What one server's mounts share.
struct Shared {
    started: Instant,
    stop: CancellationToken,
    pushers: Mutex<Vec<JoinHandle<()>>>,
}

/// Serves the clips of `options` until `stop` is cancelled; `ready` is told the bound address. Time zero of
/// all clips is the moment of `ready`; who joins later sees the keyframe at or before that moment's
/// distance to now first. Played once, the clips end with the end of the stream. Blocks.
///
/// # Errors
/// [`ServeError`]: GStreamer is missing, a clip cannot be served, or the address is taken.
pub fn serve(
    options: ServeOptions,
    stop: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    super::init().map_err(ServeError::Gstreamer)?;
    if options.clips.is_empty() {
        return Err(ServeError::NoClips);
    }
    let loaded = load(&options)?;
    let shared = Arc::new(Shared {
        started: Instant::now(),
        stop: stop.clone(),
        pushers: Mutex::new(Vec::new()),
    });
    let server = rtsp::RTSPServer::new();
    server.set_address(&options.bind.ip().to_string());
    server.set_service(&options.bind.port().to_string());
    if let Some(credentials) = &options.credentials {
        server.set_auth(Some(&guard(credentials)));
    }
    let mounts = match options.cameras {
        Some(cameras) => out_of_step(&loaded, cameras),
        None => loaded.into_iter().map(|(path, clip)| (path, clip, Duration::ZERO)).collect(),
    };
    mount(&server, mounts, options.looping, &shared);

    let context = glib::MainContext::new();
    let listening = server.attach(Some(&context)).map_err(|_| ServeError::Listen(options.bind))?;
    let port = u16::try_from(server.bound_port()).unwrap_or(options.bind.port());
    let address = SocketAddr::new(options.bind.ip(), port);
    info!(%address, clips = options.clips.len(), "serving clips");
    ready(address);

    follow(&server, &context, &stop);
    if let Some(source) = context.find_source_by_id(&listening) {
        source.destroy();
    }
    close(&server, &shared);
    Ok(())
}

fn load(options: &ServeOptions) -> Result<Vec<(String, Arc<clip::Loaded>)>, ServeError> {
    let mut loaded = Vec::with_capacity(options.clips.len());
    for clip in &options.clips {
        let units = clip::load(&clip.path)
            .map_err(|reason| ServeError::Clip { path: clip.path.clone(), reason })?;
        loaded.push((format!("/{}", clip.mount.trim_start_matches('/')), Arc::new(units)));
    }
    Ok(loaded)
}

/// A mount's path, what it plays, and how far ahead of the server's timeline.
type Mount = (String, Arc<clip::Loaded>, Duration);

/// So many cameras, the clips by turns, each somewhere else in its clip.
fn out_of_step(clips: &[(String, Arc<clip::Loaded>)], cameras: usize) -> Vec<Mount> {
    let camera = |(at, (_, clip)): (usize, &(String, Arc<clip::Loaded>))| {
        (format!("/cam-{at}"), clip.clone(), clip.timeline.ahead(at as u64))
    };
    clips.iter().cycle().take(cameras).enumerate().map(camera).collect()
}

fn mount(server: &rtsp::RTSPServer, clips: Vec<Mount>, looping: bool, shared: &Arc<Shared>) {
    let Some(mounts) = server.mount_points() else { return };
    let role = gst::Structure::builder(ROLE)
        .field("media.factory.access", true)
        .field("media.factory.construct", true)
        .build();
    for (path, clip, ahead) in clips {
        let factory = factory::ClipFactory::new(clip, ahead, looping, shared.clone());
        factory.set_shared(true);
        factory.add_role_from_structure(&role);
        mounts.add_factory(&path, factory);
    }
}

fn guard(credentials: &Credentials) -> rtsp::RTSPAuth {
    let auth = rtsp::RTSPAuth::new();
    let token = rtsp::RTSPToken::builder().field("media.factory.role", ROLE).build();
    let (user, password) = (&credentials.user, &credentials.password);
    auth.set_supported_methods(gstreamer_rtsp_server::gst_rtsp::RTSPAuthMethod::Digest);
    auth.add_digest(user, password, &token);
    auth
}

/// Runs the server until it is stopped.
fn follow(server: &rtsp::RTSPServer, context: &glib::MainContext, stop: &CancellationToken) {
    let main_loop = glib::MainLoop::new(Some(context), false);
    let (quit, token) = (main_loop.clone(), stop.clone());
    let ticker = glib::timeout_source_new(TICK, None, glib::Priority::DEFAULT, move || {
        if token.is_cancelled() {
            quit.quit();
        }
        glib::ControlFlow::Continue
    });
    let sessions = server.session_pool();
    let sweeper = glib::timeout_source_new(SWEEP, None, glib::Priority::DEFAULT, move || {
        if let Some(sessions) = &sessions {
            sessions.cleanup();
        }
        glib::ControlFlow::Continue
    });
    ticker.attach(Some(context));
    sweeper.attach(Some(context));
    main_loop.run();
    ticker.destroy();
    sweeper.destroy();
}

/// Hangs up on every client and waits for the pushers.
fn close(server: &rtsp::RTSPServer, shared: &Shared) {
    server.client_filter(Some(&mut |_, _| rtsp::RTSPFilterResult::Remove));
    let pushers: Vec<_> =
        shared.pushers.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
    for pusher in pushers {
        // A pusher that panicked has said so already.
        let _ = pusher.join();
    }
}
