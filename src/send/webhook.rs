//! A signed POST. Redirects are not followed (a signed body goes only where the settings say), and
//! an answer is read for its status alone.

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ureq::Agent;
use url::Url;

use super::{Failure, Message, Secret, sign::signature};

/// For connecting, sending and the answer together.
const TIMEOUT: Duration = Duration::from_secs(20);
/// For connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// One agent for all, so that connections are used again.
static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(TIMEOUT))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .user_agent(concat!("streetwarden/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
});

/// Posts `message`, signed for now.
pub(super) fn post(url: &Url, secret: &Secret, message: &Message) -> Result<(), Failure> {
    let body = message.body.to_string();
    let timestamp = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| Failure::passing("this machine's clock stands before 1970; set it"))?
        .as_secs()
        .to_string();
    let answer = AGENT
        .post(url.as_str())
        .header("Content-Type", "application/json")
        .header("X-Event-Id", &message.key)
        .header("X-Timestamp", &timestamp)
        .header("X-Signature", signature(secret.bytes(), &timestamp, body.as_bytes()))
        .send(body.as_bytes());
    match answer {
        Ok(answer) => judge(answer.status().as_u16()),
        Err(error) => Err(failure(url, &error)),
    }
}

/// What a status means for this message.
fn judge(status: u16) -> Result<(), Failure> {
    match status {
        200..=299 => Ok(()),
        300..=399 => Err(Failure::lasting(format!(
            "answered {status}; redirects are not followed, set the address it leads to"
        ))),
        408 | 425 | 429 => Err(Failure::passing(format!("answered {status}"))),
        400..=499 => Err(Failure::lasting(format!("refused the message with {status}"))),
        _ => Err(Failure::passing(format!("answered {status}"))),
    }
}

/// A failure before any status. The library's own text may hold the whole address, whose path is
/// often a password, so only kinds that cannot are passed on.
fn failure(url: &Url, error: &ureq::Error) -> Failure {
    let host = url.host_str().unwrap_or("the receiver");
    match error {
        ureq::Error::Timeout(what) => Failure::passing(format!("{host} timed out ({what})")),
        ureq::Error::HostNotFound => Failure::passing(format!("{host} has no address")),
        ureq::Error::ConnectionFailed => Failure::passing(format!("no connection to {host}")),
        ureq::Error::Io(e) => Failure::passing(format!("{host}: {}", e.kind())),
        ureq::Error::Rustls(e) => Failure::passing(format!("{host}: TLS: {e}")),
        ureq::Error::BadUri(_) => Failure::lasting("the address is none; correct the settings"),
        _ => Failure::passing(format!("{host} did not answer as HTTP")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_told_apart() {
        let retryable = |status| judge(status).err().map(|f| f.retryable);
        for status in [200, 202, 204] {
            assert_eq!(retryable(status), None, "{status}");
        }
        for status in [408, 425, 429, 500, 502, 503, 599] {
            assert_eq!(retryable(status), Some(true), "{status}");
        }
        for status in [301, 307, 400, 401, 404, 410, 422] {
            assert_eq!(retryable(status), Some(false), "{status}");
        }
    }

    #[test]
    fn a_closed_port_may_open_later_and_the_path_stays_secret() {
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let url = Url::parse(&format!("http://127.0.0.1:{port}/hook/tok3n?key=s3cret")).unwrap();
        let message = Message {
            key: "k".into(),
            created_at: crate::base::WallTime::from_millis(0),
            body: serde_json::json!({}),
        };
        let failure = post(&url, &"pw".into(), &message).unwrap_err();
        assert!(failure.retryable, "{failure:?}");
        assert!(!failure.reason.contains("tok3n") && !failure.reason.contains("s3cret"));
    }
}
