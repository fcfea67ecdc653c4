//! Judging's state as entries of a key-value table, so that a store writes only what changed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::base::{CameraId, ClassName, LonLat, ThingId, ViolationId, WallTime};

/// State that does not fit this program.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A key of no known kind.
    #[error("entry {0:?} is of no known kind; it was written by another version")]
    Key(String),
    /// A value that cannot be read.
    #[error("entry {key:?} cannot be read: {reason}")]
    Value {
        /// Its key.
        key: String,
        /// Why.
        reason: String,
    },
}

/// The value of an entry: JSON that is written in one go and read by judging alone. As a tree it would
/// be many small pieces of memory for every thing at every look.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StateValue(Box<RawValue>);

impl StateValue {
    /// `text`, which must be JSON.
    ///
    /// # Errors
    /// Where it is not.
    pub fn parse(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self)
    }

    /// The JSON.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for StateValue {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Next,
    Camera(CameraId),
    Track(u64),
    Thing(ThingId),
    Former(ViolationId),
}

/// The numbers to be given next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Next {
    pub thing: u64,
    pub violation: u64,
    pub track: u64,
}

/// A violation that is over, remembered so that its return can name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Former {
    pub class: ClassName,
    pub place: LonLat,
    pub last_seen: WallTime,
}

impl Key {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Next => "next".to_owned(),
            Self::Camera(id) => format!("camera/{id}"),
            Self::Track(n) => format!("track/{n}"),
            Self::Thing(id) => format!("thing/{}", id.0),
            Self::Former(id) => format!("former/{}", id.0),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, StateError> {
        let wrong = || StateError::Key(text.to_owned());
        if text == "next" {
            return Ok(Self::Next);
        }
        let (kind, name) = text.split_once('/').ok_or_else(wrong)?;
        let number = || name.parse::<u64>().map_err(|_| wrong());
        match kind {
            "camera" => Ok(Self::Camera(name.into())),
            "track" => Ok(Self::Track(number()?)),
            "thing" => Ok(Self::Thing(ThingId(number()?))),
            "former" => Ok(Self::Former(ViolationId(number()?))),
            _ => Err(wrong()),
        }
    }
}

/// Reads an entry's value.
pub(super) fn read<T: DeserializeOwned>(key: &str, value: &StateValue) -> Result<T, StateError> {
    serde_json::from_str(value.as_str())
        .map_err(|e| StateError::Value { key: key.to_owned(), reason: e.to_string() })
}

/// Writes an entry's value.
pub(super) fn write<T: Serialize>(value: &T) -> Option<StateValue> {
    // plain structs with text keys always become JSON
    serde_json::value::to_raw_value(value).ok().map(StateValue)
}

/// Keys changed since last asked.
pub(super) type Changed = BTreeSet<Key>;
