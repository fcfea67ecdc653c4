//! Case numbers: 6 digits of division, 8 of local date, 5 of sequence of that day.

use chrono::NaiveDate;

use crate::base::CaseId;

/// Digits of the sequence.
const SEQUENCE_DIGITS: usize = 5;

/// A county-level division (GB/T 2260), six digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division(String);

/// Text that is no division code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no division code; give the six digits of GB/T 2260, for example \"440703\"")]
pub struct DivisionError(pub String);

impl Division {
    /// Checks that `text` is six digits.
    ///
    /// # Errors
    /// [`DivisionError`] otherwise.
    pub fn parse(text: &str) -> Result<Self, DivisionError> {
        if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(DivisionError(text.to_owned()))
        }
    }

    /// The six digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Everything of the number before the sequence: what the sequence counts within.
pub(super) fn series(division: &str, day: NaiveDate) -> String {
    format!("{division}{}", day.format("%Y%m%d"))
}

/// The number of the `sequence`th case of a series.
pub(super) fn number(series: &str, sequence: u32) -> CaseId {
    CaseId::new(format!("{series}{sequence:0width$}", width = SEQUENCE_DIGITS))
}

/// The series and sequence of a case number.
pub(super) fn taken_apart(id: &CaseId) -> Option<(&str, u32)> {
    let (series, sequence) = id.as_str().split_at_checked(14)?;
    sequence.parse().ok().map(|n| (series, n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_nineteen_digits_and_comes_apart() {
        let day = NaiveDate::from_ymd_opt(2026, 5, 11).unwrap();
        let id = number(&series("440703", day), 7);
        assert_eq!(id.as_str(), "4407032026051100007");
        assert_eq!(taken_apart(&id), Some(("44070320260511", 7)));
    }

    #[test]
    fn a_division_is_six_digits() {
        assert!(Division::parse("440703").is_ok());
        assert!(Division::parse("44070").is_err() && Division::parse("44070x").is_err());
    }
}
