//! One viewer's connection, as one task: what it asks is answered, and what it plays sent when it is
//! due. To one that reads too slowly everything is sent later; nothing is dropped or piled up, as the
//! clip is in memory anyway.

use std::{
    io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::{Buf as _, BufMut as _, BytesMut};
use rtsp_types::{Message, ParseError, Request};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep_until,
};

use super::{
    House,
    dialogue::{Change, Dialogue},
    play::{Now, Play},
    way::Way,
};

/// Most bytes of one request.
const MAX_REQUEST: usize = 64 << 10;

/// Serves one viewer until it leaves.
///
/// # Errors
/// The connection breaks, or what comes is no RTSP.
pub async fn attend(mut stream: TcpStream, house: Arc<House>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut dialogue = Dialogue::new(house.clone(), stream.peer_addr()?, stream.local_addr()?);
    let (mut reader, mut writer) = stream.split();
    let (mut asked, mut told) = (BytesMut::new(), BytesMut::new());
    let mut playing: Option<(Box<Play>, Arc<Way>)> = None;
    loop {
        let due = playing.as_ref().filter(|_| told.is_empty()).and_then(|(play, _)| play.due());
        tokio::select! {
            read = reader.read_buf(&mut asked) => {
                if read? == 0 {
                    return Ok(());
                }
                while let Some(request) = take_request(&mut asked)? {
                    let (response, change) = dialogue.answer(&request);
                    response.write(&mut (&mut told).writer()).map_err(io::Error::other)?;
                    match change {
                        Change::Nothing => {}
                        Change::Play(play, way) => playing = Some((play, way)),
                        Change::Stop => playing = None,
                    }
                }
            }
            written = writer.write_buf(&mut told), if !told.is_empty() => {
                written?;
            }
            () = sleep_until((house.started + due.unwrap_or_default()).into()), if due.is_some() => {
                if let Some((play, way)) = &mut playing {
                    play.step(now(&house), way.channels(), &mut told);
                    way.send(&mut told);
                }
            }
        }
    }
}

/// Takes the next whole request; what else a viewer sends, reports of its own, is passed over.
fn take_request(asked: &mut BytesMut) -> io::Result<Option<Request<Vec<u8>>>> {
    loop {
        match Message::<Vec<u8>>::parse(asked.as_ref()) {
            Ok((message, length)) => {
                asked.advance(length);
                if let Message::Request(request) = message {
                    return Ok(Some(request));
                }
            }
            Err(ParseError::Incomplete(_)) if asked.len() < MAX_REQUEST => return Ok(None),
            Err(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "no RTSP request")),
        }
    }
}

fn now(house: &House) -> Now {
    let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Now { since_start: house.now(), unix: unix.unwrap_or(Duration::ZERO) }
}
