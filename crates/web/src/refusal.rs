use std::fmt::Display;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// An answer that refuses: `{"error", "error_description"?}` with the code of the specification that applies (RFC 6749 §5.2 and
/// everything built on it).
///
/// Both texts are fixed when the program is compiled, so nothing of the request can come back in them.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: Option<&'static str>,
    /// Boxed: a refusal travels as the `Err` of small functions.
    header: Option<Box<(HeaderName, HeaderValue)>>,
    log: Option<String>,
}

impl Refusal {
    /// A refusal with this status and error code.
    pub const fn new(status: StatusCode, error: &'static str) -> Self {
        Refusal { status, error, description: None, header: None, log: None }
    }

    /// 400 with this error code.
    pub const fn bad_request(error: &'static str) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, error)
    }

    /// 401 `invalid_token` with the challenge of RFC 6750 §3.
    pub fn invalid_token() -> Self {
        Refusal::new(StatusCode::UNAUTHORIZED, "invalid_token")
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
    }

    /// 404 without a word on what is or is not there.
    pub const fn not_found() -> Self {
        Refusal::new(StatusCode::NOT_FOUND, "not_found")
    }

    /// 503: ours or the world's failure, not a verdict; the peer may try again.
    pub fn unavailable() -> Self {
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// With `error_description`: for a developer's eyes, plain ASCII without quotes or backslashes (RFC 6749 §5.2).
    #[must_use]
    pub const fn describing(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// With one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some(Box::new((name, value)));
        self
    }

    /// With what the log says beside the error code. The peer never hears it.
    #[must_use]
    pub fn logging(mut self, cause: impl Display) -> Self {
        self.log = Some(cause.to_string());
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match (&self.log, self.status.is_server_error()) {
            (log, true) => tracing::error!(error = self.error, cause = log.as_deref(), "not answered"),
            (log, false) => tracing::debug!(error = self.error, cause = log.as_deref(), "refused"),
        }
        let mut body = json!({ "error": self.error });
        if let Some(description) = self.description {
            body["error_description"] = description.into();
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some((name, value)) = self.header.map(|header| *header) {
            headers.insert(name, value);
        }
        response
    }
}
