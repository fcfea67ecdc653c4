//! A measurement as one HTML page with its plots in it: no script, nothing fetched. Which columns make
//! a plot is a table here; a report that lacks them has no such plot.

use std::fmt::Write as _;

use super::{
    Cell, Report, Row,
    plot::{Plot, Series, escaped},
};

/// A plot that a report has whose columns these are.
struct Kind {
    title: &'static str,
    /// Lines go from row to row as they stand, not from left to right.
    row_by_row: bool,
    x: (&'static str, &'static str),
    y: &'static str,
    /// Columns, a line each.
    lines: &'static [&'static str],
    /// Columns whose figures are dots that no line joins.
    dots: &'static [&'static str],
    /// Both axes are by powers where their figures lie far apart, not only the one to the right.
    up_by_powers: bool,
}

impl Kind {
    /// Lines over an axis from zero.
    const PLAIN: Self = Self {
        title: "",
        row_by_row: false,
        x: ("", ""),
        y: "",
        lines: &[],
        dots: &[],
        up_by_powers: false,
    };
}

/// Columns that tell one line's rows from another's.
const APART: &[&str] =
    &["model", "provider", "precision", "devices", "sessions", "threads", "batch", "clip", "way"];

const KINDS: &[Kind] = &[
    Kind {
        title: "Throughput against batch",
        x: ("batch", "frames a call"),
        y: "images a second",
        lines: &["images_per_s", "raw_images_per_s"],
        ..Kind::PLAIN
    },
    Kind {
        title: "Latency against throughput, batch by batch",
        row_by_row: true,
        x: ("images_per_s", "images a second"),
        y: "milliseconds a call",
        lines: &["p50_ms", "p95_ms", "p99_ms"],
        ..Kind::PLAIN
    },
    Kind {
        title: "Keyframes decoded against threads",
        x: ("threads", "threads"),
        y: "keyframes a second",
        lines: &["keyframes_per_s"],
        ..Kind::PLAIN
    },
    Kind {
        title: "Time from arrival to decision against load",
        x: ("cameras", "cameras"),
        y: "milliseconds",
        lines: &["decision_p50_ms", "decision_p95_ms"],
        ..Kind::PLAIN
    },
    Kind {
        title: "Processor time of a camera against load",
        x: ("cameras", "cameras"),
        y: "thousandths of a core",
        lines: &["processor_millicores_per_camera"],
        ..Kind::PLAIN
    },
    Kind {
        title: "Roofline",
        x: ("flop_per_byte", "FLOP a byte"),
        y: "GFLOP a second",
        lines: &["roof_gflop_per_s"],
        dots: &["gflop_per_s"],
        up_by_powers: true,
        ..Kind::PLAIN
    },
    Kind {
        title: "Memory against load",
        x: ("cameras", "cameras"),
        y: "MiB",
        lines: &["memory_mib"],
        ..Kind::PLAIN
    },
];

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;\
    padding:0 1em;color:#222}table{border-collapse:collapse;font-size:13px}\
    th,td{padding:.2em .7em;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}\
    th.text,td.text{text-align:left}td.fault{text-align:left;color:#a00;white-space:normal}\
    .wide{overflow-x:auto}dt{float:left;clear:left;width:8em;color:#666}dd{margin-left:9em}\
    svg{max-width:100%;height:auto;margin:1em 0}";

/// The whole page.
pub fn page(report: &Report) -> String {
    let title = escaped(&report.title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>streetwarden bench {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>streetwarden bench {}</h1>\n<p>{title}</p>\n<dl>\n",
        report.bench, report.bench
    );
    let version = ("version", env!("CARGO_PKG_VERSION").to_owned());
    for (name, fact) in std::iter::once(&version).chain(&report.facts) {
        line(&mut page, &format!("<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(fact)));
    }
    line(&mut page, "</dl>");
    for plot in plots(report).iter().filter_map(Plot::svg) {
        page.push_str(&plot);
    }
    table(report, &mut page);
    line(&mut page, "<ul>");
    for note in &report.notes {
        line(&mut page, &format!("<li>{}</li>", escaped(note)));
    }
    page.push_str("</ul>\n</body>\n</html>\n");
    page
}

fn table(report: &Report, page: &mut String) {
    line(page, "<div class=\"wide\"><table>\n<thead><tr>");
    for column in report.columns {
        let class = class(column.shown);
        line(page, &format!("<th{class}>{}</th>", escaped(column.head)));
    }
    line(page, "</tr></thead>\n<tbody>");
    for row in &report.rows {
        line(page, "<tr>");
        for (cell, column) in row.cells.iter().zip(report.columns) {
            let text = escaped(&cell.shown(column.shown));
            line(page, &format!("<td{}>{text}</td>", class(column.shown)));
        }
        if let Some(fault) = &row.fault {
            let rest = report.columns.len().saturating_sub(row.cells.len()).max(1);
            let fault = escaped(fault);
            line(
                page,
                &format!("<td class=\"fault\" colspan=\"{rest}\">not measured: {fault}</td>"),
            );
        }
        line(page, "</tr>");
    }
    line(page, "</tbody></table></div>");
}

fn class(shown: super::Shown) -> &'static str {
    if shown == super::Shown::Text { " class=\"text\"" } else { "" }
}

/// The plots that the report's columns allow, where any has more than one place to the right.
fn plots(report: &Report) -> Vec<Plot> {
    KINDS.iter().filter_map(|kind| plot(report, kind)).collect()
}

fn plot(report: &Report, kind: &Kind) -> Option<Plot> {
    let x = report.column(kind.x.0)?;
    let keys = kind.lines.iter().chain(kind.dots);
    let drawn: Vec<(usize, &str, bool)> = keys
        .filter_map(|key| Some((report.column(key)?, kind.lines.contains(key))))
        .map(|(at, joined)| (at, report.columns[at].head, joined))
        .collect();
    // what the axis shows tells no lines apart, nor does what is the same in all rows; latency goes
    // against load along the batches
    let apart: Vec<usize> = APART
        .iter()
        .filter(|key| **key != kind.x.0 && !(**key == "batch" && kind.x.0 == "images_per_s"))
        .filter_map(|key| report.column(key))
        .filter(|at| {
            report.rows.iter().any(|row| row.cells.get(*at) != report.rows[0].cells.get(*at))
        })
        .collect();
    let mut series: Vec<Series> = Vec::new();
    for row in report.rows.iter().filter(|row| row.fault.is_none()) {
        for (y, head, joined) in &drawn {
            let (Some(x), Some(y)) = (number(row, x), number(row, *y)) else { continue };
            let name = name(report, row, &apart, head);
            match series.iter_mut().find(|series| series.name == name) {
                Some(series) => series.points.push((x, y)),
                None => series.push(Series { name, points: vec![(x, y)], joined: *joined }),
            }
        }
    }
    if !kind.row_by_row {
        let to_the_right = |a: &(f64, f64), b: &(f64, f64)| a.0.total_cmp(&b.0);
        series.iter_mut().for_each(|series| series.points.sort_by(to_the_right));
    }
    let places = |series: &Series| series.points.iter().any(|p| p.0 != series.points[0].0);
    let (x, up_by_powers) = (kind.x.1, kind.up_by_powers);
    let plot = Plot { title: kind.title, x, y: kind.y, up_by_powers, series };
    plot.series.iter().any(places).then_some(plot)
}

/// What tells a row's line from the others, and what is drawn of it.
fn name(report: &Report, row: &Row, apart: &[usize], head: &str) -> String {
    let mut parts = vec![head.to_owned()];
    for at in apart {
        let column = report.columns[*at];
        let cell = row.cells.get(*at).map(|cell| cell.shown(column.shown)).unwrap_or_default();
        let is_word = matches!(row.cells.get(*at), Some(Cell::Text(_)));
        parts.push(if is_word { cell } else { format!("{cell} {}", column.head) });
    }
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

fn number(row: &Row, at: usize) -> Option<f64> {
    match row.cells.get(at) {
        Some(Cell::Number(number)) if number.is_finite() => Some(*number),
        _ => None,
    }
}

fn line(page: &mut String, text: &str) {
    // writing to a String cannot fail
    let _ = writeln!(page, "{text}");
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Column, Shown, column},
        *,
    };

    const COLUMNS: &[Column] = &[
        column("provider", "provider", Shown::Text),
        column("batch", "batch", Shown::Fixed(0)),
        column("sessions", "sessions", Shown::Fixed(0)),
        column("images_per_s", "img/s", Shown::Fixed(1)),
        column("p50_ms", "p50 ms", Shown::Fixed(1)),
    ];

    fn report(rows: &[(&str, usize, usize, f64)]) -> Report {
        let row = |(provider, batch, sessions, rate): &(&str, usize, usize, f64)| Row {
            cells: vec![
                (*provider).into(),
                (*batch).into(),
                (*sessions).into(),
                (*rate).into(),
                (1e3 / rate).into(),
            ],
            fault: None,
        };
        Report {
            bench: "infer",
            title: "frames <to> detections".to_owned(),
            facts: vec![("cores", "2 & more".to_owned())],
            columns: COLUMNS,
            rows: rows.iter().map(row).collect(),
            notes: vec!["a note".to_owned()],
        }
    }

    #[test]
    fn lines_are_told_apart_by_what_differs_between_rows() {
        let rows = [
            ("cpu", 1, 1, 10.0),
            ("cpu", 4, 1, 20.0),
            ("cpu", 8, 1, 16.0),
            ("cuda", 4, 1, 300.0),
            ("cuda", 1, 1, 100.0),
        ];
        let plots = plots(&report(&rows));
        let [throughput, latency] = plots.as_slice() else { panic!("{plots:?}") };
        let names: Vec<_> = throughput.series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["img/s, cpu", "img/s, cuda"]);
        assert_eq!(throughput.series[1].points, [(1.0, 100.0), (4.0, 300.0)]);
        assert_eq!(latency.series[0].points, [(10.0, 100.0), (20.0, 50.0), (16.0, 62.5)]);
        assert!(self::plots(&report(&rows[..1])).is_empty(), "one place makes no line");
        assert!(self::plots(&report(&[])).is_empty());
    }

    #[test]
    fn the_page_holds_everything_and_nothing_from_elsewhere() {
        let mut report = report(&[("cpu", 1, 1, 10.0), ("<b>", 2, 2, f64::NAN)]);
        let fault = Some("no <provider>".to_owned());
        report.rows.push(Row { cells: vec!["coral".into()], fault });
        let page = page(&report);
        for part in [
            "frames &lt;to&gt; detections",
            "<dd>2 &amp; more</dd>",
            "&lt;b&gt;",
            "<td class=\"fault\" colspan=\"4\">not measured: no &lt;provider&gt;</td>",
            "<li>a note</li>",
        ] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
        for foreign in ["<script", "src=", "href=", "@import", "NaN"] {
            assert!(!page.contains(foreign), "{foreign} in\n{page}");
        }
        for tag in ["table", "tr", "td", "dl", "ul", "div"] {
            let opened = page.matches(&format!("<{tag}>")).count()
                + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }
}
