//! What retina's errors mean. They are opaque but for a status code, so their texts are read here
//! to tell one cause from another, and go no further: they may hold the address with its query.

use super::Failure;
use crate::capture::CaptureError;

/// An error while frames come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Of one packet or frame: the next may be whole.
    Packet,
    /// Of the connection.
    Connection(Failure),
}

/// The reason behind an error that ends the connection.
pub fn failure(error: retina::Error) -> Failure {
    match classify(&error) {
        Fault::Connection(failure) => failure,
        Fault::Packet => CaptureError::Protocol.into(),
    }
}

/// What an error says of the connection.
pub fn classify(error: &retina::Error) -> Fault {
    match error.status_code() {
        Some(status) => Fault::Connection(answered(status)),
        None => worded(&error.to_string()),
    }
}

/// The server answered, but not with the stream.
fn answered(status: u16) -> Failure {
    match status {
        401 => CaptureError::Unauthorized.into(),
        403 => CaptureError::Forbidden.into(),
        404 => CaptureError::NoSuchStream.into(),
        // Said yes, and then something that is not understood.
        200..=299 => CaptureError::Protocol.into(),
        // It may dislike how it was asked.
        400..=499 => Failure { error: CaptureError::Refusal(status), is_ours: true },
        _ => CaptureError::Refusal(status).into(),
    }
}

fn worded(text: &str) -> Fault {
    let text = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let error = if text.starts_with("unable to connect") {
        match () {
            () if has(&["refused"]) => CaptureError::Refused,
            () if has(&["lookup", "resolve", "name or service", "no address associated"]) => {
                CaptureError::HostNotFound
            }
            () => CaptureError::Unreachable,
        }
    } else if text.starts_with("error reading from rtsp peer") && has(&["to keepalive"]) {
        // A server that streams but does not answer: others do not ask it.
        return Fault::Connection(Failure { error: CaptureError::Lost, is_ours: true });
    } else if text.starts_with("error reading") || text.starts_with("error writing") {
        CaptureError::Lost
    } else if text.starts_with("rtsp framing error") {
        if has(&["at eof"]) { CaptureError::Lost } else { CaptureError::Protocol }
    } else if text == "timeout" {
        CaptureError::Unreachable
    } else if has(&["\nstream: "]) && has(&["\npkt: "]) {
        return Fault::Packet;
    } else {
        CaptureError::Protocol
    };
    Fault::Connection(error.into())
}

/// A name the server gave, fit to be shown.
pub fn plain(name: &str) -> String {
    let fit = |c: &char| c.is_ascii_alphanumeric() || "-_.+".contains(*c);
    let short: String = name.chars().filter(fit).take(24).collect();
    if short.is_empty() { "unknown".to_owned() } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(text: &str) -> CaptureError {
        match worded(text) {
            Fault::Connection(failure) => failure.error,
            Fault::Packet => panic!("a packet's fault: {text}"),
        }
    }

    #[test]
    fn causes_are_told_apart_by_the_texts_of_this_version() {
        let connect = "Unable to connect to RTSP server:";
        for (text, expected) in [
            ("Connection refused (os error 111)", CaptureError::Refused),
            (
                "failed to lookup address information: Name or service not known",
                CaptureError::HostNotFound,
            ),
            ("No route to host (os error 113)", CaptureError::Unreachable),
        ] {
            assert_eq!(cause(&format!("{connect} {text}")), expected);
        }
        let reading = "Error reading from RTSP peer: Connection reset by peer\n\nconn: x\nmsg: y";
        assert_eq!(cause(reading), CaptureError::Lost);
        let cut = "RTSP framing error: Incomplete RTSP message at EOF (x)\n\nconn: x\nmsg: y";
        assert_eq!(cause(cut), CaptureError::Lost);
        let odd = "RTSP framing error: Expected response, got OPTIONS request\n\nconn: x\nmsg: y";
        assert_eq!(cause(odd), CaptureError::Protocol);
        let packet = "FU-A len 1 too short\n\nconn: a\nstream: b\nssrc: 1\nseq: 2\npkt: c";
        assert_eq!(worded(packet), Fault::Packet);
    }

    #[test]
    fn only_faults_of_understanding_are_ours() {
        assert!(!answered(401).is_ours && !answered(404).is_ours && !answered(503).is_ours);
        assert!(answered(200).is_ours && answered(461).is_ours);
        assert_eq!(answered(503).error.to_string(), "the server refuses the stream (503)");
        let silent = "Error reading from RTSP peer: Server failed to respond to keepalive 9 within";
        let Fault::Connection(failure) = worded(silent) else { panic!() };
        assert_eq!((failure.error, failure.is_ours), (CaptureError::Lost, true));
    }

    #[test]
    fn no_text_of_the_servers_gets_through_whole() {
        assert_eq!(plain("vp9"), "vp9");
        assert_eq!(plain("rtsp://u:p@h/ <b>"), "rtspuphb");
        assert_eq!(plain("\u{1b}[0m").as_str(), "0m");
        assert_eq!(plain("…"), "unknown");
    }

    #[tokio::test]
    async fn a_real_refusal_is_read_right() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let url = url::Url::parse(&format!("rtsp://127.0.0.1:{port}/cam?token=s3cret")).unwrap();
        let described = retina::client::Session::describe(url, Default::default()).await;
        let error = described.err().expect("nobody listens");
        assert_eq!(failure(error).error, CaptureError::Refused);
    }
}
