//! Reads a TOML table key by key, noting every fault instead of stopping at the first. A key that
//! nobody asked for is a fault too, with the nearest known key as a hint.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use toml::{Table, Value};

use super::Faults;
use crate::detect::{Recheck, SecondLookChoice, Tiling};

/// A table of the file and its path in it.
pub(super) struct Node<'a> {
    table: &'a Table,
    path: String,
    faults: &'a Faults,
    asked: RefCell<BTreeSet<&'static str>>,
}

/// A value that can be read from TOML.
pub(super) trait Read: Sized {
    /// What is expected, for the message; `None` when the value is not that.
    const EXPECTED: &'static str;
    /// The value, or why not.
    fn read(value: &Value) -> Option<Self>;
}

impl<'a> Node<'a> {
    pub fn root(table: &'a Table, faults: &'a Faults) -> Self {
        Self::at(table, String::new(), faults)
    }

    fn at(table: &'a Table, path: String, faults: &'a Faults) -> Self {
        Self { table, path, faults, asked: RefCell::default() }
    }

    /// The path of `key` here.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Notes a fault at `key`.
    pub fn fault(&self, key: &str, message: impl Into<String>) {
        self.faults.add(self.path_of(key), message);
    }

    fn value(&self, key: &'static str) -> Option<&'a Value> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    /// Whether `key` is given.
    pub fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// The value of `key`, if given and right.
    pub fn optional<T: Read>(&self, key: &'static str) -> Option<T> {
        let value = self.value(key)?;
        let read = T::read(value);
        if read.is_none() {
            self.fault(key, format!("expected {}, found {}", T::EXPECTED, shown(value)));
        }
        read
    }

    /// The value of `key`, or `default` when not given. `None` only after a fault.
    pub fn or<T: Read>(&self, key: &'static str, default: T) -> Option<T> {
        if self.has(key) { self.optional(key) } else { Some(default) }
    }

    /// The value of `key`, which must be given.
    pub fn required<T: Read>(&self, key: &'static str) -> Option<T> {
        if self.has(key) {
            return self.optional(key);
        }
        self.fault(key, format!("is missing; give {}", T::EXPECTED));
        None
    }

    /// The value of `key` put through `make`, whose error becomes the fault.
    pub fn made<T: Read, U, E: std::fmt::Display>(
        &self,
        key: &'static str,
        make: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<U> {
        self.optional(key).and_then(|value| self.checked(key, make(value)))
    }

    /// `result`, its error noted at `key`.
    pub fn checked<U, E: std::fmt::Display>(&self, key: &str, result: Result<U, E>) -> Option<U> {
        result.map_err(|e| self.fault(key, e.to_string())).ok()
    }

    /// The table `key`, if given.
    pub fn table(&self, key: &'static str) -> Option<Node<'a>> {
        match self.value(key)? {
            Value::Table(table) => Some(Self::at(table, self.path_of(key), self.faults)),
            other => {
                self.fault(key, format!("expected a table, found {}", shown(other)));
                None
            }
        }
    }

    /// The table `key`, an empty one when not given. `None` only after a fault.
    pub fn table_or_empty(&self, key: &'static str) -> Option<Node<'a>> {
        static EMPTY: LazyLock<Table> = LazyLock::new(Table::new);
        if self.has(key) {
            return self.table(key);
        }
        Some(Self::at(&EMPTY, self.path_of(key), self.faults))
    }

    /// The tables of the array `key`; empty when not given.
    pub fn tables(&self, key: &'static str) -> Vec<Node<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Value::Array(items) = value else {
            self.fault(key, format!("expected an array of tables, found {}", shown(value)));
            return Vec::new();
        };
        let mut nodes = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let path = format!("{}[{i}]", self.path_of(key));
            match item {
                Value::Table(table) => nodes.push(Self::at(table, path, self.faults)),
                other => self.faults.add(path, format!("expected a table, found {}", shown(other))),
            }
        }
        nodes
    }

    /// The tables below `key` with their free names, as in `[rule.NAME]`.
    pub fn named_tables(&self, key: &'static str) -> Vec<(&'a str, Node<'a>)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Value::Table(tables) = value else {
            self.fault(key, format!("expected tables [{key}.NAME], found {}", shown(value)));
            return Vec::new();
        };
        let mut nodes = Vec::new();
        for (name, item) in tables {
            let path = format!("{}.{name}", self.path_of(key));
            match item {
                Value::Table(table) => {
                    nodes.push((name.as_str(), Self::at(table, path, self.faults)));
                }
                other => self.faults.add(path, format!("expected a table, found {}", shown(other))),
            }
        }
        nodes
    }

    /// The free names below `key`, without a look at what they hold.
    pub fn names(&self, key: &'static str) -> Vec<&'a str> {
        let tables = self.value(key).and_then(Value::as_table);
        tables.into_iter().flat_map(|t| t.keys().map(String::as_str)).collect()
    }

    /// Notes every key nobody asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for key in self.table.keys().filter(|k| !asked.contains(k.as_str())) {
            let nearest = asked.iter().min_by_key(|known| distance(known, key));
            let hint = nearest
                .filter(|known| distance(known, key) <= 3)
                .map_or_else(|| known_list(&asked), |known| format!("did you mean {known:?}?"));
            self.fault(key, format!("is not a known key; {hint}"));
        }
    }
}

fn known_list(asked: &BTreeSet<&'static str>) -> String {
    format!("known here: {}", asked.iter().copied().collect::<Vec<_>>().join(", "))
}

/// A value as the message shows it: its text, cut short; never a secret's, which is not read so.
fn shown(value: &Value) -> String {
    let text: String = value.to_string().chars().take(40).collect();
    format!("{} {text}", value.type_str())
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let cost = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

impl Read for String {
    const EXPECTED: &'static str = "a text";
    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl Read for bool {
    const EXPECTED: &'static str = "true or false";
    fn read(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Read for f64 {
    const EXPECTED: &'static str = "a finite number";
    fn read(value: &Value) -> Option<Self> {
        let number = value.as_float().or_else(|| value.as_integer().map(|i| i as f64))?;
        number.is_finite().then_some(number)
    }
}

/// A fraction from 0 to 1.
pub(super) struct Share(pub f32);

impl Read for Share {
    const EXPECTED: &'static str = "a number from 0 to 1";
    fn read(value: &Value) -> Option<Self> {
        f64::read(value).filter(|v| (0.0..=1.0).contains(v)).map(|v| Self(v as f32))
    }
}

/// Metres above zero.
pub(super) struct Metres(pub f64);

impl Read for Metres {
    const EXPECTED: &'static str = "metres above 0";
    fn read(value: &Value) -> Option<Self> {
        f64::read(value).filter(|v| *v > 0.0).map(Self)
    }
}

impl Read for u64 {
    const EXPECTED: &'static str = "a whole number, 0 or more";
    fn read(value: &Value) -> Option<Self> {
        value.as_integer().and_then(|i| u64::try_from(i).ok())
    }
}

impl Read for Vec<u32> {
    const EXPECTED: &'static str = "a list of whole numbers, 0 or more";
    fn read(value: &Value) -> Option<Self> {
        let number = |value: &Value| u32::try_from(value.as_integer()?).ok();
        value.as_array()?.iter().map(number).collect()
    }
}

impl Read for Duration {
    const EXPECTED: &'static str = "a duration such as \"90s\", \"10m\" or \"2h\"";
    fn read(value: &Value) -> Option<Self> {
        humantime::parse_duration(value.as_str()?).ok()
    }
}

impl Read for Recheck {
    const EXPECTED: &'static str = "a duration of at most an hour such as \"30s\", or \"off\"";
    fn read(value: &Value) -> Option<Self> {
        match value.as_str()? {
            "off" => Some(Self::Off),
            _ => Self::every(Duration::read(value)?),
        }
    }
}

impl Read for SecondLookChoice {
    const EXPECTED: &'static str = "the path of a second look's card, or \"off\" or false";
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Boolean(false) => Some(Self::Off),
            Value::String(text) if text == "off" => Some(Self::Off),
            Value::String(text) => Some(Self::Card(text.into())),
            _ => None,
        }
    }
}

impl Read for Tiling {
    const EXPECTED: &'static str = "columns x rows of tiles, each 1 to 8, such as \"3x2\"";
    fn read(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl Read for chrono::NaiveDate {
    const EXPECTED: &'static str = "a date such as \"2026-05-11\"";
    fn read(value: &Value) -> Option<Self> {
        value.as_str().map_or_else(|| value.to_string().parse().ok(), |text| text.parse().ok())
    }
}

impl Read for Vec<String> {
    const EXPECTED: &'static str = "a list of texts";
    fn read(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(String::read).collect()
    }
}

impl Read for (f64, f64) {
    const EXPECTED: &'static str = "two numbers [a, b]";
    fn read(value: &Value) -> Option<Self> {
        match value.as_array()?.as_slice() {
            [a, b] => Some((f64::read(a)?, f64::read(b)?)),
            _ => None,
        }
    }
}

impl Read for Vec<(f64, f64)> {
    const EXPECTED: &'static str = "a list of points [[a, b], ...]";
    fn read(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(<(f64, f64)>::read).collect()
    }
}

impl Read for crate::base::Crs {
    const EXPECTED: &'static str = "one of \"WGS84\", \"CGCS2000\", \"GCJ-02\", \"BD-09\"";
    fn read(value: &Value) -> Option<Self> {
        value.clone().try_into().ok()
    }
}

/// A path as written; relative ones are meant from the settings file's folder.
pub(super) fn from_dir(dir: &Path, text: &str) -> PathBuf {
    dir.join(text)
}
