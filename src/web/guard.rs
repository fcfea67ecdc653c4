//! Who may ask: token, own host name, own origin. And what every answer says about itself.
//!
//! Not the settings of it (options.rs). One constraint: comparing tokens takes the same time whatever
//! is wrong with them.

use axum::{
    extract::{Request, State as Shared},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use subtle::ConstantTimeEq as _;

use super::{State, error::ApiError};

/// Only this page's own files and this service; nothing inline; in nobody's frame.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Lets a request through that brings the token, where one is set.
pub async fn token(
    Shared(state): Shared<State>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if is_authorized(&state, request.headers()) {
        Ok(next.run(request).await)
    } else {
        Err(ApiError::Unauthorized)
    }
}

/// Whether a request brings the token, or none is set.
pub fn is_authorized(state: &State, headers: &HeaderMap) -> bool {
    let Some(expected) = &state.token else { return true };
    let brought = headers
        .get(header::AUTHORIZATION)
        .map(HeaderValue::as_bytes)
        .and_then(|v| v.split_at_checked(7))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "))
        .map_or(&b""[..], |(_, token)| token);
    brought.ct_eq(expected.as_bytes()).into()
}

/// Refuses what another site's page could make a browser ask: a changed origin, and, where no token
/// protects the answers, a foreign host name pointed at this machine (DNS rebinding).
pub async fn site(
    Shared(state): Shared<State>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let host = host_of(&request);
    if state.token.is_none() && host.as_deref().is_some_and(|h| !is_this_machine(h)) {
        return Err(ApiError::Host);
    }
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe && !is_own_origin(request.headers(), host.as_deref()) {
        return Err(ApiError::Origin);
    }
    Ok(next.run(request).await)
}

/// HTTP/1.1 names the host in a header, HTTP/2 in the address.
fn host_of(request: &Request) -> Option<String> {
    let named = request.headers().get(header::HOST).and_then(|v| v.to_str().ok());
    named.or_else(|| request.uri().authority().map(|a| a.as_str())).map(str::to_ascii_lowercase)
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A browser names the origin of every request that changes something; a program names none.
fn is_own_origin(headers: &HeaderMap, host: Option<&str>) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let authority = origin.to_str().ok().and_then(|o| o.split_once("://")).map(|(_, a)| a);
    matches!((authority, host), (Some(a), Some(h)) if a.eq_ignore_ascii_case(h))
}

/// Adds the headers every answer has.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await.into_response();
    let all = response.headers_mut();
    let mut set = |name, value| all.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    all.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_count_as_such() {
        for own in ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]"] {
            assert!(is_this_machine(own), "{own}");
        }
        for foreign in
            ["evil.example:8080", "127.0.0.1.evil.example", "localhost.evil", "10.0.0.1", ""]
        {
            assert!(!is_this_machine(foreign), "{foreign}");
        }
    }

    #[test]
    fn the_origin_must_be_the_host_asked() {
        let origin = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, HeaderValue::from_static(value));
            is_own_origin(&headers, Some("127.0.0.1:8080"))
        };
        assert!(origin("http://127.0.0.1:8080"));
        assert!(!origin("http://127.0.0.1:9999"));
        assert!(!origin("https://evil.example"));
        assert!(!origin("null"));
        assert!(is_own_origin(&HeaderMap::new(), None));
    }
}
