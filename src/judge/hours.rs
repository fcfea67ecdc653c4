//! Opening hours in the OSM syntax, asked for a local time.

use std::{fmt, sync::Arc};

use chrono::{Duration as Span, NaiveDateTime};
use opening_hours::{OpeningHours, RuleKind};

/// How far back a change of state is looked for. A week covers every weekly pattern.
const LOOK_BACK_DAYS: i64 = 8;
/// How far ahead, so that a cached answer lasts.
const LOOK_AHEAD_DAYS: i64 = 8;

/// Checked opening hours.
#[derive(Clone)]
pub struct Hours {
    text: Arc<str>,
    parsed: OpeningHours,
}

/// Text that is not in the OSM opening_hours syntax.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{text:?} is not in the OSM opening_hours syntax: {reason}")]
pub struct HoursError {
    /// The text.
    pub text: String,
    /// What the parser says.
    pub reason: String,
}

/// One stretch of unchanged state, in local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Open or not.
    pub open: bool,
    /// Began here; `None` when that is further back than anybody looks.
    pub since: Option<NaiveDateTime>,
    /// Holds at least up to here (excluded).
    pub until: NaiveDateTime,
}

impl Hours {
    /// Reads OSM opening_hours text, for example `Mo-Su 17:00-23:00`.
    ///
    /// # Errors
    /// [`HoursError`] with the parser's words.
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        match text.parse::<OpeningHours>() {
            Ok(parsed) => Ok(Self { text: text.into(), parsed }),
            Err(e) => {
                Err(HoursError { text: text.to_owned(), reason: e.to_string().replace('\n', " ") })
            }
        }
    }

    /// The text it was read from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is open at local time `at`.
    pub fn is_open(&self, at: NaiveDateTime) -> bool {
        self.stretch(at).open
    }

    /// The stretch of unchanged state around `at`.
    pub(super) fn stretch(&self, at: NaiveDateTime) -> Stretch {
        let from = at - Span::days(LOOK_BACK_DAYS);
        let to = at + Span::days(LOOK_AHEAD_DAYS);
        let mut found = Stretch { open: false, since: None, until: to };
        for part in self.parsed.iter_range(from, to) {
            let open = part.kind == RuleKind::Open;
            if part.range.start > at {
                if open != found.open {
                    found.until = part.range.start;
                    break;
                }
            } else if open != found.open || part.range.start <= from {
                found.open = open;
                found.since = (part.range.start > from).then_some(part.range.start);
            }
        }
        found
    }
}

impl fmt::Debug for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.text)
    }
}

impl PartialEq for Hours {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;

    fn at(day: u32, hour: u32, minute: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 5, day).unwrap().and_hms_opt(hour, minute, 0).unwrap()
    }

    #[test]
    fn evening_hours_change_at_their_edges() {
        let hours = Hours::parse("Mo-Su 17:00-23:00").unwrap();
        assert_eq!(
            hours.stretch(at(11, 18, 0)),
            Stretch { open: true, since: Some(at(11, 17, 0)), until: at(11, 23, 0) }
        );
        assert_eq!(
            hours.stretch(at(11, 23, 0)),
            Stretch { open: false, since: Some(at(11, 23, 0)), until: at(12, 17, 0) }
        );
    }

    #[test]
    fn always_open_has_no_known_beginning() {
        let stretch = Hours::parse("24/7").unwrap().stretch(at(11, 18, 0));
        assert!(stretch.open && stretch.since.is_none());
    }

    #[test]
    fn hours_over_midnight_are_one_stretch() {
        let hours = Hours::parse("Mo-Su 22:00-06:00").unwrap();
        let stretch = hours.stretch(at(12, 1, 0));
        assert_eq!((stretch.since, stretch.until), (Some(at(11, 22, 0)), at(12, 6, 0)));
    }

    proptest! {
        #[test]
        fn a_stretch_holds_from_its_beginning_to_its_end(
            text in prop::sample::select(vec![
                "Mo-Su 17:00-23:00", "Mo-Fr 06:00-08:30,17:00-22:00", "Sa,Su 22:00-06:00",
                "24/7", "off", "Mo-Su 00:00-24:00", "We 12:00-12:05", "May 12-14 08:00-20:00",
            ]),
            minute in 0..30_000i64,
            part in 0.0..1.0f64,
        ) {
            let hours = Hours::parse(text).unwrap();
            let now = at(1, 0, 0) + Span::minutes(minute);
            let stretch = hours.stretch(now);
            prop_assert!(stretch.since.is_none_or(|since| since <= now) && now < stretch.until);
            let from = stretch.since.unwrap_or(now);
            let length = (stretch.until - from).num_seconds() as f64;
            let within = from + Span::seconds((length * part) as i64);
            prop_assert_eq!(hours.is_open(within), stretch.open, "{} of {:?}", within, stretch);
        }
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let e = Hours::parse("whenever").unwrap_err();
        assert!(e.to_string().contains("\"whenever\""), "{e}");
    }
}
