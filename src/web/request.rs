//! Bodies and queries taken apart field by field, so that whatever is wrong is named.
//!
//! Not a general validator: texts, numbers and times of small requests. Unknown fields are refused,
//! because a misspelt filter that is silently ignored shows the wrong cases.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::IntoResponse as _,
};
use serde_json::{Map, Value};

use super::error::ApiError;
use crate::base::WallTime;

/// The longest name of a person, in characters.
pub const LONGEST_NAME: usize = 120;
/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 1000;

/// A JSON object whose fields are taken out one by one.
#[derive(Debug)]
pub struct Body(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::MediaType);
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(ApiError::Body("a JSON object is expected".to_owned())),
            Err(e) => Err(ApiError::Body(format!("the body is not JSON: {e}"))),
        }
    }
}

fn unread(rejection: BytesRejection) -> ApiError {
    if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::TooLarge
    } else {
        ApiError::Body("the body could not be read".to_owned())
    }
}

/// A page of another site can send forms and plain text without asking first, JSON it cannot.
fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

impl Body {
    /// A text of 1 to `longest` characters; missing or blank is refused.
    pub fn text(&mut self, name: &str, longest: usize) -> Result<String, ApiError> {
        match self.optional_text(name, longest)? {
            Some(text) => Ok(text),
            None => Err(ApiError::field(name, "is missing")),
        }
    }

    /// A text of at most `longest` characters; blank counts as missing.
    pub fn optional_text(
        &mut self,
        name: &str,
        longest: usize,
    ) -> Result<Option<String>, ApiError> {
        let text = match self.0.remove(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(_) => return Err(ApiError::field(name, "a text is expected")),
        };
        if text.chars().count() > longest {
            return Err(ApiError::field(name, format!("is longer than {longest} characters")));
        }
        if text.chars().any(char::is_control) {
            return Err(ApiError::field(name, "has control characters"));
        }
        Ok(Some(text).filter(|t| !t.is_empty()))
    }

    /// Refuses what was not taken out.
    pub fn finish(self) -> Result<(), ApiError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(ApiError::field(name, "is no field of this request")),
        }
    }
}

/// Query parameters that are taken out one by one.
#[derive(Debug)]
pub struct Query(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

impl Query {
    fn read(text: &str) -> Result<Self, ApiError> {
        let mut all = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if all.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(ApiError::query(&name, "is given twice"));
            }
        }
        Ok(Self(all))
    }

    /// The text of a parameter; empty counts as missing.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|text| !text.is_empty())
    }

    /// A parameter read by `read`; `expected` completes "… is expected".
    pub fn value<T>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match read(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(ApiError::query(name, format!("{expected} is expected"))),
        }
    }

    /// A time.
    pub fn time(&mut self, name: &str) -> Result<Option<WallTime>, ApiError> {
        let expected = "an RFC 3339 time such as 2026-05-11T08:00:00Z (+ written as %2B)";
        self.value(name, expected, |text| WallTime::parse(text).ok())
    }

    /// Refuses what was not taken out.
    pub fn finish(self) -> Result<(), ApiError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(ApiError::query(name, "is no parameter of this address")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: Value) -> Body {
        match json {
            Value::Object(fields) => Body(fields),
            other => panic!("{other}"),
        }
    }

    fn field_of(error: ApiError) -> String {
        match error {
            ApiError::Field { field, .. } | ApiError::Query { field, .. } => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        let mut b = body(serde_json::json!({"by": "  ", "n": 5, "long": "ééé", "odd": "a\u{7}"}));
        assert_eq!(field_of(b.text("by", 9).unwrap_err()), "by");
        assert_eq!(field_of(b.text("n", 9).unwrap_err()), "n");
        assert_eq!(field_of(b.text("long", 2).unwrap_err()), "long");
        assert_eq!(field_of(b.text("odd", 9).unwrap_err()), "odd");
        assert_eq!(field_of(b.text("absent", 9).unwrap_err()), "absent");
        assert!(b.finish().is_ok());
        assert_eq!(field_of(body(serde_json::json!({"extra": 1})).finish().unwrap_err()), "extra");
    }

    #[test]
    fn queries_are_decoded_and_doubles_refused() {
        let mut q =
            Query::read("q=%E5%9E%83%E5%9C%BE&since=2026-05-11T08:00:00%2B08:00&open=").unwrap();
        assert_eq!(q.text("q").as_deref(), Some("垃圾"));
        assert_eq!(q.time("since").unwrap().unwrap().to_string(), "2026-05-11T00:00:00.000Z");
        assert_eq!(q.text("open"), None);
        assert!(q.finish().is_ok());
        assert_eq!(field_of(Query::read("a=1&a=2").unwrap_err()), "a");
        assert_eq!(field_of(Query::read("statsu=clue").unwrap().finish().unwrap_err()), "statsu");
    }
}
