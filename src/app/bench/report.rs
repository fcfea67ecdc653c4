//! What every measurement ends in: one table, shown as text and written as JSON, CSV and HTML. Knows
//! nothing of what was measured; a row that could not be measured says why and stays in the table.

mod html;
mod plot;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

/// How a column's figures are shown; files get them unrounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As it is, from the left.
    Text,
    /// With so many digits behind the point.
    Fixed(usize),
    /// A share of 1 as percent.
    Percent,
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in files, with the unit.
    pub key: &'static str,
    /// Its heading in the table.
    pub head: &'static str,
    /// How its figures are shown.
    pub shown: Shown,
}

/// A column, shorter to write down in tables of them.
pub const fn column(key: &'static str, head: &'static str, shown: Shown) -> Column {
    Column { key, head, shown }
}

/// What stands in one column of one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A word.
    Text(String),
    /// A figure.
    Number(f64),
    /// Yes or no.
    Truth(bool),
    /// Nothing could be said.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Number(number as f64)
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Empty, Into::into)
    }
}

impl Cell {
    fn shown(&self, shown: Shown) -> String {
        match (self, shown) {
            (Self::Text(text), _) => text.clone(),
            (Self::Truth(truth), _) => if *truth { "yes" } else { "no" }.to_owned(),
            (Self::Empty, _) => String::new(),
            (Self::Number(n), _) if !n.is_finite() => String::new(),
            (Self::Number(n), Shown::Percent) => format!("{:.1} %", n * 100.0),
            (Self::Number(n), Shown::Fixed(digits)) => format!("{n:.digits$}"),
            (Self::Number(n), Shown::Text) => n.to_string(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Truth(truth) => json!(truth),
            // a figure that is none becomes null
            Self::Number(n) => json!(n),
            Self::Empty => Value::Null,
        }
    }

    fn csv(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Truth(truth) => truth.to_string(),
            Self::Number(n) if n.is_finite() => n.to_string(),
            Self::Number(_) | Self::Empty => String::new(),
        }
    }
}

/// One line of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// As many as there are columns, or fewer where the rest is empty.
    pub cells: Vec<Cell>,
    /// Why it could not be measured.
    pub fault: Option<String>,
}

/// A measurement's outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The verb's word, such as `"letterbox"`.
    pub bench: &'static str,
    /// What was measured how, in one line.
    pub title: String,
    /// Under which conditions, by name.
    pub facts: Vec<(&'static str, String)>,
    /// What the rows' cells are.
    pub columns: &'static [Column],
    /// The figures.
    pub rows: Vec<Row>,
    /// What follows from the figures, and what to beware of.
    pub notes: Vec<String>,
}

/// Files that a report is written to besides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Files {
    /// Figures unrounded.
    pub json: Option<PathBuf>,
    /// The rows alone.
    pub csv: Option<PathBuf>,
    /// A page for people.
    pub html: Option<PathBuf>,
}

impl Report {
    /// Whether every row could be measured.
    pub fn is_complete(&self) -> bool {
        self.rows.iter().all(|row| row.fault.is_none())
    }

    /// All of it as JSON, figures unrounded.
    pub fn json(&self) -> Value {
        let facts: Map<String, Value> =
            self.facts.iter().map(|(name, fact)| ((*name).to_owned(), json!(fact))).collect();
        let rows: Vec<Value> = self.rows.iter().map(|row| self.row_json(row)).collect();
        json!({
            "bench": self.bench,
            "version": env!("CARGO_PKG_VERSION"),
            "title": self.title,
            "complete": self.is_complete(),
            "facts": facts,
            "rows": rows,
            "notes": self.notes,
        })
    }

    fn row_json(&self, row: &Row) -> Value {
        let cells = row.cells.iter().map(Cell::json).chain(std::iter::repeat(Value::Null));
        let keys = self.columns.iter().map(|column| column.key.to_owned());
        let fault = ("fault".to_owned(), json!(row.fault));
        Value::Object(keys.zip(cells).chain([fault]).collect())
    }

    /// The rows as comma-separated values under a heading, RFC 4180 but for bare line feeds.
    pub fn csv(&self) -> String {
        let heads = self.columns.iter().map(|column| column.key.to_owned());
        let mut text = heads.chain(["fault".to_owned()]).collect::<Vec<_>>().join(",") + "\n";
        for row in &self.rows {
            let mut cells: Vec<String> = row.cells.iter().map(Cell::csv).collect();
            cells.resize(self.columns.len(), String::new());
            cells.push(row.fault.as_deref().map(quoted).unwrap_or_default());
            text += &cells.join(",");
            text.push('\n');
        }
        text
    }

    /// Writes [`Report::json`], [`Report::csv`] and a page with plots where files are named.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, files: &Files) -> anyhow::Result<()> {
        let write = |path: &Path, text: String| {
            fs::write(path, text).with_context(|| format!("file {}", path.display()))
        };
        if let Some(path) = &files.json {
            write(path, serde_json::to_string_pretty(&self.json())? + "\n")?;
        }
        files.csv.as_deref().map_or(Ok(()), |path| write(path, self.csv()))?;
        files.html.as_deref().map_or(Ok(()), |path| write(path, html::page(self)))
    }

    /// Where the column with this key is.
    fn column(&self, key: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.key == key)
    }

    /// How wide each column of the text has to be, in characters.
    fn widths(&self) -> Vec<usize> {
        let cell = |row: &Row, at: usize, shown| row.cells.get(at).map(|cell| cell.shown(shown));
        let width = |(at, column): (usize, &Column)| {
            let cells = self.rows.iter().filter_map(|row| cell(row, at, column.shown));
            let longest = cells.map(|text| text.chars().count()).max();
            longest.unwrap_or(0).max(column.head.chars().count())
        };
        self.columns.iter().enumerate().map(width).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        let widths = self.widths();
        let line = |cells: &mut dyn Iterator<Item = String>| {
            let columns = self.columns.iter().zip(&widths);
            let aligned = columns.zip(cells).map(|((column, width), text)| match column.shown {
                Shown::Text => format!("{text:<width$}"),
                _ => format!("{text:>width$}"),
            });
            aligned.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        writeln!(f, "{}", line(&mut self.columns.iter().map(|column| column.head.to_owned())))?;
        for row in &self.rows {
            let cells = row.cells.iter().zip(self.columns);
            writeln!(f, "{}", line(&mut cells.map(|(cell, column)| cell.shown(column.shown))))?;
            if let Some(fault) = &row.fault {
                writeln!(f, "    not measured: {fault}")?;
            }
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}

/// A text as it stands between commas.
fn quoted(text: &str) -> String {
    let plain = !text.contains([',', '"', '\n', '\r']);
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        column("provider", "provider", Shown::Text),
        column("images_per_s", "img/s", Shown::Fixed(1)),
        column("spread", "spread", Shown::Percent),
        column("settled", "settled", Shown::Fixed(0)),
    ];

    fn report() -> Report {
        let row = |cells: Vec<Cell>, fault: Option<&str>| Row {
            cells,
            fault: fault.map(ToOwned::to_owned),
        };
        Report {
            bench: "infer",
            title: "two providers".to_owned(),
            facts: vec![("cores", "2".to_owned())],
            columns: COLUMNS,
            rows: vec![
                row(vec!["cpu".into(), 12.25.into(), 0.0123.into(), true.into()], None),
                row(vec!["a \"b\", c".into()], Some("no such provider, use cpu")),
                row(vec!["µ".into(), f64::NAN.into(), Cell::Empty, false.into()], None),
            ],
            notes: vec!["a note".to_owned()],
        }
    }

    #[test]
    fn the_text_is_aligned_and_names_what_was_not_measured() {
        let expected = "\
two providers
provider  img/s  spread  settled
cpu        12.2   1.2 %      yes
a \"b\", c
    not measured: no such provider, use cpu
µ                             no
a note
";
        assert_eq!(report().to_string(), expected);
        assert!(!report().is_complete());
    }

    #[test]
    fn json_holds_all_columns_of_every_row_unrounded() {
        let json = report().json();
        assert_eq!((&json["bench"], &json["complete"]), (&json!("infer"), &json!(false)));
        assert_eq!(json["facts"]["cores"], "2");
        let expected = json!({"provider": "cpu", "images_per_s": 12.25, "spread": 0.0123,
            "settled": true, "fault": null});
        assert_eq!(json["rows"][0], expected);
        let expected = json!({"provider": "a \"b\", c", "images_per_s": null, "spread": null,
            "settled": null, "fault": "no such provider, use cpu"});
        assert_eq!(json["rows"][1], expected);
        assert_eq!(json["rows"][2]["images_per_s"], Value::Null);
    }

    #[test]
    fn csv_quotes_what_would_break_a_line() {
        let expected = "\
provider,images_per_s,spread,settled,fault
cpu,12.25,0.0123,true,
\"a \"\"b\"\", c\",,,,\"no such provider, use cpu\"
µ,,,false,
";
        assert_eq!(report().csv(), expected);
    }

    #[test]
    fn files_are_written_where_named_and_a_missing_folder_is() {
        let folder = tempfile::tempdir().unwrap();
        let [json, csv, html] = ["a.json", "a.csv", "a.html"].map(|name| folder.path().join(name));
        let (some_csv, some_html) = (Some(csv.clone()), Some(html.clone()));
        let files = Files { json: Some(json.clone()), csv: some_csv, html: some_html };
        report().write(&files).unwrap();
        let read: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
        assert_eq!(read, report().json());
        assert_eq!(fs::read_to_string(&csv).unwrap(), report().csv());
        assert_eq!(fs::read_to_string(&html).unwrap(), html::page(&report()));
        let missing = folder.path().join("no/such.csv");
        let files = Files { csv: Some(missing), ..Files::default() };
        let error = report().write(&files).unwrap_err();
        assert!(error.to_string().contains("such.csv"), "{error}");
    }
}
