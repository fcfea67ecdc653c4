//! The states of a case and the ways between them, as one pure function.
//!
//! A closed, cancelled or rejected case stays what it is: what comes back is a new case that names it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// Claimed by the machine, not yet looked at by a person.
    Clue,
    /// A person says it is one.
    Confirmed,
    /// A person says it is none.
    Rejected,
    /// Filed, to be given to whoever handles it.
    PendingDispatch,
    /// Being handled.
    Handling,
    /// Said to be handled, not yet checked.
    Handled,
    /// Done.
    Closed,
    /// Taken off the list without being handled.
    Cancelled,
}

/// What a reviewer decides about a clue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is a violation.
    Confirmed,
    /// It is none.
    Rejected,
}

/// A word that names no status or decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is none of {expected}")]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// The words that would do.
    pub expected: String,
}

/// A step the machine does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a case that is {from} cannot become {to}")]
pub struct TransitionError {
    /// Where the case stands.
    pub from: CaseStatus,
    /// Where it was to go.
    pub to: CaseStatus,
}

impl CaseStatus {
    /// All of them, in the order of a case's life.
    pub const ALL: [Self; 8] = [
        Self::Clue,
        Self::Confirmed,
        Self::Rejected,
        Self::PendingDispatch,
        Self::Handling,
        Self::Handled,
        Self::Closed,
        Self::Cancelled,
    ];

    /// The word used in files and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clue => "clue",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::PendingDispatch => "pending_dispatch",
            Self::Handling => "handling",
            Self::Handled => "handled",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads that word.
    ///
    /// # Errors
    /// [`UnknownWord`] with the words that exist.
    pub fn parse(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|s| s.as_str() == word).ok_or_else(|| UnknownWord {
            word: word.to_owned(),
            expected: Self::ALL.map(Self::as_str).join(", "),
        })
    }

    /// Whether a case may go from `self` to `to`. Staying is no step.
    pub fn may_become(self, to: Self) -> bool {
        use CaseStatus::{
            Cancelled, Closed, Clue, Confirmed, Handled, Handling, PendingDispatch, Rejected,
        };
        matches!(
            (self, to),
            (Clue, Confirmed | Rejected | Cancelled)
                | (Confirmed, Rejected | PendingDispatch | Cancelled)
                | (PendingDispatch, Confirmed | Handling | Cancelled)
                | (Handling, PendingDispatch | Handled)
                | (Handled, Handling | Closed)
        )
    }

    /// `to`, when the step is allowed.
    ///
    /// # Errors
    /// [`TransitionError`] otherwise.
    pub fn step(self, to: Self) -> Result<Self, TransitionError> {
        if self.may_become(to) { Ok(to) } else { Err(TransitionError { from: self, to }) }
    }

    /// Whether nothing more may happen to the case.
    pub fn is_final(self) -> bool {
        !Self::ALL.into_iter().any(|to| self.may_become(to))
    }
}

impl fmt::Display for CaseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Decision {
    /// The word used in files and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }

    /// Reads that word.
    ///
    /// # Errors
    /// [`UnknownWord`] with the words that exist.
    pub fn parse(word: &str) -> Result<Self, UnknownWord> {
        [Self::Confirmed, Self::Rejected].into_iter().find(|d| d.as_str() == word).ok_or_else(
            || UnknownWord { word: word.to_owned(), expected: "confirmed, rejected".to_owned() },
        )
    }

    /// The status it leads to.
    pub fn status(self) -> CaseStatus {
        match self {
            Self::Confirmed => CaseStatus::Confirmed,
            Self::Rejected => CaseStatus::Rejected,
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_walk_leaves_a_final_state(
            steps in prop::collection::vec(prop::sample::select(&CaseStatus::ALL[..]), 0..60),
        ) {
            let mut at = CaseStatus::Clue;
            for to in steps {
                let before = at;
                at = at.step(to).unwrap_or(at);
                if matches!(
                    before,
                    CaseStatus::Closed | CaseStatus::Cancelled | CaseStatus::Rejected
                ) {
                    prop_assert!(before.is_final());
                    prop_assert_eq!(at, before);
                }
            }
        }
    }

    #[test]
    fn nothing_becomes_a_clue_again_and_closing_needs_a_check() {
        for from in CaseStatus::ALL {
            assert!(!from.may_become(CaseStatus::Clue), "{from}");
            assert!(!from.may_become(from), "{from}");
            assert_eq!(from.may_become(CaseStatus::Closed), from == CaseStatus::Handled, "{from}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for status in CaseStatus::ALL {
            assert_eq!(CaseStatus::parse(status.as_str()), Ok(status));
        }
        let e = CaseStatus::parse("done").unwrap_err().to_string();
        assert!(e.contains("\"done\"") && e.contains("handled"), "{e}");
    }
}
