//! What a viewer asks and is told (RTSP 1.0, RFC 2326), up to the play that comes of it. Sends
//! nothing itself.

use std::{
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use rtsp_types::{
    Method, Request, Response, ResponseBuilder, StatusCode,
    headers::{
        AUTHORIZATION, CONTENT_BASE, CONTENT_TYPE, CSEQ, PUBLIC, RTP_INFO, RtpLowerTransport,
        RtpProfile, RtpTransport, RtpTransportParameters, SESSION, Transport, Transports,
        WWW_AUTHENTICATE,
    },
};

use super::{
    House, Mount, digest,
    play::Play,
    rtp::{CLOCK_RATE, Channels, Numbers},
    way::Way,
};

const METHODS: &str =
    "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER";
/// The one stream of every clip, below the mount's address.
const STREAM: &str = "stream=0";

/// What follows from an answer.
pub enum Change {
    /// None.
    Nothing,
    /// Packets go out from now on.
    Play(Box<Play>, Arc<Way>),
    /// No more packets.
    Stop,
}

/// One viewer's side of it.
pub struct Dialogue {
    house: Arc<House>,
    peer: IpAddr,
    own: IpAddr,
    nonce: String,
    session: String,
    /// RTP's name for what it is sent.
    source: u32,
    /// Where packets shall go, and what is played, since SETUP.
    setup: Option<(Mount, Arc<Way>)>,
}

/// An answer without the header that tells which request it is for.
type Reply = Result<(ResponseBuilder, Vec<u8>, Change), StatusCode>;

impl Dialogue {
    /// With the viewer at `peer`, reached from `own`.
    pub fn new(house: Arc<House>, peer: SocketAddr, own: SocketAddr) -> Self {
        let [nonce, session] = std::array::from_fn(|_| format!("{:016x}", rand::random::<u64>()));
        Self {
            house,
            peer: peer.ip(),
            own: own.ip(),
            nonce,
            session,
            source: rand::random(),
            setup: None,
        }
    }

    /// The answer to `request`, and what follows from it.
    pub fn answer(&mut self, request: &Request<Vec<u8>>) -> (Response<Vec<u8>>, Change) {
        let refused =
            |status| (Response::builder(request.version(), status), Vec::new(), Change::Nothing);
        let (mut response, body, change) = match self.is_let_in(request) {
            true => self.reply(request).unwrap_or_else(refused),
            false => {
                let (response, body, change) = refused(StatusCode::Unauthorized);
                let challenge = digest::challenge(&self.nonce);
                (response.header(WWW_AUTHENTICATE, challenge), body, change)
            }
        };
        if let Some(number) = request.header(&CSEQ) {
            response = response.header(CSEQ, number.as_str());
        }
        (response.build(body), change)
    }

    fn is_let_in(&self, request: &Request<Vec<u8>>) -> bool {
        let Some(credentials) = &self.house.credentials else { return true };
        let method: &str = request.method().into();
        *request.method() == Method::Options
            || request.header(&AUTHORIZATION).is_some_and(|answer| {
                digest::permits(credentials, &self.nonce, method, answer.as_str())
            })
    }

    fn reply(&mut self, request: &Request<Vec<u8>>) -> Reply {
        let good = Response::builder(request.version(), StatusCode::Ok);
        let plain = |response, change| Ok((response, Vec::new(), change));
        match request.method() {
            Method::Options => plain(good.header(PUBLIC, METHODS), Change::Nothing),
            Method::Describe => self.describe(request, good),
            Method::Setup => plain(self.set_up(request, good)?, Change::Nothing),
            Method::Play => self.play(request, good),
            Method::Pause => plain(self.in_session(request, good)?, Change::Stop),
            Method::Teardown => {
                let response = self.in_session(request, good)?;
                self.setup = None;
                plain(response, Change::Stop)
            }
            // with nothing asked: whether the server is still there
            Method::GetParameter | Method::SetParameter => plain(good, Change::Nothing),
            _ => Err(StatusCode::NotImplemented),
        }
    }

    fn describe(&self, request: &Request<Vec<u8>>, good: ResponseBuilder) -> Reply {
        let mount = self.mount(request)?;
        if mount.clip.timeline.join(self.house.now() + mount.ahead, self.house.looping).is_none() {
            return Err(StatusCode::ServiceUnavailable);
        }
        let base =
            request.request_uri().map(|uri| format!("{}/", uri.as_str().trim_end_matches('/')));
        let response = good
            .header(CONTENT_BASE, base.unwrap_or_default())
            .header(CONTENT_TYPE, "application/sdp");
        Ok((response, description(&mount, self.own).into_bytes(), Change::Nothing))
    }

    fn set_up(
        &mut self,
        request: &Request<Vec<u8>>,
        good: ResponseBuilder,
    ) -> Result<ResponseBuilder, StatusCode> {
        let mount = self.mount(request)?;
        let offered = request.typed_header::<Transports>().map_err(|_| StatusCode::BadRequest)?;
        let offered = offered.ok_or(StatusCode::BadRequest)?;
        let taken = offered.iter().find_map(|transport| self.take(transport));
        let (way, transport) = taken.ok_or(StatusCode::UnsupportedTransport)?;
        self.setup = Some((mount, Arc::new(way)));
        let transport: Transports = vec![Transport::Rtp(transport)].into();
        Ok(good.typed_header(&transport).header(SESSION, self.session.as_str()))
    }

    /// The way of a transport that is offered, and what of it is agreed to.
    fn take(&self, offered: &Transport) -> Option<(Way, RtpTransport)> {
        let Transport::Rtp(RtpTransport { profile: RtpProfile::Avp, lower_transport, params }) =
            offered
        else {
            return None;
        };
        let mut agreed =
            RtpTransportParameters { unicast: true, ssrc: vec![self.source], ..Default::default() };
        let way = match lower_transport {
            Some(RtpLowerTransport::Tcp) => {
                let (rtp, rtcp) = params.interleaved.unwrap_or((0, None));
                let rtcp = rtcp.unwrap_or(rtp.wrapping_add(1));
                agreed.interleaved = Some((rtp, Some(rtcp)));
                Way::Interleaved(Channels { rtp, rtcp })
            }
            Some(RtpLowerTransport::Udp) | None if !params.multicast => {
                let (rtp, rtcp) = params.client_port?;
                let rtcp = rtcp.unwrap_or(rtp.wrapping_add(1));
                let way = Way::datagrams(self.own, [(self.peer, rtp), (self.peer, rtcp)]).ok()?;
                agreed.client_port = Some((rtp, Some(rtcp)));
                agreed.server_port = way.ports();
                way
            }
            _ => return None,
        };
        let (profile, lower_transport) = (RtpProfile::Avp, lower_transport.clone());
        Some((way, RtpTransport { profile, lower_transport, params: agreed }))
    }

    fn play(&mut self, request: &Request<Vec<u8>>, good: ResponseBuilder) -> Reply {
        let response = self.in_session(request, good)?;
        let (mount, way) = self.setup.as_ref().ok_or(StatusCode::MethodNotValidInThisState)?;
        let numbers = Numbers::new(self.source, rand::random(), rand::random());
        let Mount { clip, ahead, .. } = mount;
        let play = Play::begin(clip, *ahead, self.house.looping, self.house.now(), numbers)
            .ok_or(StatusCode::ServiceUnavailable)?;
        let stream = request.request_uri().map(|uri| {
            let uri = uri.as_str().trim_end_matches(STREAM).trim_end_matches('/');
            format!("{uri}/{STREAM}")
        });
        let (sequence, stamp) =
            (play.numbers().sequence(), play.numbers().stamp(Default::default()));
        let info = format!("url={};seq={sequence};rtptime={stamp}", stream.unwrap_or_default());
        Ok((response.header(RTP_INFO, info), Vec::new(), Change::Play(Box::new(play), way.clone())))
    }

    /// The answer's beginning, where the request is of this viewer's session.
    fn in_session(
        &self,
        request: &Request<Vec<u8>>,
        good: ResponseBuilder,
    ) -> Result<ResponseBuilder, StatusCode> {
        let named = request.header(&SESSION).and_then(|named| named.as_str().split(';').next());
        match named == Some(&self.session) {
            true => Ok(good.header(SESSION, self.session.as_str())),
            false => Err(StatusCode::SessionNotFound),
        }
    }

    fn mount(&self, request: &Request<Vec<u8>>) -> Result<Mount, StatusCode> {
        let uri = request.request_uri().ok_or(StatusCode::BadRequest)?;
        let path = uri.path().trim_end_matches(STREAM).trim_end_matches('/');
        self.house
            .mounts
            .iter()
            .find(|mount| mount.path == path)
            .cloned()
            .ok_or(StatusCode::NotFound)
    }
}

/// A clip as SDP (RFC 8866) has it.
fn description(mount: &Mount, own: IpAddr) -> String {
    let media = &mount.clip.media;
    let family = if own.is_ipv4() { "IP4 0.0.0.0" } else { "IP6 ::" };
    let kind = media.payload_type;
    let mut text = format!(
        "v=0\r\no=- 0 0 IN {family}\r\ns=streetwarden\r\nc=IN {family}\r\nt=0 0\r\na=control:*\r\n\
         m=video 0 RTP/AVP {kind}\r\na=rtpmap:{kind} {}/{CLOCK_RATE}\r\n",
        media.encoding
    );
    if !media.parameters.is_empty() {
        // writing to a string does not fail
        let _ = write!(text, "a=fmtp:{kind} {}\r\n", media.parameters);
    }
    text + &format!("a=control:{STREAM}\r\n")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rtsp_types::{Url, Version};

    use super::*;
    use crate::capture::{Credentials, serve::tests::clip};

    const TCP: &str = "RTP/AVP/TCP;unicast;interleaved=2-3";

    fn dialogue(looping: bool, credentials: Option<Credentials>) -> Dialogue {
        let mount = Mount { path: "/cam".to_owned(), clip: clip(), ahead: Duration::ZERO };
        // the clip is two seconds long
        let started = Instant::now() - Duration::from_secs(3);
        let house = House { mounts: vec![mount], looping, credentials, started };
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        Dialogue::new(Arc::new(house), here, here)
    }

    /// Asks `method` of `path` with one more header; the answer and what follows from it.
    fn ask(
        dialogue: &mut Dialogue,
        method: Method,
        path: &str,
        header: Option<(rtsp_types::HeaderName, &str)>,
    ) -> (Response<Vec<u8>>, Change) {
        let url = Url::parse(&format!("rtsp://localhost{path}")).unwrap();
        let mut request =
            Request::builder(method, Version::V1_0).request_uri(url).header(CSEQ, "7");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let (response, change) = dialogue.answer(&request.build(Vec::new()));
        assert_eq!(response.header(&CSEQ).unwrap().as_str(), "7");
        (response, change)
    }

    fn status(
        dialogue: &mut Dialogue,
        method: Method,
        path: &str,
        header: Option<(rtsp_types::HeaderName, &str)>,
    ) -> u16 {
        ask(dialogue, method, path, header).0.status().into()
    }

    fn header<'a>(response: &'a Response<Vec<u8>>, name: &rtsp_types::HeaderName) -> &'a str {
        response.header(name).unwrap().as_str()
    }

    #[test]
    fn a_viewer_gets_from_the_description_to_a_play_and_again_after_a_pause() {
        let mut dialogue = dialogue(true, None);
        let (response, _) = ask(&mut dialogue, Method::Describe, "/cam", None);
        assert_eq!(header(&response, &CONTENT_BASE), "rtsp://localhost/cam/");
        let described = String::from_utf8(response.into_body()).unwrap();
        assert!(described.contains("a=fmtp:96 packetization-mode=1\r\na=control:stream=0\r\n"));
        let transport = Some((rtsp_types::headers::TRANSPORT, TCP));
        let (response, _) = ask(&mut dialogue, Method::Setup, "/cam/stream=0", transport);
        let agreed = header(&response, &rtsp_types::headers::TRANSPORT);
        assert!(agreed.starts_with("RTP/AVP/TCP;unicast;interleaved=2-3"), "{agreed}");
        let session = header(&response, &SESSION).to_owned();
        let of_it = Some((SESSION, session.as_str()));
        for _ in 0..2 {
            let (response, change) = ask(&mut dialogue, Method::Play, "/cam/", of_it.clone());
            let info = header(&response, &RTP_INFO);
            assert!(info.starts_with("url=rtsp://localhost/cam/stream=0;seq="), "{info}");
            let Change::Play(play, way) = change else { panic!("no play") };
            assert_eq!(way.channels(), Channels { rtp: 2, rtcp: 3 });
            assert!(play.due().is_some());
            let (_, change) = ask(&mut dialogue, Method::Pause, "/cam/", of_it.clone());
            assert!(matches!(change, Change::Stop));
        }
        assert_eq!(status(&mut dialogue, Method::Teardown, "/cam/", of_it.clone()), 200);
        assert_eq!(status(&mut dialogue, Method::Play, "/cam/", of_it), 455);
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_the_status_that_says_so() {
        let mut dialogue = dialogue(true, None);
        let transport = |text| Some((rtsp_types::headers::TRANSPORT, text));
        assert_eq!(status(&mut dialogue, Method::Describe, "/other", None), 404);
        assert_eq!(status(&mut dialogue, Method::Setup, "/cam", None), 400);
        let multicast = transport("RTP/AVP;multicast;port=5000-5001");
        assert_eq!(status(&mut dialogue, Method::Setup, "/cam", multicast), 461);
        assert_eq!(status(&mut dialogue, Method::Play, "/cam", None), 454);
        assert_eq!(status(&mut dialogue, Method::Play, "/cam", Some((SESSION, "other"))), 454);
        assert_eq!(status(&mut dialogue, Method::Record, "/cam", None), 501);
        assert_eq!(status(&mut self::dialogue(false, None), Method::Describe, "/cam", None), 503);
    }

    #[test]
    fn datagrams_leave_from_two_neighbouring_ports() {
        let mut dialogue = dialogue(true, None);
        let offered = "RTP/AVP;unicast;client_port=5000-5001";
        let transport = Some((rtsp_types::headers::TRANSPORT, offered));
        let (response, _) = ask(&mut dialogue, Method::Setup, "/cam/stream=0", transport);
        let agreed = response.typed_header::<Transports>().unwrap().unwrap();
        let Transport::Rtp(RtpTransport { params, .. }) = &agreed[0] else { panic!("{agreed:?}") };
        let (rtp, rtcp) = params.server_port.unwrap();
        assert_eq!((rtp % 2, rtcp), (0, Some(rtp + 1)));
        assert_eq!(params.client_port, Some((5000, Some(5001))));
    }

    #[test]
    fn only_who_answers_the_challenge_is_let_in() {
        let credentials = Credentials { user: "admin".to_owned(), password: "s3cret".to_owned() };
        let mut dialogue = dialogue(true, Some(credentials));
        assert_eq!(status(&mut dialogue, Method::Options, "/cam", None), 200);
        let (response, _) = ask(&mut dialogue, Method::Describe, "/cam", None);
        assert_eq!(u16::from(response.status()), 401);
        assert!(header(&response, &WWW_AUTHENTICATE).starts_with("Digest "));
        let basic = Some((AUTHORIZATION, "Basic YWRtaW46czNjcmV0"));
        assert_eq!(status(&mut dialogue, Method::Describe, "/cam", basic), 401);
    }
}
