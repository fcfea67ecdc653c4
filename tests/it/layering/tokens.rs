//! Rust text → the few kinds of token that paths are made of. Comments, strings and numbers are
//! gone, so that a crate named in a sentence is no use of it. No parser: nesting is the caller's.

/// What is left of Rust text once everything that cannot be part of a path is put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An identifier or keyword; `r#` is taken off.
    Word(String),
    /// `::`
    Sep,
    /// Any other sign.
    Sign(char),
    /// A string, character or number: no text kept.
    Literal,
}

/// Splits Rust text into tokens. Unfinished strings and comments end with the text.
pub fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let (token, length) = next(rest);
        found.extend(token);
        at += length.max(1);
    }
    found
}

/// The first token of `rest`, or none for space and comments, and how many characters it takes.
fn next(rest: &[char]) -> (Option<Token>, usize) {
    match rest {
        ['/', '/', ..] => (None, run(rest, |c| c != '\n')),
        ['/', '*', ..] => (None, block_comment(rest)),
        [':', ':', ..] => (Some(Token::Sep), 2),
        ['"', ..] => (Some(Token::Literal), quoted(rest)),
        ['\'', ..] => tick(rest),
        [c, ..] if c.is_ascii_digit() => (Some(Token::Literal), run(rest, word_char)),
        [c, ..] if word_char(*c) => word(rest),
        [c, ..] if c.is_whitespace() => (None, 1),
        [c, ..] => (Some(Token::Sign(*c)), 1),
        [] => (None, 1),
    }
}

fn word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn run(rest: &[char], wanted: impl Fn(char) -> bool) -> usize {
    rest.iter().take_while(|c| wanted(**c)).count()
}

/// A word, or the string it introduces (`r"…"`, `br#"…"#`, `b'x'`), or a raw identifier.
fn word(rest: &[char]) -> (Option<Token>, usize) {
    let length = run(rest, word_char);
    let text: String = rest[..length].iter().collect();
    let after = &rest[length..];
    let hashes = run(after, |c| c == '#');
    match (text.as_str(), after.get(hashes)) {
        ("r" | "br" | "cr", Some('"')) => {
            (Some(Token::Literal), length + hashes + raw_string(&after[hashes..], hashes))
        }
        ("b" | "c", Some('"')) if hashes == 0 => (Some(Token::Literal), length + quoted(after)),
        ("b", Some('\'')) if hashes == 0 => (Some(Token::Literal), length + tick(after).1),
        ("r", Some(c)) if hashes == 1 && word_char(*c) => {
            let name = &after[1..];
            let name_length = run(name, word_char);
            (Some(Token::Word(name[..name_length].iter().collect())), length + 1 + name_length)
        }
        _ => (Some(Token::Word(text)), length),
    }
}

/// Length of `"…"` from its opening quote.
fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of a raw string from its opening quote to its last hash.
fn raw_string(rest: &[char], hashes: usize) -> usize {
    let closes = |at: usize| {
        rest[at] == '"'
            && rest.len() > at + hashes
            && rest[at + 1..=at + hashes].iter().all(|c| *c == '#')
    };
    (1..rest.len()).find(|at| closes(*at)).map_or(rest.len(), |at| at + 1 + hashes)
}

/// A character literal, or the tick of a lifetime (whose name then follows as a word).
fn tick(rest: &[char]) -> (Option<Token>, usize) {
    match rest {
        ['\'', '\\', _, tail @ ..] => (Some(Token::Literal), 3 + run(tail, |c| c != '\'') + 1),
        ['\'', _, '\'', ..] => (Some(Token::Literal), 3),
        _ => (Some(Token::Sign('\'')), 1),
    }
}

/// Length of a block comment, which may hold others.
fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => {
                depth += 1;
                at += 2;
            }
            ['*', '/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

#[test]
fn comments_and_literals_leave_no_words() {
    let text = r###"// ort::a
        /* sqlx::b /* nested */ tokio::c */ "axum::d \" rand" r#"ort "x" "# b"y" b'\'' 'z' '\u{41}' 1_000u64"###;
    let words: Vec<Token> =
        tokens(text).into_iter().filter(|token| matches!(token, Token::Word(_))).collect();
    assert_eq!(words, []);
}

#[test]
fn lifetimes_and_raw_identifiers_are_told_from_literals() {
    let word = |text: &str| Token::Word(text.into());
    assert_eq!(
        tokens("&'a r#type::X"),
        [Token::Sign('&'), Token::Sign('\''), word("a"), word("type"), Token::Sep, word("X"),]
    );
}
