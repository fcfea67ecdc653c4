//! What GStreamer's errors mean. Its texts are read here to tell one cause from another and go no
//! further: they may hold the address with user and password.

use gstreamer as gst;
use gstreamer::glib;

use crate::capture::{CaptureError, Source};

/// The reason behind an error message.
pub fn classify(
    error: &glib::Error,
    debug: Option<glib::GString>,
    source: &Source,
) -> CaptureError {
    let text = format!("{} {}", error.message(), debug.as_deref().unwrap_or_default());
    let text = text.to_ascii_lowercase();
    if let Some(kind) = error.kind::<gst::ResourceError>() {
        return resource(kind, &text, source);
    }
    if let Some(kind) = error.kind::<gst::StreamError>() {
        return stream(kind, &text, source);
    }
    if error.matches(gst::CoreError::MissingPlugin) {
        return CaptureError::Codec { codec: "of this stream".to_owned() };
    }
    CaptureError::Other("GStreamer reports an internal error".to_owned())
}

/// Whether a warning says that the server hung up.
pub fn is_connection_closed(warning: &glib::Error) -> bool {
    warning.matches(gst::ResourceError::Read)
}

fn resource(kind: gst::ResourceError, text: &str, source: &Source) -> CaptureError {
    let on_network = matches!(source, Source::Rtsp(_) | Source::Http(_));
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match kind {
        gst::ResourceError::NotAuthorized if has(&["forbidden", "403"]) => CaptureError::Forbidden,
        gst::ResourceError::NotAuthorized => CaptureError::Unauthorized,
        gst::ResourceError::NotFound if !on_network => CaptureError::FileNotFound,
        _ if !on_network => CaptureError::Damaged,
        _ if has(&["connection refused"]) => CaptureError::Refused,
        _ if has(&["resolv", "name or service not known", "no address associated"]) => {
            CaptureError::HostNotFound
        }
        _ if has(&["unauthorized"]) => CaptureError::Unauthorized,
        _ if has(&["forbidden"]) => CaptureError::Forbidden,
        _ if has(&["tls", "certificate", "ssl"]) => CaptureError::Tls,
        _ if has(&["timed out", "timeout", "unreachable", "no route to host"]) => {
            CaptureError::Unreachable
        }
        gst::ResourceError::NotFound => CaptureError::NoSuchStream,
        gst::ResourceError::Read | gst::ResourceError::Write | gst::ResourceError::Sync => {
            CaptureError::Lost
        }
        _ => CaptureError::Unreachable,
    }
}

fn stream(kind: gst::StreamError, text: &str, source: &Source) -> CaptureError {
    let live = source.is_live();
    match kind {
        gst::StreamError::TypeNotFound | gst::StreamError::WrongType => CaptureError::NotAVideo,
        gst::StreamError::CodecNotFound => CaptureError::Codec { codec: "of this stream".into() },
        _ if text.contains("not-linked") || text.contains("no supported stream") => {
            CaptureError::NoVideoStream
        }
        gst::StreamError::Demux if !live && text.contains("incomplete") => CaptureError::Truncated,
        gst::StreamError::Demux if !live && text.contains("moov") => CaptureError::Truncated,
        gst::StreamError::Demux if text.contains("no known streams") => CaptureError::NoVideoStream,
        _ if live => CaptureError::Lost,
        _ => CaptureError::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(error: glib::Error, debug: &str, address: &str) -> CaptureError {
        let (source, _) = Source::parse(address, std::path::Path::new("/")).unwrap();
        classify(&error, Some(debug.into()), &source)
    }

    #[test]
    fn causes_are_told_apart_and_addresses_are_left_behind() {
        let debug = "gstrtspsrc.c(8): rtsp://admin:s3cret@cam/1: Connection refused";
        let refused = classified(
            glib::Error::new(gst::ResourceError::OpenReadWrite, "Could not open"),
            debug,
            "rtsp://cam/1",
        );
        assert_eq!(refused, CaptureError::Refused);
        assert!(!refused.to_string().contains("s3cret"));
        let read = |text| {
            let error = glib::Error::new(gst::ResourceError::Read, text);
            classified(error, "", "rtsp://cam/1")
        };
        assert_eq!(read("Unauthorized"), CaptureError::Unauthorized);
        assert_eq!(read("Could not resolve host"), CaptureError::HostNotFound);
        assert_eq!(read("Could not receive message"), CaptureError::Lost);
        let unknown = glib::Error::new(gst::StreamError::TypeNotFound, "");
        assert_eq!(classified(unknown, "", "/a.mp4"), CaptureError::NotAVideo);
        let short = glib::Error::new(gst::StreamError::Demux, "This file is incomplete");
        assert_eq!(classified(short, "", "/a.mp4"), CaptureError::Truncated);
    }
}
