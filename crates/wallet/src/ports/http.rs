use std::future::Future;

use portage_reason::Reason;
use serde_json::Value;
use url::Url;

/// One guarded request. Whoever implements this keeps the rules of outbound HTTP: https or a configured loopback origin only, the address
/// checked after resolution, no redirect followed, no cookies, no referrer, bounded time, at most [`HttpRequest::max_bytes`] read.
pub trait Http: Send + Sync {
    /// Sends `request` and reads the whole answer, whatever its status code.
    fn send(&self, request: HttpRequest<'_>) -> impl Future<Output = Result<HttpAnswer, HttpFailure>> + Send;
}

/// What to send.
#[derive(Clone)]
pub struct HttpRequest<'a> {
    /// Where to.
    pub url: &'a Url,
    /// `Accept`.
    pub accept: &'a str,
    /// `Authorization: Bearer …`.
    pub bearer: Option<&'a str>,
    /// Method and body.
    pub body: RequestBody<'a>,
    /// Longest answer that is read.
    pub max_bytes: usize,
}

/// Method and body of an [`HttpRequest`].
#[derive(Clone)]
pub enum RequestBody<'a> {
    /// `GET`.
    Get,
    /// `POST` without a body.
    Empty,
    /// `POST` of `application/x-www-form-urlencoded`: the encoded text, as the message writes it.
    Form(&'a str),
    /// `POST` of `application/json`.
    Json(&'a Value),
}

/// What came back.
#[derive(Clone)]
pub struct HttpAnswer {
    /// Status code: any but 3xx.
    pub status: u16,
    /// `Content-Type` without parameters, in lower case.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// Whether the status code is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The answer, unless the other side says that it failed (5xx): then nobody knows what became of the request.
    ///
    /// # Errors
    /// [`HttpFailure::NoAnswer`].
    pub fn unless_failed(self) -> Result<Self, HttpFailure> {
        if self.status >= 500 { Err(HttpFailure::NoAnswer) } else { Ok(self) }
    }
}

/// Why there is no answer. Every variant says whether the request may have reached the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpFailure {
    /// An address that must not be contacted: nothing was sent.
    #[error("an address that must not be contacted")]
    AddressNotAllowed,
    /// Nobody could be reached: nothing was sent.
    #[error("nobody could be reached there")]
    Unreachable,
    /// The answer was a redirect: the request arrived, no second one was made.
    #[error("the answer points somewhere else")]
    Redirected,
    /// The answer was over the limit: the request arrived.
    #[error("the answer is over the limit")]
    TooLarge,
    /// The connection broke or the time was over: the request may have arrived.
    #[error("no answer came back")]
    NoAnswer,
}

impl HttpFailure {
    /// Whether the request may have reached the other side.
    pub const fn may_have_arrived(self) -> bool {
        !matches!(self, HttpFailure::AddressNotAllowed | HttpFailure::Unreachable)
    }

    /// The verdict, where the failure is the other side's doing.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            HttpFailure::AddressNotAllowed => Some(Reason::AddressNotAllowed),
            HttpFailure::Redirected => Some(Reason::RedirectNotAllowed),
            HttpFailure::TooLarge => Some(Reason::TooLarge),
            HttpFailure::Unreachable | HttpFailure::NoAnswer => None,
        }
    }
}
