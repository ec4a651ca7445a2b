use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::SignedDuration;
use portage_did::{Did, webvh::LogAddress};
use portage_verification::{
    DidLog, Expectations, FetchedList, KeyAnswer, KeyWanted, Outcome, Sources, Step, Unavailable,
};
use url::Url;

/// Documents in memory, and what was asked for.
#[derive(Default)]
pub struct MemorySources {
    /// DID documents by DID, issuer metadata by issuer URL.
    pub documents: BTreeMap<String, Vec<u8>>,
    /// The files of did:webvh by DID.
    pub logs: BTreeMap<String, DidLog>,
    /// Status lists by address: text and age in seconds.
    pub lists: BTreeMap<String, (Vec<u8>, i64)>,
    /// Addresses that answer with this instead.
    pub failing: BTreeMap<String, Unavailable>,
    asked: Mutex<Vec<String>>,
}

impl MemorySources {
    /// Everything that was asked for so far, in order; asked for anew from here on.
    pub fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, what: &str) -> Result<(), Unavailable> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(what.to_owned());
        self.failing.get(what).map_or(Ok(()), |unavailable| Err(*unavailable))
    }

    fn document(&self, wanted: &KeyWanted) -> Result<KeyAnswer, Unavailable> {
        match wanted {
            KeyWanted::DidDocument(did, _) => self.named(did.as_str()).map(KeyAnswer::Document),
            KeyWanted::DidLog(did, _) => self.log(did).map(KeyAnswer::Log),
            KeyWanted::ControllerDocument(url) => self.named(url.as_str()).map(KeyAnswer::Document),
            KeyWanted::JwtVcIssuer(issuer) => self.named(issuer.as_str()).map(KeyAnswer::Document),
        }
    }

    fn log(&self, did: &Did) -> Result<DidLog, Unavailable> {
        self.note(did.as_str())?;
        self.logs.get(did.as_str()).cloned().ok_or(Unavailable::Unreachable)
    }

    fn named(&self, name: &str) -> Result<Vec<u8>, Unavailable> {
        self.note(name)?;
        self.documents.get(name).cloned().ok_or(Unavailable::Unreachable)
    }

    fn list(&self, url: &str) -> Result<FetchedList, Unavailable> {
        self.note(url)?;
        let (bytes, age) = self.lists.get(url).cloned().ok_or(Unavailable::Unreachable)?;
        Ok(FetchedList { bytes, age: SignedDuration::from_secs(age) })
    }
}

impl Sources for MemorySources {
    async fn entity_statement(&self, url: &Url) -> Result<Vec<u8>, Unavailable> {
        self.named(url.as_str())
    }

    async fn log_file(&self, url: &Url) -> Result<Vec<u8>, Unavailable> {
        self.named(url.as_str())
    }

    async fn did_document(&self, did: &Did, _url: &Url) -> Result<Vec<u8>, Unavailable> {
        self.named(did.as_str())
    }

    async fn did_log(&self, did: &Did, _address: &LogAddress) -> Result<DidLog, Unavailable> {
        self.log(did)
    }

    async fn controller_document(&self, url: &Url) -> Result<Vec<u8>, Unavailable> {
        self.named(url.as_str())
    }

    async fn jwt_vc_issuer(&self, issuer: &Url) -> Result<Vec<u8>, Unavailable> {
        self.named(issuer.as_str())
    }

    async fn status_list(&self, url: &Url, _max_age: SignedDuration) -> Result<FetchedList, Unavailable> {
        self.list(url.as_str())
    }
}

/// Drives the pipeline to its end, step by step.
pub fn drive(mut step: Step, expectations: &Expectations<'_>, sources: &MemorySources) -> Outcome {
    loop {
        step = match step {
            Step::Done(outcome) => return outcome,
            Step::NeedTrust(pending) => {
                let answers =
                    pending.wanted().iter().map(|wanted| sources.named(wanted.url().as_str())).collect();
                pending.supply(answers, expectations)
            }
            Step::NeedKeys(pending) => {
                let answers = pending.wanted().iter().map(|wanted| sources.document(wanted)).collect();
                pending.supply(answers, expectations)
            }
            Step::NeedStatus(pending) => {
                let answers =
                    pending.wanted().iter().map(|wanted| sources.list(wanted.url.as_str())).collect();
                pending.supply(answers, expectations)
            }
        };
    }
}
