//! One RTSP connection over TCP, as one task on the receiver's thread: from DESCRIBE to the last
//! access unit. The only folder that names retina. Decodes nothing and connects once.

mod fault;

use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::Utc;
use futures_util::StreamExt as _;
use retina::{
    client::{Demuxed, PlayOptions, Session, SessionOptions, SetupOptions, Stream, Transport},
    codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame},
    rtcp::ReceivedCompoundPacket,
};
use tokio::time::{sleep_until, timeout};
use url::Url;

use super::{
    CaptureError, Options,
    account::Unit,
    camera::Outcome,
    feed::Feed,
    nal::{self, Picture},
    reach,
    timing::{SenderClock, StreamClock},
};
use crate::base::{EncodedFormat, WallTime};
use fault::Fault;

/// Damaged packets in a row, with no frame between, before the connection is given up.
const MAX_DAMAGED: u32 = 50;
/// Added to RTP's times, so that one a little before the first is not negative.
const BEFORE_FIRST: i128 = 1 << 33;
/// RTCP's packet type of a sender that says goodbye (RFC 3550, section 12.1).
const BYE: u8 = 203;

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub error: CaptureError,
    /// Whether GStreamer may do better with this server: the fault is not one of address, network
    /// or credentials.
    pub is_ours: bool,
}

impl From<CaptureError> for Failure {
    fn from(error: CaptureError) -> Self {
        let is_ours = matches!(error, CaptureError::Undecodable { .. } | CaptureError::Protocol);
        Self { error, is_ours }
    }
}

/// Connects and hands every access unit to the feed that `begin` makes of the stream's encoding;
/// `feed` is where that is put, and survives this call.
pub(super) async fn run_once(
    options: &Options,
    url: &Url,
    begin: impl FnOnce(EncodedFormat) -> Result<Feed, CaptureError>,
    feed: &mut Option<Feed>,
) -> Result<Outcome, Failure> {
    let opened = timeout(options.stall_after, open(options, url)).await;
    let stream = match opened {
        Ok(opened) => opened?,
        Err(_) => return Err(unanswered(url, options.stall_after).await.into()),
    };
    let feed = feed.insert(begin(stream.format)?);
    let over = feed.account().over.clone();
    tokio::select! {
        biased;
        () = over.cancelled() => match feed.account().take_fault() {
            Some(error) => Err(error.into()),
            None => Ok(Outcome::Stopped),
        },
        outcome = follow(stream, options.stall_after, feed) => outcome,
    }
}

/// Why a server did not answer.
async fn unanswered(url: &Url, patience: Duration) -> CaptureError {
    let url = url.clone();
    match tokio::task::spawn_blocking(move || reach::diagnose(&url)).await {
        Ok(CaptureError::Lost) | Err(_) => CaptureError::Stalled(patience),
        Ok(error) => error,
    }
}

/// A stream that plays.
struct Playing {
    demuxed: Demuxed,
    index: usize,
    format: EncodedFormat,
}

impl Playing {
    /// Its parameter sets as of the last frame, each behind a start code.
    fn parameter_sets(&self) -> &[u8] {
        match self.demuxed.streams()[self.index].parameters() {
            Some(ParametersRef::Video(video)) => video.extra_data(),
            _ => &[],
        }
    }
}

async fn open(options: &Options, url: &Url) -> Result<Playing, Failure> {
    let credentials = options.credentials.as_ref().map(|c| retina::client::Credentials {
        username: c.user.clone(),
        password: c.password.clone(),
    });
    let agent = concat!("streetwarden/", env!("CARGO_PKG_VERSION")).to_owned();
    let session = SessionOptions::default().creds(credentials).user_agent(agent);
    let mut session = Session::describe(url.clone(), session).await.map_err(fault::failure)?;
    let (index, format) = choose(session.streams())?;
    let setup = SetupOptions::default()
        .transport(Transport::Tcp(retina::client::TcpTransportOptions::default()))
        .frame_format(FrameFormat::SIMPLE);
    session.setup(index, setup).await.map_err(fault::failure)?;
    let playing = session.play(PlayOptions::default()).await.map_err(fault::failure)?;
    Ok(Playing { demuxed: playing.demuxed().map_err(fault::failure)?, index, format })
}

/// The first video stream whose encoding is known.
fn choose(streams: &[Stream]) -> Result<(usize, EncodedFormat), CaptureError> {
    let mut unknown = None;
    for (index, stream) in streams.iter().enumerate() {
        if !matches!(stream.media(), "video" | "image") {
            continue;
        }
        match stream.encoding_name() {
            "h264" => return Ok((index, EncodedFormat::H264)),
            "h265" => return Ok((index, EncodedFormat::H265)),
            "jpeg" => return Ok((index, EncodedFormat::Jpeg)),
            other => {
                unknown.get_or_insert_with(|| fault::plain(other));
            }
        }
    }
    Err(unknown.map_or(CaptureError::NoVideoStream, |codec| CaptureError::Codec { codec }))
}

/// Reads until the stream ends, breaks or falls silent.
async fn follow(
    mut stream: Playing,
    stall_after: Duration,
    feed: &mut Feed,
) -> Result<Outcome, Failure> {
    let mut clocks = Clocks::new();
    let (mut last_in, mut damaged) = (Instant::now(), 0);
    let silence = sleep_until((last_in + stall_after).into());
    tokio::pin!(silence);
    loop {
        let item = tokio::select! {
            biased;
            item = stream.demuxed.next() => item,
            () = &mut silence => {
                if last_in.elapsed() >= stall_after {
                    let silent = CaptureError::Stalled(stall_after);
                    return Err(if damaged > 0 { CaptureError::Protocol } else { silent }.into());
                }
                // Set anew only here: a timer for every frame would cost more than the frame.
                silence.as_mut().reset((last_in + stall_after).into());
                continue;
            }
        };
        match item {
            Some(Ok(CodecItem::VideoFrame(frame))) => {
                feed.take(clocks.unit(frame, &stream)).await?;
                (last_in, damaged) = (Instant::now(), 0);
            }
            Some(Ok(CodecItem::Rtcp(report))) => {
                clocks.learn(&report);
                if report.pkts().any(|packet| packet.payload_type() == BYE) {
                    return Ok(Outcome::Ended);
                }
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => match fault::classify(&error) {
                Fault::Packet if damaged < MAX_DAMAGED => damaged += 1,
                Fault::Packet => return Err(CaptureError::Protocol.into()),
                Fault::Connection(failure) => return Err(failure),
            },
            None => return Err(CaptureError::Lost.into()),
        }
    }
}

/// What time frames have.
struct Clocks {
    began: Instant,
    stream: StreamClock,
    sender: Option<SenderClock>,
}

impl Clocks {
    fn new() -> Self {
        Self { began: Instant::now(), stream: StreamClock::default(), sender: None }
    }

    fn unit(&mut self, frame: VideoFrame, stream: &Playing) -> Unit {
        let rtp_ns = nanoseconds(frame.timestamp());
        let at = self.stream.at(rtp_ns, self.began.elapsed());
        let (picture, data) = keyframe(frame, stream);
        Unit {
            at,
            is_key: picture != Picture::Delta,
            is_whole: picture == Picture::Whole,
            data,
            arrival: now(),
            sender: self.sender.and_then(|clock| clock.at(rtp_ns)),
        }
    }

    /// Takes the sender's clock from its report.
    fn learn(&mut self, report: &ReceivedCompoundPacket) {
        let Some(rtp) = report.rtp_timestamp() else { return };
        for packet in report.pkts() {
            if let Ok(Some(sent)) = packet.as_sender_report() {
                let ntp = sent.ntp_timestamp().0;
                let ntp_ns = (u128::from(ntp) * 1_000_000_000) >> 32;
                let ntp_ns = u64::try_from(ntp_ns).unwrap_or(u64::MAX);
                self.sender = Some(SenderClock::new(ntp_ns, nanoseconds(rtp)));
            }
        }
    }
}

/// What kind of picture a frame is, and its bytes, parameter sets in front of a keyframe.
fn keyframe(frame: VideoFrame, stream: &Playing) -> (Picture, Bytes) {
    let random_access = frame.is_random_access_point();
    let data = frame.into_data();
    // Of H.265 retina counts IDR pictures only, and puts the parameter sets before no other; but one
    // can begin at each of the types 16 to 23, and many encoders send just those.
    let seen = match random_access || stream.format == EncodedFormat::H265 {
        true => nal::look(stream.format, &data),
        false => Picture::Delta,
    };
    if seen != Picture::Incomplete || random_access {
        return (seen, data.into());
    }
    let whole: Bytes = [stream.parameter_sets(), &data].concat().into();
    (nal::look(stream.format, &whole), whole)
}

fn nanoseconds(rtp: retina::Timestamp) -> u64 {
    let ticks = (i128::from(rtp.timestamp()) + BEFORE_FIRST).max(0);
    let ns = ticks * 1_000_000_000 / i128::from(rtp.clock_rate().get());
    u64::try_from(ns).unwrap_or(u64::MAX)
}

fn now() -> WallTime {
    chrono::DateTime::<Utc>::from(std::time::SystemTime::now()).into()
}
