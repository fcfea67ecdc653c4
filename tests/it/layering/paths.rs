//! Tokens → every path the text names, use-trees spelled out in full. Knows nesting of modules and
//! `#[cfg(test)]`, not scopes: a local name that equals a crate's reads as that crate.

use super::tokens::{Token, tokens};

/// A path as the text names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its segments; the last may be `*`.
    pub segments: Vec<String>,
    /// Inside an item marked `#[cfg(test)]`.
    pub in_test: bool,
    /// Modules written in braces around it, inside its file.
    pub depth: usize,
    /// Part of a `use` item that is `pub`.
    pub re_exported: bool,
}

/// All paths of more than one segment, all `use` items, and called macros (as `name!`).
pub fn paths(text: &str) -> Vec<Named> {
    let mut reader = Reader { tokens: tokens(text), ..Reader::default() };
    while reader.at < reader.tokens.len() {
        reader.step();
    }
    reader.found
}

#[derive(Default)]
struct Reader {
    tokens: Vec<Token>,
    at: usize,
    braces: usize,
    /// Brace depth at which each module in braces was opened.
    modules: Vec<usize>,
    /// Brace depth at which an item under `#[cfg(test)]` was opened.
    test_from: Option<usize>,
    /// `#[cfg(test)]` was read and its item has not begun or ended yet.
    test_next: bool,
    re_export: bool,
    found: Vec<Named>,
}

const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

impl Reader {
    fn step(&mut self) {
        if self.stands_here(&CFG_TEST) {
            self.test_next = true;
            self.at += CFG_TEST.len();
            return;
        }
        match self.tokens[self.at].clone() {
            Token::Sign('{') => self.open(),
            Token::Sign('}') => self.close(),
            Token::Sign(';') => {
                self.test_next = false;
                self.at += 1;
            }
            Token::Word(word) => self.word(&word),
            Token::Sep => self.tree(&[], false),
            Token::Sign(_) | Token::Literal => self.at += 1,
        }
    }

    fn stands_here(&self, wanted: &[&str]) -> bool {
        let here = &self.tokens[self.at..];
        here.len() >= wanted.len()
            && wanted.iter().zip(here).all(|(wanted, token)| match token {
                Token::Word(word) => word == wanted,
                Token::Sign(sign) => wanted.chars().eq([*sign]),
                Token::Sep | Token::Literal => false,
            })
    }

    fn sign(&self, at: usize, sign: char) -> bool {
        self.tokens.get(at) == Some(&Token::Sign(sign))
    }

    fn open(&mut self) {
        if std::mem::take(&mut self.test_next) && self.test_from.is_none() {
            self.test_from = Some(self.braces);
        }
        self.braces += 1;
        self.at += 1;
    }

    fn close(&mut self) {
        self.braces = self.braces.saturating_sub(1);
        if self.test_from == Some(self.braces) {
            self.test_from = None;
        }
        if self.modules.last() == Some(&self.braces) {
            self.modules.pop();
        }
        self.at += 1;
    }

    fn word(&mut self, word: &str) {
        match word {
            "use" => {
                self.re_export = self.at > 0 && self.after_pub();
                self.at += 1;
                self.tree(&[], true);
                self.re_export = false;
            }
            "extern" if self.tokens.get(self.at + 1) == Some(&Token::Word("crate".into())) => {
                self.at += 2;
                self.tree(&[], true);
            }
            "mod" if self.sign(self.at + 2, '{') => {
                self.modules.push(self.braces);
                self.at += 2;
            }
            _ => self.tree(&[], false),
        }
    }

    /// `pub` or `pub(…)` stands just before the word at hand.
    fn after_pub(&self) -> bool {
        let before = self.tokens[..self.at]
            .iter()
            .rposition(|token| matches!(token, Token::Sign(';' | '{' | '}' | ']')));
        let from = before.map_or(0, |at| at + 1);
        self.tokens[from..self.at].contains(&Token::Word("pub".into()))
    }

    /// Reads one path, or a whole use-tree, whose front is `front`.
    fn tree(&mut self, front: &[String], in_use: bool) {
        let mut segments = front.to_vec();
        loop {
            match self.tokens.get(self.at).cloned() {
                Some(Token::Sep) => {
                    self.at += 1;
                    continue;
                }
                Some(Token::Word(word)) => segments.push(word),
                Some(Token::Sign('*')) if in_use => segments.push("*".into()),
                Some(Token::Sign('{')) if in_use => return self.group(&segments),
                _ => break,
            }
            self.at += 1;
            if self.tokens.get(self.at) != Some(&Token::Sep) {
                break;
            }
        }
        if self.sign(self.at, '!') && !self.sign(self.at + 1, '=') {
            if let Some(last) = segments.last_mut() {
                last.push('!');
            }
        } else if segments.len() < 2 && !in_use {
            return;
        }
        self.keep(segments);
        if in_use && self.tokens.get(self.at) == Some(&Token::Word("as".into())) {
            self.at += 2;
        }
    }

    fn group(&mut self, front: &[String]) {
        self.at += 1;
        while self.at < self.tokens.len() && !self.sign(self.at, '}') {
            if self.sign(self.at, ',') {
                self.at += 1;
                continue;
            }
            let before = self.at;
            self.tree(front, true);
            if self.at == before {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn keep(&mut self, mut segments: Vec<String>) {
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        if segments.is_empty() {
            return;
        }
        self.found.push(Named {
            segments,
            in_test: self.test_from.is_some() || self.test_next,
            depth: self.modules.len(),
            re_exported: self.re_export,
        });
    }
}

#[cfg(test)]
fn texts(text: &str) -> Vec<String> {
    paths(text).into_iter().map(|named| named.segments.join("::")).collect()
}

#[test]
fn use_trees_are_spelled_out() {
    assert_eq!(
        texts("use crate::{base::{self, ids::X as Y, time::*}, judge};"),
        ["crate::base", "crate::base::ids::X", "crate::base::time::*", "crate::judge"]
    );
    assert_eq!(texts("use tokio; extern crate sqlx as s;"), ["tokio", "sqlx"]);
}

#[test]
fn paths_in_code_are_found() {
    assert_eq!(
        texts(
            "fn f(a: &std::fs::File) { ::ort::init(); a.b(); Vec::<x::Y>::new(); println!(\"\"); a != b; }"
        ),
        ["std::fs::File", "ort::init", "x::Y", "println!"]
    );
}

#[test]
fn test_items_nesting_and_re_exports_are_known() {
    let text = "#[cfg(test)] use a::b; use c::d;
        #[cfg(test)] mod tests { mod deeper { use super::e; } } pub(crate) use f::*; mod g { use h::i; }";
    let seen: Vec<_> = paths(text)
        .into_iter()
        .map(|named| (named.segments.join("::"), named.in_test, named.depth, named.re_exported))
        .collect();
    let row = |path: &str, test, depth, public| (path.to_owned(), test, depth, public);
    assert_eq!(
        seen,
        [
            row("a::b", true, 0, false),
            row("c::d", false, 0, false),
            row("super::e", true, 2, false),
            row("f::*", false, 0, true),
            row("h::i", false, 1, false),
        ]
    );
}
