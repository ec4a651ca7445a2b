//! The logs of did:webvh: kept for their time, and never older than one already seen.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod support;

use std::sync::{Arc, Mutex};

use axum::{Router, http::StatusCode, routing::get};
use jiff::{SignedDuration, Timestamp};
use portage_clock::Clock;
use portage_did::{
    DidDocument, Relationship,
    webvh::{Change, Log, LogAddress, WitnessProofs, Witnesses},
};
use portage_fetch::{CacheSettings, HttpSources};
use portage_keys::{Algorithm, Signer, SigningKey, multibase::to_multikey};
use portage_reason::Reason;
use portage_verification::{Sources, Unavailable};
use support::Server;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[seed; 32]).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_768_478_400 + seconds).unwrap()
}

fn created(ttl: u32, set: impl FnOnce(&mut Change)) -> Log {
    let mut change = Change::at(at(-1_000));
    change.update_keys = Some(vec![to_multikey(key(1).verification_key())]);
    change.ttl = Some(ttl);
    set(&mut change);
    let keys = [("key-1", key(9).verification_key().clone())];
    let document = |did: &portage_did::Did| {
        let keys = keys.each_ref().map(|(name, key)| (*name, key, &[Relationship::AssertionMethod][..]));
        DidDocument::of_keys(did, &keys)
    };
    Log::create(&"https://city.example".parse().unwrap(), document, change, &key(1)).unwrap()
}

fn longer(log: &Log, ttl: Option<u32>) -> Log {
    let last = log.versions().last().unwrap().version_time();
    let mut change = Change::at(last.checked_add(SignedDuration::from_secs(1)).unwrap());
    change.ttl = ttl;
    log.append(change, &key(1)).unwrap()
}

struct Stage {
    now: Arc<Mutex<Timestamp>>,
    log: Arc<Mutex<(StatusCode, String)>>,
    witness: Arc<Mutex<(StatusCode, String)>>,
    server: Server,
    sources: HttpSources,
}

impl Stage {
    async fn new() -> Self {
        let (now, nothing) =
            (Arc::new(Mutex::new(at(0))), || Arc::new(Mutex::new((StatusCode::NOT_FOUND, String::new()))));
        let (log, witness) = (nothing(), nothing());
        let (of_log, of_witness) = (log.clone(), witness.clone());
        let router = Router::new()
            .route("/did.jsonl", get(async move || of_log.lock().unwrap().clone()))
            .route("/did-witness.json", get(async move || of_witness.lock().unwrap().clone()));
        let server = Server::start(router).await;
        let clock = now.clone();
        let clock = Clock::from_fn(move || *clock.lock().unwrap());
        let sources = HttpSources::new(server.fetcher(), clock, CacheSettings::default());
        Stage { now, log, witness, server, sources }
    }

    fn serve(&self, log: &str) {
        *self.log.lock().unwrap() = (StatusCode::OK, log.to_owned());
    }

    fn advance(&self, seconds: i64) {
        let mut now = self.now.lock().unwrap();
        *now = now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    async fn ask(&self, log: &Log) -> Result<String, Unavailable> {
        let (url, witness) = (self.server.url("/did.jsonl"), self.server.url("/did-witness.json"));
        let files = self.sources.did_log(log.did(), &LogAddress { log: url, witness }).await?;
        Ok(String::from_utf8(files.log).unwrap())
    }
}

#[tokio::test]
async fn t14_a_log_that_lacks_an_entry_already_seen_is_not_used() {
    let stage = Stage::new().await;
    let first = created(0, |_| {});
    let second = longer(&first, None);
    stage.serve(&first.to_text());
    assert_eq!(stage.ask(&first).await, Ok(first.to_text()));
    stage.serve(&second.to_text());
    assert_eq!(stage.ask(&first).await, Ok(second.to_text()));
    stage.serve(&first.to_text());
    assert_eq!(stage.ask(&first).await, Err(Unavailable::Unreachable));
    // Another history, which its controller signed as well.
    let fork = longer(&longer(&first, Some(7)), None);
    stage.serve(&fork.to_text());
    assert_eq!(stage.ask(&first).await, Err(Unavailable::Refused(Reason::LogProofInvalid)));
    let third = longer(&second, None);
    stage.serve(&third.to_text());
    assert_eq!(stage.ask(&first).await, Ok(third.to_text()));
}

#[tokio::test]
async fn a_log_serves_for_its_ttl_and_no_longer_than_a_document_does() {
    for (ttl, requests) in [(0, 3), (30, 2), (3_600, 1)] {
        let stage = Stage::new().await;
        let log = created(ttl, |_| {});
        stage.serve(&log.to_text());
        for seconds in [0, 29, 10] {
            stage.advance(seconds);
            assert!(stage.ask(&log).await.is_ok());
        }
        assert_eq!(stage.server.requests(), requests, "{ttl}");
        stage.advance(60);
        assert!(stage.ask(&log).await.is_ok());
        assert_eq!(stage.server.requests(), requests + 1, "{ttl}");
    }
}

#[tokio::test]
async fn what_does_not_hold_is_handed_on_for_the_verdict_and_neither_kept_nor_remembered() {
    let stage = Stage::new().await;
    let log = created(3_600, |_| {});
    // An entry more that nobody signed: it must not lock the true log out.
    let forged = format!(
        "{}{}",
        log.to_text(),
        longer(&log, None).to_text().lines().nth(1).unwrap().replace("proofValue\":\"z", "proofValue\":\"z1")
    );
    stage.serve(&forged);
    assert_eq!(stage.ask(&log).await, Ok(forged));
    stage.serve(&log.to_text());
    assert_eq!(stage.ask(&log).await, Ok(log.to_text()));
    assert_eq!(stage.server.requests(), 2);
}

#[tokio::test]
async fn witnesses_are_asked_for_where_the_log_names_some() {
    let stage = Stage::new().await;
    let witnesses = Witnesses { threshold: 1, keys: [to_multikey(key(21).verification_key())].into() };
    let log = created(3_600, |change| change.witness = Some(Some(witnesses)));
    stage.serve(&log.to_text());
    assert!(stage.ask(&log).await.is_ok());
    assert!(stage.ask(&log).await.is_ok());
    assert_eq!(stage.server.requests(), 4, "without its witnesses it is not kept");
    let mut proofs = WitnessProofs::default();
    proofs.approve(&log.versions()[0], &key(21), at(0)).unwrap();
    *stage.witness.lock().unwrap() = (StatusCode::OK, log.witness_file(&proofs).to_string());
    assert!(stage.ask(&log).await.is_ok());
    assert!(stage.ask(&log).await.is_ok());
    assert_eq!(stage.server.requests(), 6);
}
