//! Where a camera's pictures come from, with user and password taken off the address before
//! anything can print it. Reads text and, for a path, looks whether it is a folder; opens nothing.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use url::Url;

/// A user and password. Printed, it shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(redacted)")
    }
}

/// Where pictures come from. Holds no user and no password; `Debug` and `Display` leave out the
/// query too, where some cameras want a token.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// An RTSP or RTSPS stream.
    Rtsp(Url),
    /// MP4, HLS or MJPEG over HTTP or HTTPS.
    Http(Url),
    /// A video file.
    File(PathBuf),
    /// A folder of pictures.
    Folder(PathBuf),
    /// A moving test picture.
    Test,
}

/// Why a text is no source. Never repeats the text: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Not a URI and not a path.
    #[error("source is no address: {0}; write rtsp://, http://, file:// or a path")]
    NoAddress(url::ParseError),
    /// A scheme nobody here speaks.
    #[error("scheme {0:?} is not supported; use rtsp, rtsps, http, https, file or test")]
    Scheme(String),
    /// An address without a host.
    #[error("{0} address has no host")]
    NoHost(String),
    /// User or password that is not UTF-8 when unescaped.
    #[error("user or password in the address is not valid percent-encoded UTF-8")]
    Escapes,
    /// A `file://` address that is not a local path.
    #[error("file:// address is no local path; write file:///absolute/path")]
    NotLocal,
    /// Empty text.
    #[error("source is empty")]
    Empty,
}

impl Source {
    /// Reads a URI or a path (relative to `base_dir`) and splits user and password off.
    pub fn parse(text: &str, base_dir: &Path) -> Result<(Self, Option<Credentials>), SourceError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SourceError::Empty);
        }
        if text.contains("://") {
            if let Some(path) = text.strip_prefix("file://").filter(|p| !p.starts_with('/')) {
                return Self::relative_file(path, base_dir);
            }
            return Self::from_url(Url::parse(text).map_err(SourceError::NoAddress)?);
        }
        Ok((Self::from_path(base_dir.join(text)), None))
    }

    fn relative_file(
        path: &str,
        base_dir: &Path,
    ) -> Result<(Self, Option<Credentials>), SourceError> {
        if path.starts_with("localhost/") || path.is_empty() {
            return Err(SourceError::NotLocal);
        }
        Ok((Self::from_path(base_dir.join(path)), None))
    }

    fn from_url(mut url: Url) -> Result<(Self, Option<Credentials>), SourceError> {
        let scheme = url.scheme().to_owned();
        match scheme.as_str() {
            "test" => Ok((Self::Test, None)),
            "file" => {
                let path = url.to_file_path().map_err(|()| SourceError::NotLocal)?;
                Ok((Self::from_path(path), None))
            }
            "rtsp" | "rtsps" | "http" | "https" => {
                if url.host_str().is_none_or(str::is_empty) {
                    return Err(SourceError::NoHost(scheme));
                }
                let credentials = take_credentials(&mut url)?;
                let source =
                    if scheme.starts_with("rtsp") { Self::Rtsp(url) } else { Self::Http(url) };
                Ok((source, credentials))
            }
            _ => Err(SourceError::Scheme(scheme)),
        }
    }

    fn from_path(path: PathBuf) -> Self {
        if path.is_dir() { Self::Folder(path) } else { Self::File(path) }
    }

    /// Whether time passes by itself: such a source hands over its newest frame. A file, a folder
    /// and a video file over HTTP hand over every sampled frame and have an end.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Rtsp(_) | Self::Test => true,
            Self::Http(url) => {
                let path = url.path().to_ascii_lowercase();
                ![".mp4", ".mov", ".m4v", ".mkv", ".ts", ".avi"].iter().any(|e| path.ends_with(e))
            }
            Self::File(_) | Self::Folder(_) => false,
        }
    }
}

/// Takes user and password off `url`.
fn take_credentials(url: &mut Url) -> Result<Option<Credentials>, SourceError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let credentials = Credentials {
        user: unescape(url.username())?,
        password: unescape(url.password().unwrap_or_default())?,
    };
    url.set_username("").map_err(|()| SourceError::Escapes)?;
    url.set_password(None).map_err(|()| SourceError::Escapes)?;
    Ok(Some(credentials))
}

/// Undoes percent-encoding.
fn unescape(text: &str) -> Result<String, SourceError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        let (high, low) = (digit(rest.next()), digit(rest.next()));
        let (Some(high), Some(low)) = (high, low) else { return Err(SourceError::Escapes) };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| SourceError::Escapes)?);
    }
    String::from_utf8(bytes).map_err(|_| SourceError::Escapes)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rtsp(url) | Self::Http(url) => {
                write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())?;
                if url.query().is_some() { f.write_str("?…") } else { Ok(()) }
            }
            Self::File(path) | Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Test => f.write_str("test://"),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(Source, Option<Credentials>), SourceError> {
        Source::parse(text, Path::new("/site"))
    }

    #[test]
    fn credentials_leave_the_address_and_are_never_printed() {
        let (source, credentials) =
            parse("rtsp://ad%6Din:p%40ss%3Aword@10.0.0.7:8554/Streaming/101?token=s3cret").unwrap();
        let credentials = credentials.unwrap();
        assert_eq!(
            (credentials.user.as_str(), credentials.password.as_str()),
            ("admin", "p@ss:word")
        );
        let printed = format!("{source} {source:?} {credentials:?}");
        for secret in ["admin", "p@ss", "p%40ss", "word", "s3cret"] {
            assert!(!printed.contains(secret), "{printed} holds {secret}");
        }
        assert_eq!(source.to_string(), "rtsp://10.0.0.7:8554/Streaming/101?…");
        let Source::Rtsp(url) = source else { panic!("not RTSP") };
        assert_eq!(url.as_str(), "rtsp://10.0.0.7:8554/Streaming/101?token=s3cret");
    }

    #[test]
    fn faulty_addresses_are_refused_without_repeating_them() {
        for text in ["ftp://u:secret@h/x", "rtsp://u:secret%zz@h/x", "http://u:secret@", "rtsp://"]
        {
            let error = parse(text).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert_eq!(parse("  "), Err(SourceError::Empty));
    }

    #[test]
    fn paths_stand_beside_the_settings_file() {
        assert_eq!(parse("clips/a.mp4").unwrap().0, Source::File("/site/clips/a.mp4".into()));
        assert_eq!(
            parse("file://clips/a.mp4").unwrap().0,
            Source::File("/site/clips/a.mp4".into())
        );
        assert_eq!(parse("file:///a%20b.mp4").unwrap().0, Source::File("/a b.mp4".into()));
        let dir = tempfile::tempdir().unwrap();
        let (source, _) = Source::parse(".", dir.path()).unwrap();
        assert!(matches!(source, Source::Folder(_)));
        assert!(!source.is_live());
    }

    #[test]
    fn a_video_file_over_http_is_not_live_but_hls_and_mjpeg_are() {
        for (text, live) in
            [("http://h/a.MP4", false), ("https://h/live.m3u8", true), ("http://h/mjpg", true)]
        {
            assert_eq!(parse(text).unwrap().0.is_live(), live, "{text}");
        }
        assert!(parse("test://").unwrap().0.is_live());
    }
}
