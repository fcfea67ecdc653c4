//! How a message about a case leaves. Knows nothing of the outbox: it delivers once, says whether
//! trying again makes sense, and leaves the trying to its caller. Blocks, so it belongs on a thread.

mod backoff;
mod geojson_dir;
mod memory;
mod secret;
mod sign;
mod webhook;

use std::{fmt, path::PathBuf};

use serde_json::Value;
use url::Url;

pub use backoff::{GIVE_UP_AFTER, backoff};
pub use memory::Memory;
pub use secret::Secret;
pub use sign::signature;

use crate::base::WallTime;

/// A message about one event of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Idempotency key: the same for every attempt.
    pub key: String,
    /// When the event happened.
    pub created_at: WallTime,
    /// `{"key", "event", "at", "case"}`.
    pub body: Value,
}

/// Why a delivery failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{channel}: {reason}")]
pub struct SendError {
    /// The channel's name.
    pub channel: String,
    /// What went wrong; never holds a secret or more of an address than its host.
    pub reason: String,
    /// Whether it may go well later. If not, the message is a dead letter.
    pub retryable: bool,
}

impl SendError {
    /// Whether it may go well later. If not, the message is a dead letter.
    pub fn retryable(&self) -> bool {
        self.retryable
    }
}

/// A way out. `Debug` shows a webhook's host alone: its path and query are often a password.
#[derive(Clone)]
pub enum Channel {
    /// A signed POST to an HTTP address.
    Webhook {
        /// Name in the settings.
        name: String,
        /// Where to; not shown beyond its host.
        url: Url,
        /// Key of the signature.
        secret: Secret,
    },
    /// One GeoJSON file a case in a folder.
    GeoJsonDir {
        /// Name in the settings.
        name: String,
        /// The folder; created when missing.
        dir: PathBuf,
    },
    /// Keeps what it is given; for tests.
    Memory(Memory),
}

impl Channel {
    /// A signed webhook.
    pub fn webhook(name: impl Into<String>, url: Url, secret: impl Into<Secret>) -> Self {
        Self::Webhook { name: name.into(), url, secret: secret.into() }
    }

    /// A folder of GeoJSON files.
    pub fn geojson_dir(name: impl Into<String>, dir: impl Into<PathBuf>) -> Self {
        Self::GeoJsonDir { name: name.into(), dir: dir.into() }
    }

    /// Name in the settings.
    pub fn name(&self) -> &str {
        match self {
            Self::Webhook { name, .. } | Self::GeoJsonDir { name, .. } => name,
            Self::Memory(memory) => memory.name(),
        }
    }

    /// Delivers `message` once. Delivering the same again does no harm: a webhook's receiver knows
    /// the key, a folder's file is replaced.
    ///
    /// # Errors
    /// [`SendError`], which says whether to try again.
    pub fn deliver(&self, message: &Message) -> Result<(), SendError> {
        let delivered = match self {
            Self::Webhook { url, secret, .. } => webhook::post(url, secret, message),
            Self::GeoJsonDir { dir, .. } => geojson_dir::write(dir, message),
            Self::Memory(memory) => memory.take(message),
        };
        delivered.map_err(|Failure { reason, retryable }| SendError {
            channel: self.name().to_owned(),
            reason,
            retryable,
        })
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook { name, url, secret } => f
                .debug_struct("Webhook")
                .field("name", name)
                .field("host", &url.host_str())
                .field("secret", secret)
                .finish(),
            Self::GeoJsonDir { name, dir } => {
                f.debug_struct("GeoJsonDir").field("name", name).field("dir", dir).finish()
            }
            Self::Memory(memory) => memory.fmt(f),
        }
    }
}

/// What went wrong, before the channel's name is put to it.
#[derive(Debug)]
struct Failure {
    reason: String,
    retryable: bool,
}

impl Failure {
    fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retryable: true }
    }

    fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retryable: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_secret_nor_path_is_printed() {
        let channel = Channel::Webhook {
            name: "desk".into(),
            url: Url::parse("https://user:pa55@example.org/hook/tok3n?key=k3y").unwrap(),
            secret: "s3cret".into(),
        };
        let shown = format!("{channel:?}");
        assert!(shown.contains("desk") && shown.contains("example.org"), "{shown}");
        for hidden in ["pa55", "tok3n", "k3y", "s3cret"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
