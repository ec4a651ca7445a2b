//! The caches behind the pipeline's documents.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod support;

use std::sync::{Arc, Mutex};

use axum::{Router, http::StatusCode, routing::get};
use jiff::{SignedDuration, Timestamp};
use portage_clock::Clock;
use portage_did::Did;
use portage_fetch::{CacheSettings, HttpSources};
use portage_keys::base64url;
use portage_reason::Reason;
use portage_verification::{FetchedList, Sources, Unavailable};
use support::Server;

const NOW: i64 = 1_768_478_400;

/// A clock that a test moves, and the answer that it changes.
#[derive(Clone)]
struct Stage {
    now: Arc<Mutex<Timestamp>>,
    answer: Arc<Mutex<(StatusCode, String)>>,
}

impl Stage {
    fn new() -> Self {
        Stage {
            now: Arc::new(Mutex::new(Timestamp::from_second(NOW).unwrap())),
            answer: Arc::new(Mutex::new((StatusCode::OK, list_of(NOW)))),
        }
    }

    fn clock(&self) -> Clock {
        let now = self.now.clone();
        Clock::from_fn(move || *now.lock().unwrap())
    }

    fn advance(&self, seconds: i64) {
        let mut now = self.now.lock().unwrap();
        *now = now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    fn answers(&self, status: StatusCode, body: &str) {
        *self.answer.lock().unwrap() = (status, body.to_owned());
    }

    async fn serve(&self) -> Server {
        let answer = self.answer.clone();
        let handler = move || {
            let answer = answer.lock().unwrap().clone();
            async move { answer }
        };
        let router = Router::new()
            .route("/list", get(handler.clone()))
            .route("/.well-known/did.json", get(handler.clone()))
            .route("/.well-known/jwt-vc-issuer/licences", get(handler))
            .route("/keys", get(|| async { r#"{"keys":[]}"# }));
        Server::start(router).await
    }
}

/// Something that reads as a compact list issued then.
fn list_of(iat: i64) -> String {
    format!("e30.{}.AA", base64url::encode(format!(r#"{{"iat":{iat}}}"#).as_bytes()))
}

fn sources(server: &Server, stage: &Stage) -> HttpSources {
    HttpSources::new(server.fetcher(), stage.clock(), CacheSettings::default())
}

fn secs(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn text(list: Result<FetchedList, Unavailable>) -> (String, i64) {
    let list = list.unwrap();
    (String::from_utf8(list.bytes).unwrap(), list.age.as_secs())
}

#[tokio::test]
async fn a_hundred_checks_against_one_list_make_one_request() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let sources = sources(&server, &stage);
    let url = server.url("/list");
    let checks: Vec<_> = (0..100)
        .map(|_| {
            let (sources, url) = (sources.clone(), url.clone());
            tokio::spawn(async move { sources.status_list(&url, secs(300)).await.is_ok() })
        })
        .collect();
    for check in checks {
        assert!(check.await.unwrap());
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_list_is_asked_for_again_after_a_minute_and_not_before() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let sources = sources(&server, &stage);
    let url = server.url("/list");
    assert_eq!(text(sources.status_list(&url, secs(300)).await).1, 0);
    stage.advance(59);
    assert_eq!(text(sources.status_list(&url, secs(300)).await).1, 59);
    assert_eq!(server.requests(), 1);
    stage.advance(1);
    stage.answers(StatusCode::OK, &list_of(NOW + 60));
    assert_eq!(text(sources.status_list(&url, secs(300)).await), (list_of(NOW + 60), 0));
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn s06_a_list_seen_before_serves_within_its_age_when_nobody_answers_and_no_longer() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let sources = sources(&server, &stage);
    let url = server.url("/list");
    assert!(sources.status_list(&url, secs(300)).await.is_ok());
    stage.answers(StatusCode::INTERNAL_SERVER_ERROR, "");
    stage.advance(300);
    assert_eq!(text(sources.status_list(&url, secs(300)).await), (list_of(NOW), 300));
    stage.advance(6);
    assert_eq!(sources.status_list(&url, secs(300)).await.err(), Some(Unavailable::Unreachable));
    // Nobody is asked again at once: no storm when the list comes back.
    let asked = server.requests();
    assert_eq!(sources.status_list(&url, secs(300)).await.err(), Some(Unavailable::Unreachable));
    assert_eq!(server.requests(), asked);
    stage.answers(StatusCode::OK, &list_of(NOW + 306));
    stage.advance(6);
    assert_eq!(text(sources.status_list(&url, secs(300)).await), (list_of(NOW + 306), 0));
}

#[tokio::test]
async fn a_list_older_than_the_one_seen_before_is_not_used() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let sources = sources(&server, &stage);
    let url = server.url("/list");
    assert!(sources.status_list(&url, secs(300)).await.is_ok());
    stage.answers(StatusCode::OK, &list_of(NOW - 1));
    stage.advance(61);
    assert_eq!(text(sources.status_list(&url, secs(300)).await), (list_of(NOW), 61));
    assert_eq!(sources.status_list(&url, secs(10)).await.err(), Some(Unavailable::Unreachable));
    // One that claims to come from the future locks nobody out.
    stage.answers(StatusCode::OK, &list_of(NOW + 1_000_000));
    stage.advance(61);
    assert!(sources.status_list(&url, secs(300)).await.is_ok());
    stage.answers(StatusCode::OK, &list_of(NOW + 122));
    stage.advance(61);
    assert_eq!(text(sources.status_list(&url, secs(300)).await).0, list_of(NOW + 122));
}

#[tokio::test]
async fn s07_a_redirect_or_a_forbidden_address_is_refused_by_name() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let sources = sources(&server, &stage);
    stage.answers(StatusCode::FOUND, "");
    let refused = |reason| Some(Unavailable::Refused(reason));
    let answer = sources.status_list(&server.url("/list"), secs(300)).await;
    assert_eq!(answer.err(), refused(Reason::RedirectNotAllowed));
    for address in ["http://city.example/list", "https://192.168.0.1/list"] {
        let answer = sources.status_list(&address.parse().unwrap(), secs(300)).await;
        assert_eq!(answer.err(), refused(Reason::AddressNotAllowed), "{address}");
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_did_document_serves_for_a_minute_and_a_missing_one_is_not_remembered() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let sources = sources(&server, &stage);
    let (did, url) = (Did::parse("did:web:city.example").unwrap(), server.url("/.well-known/did.json"));
    stage.answers(StatusCode::NOT_FOUND, "");
    assert_eq!(sources.did_document(&did, &url).await, Err(Unavailable::Unreachable));
    stage.answers(StatusCode::OK, "{}");
    assert_eq!(sources.did_document(&did, &url).await, Ok(b"{}".to_vec()));
    stage.answers(StatusCode::OK, "{ }");
    assert_eq!(sources.did_document(&did, &url).await, Ok(b"{}".to_vec()));
    stage.advance(60);
    assert_eq!(sources.did_document(&did, &url).await, Ok(b"{ }".to_vec()));
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn the_keys_behind_jwks_uri_are_put_in_its_place() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let sources = sources(&server, &stage);
    let metadata = format!(r#"{{"issuer":"x","jwks_uri":"{}"}}"#, server.url("/keys"));
    stage.answers(StatusCode::OK, &metadata);
    let answer = sources.jwt_vc_issuer(&server.url("/licences")).await.unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), r#"{"issuer":"x","jwks":{"keys":[]}}"#);
}
