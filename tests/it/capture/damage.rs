//! Stands between camera and server and harms one thing: the pictures, of which the middle of every
//! larger RTP packet becomes noise, or what the server says of its packets. The rest stays whole.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
};

/// The first bytes of a packet that stay: RTP header, NAL header, a slice's first bits.
const WHOLE: usize = 60;

/// What is harmed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    Pictures,
    /// The sender's number in the answer to SETUP is not the one in its packets.
    Number,
}

/// See the file's first line.
pub struct Damage(SocketAddr);

impl Damage {
    /// Its threads end with their connections or the test process.
    pub fn start(server: SocketAddr, harm: Harm) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(server) else { continue };
                let (up, down) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || requests(client, up));
                std::thread::spawn(move || {
                    answers(BufReader::new(server), &down, harm);
                    let _ = down.shutdown(Shutdown::Both);
                });
            }
        });
        Self(address)
    }

    pub fn url(&self) -> String {
        format!("rtsp://{}/cam", self.0)
    }
}

fn requests(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}

fn answers(mut from: BufReader<TcpStream>, mut to: &TcpStream, harm: Harm) -> Option<()> {
    loop {
        let is_packet = *from.fill_buf().ok()?.first()? == b'$';
        let mut message = if is_packet { packet(&mut from) } else { answer(&mut from) }?;
        match harm {
            Harm::Pictures if is_packet => noise(&mut message),
            Harm::Number if !is_packet => wrong_number(&mut message),
            _ => {}
        }
        to.write_all(&message).ok()?;
    }
}

fn noise(message: &mut [u8]) {
    for (index, byte) in message.iter_mut().enumerate().skip(WHOLE) {
        // Never zero, so that no start code comes to be.
        *byte = (index.wrapping_mul(40_503) >> 7) as u8 | 1;
    }
}

fn wrong_number(message: &mut [u8]) {
    if let Some(at) = message.windows(5).position(|word| word == b"ssrc=") {
        message[at + 5..at + 13].copy_from_slice(b"0BADCAFE");
    }
}

/// An interleaved packet (RFC 2326, section 10.12).
fn packet(from: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut message = vec![0; 4];
    from.read_exact(&mut message).ok()?;
    let length = usize::from(u16::from_be_bytes([message[2], message[3]]));
    message.resize(4 + length, 0);
    from.read_exact(&mut message[4..]).ok()?;
    Some(message)
}

/// An RTSP answer with its body, as it is.
fn answer(from: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let (mut message, mut body) = (Vec::new(), 0);
    loop {
        let before = message.len();
        from.read_until(b'\n', &mut message).ok().filter(|n| *n > 0)?;
        let line = String::from_utf8_lossy(&message[before..]).to_ascii_lowercase();
        if let Some(length) = line.strip_prefix("content-length:") {
            body = length.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let head = message.len();
    message.resize(head + body, 0);
    from.read_exact(&mut message[head..]).ok()?;
    Some(message)
}
