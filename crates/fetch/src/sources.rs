use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use portage_clock::Clock;
use portage_did::{
    Did,
    webvh::{LogAddress, wants_witnesses},
};
use portage_strict_json::{Limits, parse};
use portage_verification::{DidLog, FetchedList, Sources, Unavailable};
use portage_wallet::ports::HttpFailure;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use crate::{Fetcher, list_cache::ListCache, log_cache::LogCache};

/// Media types a status list comes in, the compact ones first.
const LIST_TYPES: &str =
    "application/statuslist+jwt, application/vc+jwt, application/vc, application/json;q=0.5";
/// Longest status list as it travels.
const LIST_BYTES: usize = 8 << 20;
/// Longest DID document or metadata.
const DOCUMENT_BYTES: usize = 256 << 10;
/// Longest file of a public log that is asked for: 256 hashes.
const LOG_FILE_BYTES: usize = 8 << 10;
/// Documents kept at once.
const DOCUMENTS: usize = 256;

/// How long what was fetched serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// A status list is asked for at most this often. 60 s; the demo uses 1 s.
    pub list_interval: SignedDuration,
    /// A DID document or issuer metadata serves this long.
    pub document_age: SignedDuration,
}

impl Default for CacheSettings {
    fn default() -> Self {
        CacheSettings {
            list_interval: SignedDuration::from_secs(60),
            document_age: SignedDuration::from_secs(60),
        }
    }
}

/// The documents of the verification pipeline, over the guarded way out. Cheap to clone; clones share the caches.
#[derive(Clone)]
pub struct HttpSources {
    shared: Arc<Shared>,
}

struct Shared {
    fetcher: Fetcher,
    clock: Clock,
    settings: CacheSettings,
    documents: Mutex<HashMap<Url, (Timestamp, Vec<u8>)>>,
    lists: ListCache,
    logs: LogCache,
}

impl HttpSources {
    /// Sources that ask through `fetcher`.
    pub fn new(fetcher: Fetcher, clock: Clock, settings: CacheSettings) -> Self {
        let lists = ListCache::new(settings.list_interval);
        HttpSources {
            shared: Arc::new(Shared {
                fetcher,
                clock,
                settings,
                documents: Mutex::default(),
                lists,
                logs: LogCache::default(),
            }),
        }
    }

    async fn document(&self, url: &Url, accept: &str) -> Result<Vec<u8>, Unavailable> {
        let now = self.shared.clock.now();
        if let Some((at, bytes)) = self.shared.documents.lock().await.get(url) {
            let age = now.duration_since(*at);
            if !age.is_negative() && age < self.shared.settings.document_age {
                return Ok(bytes.clone());
            }
        }
        let bytes = self.ask(url, accept, DOCUMENT_BYTES).await?;
        let mut documents = self.shared.documents.lock().await;
        if documents.len() >= DOCUMENTS {
            let age = self.shared.settings.document_age;
            documents.retain(|_, (at, _)| now.duration_since(*at) < age);
        }
        if documents.len() < DOCUMENTS {
            documents.insert(url.clone(), (now, bytes.clone()));
        }
        Ok(bytes)
    }

    async fn ask(&self, url: &Url, accept: &str, max_bytes: usize) -> Result<Vec<u8>, Unavailable> {
        match self.shared.fetcher.get(url, accept, max_bytes).await {
            Ok(answer) if answer.status == 200 => Ok(answer.body),
            Ok(_) => Err(Unavailable::Unreachable),
            Err(failure) => Err(unavailable(failure)),
        }
    }

    /// Puts the keys behind `jwks_uri` in its place. Metadata that names both, or neither, is left as it is: the pipeline refuses it.
    async fn with_keys(&self, metadata: Vec<u8>) -> Result<Vec<u8>, Unavailable> {
        let Ok(Value::Object(mut object)) = parse(&metadata, Limits::METADATA) else {
            return Ok(metadata);
        };
        if object.contains_key("jwks") {
            return Ok(metadata);
        }
        let Some(address) =
            object.get("jwks_uri").and_then(Value::as_str).and_then(|uri| Url::parse(uri).ok())
        else {
            return Ok(metadata);
        };
        let keys = self.document(&address, "application/jwk-set+json, application/json").await?;
        let Ok(keys) = parse(&keys, Limits::METADATA) else {
            return Ok(metadata);
        };
        object.shift_remove("jwks_uri");
        object.insert("jwks".into(), keys);
        Ok(Value::Object(object).to_string().into_bytes())
    }
}

impl Sources for HttpSources {
    async fn entity_statement(&self, url: &Url) -> Result<Vec<u8>, Unavailable> {
        self.document(url, "application/entity-statement+jwt, application/resolve-response+jwt").await
    }

    async fn log_file(&self, url: &Url) -> Result<Vec<u8>, Unavailable> {
        self.ask(url, "*/*", LOG_FILE_BYTES).await
    }

    async fn did_log(&self, did: &Did, address: &LogAddress) -> Result<DidLog, Unavailable> {
        let shared = &self.shared;
        if let Some(kept) = shared.logs.kept(did, shared.clock.now()).await {
            return Ok(kept);
        }
        let log = self.ask(&address.log, "text/jsonl, application/json", DOCUMENT_BYTES).await?;
        let witness = match wants_witnesses(&log) {
            true => self.ask(&address.witness, "application/json", DOCUMENT_BYTES).await.ok(),
            false => None,
        };
        let files = DidLog { log, witness };
        shared.logs.take(did, files, shared.settings.document_age, shared.clock.now()).await
    }

    async fn did_document(&self, _did: &Did, url: &Url) -> Result<Vec<u8>, Unavailable> {
        self.document(url, "application/did+json, application/did, application/json").await
    }

    async fn controller_document(&self, url: &Url) -> Result<Vec<u8>, Unavailable> {
        self.document(url, "application/cid, application/ld+json, application/json").await
    }

    async fn jwt_vc_issuer(&self, issuer: &Url) -> Result<Vec<u8>, Unavailable> {
        let metadata = self.document(&well_known(issuer), "application/json").await?;
        self.with_keys(metadata).await
    }

    async fn status_list(&self, url: &Url, max_age: SignedDuration) -> Result<FetchedList, Unavailable> {
        let ask = || self.ask(url, LIST_TYPES, LIST_BYTES);
        self.shared.lists.list(url, max_age, &self.shared.clock, ask).await
    }
}

/// `/.well-known/jwt-vc-issuer` inserted between host and path (SD-JWT VC, JWT VC Issuer Metadata).
fn well_known(issuer: &Url) -> Url {
    let mut url = issuer.clone();
    let path = format!("/.well-known/jwt-vc-issuer{}", issuer.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

fn unavailable(failure: HttpFailure) -> Unavailable {
    failure.reason().map_or(Unavailable::Unreachable, Unavailable::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_path_is_inserted_between_host_and_path() {
        let of = |issuer: &str| well_known(&Url::parse(issuer).unwrap()).to_string();
        assert_eq!(of("https://city.example"), "https://city.example/.well-known/jwt-vc-issuer");
        assert_eq!(of("https://city.example/a/b/"), "https://city.example/.well-known/jwt-vc-issuer/a/b");
    }
}
