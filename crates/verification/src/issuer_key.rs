//! The issuer's key, through the trust chain.
//!
//! The issuer that the credential names decides where keys come from; `kid` or `verificationMethod` only says which of the issuer's keys.
//! `jwk`, `jku`, `x5u` and `x5c` of a header are never looked at. Trust comes before fetch: an issuer that the authority does not know is
//! refused before anything of it is asked for.

use jiff::Timestamp;
use portage_did::{
    ControllerDocument, Did, DidDocument, DidError, DidUrl, Relationship, Resolution,
    address::may_contact,
    webvh::{Log, LogError},
};
use portage_jose::{Header, Jwk, read_jwk_set};
use portage_keys::VerificationKey;
use portage_reason::Reason;
use portage_strict_json::{Limits, parse_object};
use serde_json::Value;
use url::Url;

use crate::{DidLog, Expectations, InputFormat, KeyAnswer, KeyWanted, Unavailable, refusal::Refusal};

/// The keys of one issuer.
#[derive(Debug, Clone)]
pub(crate) struct IssuerKeys {
    issuer: String,
    source: KeySource,
}

#[derive(Debug, Clone)]
enum KeySource {
    /// Its DID document.
    Document(Box<DidDocument>),
    /// The controlled identifier document at its URL.
    Controller(Box<ControllerDocument>),
    /// The key set of its `jwt-vc-issuer` metadata.
    JwkSet(Vec<Jwk>),
    /// The one key that somebody present vouches for ([`Expectations::issuer_key`]).
    Vouched(VerificationKey),
}

/// Whether the keys are at hand.
pub(crate) enum KeyPlan {
    AtHand(IssuerKeys),
    Wanted(KeyWanted),
}

/// A key and the name under which the issuer lists it.
pub(crate) struct NamedKey {
    pub(crate) key: VerificationKey,
    pub(crate) method: String,
}

impl KeyPlan {
    /// Where the keys of `issuer` come from.
    pub(crate) fn of(
        issuer: &str,
        format: InputFormat,
        expectations: &Expectations<'_>,
    ) -> Result<Self, Refusal> {
        if issuer.starts_with("did:") {
            Self::of_did(issuer, expectations)
        } else {
            Self::of_url(issuer, format, expectations)
        }
    }

    fn of_did(issuer: &str, expectations: &Expectations<'_>) -> Result<Self, Refusal> {
        let did = match Did::parse(issuer) {
            Ok(did) => did,
            Err(DidError::Unsupported) => return Self::vouched(issuer, expectations),
            Err(error) => return Err(error.reason().into()),
        };
        let resolution = did.resolution(expectations.loopback);
        if let Ok(Resolution::Document(document)) = resolution {
            let source = KeySource::Document(document);
            return Ok(KeyPlan::AtHand(IssuerKeys { issuer: issuer.to_owned(), source }));
        }
        known(issuer, expectations)?;
        if expectations.issuer_key.is_some() {
            return Self::vouched(issuer, expectations);
        }
        match resolution {
            Ok(Resolution::Fetch(url)) => Ok(KeyPlan::Wanted(KeyWanted::DidDocument(did, url))),
            Ok(Resolution::Log(address)) => Ok(KeyPlan::Wanted(KeyWanted::DidLog(did, address))),
            Err(error) => Err(error.reason().into()),
            Ok(Resolution::Document(_)) => Err(Refusal::Indeterminate(Reason::KeyNotFound)),
        }
    }

    fn of_url(issuer: &str, format: InputFormat, expectations: &Expectations<'_>) -> Result<Self, Refusal> {
        known(issuer, expectations)?;
        match (Url::parse(issuer), format) {
            _ if expectations.issuer_key.is_some() => Self::vouched(issuer, expectations),
            (Ok(url), InputFormat::DcSdJwt) => {
                may_contact(&url, expectations.loopback).map_err(|error| error.reason())?;
                Ok(KeyPlan::Wanted(KeyWanted::JwtVcIssuer(url)))
            }
            // What the issuer is called is where its document stands (VC-JOSE-COSE §4.1, Controlled Identifiers 1.0 §3.3).
            (Ok(url), _) if url.fragment().is_none() => {
                may_contact(&url, expectations.loopback).map_err(|error| error.reason())?;
                Ok(KeyPlan::Wanted(KeyWanted::ControllerDocument(url)))
            }
            _ => Err(Refusal::Indeterminate(Reason::KeyNotFound)),
        }
    }

    /// The key somebody vouches for, or none.
    fn vouched(issuer: &str, expectations: &Expectations<'_>) -> Result<Self, Refusal> {
        known(issuer, expectations)?;
        let key = expectations.issuer_key.ok_or(Refusal::Indeterminate(Reason::KeyNotFound))?;
        let source = KeySource::Vouched(key.clone());
        Ok(KeyPlan::AtHand(IssuerKeys { issuer: issuer.to_owned(), source }))
    }
}

/// Trust before fetch: whether the authority knows the issuer at all. Whether for this type is asked when it is known who signed.
fn known(issuer: &str, expectations: &Expectations<'_>) -> Result<(), Refusal> {
    match expectations.authority.may_issue(issuer, &[]) {
        Err(Reason::IssuerNotTrusted) => Err(Reason::IssuerNotTrusted.into()),
        _ => Ok(()),
    }
}

impl IssuerKeys {
    /// What an answer to [`KeyWanted`] holds.
    pub(crate) fn of_answer(
        wanted: &KeyWanted,
        issuer: &str,
        answer: &Result<KeyAnswer, Unavailable>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let answer = answer.as_ref().map_err(|unavailable| match unavailable {
            Unavailable::Refused(reason) => Refusal::Rejected(*reason),
            Unavailable::Unreachable => Refusal::Indeterminate(Reason::KeyNotFound),
        })?;
        let source = match (wanted, answer) {
            (KeyWanted::DidDocument(did, _) | KeyWanted::DidLog(did, _), KeyAnswer::Document(bytes)) => {
                let document = DidDocument::parse(did, bytes).map_err(|error| error.reason())?;
                KeySource::Document(Box::new(document))
            }
            (KeyWanted::DidLog(did, _), KeyAnswer::Log(files)) => {
                KeySource::Document(Box::new(document_of_log(did, files, now)?))
            }
            (KeyWanted::ControllerDocument(_), KeyAnswer::Document(bytes)) => {
                let document = ControllerDocument::parse(issuer, bytes).map_err(|error| error.reason())?;
                KeySource::Controller(Box::new(document))
            }
            (KeyWanted::JwtVcIssuer(_), KeyAnswer::Document(bytes)) => {
                KeySource::JwkSet(issuer_key_set(issuer, bytes)?)
            }
            (_, KeyAnswer::Log(_)) => return Err(Reason::Malformed.into()),
        };
        Ok(IssuerKeys { issuer: issuer.to_owned(), source })
    }

    /// Whom they belong to.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The key that signed a JWT of this issuer.
    pub(crate) fn for_jwt(&self, header: &Header) -> Result<NamedKey, Refusal> {
        let kid = match header.member("kid") {
            Some(Value::String(kid)) => Some(kid.as_str()),
            Some(_) => return Err(Reason::Malformed.into()),
            None => None,
        };
        if let Some(kid) = kid {
            check_owner(&self.issuer, kid)?;
        }
        match (&self.source, kid) {
            (KeySource::Vouched(key), kid) => {
                Ok(NamedKey { key: key.clone(), method: kid.unwrap_or(&self.issuer).to_owned() })
            }
            (KeySource::Document(document), Some(kid)) => key_in(document, kid),
            (KeySource::Document(document), None) => only_key(
                document
                    .keys_for(Relationship::AssertionMethod)
                    .into_iter()
                    .map(|(method, key)| NamedKey { key, method: method.to_string() }),
            ),
            (KeySource::Controller(document), Some(kid)) => controlled_key(document, kid),
            (KeySource::Controller(document), None) => only_key(
                document
                    .keys_for(Relationship::AssertionMethod)
                    .into_iter()
                    .map(|(method, key)| NamedKey { key, method }),
            ),
            (KeySource::JwkSet(keys), kid) => {
                only_key(keys.iter().filter(|key| kid.is_none() || key.kid() == kid).map(|key| NamedKey {
                    key: key.key().clone(),
                    method: key.kid().unwrap_or(&self.issuer).to_owned(),
                }))
            }
        }
    }

    /// The key behind a `verificationMethod` of a Data Integrity proof, and whether it is the issuer's: a proof set may also hold proofs of
    /// others whose key follows from their identifier.
    pub(crate) fn for_proof(&self, method: &str) -> Result<(VerificationKey, Signer), Refusal> {
        let (owner, _) = method.split_once('#').ok_or(Reason::KeyMismatch)?;
        if owner == self.issuer {
            return match &self.source {
                KeySource::Document(document) => Ok((key_in(document, method)?.key, Signer::Issuer)),
                KeySource::Controller(document) => {
                    Ok((controlled_key(document, method)?.key, Signer::Issuer))
                }
                KeySource::Vouched(key) => Ok((key.clone(), Signer::Issuer)),
                KeySource::JwkSet(_) => Err(Reason::KeyNotFound.into()),
            };
        }
        let key = self_evident_key(method, Relationship::AssertionMethod)?;
        let vouched = matches!(&self.source, KeySource::Vouched(vouched) if *vouched == key);
        // An https issuer has no documents of ours; the word of whoever vouches ties the key to it. A DID speaks for itself.
        let signer = if vouched && !self.issuer.starts_with("did:") { Signer::Issuer } else { Signer::Other };
        Ok((key, signer))
    }
}

/// Whose proof it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signer {
    Issuer,
    Other,
}

/// `kid` must not name a key of somebody else.
pub(crate) fn check_owner(issuer: &str, kid: &str) -> Result<(), Refusal> {
    let owner = kid.split_once('#').map_or(kid, |(owner, _)| owner);
    let names_somebody = owner.starts_with("did:") || owner.contains("://");
    let is_issuer = owner == issuer || (!issuer.starts_with("did:") && within(issuer, owner));
    if names_somebody && !is_issuer { Err(Reason::KeyMismatch.into()) } else { Ok(()) }
}

/// Whether `owner` is a URL of the same origin as `issuer`.
fn within(issuer: &str, owner: &str) -> bool {
    match (Url::parse(issuer), Url::parse(owner)) {
        (Ok(issuer), Ok(owner)) => issuer.origin().is_tuple() && issuer.origin() == owner.origin(),
        _ => false,
    }
}

/// The key of `kid`, absolute or relative to the document, listed for assertions.
fn key_in(document: &DidDocument, kid: &str) -> Result<NamedKey, Refusal> {
    let absolute = if kid.starts_with('#') { format!("{}{kid}", document.id()) } else { kid.to_owned() };
    let method = DidUrl::parse(&absolute).map_err(|_| Reason::KeyNotFound)?;
    let key = document.key_for(&method, Relationship::AssertionMethod).map_err(|error| error.reason())?;
    Ok(NamedKey { key, method: absolute })
}

/// The same in the document of an https issuer.
fn controlled_key(document: &ControllerDocument, kid: &str) -> Result<NamedKey, Refusal> {
    let key = document.key_for(kid, Relationship::AssertionMethod).map_err(|error| error.reason())?;
    let method = if kid.starts_with('#') { format!("{}{kid}", document.id()) } else { kid.to_owned() };
    Ok(NamedKey { key, method })
}

/// A token that names no key is understood only where there is just one.
fn only_key(mut keys: impl Iterator<Item = NamedKey>) -> Result<NamedKey, Refusal> {
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key),
        _ => Err(Reason::KeyNotFound.into()),
    }
}

/// The document at the end of a log that holds. Witnesses that could not be had leave it open; everything else refuses.
fn document_of_log(did: &Did, files: &DidLog, now: Timestamp) -> Result<DidDocument, Refusal> {
    let log = Log::verify(did, &files.log, files.witness.as_deref(), now);
    log.and_then(|log| log.document()).map_err(|error| match error {
        LogError::WitnessesNeeded => Refusal::Indeterminate(error.reason()),
        _ => Refusal::Rejected(error.reason()),
    })
}

/// The key of a DID URL whose document follows from the identifier (did:key, did:jwk). Nobody else's document is ever fetched.
pub(crate) fn self_evident_key(method: &str, relationship: Relationship) -> Result<VerificationKey, Refusal> {
    let method = DidUrl::parse(method).map_err(|_| Reason::KeyMismatch)?;
    let document = self_evident_document(method.did()).ok_or(Reason::KeyMismatch)?;
    Ok(document.key_for(&method, relationship).map_err(|error| error.reason())?)
}

/// The document of a did:key or did:jwk.
pub(crate) fn self_evident_document(did: &Did) -> Option<Box<DidDocument>> {
    match did.resolution(&portage_did::LoopbackOrigins::default()) {
        Ok(Resolution::Document(document)) => Some(document),
        _ => None,
    }
}

/// The keys of `/.well-known/jwt-vc-issuer` (SD-JWT VC, JWT VC Issuer Metadata): `issuer` equal to the one asked for, `jwks` and no `jwks_uri`.
fn issuer_key_set(issuer: &str, bytes: &[u8]) -> Result<Vec<Jwk>, Refusal> {
    let metadata = parse_object(bytes, Limits::METADATA).map_err(|error| error.reason())?;
    if metadata.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(Reason::IssuerMetadataMismatch.into());
    }
    match (metadata.get("jwks"), metadata.get("jwks_uri")) {
        (Some(keys), None) => Ok(read_jwk_set(keys).map_err(|error| error.reason())?),
        _ => Err(Reason::Malformed.into()),
    }
}
