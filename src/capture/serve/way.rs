//! How a viewer's packets travel: within its RTSP connection, or as datagrams.

use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
};

use bytes::BytesMut;

use super::rtp::{Channels, packets};

/// Channels of what goes out as datagrams: the index of the socket.
const SOCKETS: Channels = Channels { rtp: 0, rtcp: 1 };
/// Pairs of ports that are tried: RTP's is even, RTCP's the one above (RFC 3550, section 11).
const TRIES: usize = 64;

/// One viewer's way.
pub enum Way {
    /// Within the connection.
    Interleaved(Channels),
    /// As datagrams: sockets and receivers of RTP and RTCP.
    Datagrams([(UdpSocket, SocketAddr); 2]),
}

impl Way {
    /// Datagrams from `own` to the two addresses, of RTP and RTCP.
    ///
    /// # Errors
    /// No two neighbouring ports are free.
    pub fn datagrams(own: IpAddr, to: [(IpAddr, u16); 2]) -> io::Result<Self> {
        let [rtp, rtcp] = neighbours(own)?;
        rtp.set_nonblocking(true)?;
        rtcp.set_nonblocking(true)?;
        Ok(Self::Datagrams([(rtp, to[0].into()), (rtcp, to[1].into())]))
    }

    /// The ports of its sockets.
    pub fn ports(&self) -> Option<(u16, Option<u16>)> {
        let Self::Datagrams([(rtp, _), (rtcp, _)]) = self else { return None };
        Some((rtp.local_addr().ok()?.port(), rtcp.local_addr().ok().map(|at| at.port())))
    }

    /// The channels to be written into packets.
    pub fn channels(&self) -> Channels {
        match self {
            Self::Interleaved(channels) => *channels,
            Self::Datagrams(_) => SOCKETS,
        }
    }

    /// Sends what does not go within the connection, and takes it out of `framed`.
    pub fn send(&self, framed: &mut BytesMut) {
        let Self::Datagrams(sockets) = self else { return };
        for (channel, packet) in packets(framed) {
            if let Some((socket, to)) = sockets.get(usize::from(channel)) {
                // datagrams may get lost
                let _ = socket.send_to(packet, to);
            }
        }
        framed.clear();
    }
}

fn neighbours(own: IpAddr) -> io::Result<[UdpSocket; 2]> {
    for _ in 0..TRIES {
        let rtp = UdpSocket::bind((own, 0))?;
        let port = rtp.local_addr()?.port();
        if port % 2 == 0
            && let Ok(rtcp) = UdpSocket::bind((own, port + 1))
        {
            return Ok([rtp, rtcp]);
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}
