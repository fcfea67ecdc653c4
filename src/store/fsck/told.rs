//! Whether the custody log tells what the rows hold. The chain alone does not show a log cut off at
//! its end, nor a row that was changed; this does.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::ChainFault;
use crate::store::custody::{self, CustodyRow};

/// What the log must tell: an entry of this kind and subject whose payload has these fields.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub what: &'static str,
    pub subject: String,
    /// A JSON object.
    pub fields: Value,
}

/// The log's payloads by kind and subject, oldest first.
#[derive(Default)]
pub(super) struct Told(HashMap<(String, String), VecDeque<String>>);

impl Told {
    /// Takes an entry in, in order.
    pub(super) fn note(&mut self, entry: &CustodyRow) {
        let key = (entry.what.clone(), entry.subject.clone());
        self.0.entry(key).or_default().push_back(entry.payload.clone());
    }

    /// The claims the log does not tell, or tells otherwise; then what only the log tells.
    pub(super) fn untold(mut self, claims: Vec<Claim>) -> Vec<ChainFault> {
        let mut faults = Vec::new();
        for Claim { what, subject, fields } in claims {
            let told = self.0.get_mut(&(what.to_owned(), subject.clone()));
            let detail = match told.and_then(VecDeque::pop_front) {
                None => format!("the log has no {what} entry for it"),
                Some(told) => match differing(&fields, &told) {
                    Some(field) => format!("its row was altered since its {what} entry: {field}"),
                    None => continue,
                },
            };
            faults.push(ChainFault { seq: None, subject, detail });
        }
        faults.extend(self.rowless());
        faults
    }

    /// What the log tells of and no row claimed.
    fn rowless(self) -> Vec<ChainFault> {
        let with_rows = |what: &str| {
            matches!(what, custody::CASE_OPENED | custody::CASE_REVIEWED | custody::EVIDENCE_KEPT)
        };
        let left =
            self.0.into_iter().filter(|((what, _), left)| with_rows(what) && !left.is_empty());
        let fault = |((what, subject), _)| ChainFault {
            seq: None,
            detail: format!("the log has a {what} entry for it, but its row is gone"),
            subject,
        };
        let mut faults: Vec<_> = left.map(fault).collect();
        faults.sort_by(|a, b| a.subject.cmp(&b.subject));
        faults
    }
}

/// The first field that is not as told. One that a former version did not tell of must hold nothing.
fn differing(fields: &Value, told: &str) -> Option<String> {
    let told: Value = serde_json::from_str(told).unwrap_or_default();
    let mut fields = fields.as_object().into_iter().flatten();
    fields
        .find(|(name, value)| told.get(*name).unwrap_or(&Value::Null) != *value)
        .map(|(name, _)| name.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_the_log_does_not_tell_of_must_hold_nothing() {
        let told = r#"{"a":1}"#;
        assert_eq!(differing(&json!({"a": 1, "b": null}), told), None);
        assert_eq!(differing(&json!({"a": 1, "b": {"c": 2}}), told).as_deref(), Some("b"));
        assert_eq!(differing(&json!({"a": null}), told).as_deref(), Some("a"));
    }
}
