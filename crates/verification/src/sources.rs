use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use portage_did::{Did, webvh::LogAddress};
use portage_reason::Reason;
use portage_trust::{Authority, Inquiry, Wanted};
use url::Url;

use crate::{DidLog, Expectations, KeyAnswer, KeyWanted, Outcome, Step, begin};

/// Where documents come from. Implemented by `fetch` (guarded HTTP with a cache) and by files (`verifier check`: no connection, ever).
pub trait Sources: Send + Sync {
    /// An entity statement of the federation, as its address answers it (`application/entity-statement+jwt`).
    fn entity_statement(&self, url: &Url) -> impl Future<Output = Result<Vec<u8>, Unavailable>> + Send;

    /// A file of an authority's public log: bytes, wanted once.
    fn log_file(&self, url: &Url) -> impl Future<Output = Result<Vec<u8>, Unavailable>> + Send;

    /// A DID document. `url` is where it stands.
    fn did_document(&self, did: &Did, url: &Url)
    -> impl Future<Output = Result<Vec<u8>, Unavailable>> + Send;

    /// The log of a did:webvh, with the proofs of its witnesses where it names any. Whoever keeps logs never goes back: one that holds, but
    /// lacks an entry already seen, is not given.
    fn did_log(
        &self,
        did: &Did,
        address: &LogAddress,
    ) -> impl Future<Output = Result<DidLog, Unavailable>> + Send;

    /// A controlled identifier document.
    fn controller_document(&self, url: &Url) -> impl Future<Output = Result<Vec<u8>, Unavailable>> + Send;

    /// The metadata of an https issuer (`/.well-known/jwt-vc-issuer`, `jwks` inline or its `jwks_uri` put in place).
    fn jwt_vc_issuer(&self, issuer: &Url) -> impl Future<Output = Result<Vec<u8>, Unavailable>> + Send;

    /// A status list, from the cache when it is not older than `max_age`.
    fn status_list(
        &self,
        url: &Url,
        max_age: SignedDuration,
    ) -> impl Future<Output = Result<FetchedList, Unavailable>> + Send;
}

/// A status list and how old it is.
#[derive(Debug, Clone)]
pub struct FetchedList {
    /// As it was answered.
    pub bytes: Vec<u8>,
    /// Since it was fetched.
    pub age: SignedDuration,
}

/// Why it could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// Refused before or while fetching: `address_not_allowed`, `redirect_not_allowed`, `too_large`.
    Refused(Reason),
    /// Not there, or nobody answered.
    Unreachable,
}

/// Drives [`crate::begin`] to its end over the port.
pub async fn run(input: &[u8], expectations: &Expectations<'_>, sources: &impl Sources) -> Outcome {
    let mut step = begin(input, expectations);
    loop {
        step = match step {
            Step::Done(outcome) => return outcome,
            Step::NeedTrust(pending) => {
                let answers = read(pending.wanted(), sources).await;
                pending.supply(answers, expectations)
            }
            Step::NeedKeys(pending) => {
                let mut answers = Vec::with_capacity(pending.wanted().len());
                for wanted in pending.wanted() {
                    answers.push(match wanted {
                        KeyWanted::DidDocument(did, url) => {
                            sources.did_document(did, url).await.map(KeyAnswer::Document)
                        }
                        KeyWanted::DidLog(did, address) => {
                            sources.did_log(did, address).await.map(KeyAnswer::Log)
                        }
                        KeyWanted::ControllerDocument(url) => {
                            sources.controller_document(url).await.map(KeyAnswer::Document)
                        }
                        KeyWanted::JwtVcIssuer(issuer) => {
                            sources.jwt_vc_issuer(issuer).await.map(KeyAnswer::Document)
                        }
                    });
                }
                pending.supply(answers, expectations)
            }
            Step::NeedStatus(pending) => {
                let mut answers = Vec::with_capacity(pending.wanted().len());
                for wanted in pending.wanted() {
                    answers.push(sources.status_list(&wanted.url, pending.max_age()).await);
                }
                pending.supply(answers, expectations)
            }
        };
    }
}

/// Lets an authority read what it wants about whoever goes by these names, before anything else of theirs is asked for. Afterwards it
/// answers as well as it can: what could not be read stays unknown.
pub async fn learn<'i>(
    authority: &dyn Authority,
    ids: impl IntoIterator<Item = &'i str>,
    now: Timestamp,
    sources: &impl Sources,
) {
    for id in ids {
        if let Some(mut inquiry) = authority.inquire(id, now) {
            follow(inquiry.as_mut(), sources).await;
        }
    }
}

/// Drives an inquiry to its end: what it wants is fetched, until it wants nothing more.
pub async fn follow(inquiry: &mut dyn Inquiry, sources: &impl Sources) {
    loop {
        let wanted = inquiry.wanted();
        if wanted.is_empty() {
            return;
        }
        let answers = read(&wanted, sources).await;
        inquiry.supply(answers.into_iter().map(Result::ok).collect());
    }
}

async fn read(wanted: &[Wanted], sources: &impl Sources) -> Vec<Result<Vec<u8>, Unavailable>> {
    let mut answers = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        answers.push(match wanted {
            Wanted::Statement(url) => sources.entity_statement(url).await,
            Wanted::LogFile(url) => sources.log_file(url).await,
        });
    }
    answers
}
