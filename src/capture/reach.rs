//! Why a server cannot be connected to: the RTSP source only says that it failed, so the connection
//! is tried once more, bare. Speaks no protocol and sends nothing.

use std::{
    io::ErrorKind,
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use url::Url;

use super::CaptureError;

/// The longest one attempt may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The reason `url`'s server cannot be reached; [`CaptureError::Lost`] when it now can.
pub(super) fn diagnose(url: &Url) -> CaptureError {
    let port = url.port_or_known_default().unwrap_or(match url.scheme() {
        "rtsps" => 322,
        _ => 554,
    });
    let Some(host) = url.host_str() else { return CaptureError::HostNotFound };
    // Brackets belong to the address's text, not to an IPv6 host.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let Some(address) = (host, port).to_socket_addrs().ok().and_then(|mut all| all.next()) else {
        return CaptureError::HostNotFound;
    };
    match TcpStream::connect_timeout(&address, PATIENCE).map_err(|error| error.kind()) {
        Ok(_) => CaptureError::Lost,
        Err(ErrorKind::ConnectionRefused) => CaptureError::Refused,
        Err(_) => CaptureError::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_port_and_an_unknown_name_are_told_apart() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = |host: &str| Url::parse(&format!("rtsp://{host}:{port}/cam")).unwrap();
        assert_eq!(diagnose(&url("127.0.0.1")), CaptureError::Lost);
        drop(listener);
        assert_eq!(diagnose(&url("127.0.0.1")), CaptureError::Refused);
        assert_eq!(diagnose(&url("no-such-host.invalid")), CaptureError::HostNotFound);
    }
}
