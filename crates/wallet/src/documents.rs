//! Public documents the wallet keeps, so that an issuer is not asked when its credential is presented.

use std::{collections::BTreeMap, sync::Mutex};

use jiff::{SignedDuration, Timestamp};
use portage_did::{
    Did,
    webvh::{Log, LogAddress, Succession, wants_witnesses},
};
use portage_keys::base64url;
use portage_reason::Reason;
use portage_strict_json as strict_json;
use portage_verification::{DidLog, FetchedList, Sources, Unavailable};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    credential::read_record,
    ports::{Batch, Http, HttpAnswer, HttpFailure, HttpRequest, RecordId, RequestBody, WalletStore},
};

const RECORD_VERSION: u32 = 1;
const MAX_DOCUMENT: usize = 256 << 10;
/// 256 hashes.
const MAX_LOG_FILE: usize = 8 << 10;
const MAX_LIST: usize = 8 << 20;
/// A statement of the federation is not asked for again within this time: a suspension is known by then.
const STATEMENT_AGE: SignedDuration = SignedDuration::from_hours(1);

/// Whether a DID document that is kept already will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Something arrives: ask the issuer, it knows already.
    Ask,
    /// Something is about to be shown: what is kept will do, and only a document that was never seen is asked for.
    Keep,
}

/// The verification pipeline's sources, over the wallet's HTTP and its records. New documents stay in memory until
/// [`Documents::into_batch`]: looking at a request writes nothing.
pub(crate) struct Documents<'w, H, S> {
    http: &'w H,
    store: &'w S,
    now: Timestamp,
    freshness: Freshness,
    /// A list is asked for at most this often.
    list_interval: SignedDuration,
    fetched: Mutex<BTreeMap<String, KeptDocument>>,
}

#[derive(Clone, Serialize, Deserialize)]
struct KeptDocument {
    version: u32,
    fetched: Timestamp,
    text: String,
}

impl<'w, H: Http, S: WalletStore> Documents<'w, H, S> {
    pub(crate) fn new(
        http: &'w H,
        store: &'w S,
        now: Timestamp,
        freshness: Freshness,
        list_interval: SignedDuration,
    ) -> Self {
        Documents { http, store, now, freshness, list_interval, fetched: Mutex::default() }
    }

    /// Adds what was fetched to a batch that is committed for another reason.
    pub(crate) fn into_batch(self, mut batch: Batch) -> Batch {
        let fetched = self.fetched.into_inner().unwrap_or_default();
        for (url, document) in fetched {
            let bytes = serde_json::to_vec(&document).unwrap_or_default();
            batch = batch.with(RecordId::Document(url), bytes);
        }
        batch
    }

    fn kept(&self, url: &str) -> Option<KeptDocument> {
        if let Some(document) = self.fetched.lock().ok().and_then(|fetched| fetched.get(url).cloned()) {
            return Some(document);
        }
        let bytes = self.store.record(&RecordId::Document(url.to_owned())).ok()??;
        read_record(&bytes, RECORD_VERSION).ok()
    }

    async fn ask(&self, url: &Url, accept: &str, max_bytes: usize) -> Result<KeptDocument, Unavailable> {
        let request = HttpRequest { url, accept, bearer: None, body: RequestBody::Get, max_bytes };
        let answer = self.http.send(request).await.map_err(unavailable)?;
        self.note(url, answer)
    }

    fn note(&self, url: &Url, answer: HttpAnswer) -> Result<KeptDocument, Unavailable> {
        Ok(self.keep(url, text_of(answer)?))
    }

    fn keep(&self, url: &Url, text: String) -> KeptDocument {
        let document = KeptDocument { version: RECORD_VERSION, fetched: self.now, text };
        if let Ok(mut fetched) = self.fetched.lock() {
            fetched.insert(url.to_string(), document.clone());
        }
        document
    }

    /// What stands at an address, kept by nobody yet.
    async fn text(&self, url: &Url, accept: &str) -> Result<String, Unavailable> {
        let request =
            HttpRequest { url, accept, bearer: None, body: RequestBody::Get, max_bytes: MAX_DOCUMENT };
        text_of(self.http.send(request).await.map_err(unavailable)?)
    }

    async fn key_document(&self, url: &Url, accept: &str) -> Result<Vec<u8>, Unavailable> {
        if self.freshness == Freshness::Keep
            && let Some(document) = self.kept(url.as_str())
        {
            return Ok(document.text.into_bytes());
        }
        self.ask(url, accept, MAX_DOCUMENT).await.map(|document| document.text.into_bytes())
    }
}

/// Whether a statement says of itself that its time is over: then it is asked for again, however lately it was seen. Nothing else follows from
/// it, so its signature need not hold yet.
fn is_over(statement: &str, now: Timestamp) -> bool {
    let payload = statement.split('.').nth(1).and_then(|payload| base64url::decode(payload).ok());
    let payload = payload.and_then(|payload| strict_json::parse(&payload, strict_json::Limits::MESSAGE).ok());
    let end = payload.as_ref().and_then(|payload| payload.get("exp")?.as_i64());
    end.is_some_and(|end| end <= now.as_second())
}

impl<H: Http, S: WalletStore> Sources for Documents<'_, H, S> {
    /// A statement seen lately; else the one there is now; where nobody answers, the one seen last.
    async fn entity_statement(&self, url: &Url) -> Result<Vec<u8>, Unavailable> {
        let kept = self.kept(url.as_str());
        let age = kept.as_ref().map(|document| self.now.duration_since(document.fetched));
        if let (Some(document), Some(age)) = (&kept, age)
            && (SignedDuration::ZERO..STATEMENT_AGE).contains(&age)
            && !is_over(&document.text, self.now)
        {
            return Ok(document.text.clone().into_bytes());
        }
        let accept = "application/entity-statement+jwt, application/resolve-response+jwt";
        let request =
            HttpRequest { url, accept, bearer: None, body: RequestBody::Get, max_bytes: MAX_DOCUMENT };
        match (self.http.send(request).await.map_err(unavailable), kept) {
            // A no is an answer: whoever is suspended is not there.
            (Ok(answer), _) => self.note(url, answer).map(|document| document.text.into_bytes()),
            // Nobody answers: what was seen last says itself until when it is good.
            (Err(Unavailable::Unreachable), Some(document)) => Ok(document.text.into_bytes()),
            (Err(unavailable), _) => Err(unavailable),
        }
    }

    /// Bytes, wanted once.
    async fn log_file(&self, url: &Url) -> Result<Vec<u8>, Unavailable> {
        let request =
            HttpRequest { url, accept: "*/*", bearer: None, body: RequestBody::Get, max_bytes: MAX_LOG_FILE };
        let answer = self.http.send(request).await.map_err(unavailable)?;
        if answer.is_success() { Ok(answer.body) } else { Err(Unavailable::Unreachable) }
    }

    /// A log that is kept will do where something is shown. A new one that lacks an entry of the one kept is not used.
    async fn did_log(&self, did: &Did, address: &LogAddress) -> Result<DidLog, Unavailable> {
        let text = |url: &Url| self.kept(url.as_str()).map(|document| document.text.into_bytes());
        let kept = text(&address.log).map(|log| DidLog { log, witness: text(&address.witness) });
        if self.freshness == Freshness::Keep
            && let Some(files) = kept
        {
            return Ok(files);
        }
        let log = self.text(&address.log, "text/jsonl, application/json").await?;
        let witness = match wants_witnesses(log.as_bytes()) {
            true => self.text(&address.witness, "application/json").await.ok(),
            false => None,
        };
        let (noted_log, noted_witness) = (log.clone(), witness.clone());
        let files = DidLog { log: log.into_bytes(), witness: witness.map(String::into_bytes) };
        let read = |files: &DidLog| Log::verify(did, &files.log, files.witness.as_deref(), self.now);
        let Ok(new) = read(&files) else { return Ok(files) };
        match kept.as_ref().and_then(|kept| read(kept).ok()).map(|kept| new.after(kept.last_version_id())) {
            Some(Succession::Older) => return Err(Unavailable::Unreachable),
            Some(Succession::Fork) => return Err(Unavailable::Refused(Reason::LogProofInvalid)),
            Some(Succession::GoesOn) | None => {}
        }
        self.keep(&address.log, noted_log);
        if let Some(witness) = noted_witness {
            self.keep(&address.witness, witness);
        }
        Ok(files)
    }

    async fn did_document(&self, _did: &Did, url: &Url) -> Result<Vec<u8>, Unavailable> {
        self.key_document(url, "application/did+json, application/json").await
    }

    async fn controller_document(&self, url: &Url) -> Result<Vec<u8>, Unavailable> {
        self.key_document(url, "application/cid, application/json").await
    }

    async fn jwt_vc_issuer(&self, issuer: &Url) -> Result<Vec<u8>, Unavailable> {
        self.key_document(&crate::well_known::inserted(issuer, "jwt-vc-issuer"), "application/json").await
    }

    /// A list that was seen lately; else the one that is there now; where nobody answers, the one seen last, if that may be so old.
    async fn status_list(&self, url: &Url, max_age: SignedDuration) -> Result<FetchedList, Unavailable> {
        let kept = self.kept(url.as_str()).map(|document| {
            let age = self.now.duration_since(document.fetched);
            FetchedList { bytes: document.text.into_bytes(), age }
        });
        let younger_than = |limit: SignedDuration| {
            kept.clone().filter(|list| (SignedDuration::ZERO..=limit).contains(&list.age))
        };
        // On arrival the issuer is asked anyway: a list kept from before may be under a key that it has dropped since.
        let seen_lately = match self.freshness {
            Freshness::Ask => SignedDuration::ZERO,
            Freshness::Keep => self.list_interval.min(max_age),
        };
        if let Some(list) = younger_than(seen_lately) {
            return Ok(list);
        }
        let accept = "application/statuslist+jwt, application/vc, application/vc+jwt, application/json";
        match self.ask(url, accept, MAX_LIST).await {
            Ok(document) => Ok(FetchedList { bytes: document.text.into_bytes(), age: SignedDuration::ZERO }),
            Err(Unavailable::Unreachable) => younger_than(max_age).ok_or(Unavailable::Unreachable),
            Err(refused) => Err(refused),
        }
    }
}

fn text_of(answer: HttpAnswer) -> Result<String, Unavailable> {
    if !answer.is_success() {
        return Err(Unavailable::Unreachable);
    }
    String::from_utf8(answer.body).map_err(|_| Unavailable::Unreachable)
}

fn unavailable(failure: HttpFailure) -> Unavailable {
    failure.reason().map_or(Unavailable::Unreachable, Unavailable::Refused)
}
