//! Errors in words, for people at a terminal.

/// The error and its causes on one line. A cause that is told already is not told again: some
/// errors carry the text of theirs.
pub fn in_one_line(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("card x cannot be read: {source}; name another")]
    struct Telling {
        source: std::io::Error,
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::Error::from(Telling { source: std::io::Error::other("no room") });
        assert_eq!(in_one_line(&error), "card x cannot be read: no room; name another");
        let error = anyhow::anyhow!("no room").context("x cannot be written");
        assert_eq!(in_one_line(&error), "x cannot be written: no room");
    }
}
