//! Values between Rust and columns: small enums as their serde text, structures as JSON.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::StoreError;

/// `value` as a JSON value. By way of text, which writes a 32-bit 0.9 as 0.9; serde's direct way
/// widens it to 0.8999999761581421.
pub(super) fn value_of<T: Serialize>(value: &T) -> Result<Value, StoreError> {
    serde_json::from_str(&json_of(value)?).map_err(StoreError::Unwritable)
}

/// `value` as JSON text.
pub(super) fn json_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::Unwritable)
}

/// A unit enum as the text serde gives it.
pub(super) fn text_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match value_of(value)? {
        Value::String(text) => Ok(text),
        other => Ok(other.to_string()),
    }
}

/// A unit enum of the text serde gives it.
pub(super) fn from_text<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(Value::String(text.to_owned())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_keep_the_digits_they_were_written_with() {
        assert_eq!(value_of(&0.9f32).unwrap().to_string(), "0.9");
    }
}
