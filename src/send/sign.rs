//! The signature a receiver checks: HMAC-SHA256 over time stamp, dot and body (RFC 2104).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `sha256=` and the hexadecimal HMAC-SHA256, keyed with `secret`, of `timestamp + "." + body`.
pub fn signature(secret: &[u8], timestamp: &str, body: &[u8]) -> String {
    // HMAC takes a key of any length; the error type is there for other algorithms
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_another_program_computes() {
        // python3: hmac.new("schlüssel-1".encode(), b'1778457600.' + '{"event":"case.opened","名":1}'
        //   .encode(), "sha256").hexdigest()
        assert_eq!(
            signature(
                "schlüssel-1".as_bytes(),
                "1778457600",
                r#"{"event":"case.opened","名":1}"#.as_bytes()
            ),
            "sha256=bb1fce9ee266045439d6b2eb20d638446189387b2c8ddcb8a9c9e41856a7f851"
        );
        // a key longer than the hash's block
        assert_eq!(
            signature(&[b'k'; 100], "0", b""),
            "sha256=243c2f8200e1d4ee892e7a7ded377a65e2beb1c64b997c54b8b0f516216d4b0f"
        );
    }
}
