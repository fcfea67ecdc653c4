//! What a camera is told: checked values only. Not the settings file, which `settings` reads.

use std::time::Duration;

use crate::base::CameraId;

use super::{Backoff, Credentials, Source};

/// Whether delta frames are dropped before the decoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keyframes {
    /// Decode keyframes only while they come at least once every `every`, else every frame.
    #[default]
    Auto,
    /// Decode keyframes only, whatever their distance.
    Only,
    /// Decode every frame.
    Off,
}

/// How RTP travels from an RTSP server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Interleaved in the RTSP connection: passes firewalls, loses nothing.
    #[default]
    Tcp,
    /// Separate datagrams: less delay, loses some.
    Udp,
}

/// The decoders that cameras share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolOptions {
    /// Threads that decode; 0: one a core.
    pub threads: usize,
    /// Decoded pictures that there may be at a time, of all cameras; any number when `None`. While there
    /// are so many, keyframes wait encoded, each camera's newest.
    pub most_pictures: Option<usize>,
}

impl PoolOptions {
    /// The number of threads.
    pub fn threads(self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}

/// One camera.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its id.
    pub id: CameraId,
    /// Where its pictures come from.
    pub source: Source,
    /// Time from one sampled frame to the next.
    pub every: Duration,
    /// Whether delta frames are dropped before the decoder.
    pub keyframes: Keyframes,
    /// How RTP travels; RTSP only.
    pub transport: Transport,
    /// User and password, kept apart from the source; redacted when printed.
    pub credentials: Option<Credentials>,
    /// Decoder elements to prefer; the first that is installed and fits the codec is taken.
    pub decoders: Vec<String>,
    /// Silence after which a connection is given up.
    pub stall_after: Duration,
    /// Waits between connections.
    pub backoff: Backoff,
}

impl Options {
    /// A camera with the defaults: a frame every 2 s, keyframes automatic, TCP, 10 s of silence,
    /// waits of 1 to 60 s.
    pub fn new(id: CameraId, source: Source) -> Self {
        Self {
            id,
            source,
            every: Duration::from_secs(2),
            keyframes: Keyframes::Auto,
            transport: Transport::Tcp,
            credentials: None,
            decoders: Vec::new(),
            stall_after: Duration::from_secs(10),
            backoff: Backoff::default(),
        }
    }

    /// The address of a camera that is received without a thread of its own: RTSP over TCP, not
    /// encrypted. All others are GStreamer's.
    #[cfg(feature = "gst")]
    pub(super) fn shared_address(&self) -> Option<&url::Url> {
        match &self.source {
            Source::Rtsp(url) if url.scheme() == "rtsp" && self.transport == Transport::Tcp => {
                Some(url)
            }
            _ => None,
        }
    }
}
