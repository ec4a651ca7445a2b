use std::time::{Duration, Instant};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use portage_catalog::Language;

use crate::{
    Refusal,
    page::{preferred_language, problem},
};

/// Longest request body.
pub const MAX_BODY: usize = 1 << 20;

/// Time for a request to arrive, and again for its answer.
pub const REQUEST_TIME: Duration = Duration::from_secs(10);

/// What a program lets in, and how it says no.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest bodies below some paths, where they differ from [`MAX_BODY`]: uploads. The longest path that fits counts.
    pub bodies: &'static [(&'static str, usize)],
    /// Time for an answer.
    pub time: Duration,
    /// Who reads what is said about an unknown path, a body that is too large, a handler that broke.
    pub audience: Audience,
}

/// Who reads an answer that no route gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A program: the error bodies of [`Refusal`].
    Program,
    /// A person: a page.
    Person,
    /// A person at these paths and below them; a program everywhere else.
    PersonBelow(&'static [&'static str]),
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bodies: &[], time: REQUEST_TIME, audience: Audience::Program }
    }
}

impl Limits {
    fn body(&self, path: &str) -> usize {
        let fits = self.bodies.iter().filter(|(below, _)| path.starts_with(below));
        fits.max_by_key(|(below, _)| below.len()).map_or(MAX_BODY, |(_, most)| *most)
    }
}

/// Puts what every service owes around its routes: limits, headers, one log line a request, an answer when a handler panics,
/// and error bodies for unknown paths and methods.
pub fn harden(routes: Router) -> Router {
    harden_within(routes, Limits::default())
}

/// The same within other limits, or with pages for answers that no route gave.
pub fn harden_within(routes: Router, limits: Limits) -> Router {
    let not_found = Refusal::not_found;
    let wrong_method = || {
        Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request")
            .describing("this address does not take this method")
    };
    routes
        .fallback(async move |request: Request| limits.answer(not_found(), &request))
        .method_not_allowed_fallback(async move |request: Request| limits.answer(wrong_method(), &request))
        // The body is read, within our own limit, before any handler runs.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(move |request, next| answer_within(limits, request, next)))
        .layer(from_fn(add_headers))
        .layer(from_fn(log_request))
}

impl Limits {
    /// A refusal as its audience reads it.
    fn answer(self, refusal: Refusal, request: &Request) -> Response {
        Reader::of(request, self.audience).told(refusal)
    }
}

/// Who reads the answer to one request: a person in a language, or a program.
#[derive(Clone, Copy)]
struct Reader(Option<Language>);

impl Reader {
    fn of(request: &Request, audience: Audience) -> Self {
        let path = request.uri().path();
        let is_below =
            |top: &&str| path.strip_prefix(*top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_person = match audience {
            Audience::Program => false,
            Audience::Person => true,
            Audience::PersonBelow(tops) => tops.iter().any(is_below),
        };
        Reader(is_person.then(|| preferred_language(request.headers())))
    }

    fn told(self, refusal: Refusal) -> Response {
        let response = refusal.into_response();
        match self.0 {
            None => response,
            Some(language) => problem(response.status(), language),
        }
    }
}

/// Reads the body within its limits, then runs the handler as a task of its own: a client that hangs up does not cut a handler
/// in half, and a panic ends that task alone.
async fn answer_within(limits: Limits, request: Request, next: Next) -> Response {
    let reader = Reader::of(&request, limits.audience);
    let most = limits.body(request.uri().path());
    let request = match tokio::time::timeout(REQUEST_TIME, read_body(request, most)).await {
        Ok(Ok(request)) => request,
        Ok(Err(refusal)) => return reader.told(refusal),
        Err(_elapsed) => {
            let refusal = Refusal::new(StatusCode::REQUEST_TIMEOUT, "invalid_request")
                .describing("the request did not arrive in time");
            return reader.told(refusal);
        }
    };
    match tokio::time::timeout(limits.time, tokio::spawn(next.run(request))).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panicked)) => reader.told(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error")),
        Err(_elapsed) => reader.told(Refusal::unavailable().logging("the handler took too long")),
    }
}

async fn read_body(request: Request, most: usize) -> Result<Request, Refusal> {
    const TOO_LARGE: Refusal = Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request")
        .describing("the request is over the size limit");
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.is_some_and(|text| text.parse::<usize>().is_ok_and(|length| length > most)) {
        return Err(TOO_LARGE);
    }
    let (parts, body) = request.into_parts();
    // What `to_bytes` fails on beside the limit is a connection that broke: nobody reads that answer.
    let bytes = to_bytes(body, most).await.map_err(|_| TOO_LARGE)?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

async fn add_headers(request: Request, next: Next) -> Response {
    const DEFAULTS: [(HeaderName, HeaderValue); 5] = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
        ),
    ];
    let mut response = next.run(request).await;
    for (name, value) in DEFAULTS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// The route, not the path: paths and queries may hold codes and identifiers.
async fn log_request(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    tracing::info!(
        method = method.as_str(),
        route = route.as_ref().map_or("(none)", MatchedPath::as_str),
        status = response.status().as_u16(),
        milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    response
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tower::ServiceExt;

    use super::*;

    fn routes() -> Router {
        harden(
            Router::new()
                .route("/echo", post(async |body: String| body.len().to_string()))
                .route("/own", get(async || ([(header::CACHE_CONTROL, "max-age=5")], "x")))
                .route("/panic", get(async || -> String { panic!("a test") })),
        )
    }

    async fn answer(request: Request) -> (Response, String) {
        let response = routes().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, MAX_BODY).await.unwrap().to_vec()).unwrap();
        (Response::from_parts(parts, Body::empty()), text)
    }

    fn post_of(length: usize) -> Request {
        Request::post("/echo").body(Body::from(vec![b'x'; length])).unwrap()
    }

    #[tokio::test]
    async fn a_body_of_one_mebibyte_passes_and_one_byte_more_is_413() {
        let (response, text) = answer(post_of(MAX_BODY)).await;
        assert_eq!((response.status(), text.as_str()), (StatusCode::OK, "1048576"));
        let (response, text) = answer(post_of(MAX_BODY + 1)).await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(text.contains(r#""error":"invalid_request""#), "{text}");
    }

    #[tokio::test]
    async fn every_answer_carries_the_headers_and_a_handler_may_choose_its_caching() {
        let (response, _) = answer(post_of(1)).await;
        for name in ["x-content-type-options", "referrer-policy", "content-security-policy"] {
            assert!(response.headers().contains_key(name), "{name}");
        }
        assert_eq!(response.headers()["cache-control"], "no-store");
        let (response, _) = answer(Request::get("/own").body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()["cache-control"], "max-age=5");
    }

    #[tokio::test]
    async fn a_person_reads_a_page_where_a_program_reads_an_error_body_and_uploads_may_be_longer() {
        let limits =
            Limits { bodies: &[("/echo", MAX_BODY + 1)], audience: Audience::Person, ..Limits::default() };
        let routes = || harden_within(Router::new().route("/echo", post(async |body: String| body)), limits);
        for (request, status) in [
            (post_of(MAX_BODY + 1), 200),
            (post_of(MAX_BODY + 2), 413),
            (Request::get("/none").body(Body::empty()).unwrap(), 404),
            (Request::get("/echo").body(Body::empty()).unwrap(), 405),
        ] {
            let response = routes().oneshot(request).await.unwrap();
            assert_eq!(response.status().as_u16(), status);
            let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
            assert!(kind.starts_with(if status == 200 { "text/plain" } else { "text/html" }), "{kind}");
        }
    }

    #[tokio::test]
    async fn unknown_paths_wrong_methods_and_panics_have_an_error_body() {
        for (path, status) in [("/none", 404), ("/echo", 405), ("/panic", 500)] {
            let (response, text) = answer(Request::get(path).body(Body::empty()).unwrap()).await;
            assert_eq!(response.status().as_u16(), status, "{path}");
            assert!(text.starts_with(r#"{"error":"#), "{path}: {text}");
            assert_eq!(response.headers()["content-type"], "application/json", "{path}");
        }
    }
}
