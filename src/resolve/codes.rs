//! The national matter codes as data, not as an enum: cities add local ones and renumber.

use std::collections::BTreeMap;

/// GB/T 47678.5-2026, matters of the big classes 06 to 10: kind, code, big class, name.
const BUILTIN: &str = include_str!("codes_47678_5.tsv");

/// Components and matters share the number space, so the key is (kind, code).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Codes {
    names: BTreeMap<(String, String), String>,
}

/// A code table that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code table line {line}: {reason}")]
pub struct CodesError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl Codes {
    /// The table built in.
    pub fn builtin() -> Self {
        // a test reads every row of it; a broken row would only lose its name
        Self::parse(BUILTIN).unwrap_or_default()
    }

    /// Reads tab-separated `kind code big_name name` rows under a heading row.
    ///
    /// # Errors
    /// [`CodesError`] for the first row that has other columns, a code that is not five digits, or
    /// a key given before.
    pub fn parse(text: &str) -> Result<Self, CodesError> {
        let mut names = BTreeMap::new();
        for (at, row) in text.lines().enumerate().skip(1).filter(|(_, row)| !row.is_empty()) {
            let fail = |reason: String| CodesError { line: at + 1, reason };
            let columns: Vec<&str> = row.split('\t').collect();
            let [kind, code, _big, name] = columns[..] else {
                return Err(fail(format!("4 columns expected, {} found", columns.len())));
            };
            if code.len() != 5 || !code.bytes().all(|b| b.is_ascii_digit()) {
                return Err(fail(format!("{code:?} is not five digits")));
            }
            if names.insert((kind.to_owned(), code.to_owned()), name.to_owned()).is_some() {
                return Err(fail(format!("{kind} {code} was given before")));
            }
        }
        Ok(Self { names })
    }

    /// The name of a matter code.
    pub fn name(&self, code: &str) -> Option<&str> {
        self.name_of("matter", code)
    }

    /// The name of a code of `kind` (`matter` or `component`).
    pub fn name_of(&self, kind: &str, code: &str) -> Option<&str> {
        self.names.get(&(kind.to_owned(), code.to_owned())).map(String::as_str)
    }
}

/// The matter code a detector class has when the settings give none.
pub fn default_code(class: &str) -> Option<&'static str> {
    match class {
        "bin_overflow" => Some("06042"),
        "garbage_pile" => Some("06010"),
        "street_stall" => Some("09006"),
        "billboard" => Some("07003"),
        "ad_sign" => Some("07006"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_is_whole() {
        let codes = Codes::parse(BUILTIN).unwrap();
        assert_eq!(codes.names.len(), 97);
        assert_eq!(codes.name("06042"), Some("垃圾站（箱）满溢"));
        assert_eq!(codes.name_of("component", "06042"), None);
    }

    #[test]
    fn every_default_code_has_a_name() {
        let codes = Codes::builtin();
        for class in ["bin_overflow", "garbage_pile", "street_stall", "billboard", "ad_sign"] {
            let code = default_code(class).unwrap();
            assert!(codes.name(code).is_some(), "{class} {code}");
        }
    }

    #[test]
    fn a_bad_row_is_named() {
        let e = Codes::parse("kind\tcode\tbig_name\tname\nmatter\t6042\ta\tb").unwrap_err();
        assert_eq!(e.to_string(), "code table line 2: \"6042\" is not five digits");
    }
}
