//! Lines through points as SVG text, for the report of a measurement. No drawing library: two axes,
//! dots, lines and a legend. Figures that are none are left out.

use std::fmt::Write as _;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is, for the legend.
    pub name: String,
    /// Where it goes through, one after the other.
    pub points: Vec<(f64, f64)>,
    /// Whether a line goes through them, or they are dots alone.
    pub joined: bool,
}

/// A picture of lines over one pair of axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// What it shows.
    pub title: &'static str,
    /// What goes to the right.
    pub x: &'static str,
    /// What goes up.
    pub y: &'static str,
    /// Whether the axis that goes up is by powers of two where its figures lie far apart, as the other
    /// one is; else it begins at zero.
    pub up_by_powers: bool,
    /// The lines.
    pub series: Vec<Series>,
}

/// Colours that can be told apart on white, also by who sees few colours; then again, dashed.
const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#000000", "#e69f00"];
const DASHES: [&str; 3] = ["", "7 4", "2 3"];
/// The drawing field, pixels.
const LEFT: f64 = 70.0;
const TOP: f64 = 34.0;
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 280.0;
/// The legend beside it.
const LEGEND: f64 = 300.0;
const LINE: f64 = 18.0;
/// Ticks of an axis, at about this many places.
const TICKS: f64 = 6.0;
/// The axis to the right is by powers of two where its figures differ by so many times or more.
const WIDE: f64 = 8.0;

impl Plot {
    /// The picture, or none where no figure can be drawn.
    pub fn svg(&self) -> Option<String> {
        let series: Vec<Series> = self.series.iter().filter_map(Series::drawable).collect();
        let all = || series.iter().flat_map(|series| series.points.iter().copied());
        let up = if self.up_by_powers { Axis::across } else { Axis::up };
        let (x, y) = (Axis::across(all().map(|p| p.0))?, up(all().map(|p| p.1))?);
        let height = (TOP + HEIGHT + 50.0).max(TOP + LINE * (series.len() as f64 + 1.0));
        let width = LEFT + WIDTH + LEGEND;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" \
             height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-size=\"12\">\n\
             <title>{0}</title>\n\
             <text x=\"{LEFT}\" y=\"18\" font-size=\"14\" font-weight=\"bold\">{0}</text>\n",
            escaped(self.title),
        );
        self.axes(&x, &y, &mut svg);
        for (at, series) in series.iter().enumerate() {
            series.draw(at, &x, &y, &mut svg);
        }
        svg.push_str("</svg>\n");
        Some(svg)
    }

    fn axes(&self, x: &Axis, y: &Axis, svg: &mut String) {
        let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
        for tick in y.ticks() {
            let at = bottom - y.place(tick) * HEIGHT;
            let text = shown(tick);
            put(
                svg,
                &format!(
                    "<path d=\"M{LEFT} {at:.1}H{right}\" stroke=\"#ddd\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                    LEFT - 8.0,
                    at + 4.0
                ),
            );
        }
        for tick in x.ticks() {
            let at = LEFT + x.place(tick) * WIDTH;
            let text = shown(tick);
            put(
                svg,
                &format!(
                    "<path d=\"M{at:.1} {bottom}v5\" stroke=\"#444\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                    bottom + 18.0
                ),
            );
        }
        put(
            svg,
            &format!(
                "<path d=\"M{LEFT} {TOP}V{bottom}H{right}\" fill=\"none\" stroke=\"#444\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(16 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                LEFT + WIDTH / 2.0,
                bottom + 38.0,
                escaped(self.x),
                TOP + HEIGHT / 2.0,
                escaped(self.y)
            ),
        );
    }
}

impl Series {
    /// Its points that have both figures; none where there is no such point.
    fn drawable(&self) -> Option<Self> {
        let mut points = self.points.clone();
        points.retain(|(x, y)| x.is_finite() && y.is_finite());
        (!points.is_empty()).then(|| Self { name: self.name.clone(), points, joined: self.joined })
    }

    fn draw(&self, at: usize, x: &Axis, y: &Axis, svg: &mut String) {
        let colour = COLOURS[at % COLOURS.len()];
        let dashes = DASHES[at / COLOURS.len() % DASHES.len()];
        let place = |(px, py): &(f64, f64)| {
            (LEFT + x.place(*px) * WIDTH, TOP + HEIGHT - y.place(*py) * HEIGHT)
        };
        let places: Vec<(f64, f64)> = self.points.iter().map(place).collect();
        let style = format!("stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"");
        if self.joined {
            let line: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            put(svg, &format!("<polyline points=\"{}\" fill=\"none\" {style}/>", line.join(" ")));
        }
        for (x, y) in places {
            put(svg, &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"));
        }
        let (left, top) = (LEFT + WIDTH + 20.0, TOP + LINE * (at as f64 + 0.5));
        put(
            svg,
            &format!(
                "<path d=\"M{left} {top}h24\" {style}/><text x=\"{}\" y=\"{}\">{}</text>",
                left + 32.0,
                top + 4.0,
                escaped(&self.name)
            ),
        );
    }
}

/// From figures to places between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    from: f64,
    to: f64,
    step: f64,
    by_powers: bool,
}

impl Axis {
    /// Of figures that go to the right, or by powers in both ways; none of none.
    fn across<I: Iterator<Item = f64>>(figures: I) -> Option<Self> {
        let (low, high) = ends(figures)?;
        if low > 0.0 && high / low >= WIDE {
            let (from, to) = (low.log2().floor().exp2(), high.log2().ceil().exp2());
            return Some(Self { from, to, step: 0.0, by_powers: true });
        }
        Some(Self::even(low.min(0.0), high))
    }

    /// Of figures that go up, from zero.
    fn up<I: Iterator<Item = f64>>(figures: I) -> Option<Self> {
        ends(figures).map(|(low, high)| Self::even(low.min(0.0), high))
    }

    fn even(low: f64, high: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / TICKS);
        let (from, to) = ((low / step).floor() * step, (high / step).ceil() * step);
        Self { from, to, step, by_powers: false }
    }

    fn place(&self, figure: f64) -> f64 {
        if self.by_powers {
            return (figure / self.from).log2() / (self.to / self.from).log2();
        }
        (figure - self.from) / (self.to - self.from)
    }

    fn ticks(&self) -> Vec<f64> {
        if self.by_powers {
            let powers = (self.to / self.from).log2().round() as i32;
            let every = usize::try_from(powers / (2 * TICKS as i32) + 1).unwrap_or(1);
            return (0..=powers).step_by(every).map(|n| self.from * 2f64.powi(n)).collect();
        }
        let count = ((self.to - self.from) / self.step).round() as i32;
        (0..=count).map(|n| self.from + f64::from(n) * self.step).collect()
    }
}

fn ends(figures: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    figures.fold(None, |ends, figure| {
        let (low, high) = ends.unwrap_or((figure, figure));
        Some((low.min(figure), high.max(figure)))
    })
}

/// 1, 2 or 5 times a power of ten, no less than `least`.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let times = [1.0, 2.0, 5.0].into_iter().find(|times| times * power >= least * 0.999);
    times.unwrap_or(10.0) * power
}

/// A tick's figure, without digits that say nothing.
fn shown(figure: f64) -> String {
    let text = format!("{figure:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn put(svg: &mut String, element: &str) {
    // writing to a String cannot fail
    let _ = writeln!(svg, "{element}");
}

/// A text as it stands between tags or quotes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: &[&[(f64, f64)]]) -> Plot {
        let series = points.iter().enumerate();
        let series = series
            .map(|(n, points)| (format!("<{n}> & co"), points.to_vec()))
            .map(|(name, points)| Series { name, points, joined: true });
        let (x, y, series) = ("batch", "img/s", series.collect());
        Plot { title: "a \"title\"", x, y, up_by_powers: false, series }
    }

    #[test]
    fn every_figure_has_its_dot_and_what_is_none_has_not() {
        let wild = [(1.0, 10.0), (f64::NAN, 3.0), (4.0, f64::INFINITY), (2.0, 20.0)];
        let svg = plot(&[&wild, &[(8.0, 5.0)], &[(f64::NAN, 1.0)]]).svg().unwrap();
        assert_eq!(svg.matches("<circle").count(), 3);
        assert_eq!(svg.matches("<polyline").count(), 2, "a line without figures is left out");
        assert!(svg.contains("&lt;0&gt; &amp; co") && svg.contains("a &quot;title&quot;"), "{svg}");
        for wrong in ["NaN", "inf", "<0>"] {
            assert!(!svg.contains(wrong), "{wrong} in\n{svg}");
        }
        assert_eq!(plot(&[]).svg(), None);
        assert_eq!(plot(&[&[(f64::NAN, 1.0)]]).svg(), None);
    }

    #[test]
    fn the_best_figure_is_at_the_top_and_zero_at_the_bottom() {
        let axis = Axis::up([3.0, 60.0, 20.0].into_iter()).unwrap();
        assert_eq!((axis.place(0.0), axis.place(60.0)), (0.0, 1.0));
        assert_eq!(axis.ticks(), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        let axis = Axis::up([0.07].into_iter()).unwrap();
        assert!(axis.place(0.07) > 0.8 && axis.place(0.07) <= 1.0, "{axis:?}");
        assert_eq!(Axis::up([0.0].into_iter()).unwrap().place(0.0), 0.0);
    }

    #[test]
    fn dots_have_no_line_and_an_axis_by_powers_has_no_zero() {
        let mut plot = plot(&[&[(1.0, 1.0), (64.0, 64.0)], &[(8.0, 2.0)]]);
        plot.series[1].joined = false;
        assert!(plot.svg().unwrap().contains(">0</text>"));
        plot.up_by_powers = true;
        let svg = plot.svg().unwrap();
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (1, 3));
        assert!(!svg.contains(">0</text>") && svg.contains(">32</text>"), "{svg}");
    }

    #[test]
    fn far_apart_figures_lie_by_powers_of_two() {
        let axis = Axis::across([1.0, 3.0, 16.0].into_iter()).unwrap();
        assert_eq!(axis.ticks(), [1.0, 2.0, 4.0, 8.0, 16.0]);
        assert_eq!((axis.place(1.0), axis.place(4.0), axis.place(16.0)), (0.0, 0.5, 1.0));
        let axis = Axis::across([0.0, 16.0].into_iter()).unwrap();
        assert!(!axis.by_powers, "zero is no power of two");
        assert_eq!(shown(0.25), "0.25");
        assert_eq!(shown(1000.0), "1000");
    }
}
