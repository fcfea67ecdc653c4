//! Digest authentication as RTSP 1.0 has it (RFC 2326, section 14; RFC 2069, without `qop`). Pure.

use md5::{Digest as _, Md5};

use crate::capture::Credentials;

const REALM: &str = "streetwarden";

/// What a client is asked for.
pub fn challenge(nonce: &str) -> String {
    format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\"")
}

/// Whether the header `authorization` of a request with `method` answers the challenge of `nonce`.
pub fn permits(credentials: &Credentials, nonce: &str, method: &str, authorization: &str) -> bool {
    let Some(fields) = authorization.strip_prefix("Digest ") else { return false };
    let field = |name: &str| fields.split(',').find_map(|field| value(field, name));
    let Some(uri) = field("uri") else { return false };
    let secret = hashed(&[&credentials.user, REALM, &credentials.password]);
    let expected = hashed(&[&secret, nonce, &hashed(&[method, uri])]);
    field("username") == Some(&credentials.user)
        && field("nonce") == Some(nonce)
        && field("response").is_some_and(|response| response.eq_ignore_ascii_case(&expected))
}

/// The value of ` name="value"`.
fn value<'a>(field: &'a str, name: &str) -> Option<&'a str> {
    let (named, value) = field.trim().split_once('=')?;
    named.eq_ignore_ascii_case(name).then(|| value.trim_matches('"'))
}

fn hashed(parts: &[&str]) -> String {
    hex::encode(Md5::digest(parts.join(":")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_answer_to_the_same_challenge_is_let_in() {
        let credentials = Credentials { user: "admin".into(), password: "s3cret".into() };
        let permitted =
            |nonce: &str, method: &str, header: &str| permits(&credentials, nonce, method, header);
        // `printf admin:streetwarden:s3cret | md5sum`, `printf DESCRIBE:rtsp://h/cam | md5sum`, and both
        // with the nonce between
        let answer = "Digest username=\"admin\", realm=\"streetwarden\", nonce=\"n1\", \
                      uri=\"rtsp://h/cam\", response=\"41eea5bc2a34ea38725e23915d3cc4c6\"";
        assert!(permitted("n1", "DESCRIBE", answer));
        assert!(!permitted("n2", "DESCRIBE", answer), "an old challenge");
        assert!(!permitted("n1", "PLAY", answer), "another method's answer");
        assert!(!permitted("n1", "DESCRIBE", &answer.replace("admin", "root")));
        assert!(!permitted("n1", "DESCRIBE", "Basic YWRtaW46czNjcmV0"));
        assert!(challenge("n1").ends_with("nonce=\"n1\""));
    }
}
