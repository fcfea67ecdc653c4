//! Where the page is served and who may ask. Not the serving itself.
//!
//! One constraint: an address that others can reach is never served without a token.

use std::{fmt, net::SocketAddr};

/// The shortest token taken: 16 characters of hexadecimal are 64 bits.
const SHORTEST_TOKEN: usize = 16;

/// Where to listen and the token to ask for.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// Address and port; port 0 takes a free one.
    pub bind: SocketAddr,
    /// What a caller must bring; `None` asks for nothing.
    pub token: Option<String>,
}

/// Why the page is not served this way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// Others could reach it without a token.
    #[error("{0} can be reached from other machines: set a token, or bind to 127.0.0.1")]
    OpenToAll(SocketAddr),
    /// The token could be guessed.
    #[error(
        "the token is shorter than {SHORTEST_TOKEN} characters: make one with `openssl rand -hex 16`"
    )]
    ShortToken,
    /// A header cannot carry the token.
    #[error(
        "the token has characters other than visible ASCII: make one with `openssl rand -hex 16`"
    )]
    UnsendableToken,
}

impl Options {
    /// The same options when they are safe to serve.
    ///
    /// # Errors
    /// [`OptionsError`] for an address beyond loopback without a token, or a token that is no use.
    pub fn checked(self) -> Result<Self, OptionsError> {
        match &self.token {
            None if self.bind.ip().is_loopback() => Ok(self),
            None => Err(OptionsError::OpenToAll(self.bind)),
            Some(token) if !token.bytes().all(|b| b.is_ascii_graphic()) => {
                Err(OptionsError::UnsendableToken)
            }
            Some(token) if token.len() < SHORTEST_TOKEN => Err(OptionsError::ShortToken),
            Some(_) => Ok(self),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("bind", &self.bind)
            .field("token", &self.token.as_ref().map(|_| "***"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(bind: &str, token: Option<&str>) -> Options {
        Options { bind: bind.parse().unwrap(), token: token.map(str::to_owned) }
    }

    #[test]
    fn only_loopback_goes_without_a_token() {
        for open in ["0.0.0.0:8080", "[::]:8080", "192.168.1.5:80"] {
            let refused = options(open, None).checked().unwrap_err();
            assert_eq!(refused, OptionsError::OpenToAll(open.parse().unwrap()));
            assert!(options(open, Some("0123456789abcdef")).checked().is_ok());
        }
        assert!(options("127.0.0.1:0", None).checked().is_ok());
        assert!(options("[::1]:8080", None).checked().is_ok());
    }

    #[test]
    fn a_token_that_is_no_use_is_refused_even_on_loopback() {
        let refused = |token| options("127.0.0.1:1", Some(token)).checked().unwrap_err();
        assert_eq!(refused(""), OptionsError::ShortToken);
        assert_eq!(refused("tooshort"), OptionsError::ShortToken);
        assert_eq!(refused("sixteen letters and blanks"), OptionsError::UnsendableToken);
    }

    #[test]
    fn the_token_is_not_printed() {
        let shown = format!("{:?}", options("127.0.0.1:1", Some("0123456789abcdef")));
        assert!(!shown.contains("0123"), "{shown}");
    }
}
