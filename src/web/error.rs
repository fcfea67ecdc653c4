//! What goes wrong, as HTTP. The only place where errors become status codes.
//!
//! One constraint: a caller never sees internals. What is not the caller's doing is logged here, once,
//! and answered with one sentence.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;

/// An answer that is no success.
#[derive(Debug)]
pub enum ApiError {
    /// There is nothing of that id.
    NotFound(&'static str),
    /// There is no such address.
    NoRoute,
    /// The address takes other methods.
    Method,
    /// A query parameter is wrong.
    Query { field: String, message: String },
    /// A body's field is wrong.
    Field { field: String, message: String },
    /// The body is not JSON, or not an object.
    Body(String),
    /// The body is not said to be JSON.
    MediaType,
    /// The body is longer than any right one.
    TooLarge,
    /// No token, or a wrong one.
    Unauthorized,
    /// Another site's page asked.
    Origin,
    /// Asked under a name that is not this machine's.
    Host,
    /// The state does not allow it.
    Conflict(String),
    /// Not now; later.
    Unavailable(String),
    /// Not the caller's doing; logged already.
    Internal,
}

/// The body of every error.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody {
    /// What happened.
    pub error: ErrorDetail,
}

/// What happened.
#[derive(Serialize, ToSchema)]
pub struct ErrorDetail {
    /// A word for programs; never changes its meaning.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
    /// Which field or parameter is wrong, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl ApiError {
    /// A body's field that is wrong.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Field { field: field.to_owned(), message: message.into() }
    }

    /// A query parameter that is wrong.
    pub fn query(field: &str, message: impl Into<String>) -> Self {
        Self::Query { field: field.to_owned(), message: message.into() }
    }

    /// Logs what a caller must not see.
    pub fn internal(what: &str, error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "answering a request failed: {what}");
        Self::Internal
    }

    fn parts(self) -> (StatusCode, &'static str, String, Option<String>) {
        let plain = |status, code, message: &str| (status, code, message.to_owned(), None);
        match self {
            Self::NotFound(what) => {
                (StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"), None)
            }
            Self::NoRoute => plain(
                StatusCode::NOT_FOUND,
                "no_route",
                "there is no such address; see /api/v1/openapi.json",
            ),
            Self::Method => plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "method",
                "this address takes other methods; see /api/v1/openapi.json",
            ),
            Self::Query { field, message } => {
                (StatusCode::BAD_REQUEST, "bad_parameter", named(&field, &message), Some(field))
            }
            Self::Field { field, message } => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "bad_field",
                named(&field, &message),
                Some(field),
            ),
            Self::Body(message) => (StatusCode::BAD_REQUEST, "bad_body", message, None),
            Self::MediaType => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media_type",
                "send the body as content-type application/json",
            ),
            Self::TooLarge => {
                plain(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too long")
            }
            Self::Unauthorized => plain(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "send the token as `Authorization: Bearer TOKEN`",
            ),
            Self::Origin => plain(
                StatusCode::FORBIDDEN,
                "origin",
                "requests of other sites' pages are not taken",
            ),
            Self::Host => plain(
                StatusCode::FORBIDDEN,
                "host",
                "without a token only localhost is answered; set a token to serve other names",
            ),
            Self::Conflict(message) => (StatusCode::CONFLICT, "conflict", message, None),
            Self::Unavailable(message) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", message, None)
            }
            Self::Internal => plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the service failed; its log says why",
            ),
        }
    }
}

fn named(field: &str, message: &str) -> String {
    format!("{field}: {message}")
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let challenge = matches!(self, Self::Unauthorized);
        let (status, code, message, field) = self.parts();
        let body = ErrorBody { error: ErrorDetail { code, message, field } };
        let mut response = (status, Json(body)).into_response();
        if challenge {
            let bearer = header::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what, .. } => Self::NotFound(what),
            StoreError::Conflict(conflict) => Self::Conflict(conflict.to_string()),
            full if full.is_disk_full() => {
                tracing::error!(error = %full, "answering a request failed: disk full");
                Self::Unavailable("the disk is full; nothing was changed".to_owned())
            }
            other => Self::internal("store", &other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_field_is_named_twice() {
        let (status, _, message, field) = ApiError::field("by", "is missing").parts();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!((message.as_str(), field.as_deref()), ("by: is missing", Some("by")));
    }

    #[test]
    fn internals_stay_inside() {
        let leaky = StoreError::NoDatabase("/srv/secret/place".into());
        let (status, _, message, _) = ApiError::from(leaky).parts();
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!message.contains("secret"), "{message}");
    }
}
