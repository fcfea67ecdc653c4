//! Clips as cameras: an RTSP server that plays video files on one wall-clock timeline, for the
//! demo, tests and benchmarks. Not a restreamer: it encodes nothing and reads files only.

mod dialogue;
mod digest;
mod play;
pub(super) mod rtp;
pub(super) mod timeline;
mod viewer;
mod way;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};
use url::Url;

use super::{CaptureError, Credentials, gst};
use rtp::Packets;
use timeline::Timeline;

/// After a connection that could not be accepted.
const PAUSE: Duration = Duration::from_millis(50);

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
    /// User and password asked for, by digest authentication.
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

/// What a clip is, in the words of SDP (RFC 8866).
#[derive(Clone, Debug)]
pub(super) struct Media {
    /// RTP's payload type.
    pub payload_type: u8,
    /// RTP's name of the encoding.
    pub encoding: String,
    /// The encoding's parameters, `name=value` with semicolons between.
    pub parameters: String,
}

/// One access unit, with parameter sets where it is a keyframe.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// It, as RTP.
    pub packets: Packets,
    /// Presentation time from the clip's beginning minus sending time: the reordering delay.
    pub reorder: Duration,
}

/// A clip ready to be sent.
pub(super) struct Packed {
    /// What it is.
    pub media: Media,
    /// The units in sending order.
    pub units: Vec<Unit>,
    /// When each is sent.
    pub timeline: Timeline,
}

/// Where a clip is served.
#[derive(Clone)]
struct Mount {
    /// Path of the address, as an address has it.
    path: String,
    /// What it plays.
    clip: Arc<Packed>,
    /// How far ahead of the server's timeline.
    ahead: Duration,
}

/// What one server's viewers share.
struct House {
    mounts: Vec<Mount>,
    looping: bool,
    credentials: Option<Credentials>,
    started: Instant,
}

impl House {
    /// Time since the server's start.
    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Serves `clips` until `stop` is cancelled; `ready` is told the bound address. Time zero of all
/// clips is the moment of `ready`; who joins later sees the keyframe at or before that moment's
/// distance to now first. Played once, the clips end with the end of the stream. Blocks.
pub fn serve(
    clips: Vec<Clip>,
    bind: SocketAddr,
    looping: bool,
    stop: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    serve_with(ServeOptions { clips, bind, looping, cameras: None, credentials: None }, stop, ready)
}

/// [`serve`], with all options.
pub fn serve_with(
    options: ServeOptions,
    stop: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    gst::init().map_err(ServeError::Gstreamer)?;
    if options.clips.is_empty() {
        return Err(ServeError::NoClips);
    }
    let mounts = mounts(&options)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| ServeError::Listen(options.bind))?;
    runtime.block_on(async {
        let bound = TcpListener::bind(options.bind).await;
        let listener = bound.map_err(|_| ServeError::Listen(options.bind))?;
        let address = listener.local_addr().unwrap_or(options.bind);
        info!(%address, clips = options.clips.len(), "serving clips");
        let ServeOptions { looping, credentials, .. } = options;
        let house = Arc::new(House { mounts, looping, credentials, started: Instant::now() });
        ready(address);
        receive(&listener, &house, &stop).await;
        Ok(())
    })
}

/// Lets viewers in until the server is stopped; then hangs up on all of them.
async fn receive(listener: &TcpListener, house: &Arc<House>, stop: &CancellationToken) {
    let mut viewers = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = viewers.join_next(), if !viewers.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let house = house.clone();
                    viewers.spawn(async move {
                        if let Err(error) = viewer::attend(stream, house).await {
                            debug!(%peer, %error, "viewer gone");
                        }
                    });
                }
                // of one who left again at once, or too many; the others go on
                Err(error) => {
                    debug!(%error, "nobody let in");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
}

/// Where everything is to be found: a mount a clip, or so many cameras that show the clips by
/// turns, each somewhere else in its clip.
fn mounts(options: &ServeOptions) -> Result<Vec<Mount>, ServeError> {
    let mut mounts = Vec::with_capacity(options.clips.len());
    for clip in &options.clips {
        let fault = |reason| ServeError::Clip { path: clip.path.clone(), reason };
        let packed = gst::clip::load(&clip.path).and_then(gst::clip::pack).map_err(fault)?;
        let (path, clip) = (path(&clip.mount), Arc::new(packed));
        mounts.push(Mount { path, clip, ahead: Duration::ZERO });
    }
    let Some(cameras) = options.cameras else { return Ok(mounts) };
    let camera = |(at, Mount { clip, .. }): (usize, &Mount)| Mount {
        path: path(&format!("cam-{at}")),
        clip: clip.clone(),
        ahead: clip.timeline.ahead(at as u64),
    };
    Ok(mounts.iter().cycle().take(cameras).enumerate().map(camera).collect())
}

/// A mount's path as an address has it, with what cannot stand there encoded.
fn path(mount: &str) -> String {
    let mount = format!("/{}", mount.trim_start_matches('/'));
    let address = Url::parse("rtsp://localhost").map(|mut address| {
        address.set_path(&mount);
        address.path().to_owned()
    });
    address.unwrap_or(mount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use timeline::Mark;

    /// Two seconds, a keyframe every eight frames of 100 ms; each unit is one packet that says which.
    pub(super) fn clip() -> Arc<Packed> {
        let marks = (0..20)
            .map(|n| Mark { offset: Duration::from_millis(n * 100), is_key: n % 8 == 0 })
            .collect();
        let unit = |n| {
            let mut packets = Packets::default();
            packets.add(&[[0x80, 96].as_slice(), &[0; 10], &[n]].concat());
            Unit { packets, reorder: Duration::ZERO }
        };
        Arc::new(Packed {
            media: Media {
                payload_type: 96,
                encoding: "H264".to_owned(),
                parameters: "packetization-mode=1".to_owned(),
            },
            units: (0..20).map(unit).collect(),
            timeline: Timeline::new(marks, Duration::from_secs(2)).unwrap(),
        })
    }

    #[test]
    fn a_mounts_path_is_that_of_its_address() {
        assert_eq!(path("cam-1"), "/cam-1");
        assert_eq!(path("/街 口"), "/%E8%A1%97%20%E5%8F%A3");
    }
}
