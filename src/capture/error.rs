//! Why a camera gives no frames, in words fit to be shown. No variant can hold an address, a user
//! or a password: what GStreamer says about an error often does, so its text is never passed on.

use std::time::Duration;

/// Why a connection or a file gave up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// The server wants other credentials.
    #[error("wrong user or password (401)")]
    Unauthorized,
    /// The server forbids it.
    #[error("access forbidden (403): give the camera's user the right to see this stream")]
    Forbidden,
    /// The server has no such path.
    #[error("no such stream (404): check the path of the address")]
    NoSuchStream,
    /// The server refuses for another reason.
    #[error("the server refuses the stream ({0})")]
    Refusal(u16),
    /// The server, or what it sends, breaks the protocol.
    #[error("the server's RTSP is not understood")]
    Protocol,
    /// Nobody listens there.
    #[error("connection refused: check port, and whether the server runs")]
    Refused,
    /// The host's name is unknown.
    #[error("host not found: check its name and the name server")]
    HostNotFound,
    /// No way to the host, or it does not answer.
    #[error("host not reachable: check its address, power and network")]
    Unreachable,
    /// The certificate does not hold.
    #[error("secure connection failed: check the server's certificate")]
    Tls,
    /// The connection broke off.
    #[error("connection lost")]
    Lost,
    /// Frames stopped coming.
    #[error("no frame for {}", humantime::format_duration(*.0))]
    Stalled(Duration),
    /// The stream ended though it should not.
    #[error("the stream ended")]
    StreamEnded,
    /// A live stream of which nothing can be decoded.
    #[error("none of the frames can be decoded ({codec}): check the stream's encoding")]
    Undecodable {
        /// The encoding.
        codec: String,
    },
    /// Not a container or encoding anybody knows.
    #[error("not a video: use MP4, HLS, MJPEG, H.264 or H.265, or a folder of pictures")]
    NotAVideo,
    /// A video without a picture.
    #[error("holds no video stream")]
    NoVideoStream,
    /// A file that ends too early.
    #[error("truncated file: it ends in the midst of the video")]
    Truncated,
    /// A file with damaged contents.
    #[error("damaged file: its video data cannot be read")]
    Damaged,
    /// An encoding nobody here decodes.
    #[error("encoding {codec} is not supported: use H.264, H.265 or MJPEG")]
    Codec {
        /// The encoding's media type.
        codec: String,
    },
    /// No decoder is installed.
    #[error("decoder {decoder} missing: install {package}")]
    DecoderMissing {
        /// The element wanted.
        decoder: String,
        /// The Debian package that holds it.
        package: &'static str,
    },
    /// Another element is not installed.
    #[error("GStreamer element {element} missing: install {package}")]
    ElementMissing {
        /// The element wanted.
        element: String,
        /// The Debian package that holds it.
        package: &'static str,
    },
    /// The path does not exist.
    #[error("no such file or folder")]
    FileNotFound,
    /// The file system says no.
    #[error("cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
    /// A folder without pictures.
    #[error("no pictures in the folder: it needs .jpg or .png files")]
    NoPictures,
    /// The first frame did not come in time.
    #[error("no frame within {}", humantime::format_duration(*.0))]
    Timeout(Duration),
    /// Stopped before the first frame.
    #[error("stopped before a frame came")]
    Stopped,
    /// Built without GStreamer.
    #[error("this build has no GStreamer: only folders of pictures; build with --features gst")]
    NoGstreamer,
    /// What no rule above names; the words come from a fixed list.
    #[error("{0}")]
    Other(String),
}

impl From<std::io::Error> for CaptureError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::FileNotFound,
            kind => Self::Unreadable(kind),
        }
    }
}
