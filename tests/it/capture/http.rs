//! HTTP: MP4, HLS and MJPEG from a server of a few lines.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
};

use streetwarden::{
    base::{ColourMatrix, EncodedFormat},
    capture::State,
};

use super::{
    clips::{H264_720P, record},
    road::{Camera, options},
};

/// Serves the files of `folder`, and `/mjpeg` as an endless stream of one picture. Its thread ends
/// with the test process.
fn serve(folder: PathBuf) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            std::thread::spawn(move || answer(stream, &folder));
        }
    });
    address
}

/// Answers one request; a client that hangs up ends it.
fn answer(mut stream: TcpStream, folder: &Path) -> Option<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1)?.trim_start_matches('/');
    if path == "mjpeg" {
        return mjpeg(stream, folder);
    }
    let Ok(body) = std::fs::read(folder.join(path)) else {
        let head = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return stream.write_all(head.as_bytes()).ok();
    };
    let kind = if path.ends_with("m3u8") { "application/vnd.apple.mpegurl" } else { "video/mp4" };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&body).ok()
}

fn mjpeg(mut stream: TcpStream, folder: &Path) -> Option<()> {
    let picture = std::fs::read(folder.join("a.jpg")).ok()?;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    loop {
        let part = format!(
            "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n",
            picture.len()
        );
        stream.write_all(part.as_bytes()).ok()?;
        stream.write_all(&picture).ok()?;
        stream.write_all(b"\r\n").ok()?;
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn mp4_is_played_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    if record(dir.path(), "a.mp4", &H264_720P).is_none() {
        return;
    }
    let address = serve(dir.path().to_owned());
    let (frames, status) = Camera::start(options(&format!("http://{address}/a.mp4")), false).join();
    assert_eq!(frames.len(), 8);
    assert_eq!(status.state, State::Ended);
    assert!(status.adds_up(), "{status:?}");
    let missing = Camera::start(options(&format!("http://{address}/none.mp4")), true);
    let (_, status) = missing.join();
    let reason = "no such stream (404): check the path of the address".to_owned();
    assert_eq!(status.state, State::Failing { reason });
}

#[test]
fn mjpeg_gives_the_cameras_own_jpegs() {
    let dir = tempfile::tempdir().unwrap();
    let picture = image::RgbImage::from_pixel(64, 48, image::Rgb([200, 30, 30]));
    picture.save(dir.path().join("a.jpg")).unwrap();
    let address = serve(dir.path().to_owned());
    let camera = Camera::start(options(&format!("http://{address}/mjpeg")), false);
    let frame = camera.wait_for_frames(3);
    assert_eq!((frame.width, frame.height), (64, 48));
    // in limited range it would be 85
    assert!(frame.planes[0].data[0].abs_diff(81) <= 1, "{}", frame.planes[0].data[0]);
    assert_eq!(frame.matrix, ColourMatrix::FullBt601);
    let original = frame.encoded.unwrap();
    assert_eq!(original.format, EncodedFormat::Jpeg);
    assert_eq!(original.bytes, std::fs::read(dir.path().join("a.jpg")).unwrap());
    let (_, status) = camera.stop();
    assert!(status.adds_up(), "{status:?}");
}

#[test]
fn hls_is_played() {
    let dir = tempfile::tempdir().unwrap();
    if record(dir.path(), "a.ts", &H264_720P).is_none() {
        return;
    }
    let playlist = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.0,\na.ts\n\
                    #EXT-X-ENDLIST\n";
    std::fs::write(dir.path().join("a.m3u8"), playlist).unwrap();
    let address = serve(dir.path().to_owned());
    let (frames, status) = Camera::start(options(&format!("http://{address}/a.m3u8")), true).join();
    assert_eq!(status.state, State::Ended);
    assert_eq!(frames[0].width, 1280);
    assert!(status.adds_up(), "{status:?}");
}
