//! `POST /credentials/verify`, `POST /presentations/verify`: the pipeline, with any issuer trusted and nothing fetched.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use portage_catalog::{Catalog, Contexts};
use portage_did::{Did, LoopbackOrigins, webvh::LogAddress};
use portage_reason::Reason;
use portage_trust::AnyIssuer;
use portage_verification::{
    DidLog, Expectations, FetchedList, HolderExpectation, Outcome, Sources, StatusPolicy, Unavailable, run,
};
use serde_json::{Map, Value};
use url::Url;

use crate::issuer::Issuer;

/// The verifier whom the suites ask.
pub(crate) struct Verifier {
    catalog: Catalog,
    contexts: Contexts,
    own_address: LoopbackOrigins,
    sources: OwnLists,
}

/// The lists of our own issuer, at hand; everything else is out of reach.
struct OwnLists(Arc<Issuer>);

impl Verifier {
    /// A verifier that reads the lists of `issuer`, which stand below `base`; `None` when that is no address of this machine.
    pub(crate) fn new(catalog: Catalog, contexts: Contexts, issuer: Arc<Issuer>, base: &str) -> Option<Self> {
        let own_address = LoopbackOrigins::parse([base])
            .or_else(|_| LoopbackOrigins::default().dangerous_and_tls(base))
            .ok()?;
        Some(Verifier { catalog, contexts, own_address, sources: OwnLists(issuer) })
    }

    /// `{verifiableCredential}`.
    ///
    /// # Errors
    /// Not an object with one.
    pub(crate) async fn credential(
        &self,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Outcome, Reason> {
        let bytes = object_of(body, "verifiableCredential")?;
        Ok(run(&bytes, &self.expectations(HolderExpectation::NotAsked, now), &self.sources).await)
    }

    /// `{verifiablePresentation, options: {domain, challenge}}`: made for this domain and this challenge; without them, for none.
    ///
    /// # Errors
    /// Not an object with one.
    pub(crate) async fn presentation(
        &self,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Outcome, Reason> {
        let bytes = object_of(body, "verifiablePresentation")?;
        let option = |name: &str| {
            body.get("options").and_then(|options| options.get(name)).and_then(Value::as_str).unwrap_or("")
        };
        let holder = HolderExpectation::Presented { audience: option("domain"), nonce: option("challenge") };
        Ok(run(&bytes, &self.expectations(holder, now), &self.sources).await)
    }

    fn expectations<'a>(&'a self, holder: HolderExpectation<'a>, now: Timestamp) -> Expectations<'a> {
        Expectations {
            now,
            catalog: &self.catalog,
            contexts: &self.contexts,
            authority: &AnyIssuer,
            loopback: &self.own_address,
            issuer_key: None,
            holder,
            query: None,
            status: StatusPolicy::Required { max_age: SignedDuration::ZERO },
            format: None,
        }
    }
}

/// The member as bytes. Text is none: what is secured as text comes in an envelope.
fn object_of(body: &Map<String, Value>, name: &str) -> Result<Vec<u8>, Reason> {
    let object = body.get(name).filter(|value| value.is_object()).ok_or(Reason::Malformed)?;
    serde_json::to_vec(object).map_err(|_| Reason::Malformed)
}

impl Sources for OwnLists {
    async fn entity_statement(&self, _url: &Url) -> Result<Vec<u8>, Unavailable> {
        Err(Unavailable::Unreachable)
    }

    async fn log_file(&self, _url: &Url) -> Result<Vec<u8>, Unavailable> {
        Err(Unavailable::Unreachable)
    }

    async fn did_document(&self, _did: &Did, _url: &Url) -> Result<Vec<u8>, Unavailable> {
        Err(Unavailable::Unreachable)
    }

    async fn did_log(&self, _did: &Did, _address: &LogAddress) -> Result<DidLog, Unavailable> {
        Err(Unavailable::Unreachable)
    }

    async fn controller_document(&self, _issuer: &Url) -> Result<Vec<u8>, Unavailable> {
        Err(Unavailable::Unreachable)
    }

    async fn jwt_vc_issuer(&self, _issuer: &Url) -> Result<Vec<u8>, Unavailable> {
        Err(Unavailable::Unreachable)
    }

    async fn status_list(&self, url: &Url, _max_age: SignedDuration) -> Result<FetchedList, Unavailable> {
        let list = self.0.list_at(url.as_str()).ok_or(Unavailable::Unreachable)?;
        let bytes = serde_json::to_vec(&list).map_err(|_| Unavailable::Unreachable)?;
        Ok(FetchedList { bytes, age: SignedDuration::ZERO })
    }
}
