use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use portage_catalog::{PurposeId, Text};
use portage_did::{Did, DidError};
use portage_federation::TrustAnchors;
use portage_jose::Jwk;
use portage_keys::{VerificationKey, base64url};
use portage_reason::Reason;
use portage_strict_json::Limits;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Authority, IssuerAuthorized, KnownVerifier, ListedKey, MayAsk, Tier, TrustedAnchor};

/// `trust.json`: `{"issuers":[{"id","name":{en,fr},"tier","types":[…],"retired_keys"?:[…]}],"verifiers":[{"id","name","purposes":[…]}],
/// "anchors":[{"id","name","jurisdiction","types":[…],"jwks"}],"certificates":[{"name","certificate"}]}`.
///
/// The default is the empty list, which trusts nobody. A list is read by [`TrustList::parse`], or put together with
/// [`TrustList::trust_issuer`] and [`TrustList::trust_verifier`], which hold the same rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustList {
    issuers: BTreeMap<String, TrustedIssuer>,
    verifiers: BTreeMap<String, TrustedVerifier>,
    anchors: BTreeMap<String, TrustedAnchor>,
    certificates: Vec<CertificateAnchor>,
}

/// An authority of certificates that is pinned: whom it certifies is known as the host, or the key, that the certificate names. It gives no right to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateAnchor {
    /// What a person reads.
    pub name: Text,
    /// Its certificate: DER in base64url without padding.
    pub certificate: String,
}

/// An issuer, and what it may issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedIssuer {
    /// Its DID, or its https address.
    pub id: String,
    /// What a person reads.
    pub name: Text,
    /// For whom it issues.
    pub tier: Tier,
    /// The types: the id of one in the catalogue, a `vct`, or a type of the W3C data model.
    pub types: BTreeSet<String>,
    /// Its keys that no longer count, whatever its DID document says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired_keys: Vec<ListedKey>,
}

/// A verifier, and what it may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedVerifier {
    /// Its DID.
    pub id: String,
    /// What a person reads.
    pub name: Text,
    /// The purposes registered for it.
    pub purposes: BTreeSet<PurposeId>,
}

/// Not a trust list: says where, with line and column for syntax.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("trust.json: {0}")]
pub struct TrustError(pub String);

/// A type every credential of the W3C data model has: listed, it would allow all of them.
const EVERY_CREDENTIAL: [&str; 2] =
    ["VerifiableCredential", "https://www.w3.org/2018/credentials#VerifiableCredential"];

impl TrustList {
    /// Reads the file. Unknown members are refused (a typing error must not widen trust), an id twice is refused.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustError> {
        let mut members = portage_strict_json::parse_object(bytes, Limits::MESSAGE)
            .map_err(|error| TrustError(error.to_string()))?;
        let mut list = TrustList::default();
        for (place, issuer) in entries(&mut members, "issuers")? {
            list.trust_issuer(issuer).map_err(|TrustError(what)| TrustError(format!("{place}: {what}")))?;
        }
        for (place, verifier) in entries(&mut members, "verifiers")? {
            list.trust_verifier(verifier)
                .map_err(|TrustError(what)| TrustError(format!("{place}: {what}")))?;
        }
        for (place, anchor) in entries(&mut members, "anchors")? {
            list.trust_anchor(anchor).map_err(|TrustError(what)| TrustError(format!("{place}: {what}")))?;
        }
        for (place, anchor) in entries(&mut members, "certificates")? {
            list.trust_certificates(anchor)
                .map_err(|TrustError(what)| TrustError(format!("{place}: {what}")))?;
        }
        match members.keys().next() {
            Some(member) => Err(TrustError(format!("unknown member {member:?}"))),
            None => Ok(list),
        }
    }

    /// Adds an issuer.
    ///
    /// # Errors
    /// [`TrustError`]: it is there already, or its entry does not hold.
    pub fn trust_issuer(&mut self, issuer: TrustedIssuer) -> Result<(), TrustError> {
        check_id(&issuer.id)?;
        check_name(&issuer.name)?;
        if let Some(all) = issuer.types.iter().find(|name| EVERY_CREDENTIAL.contains(&name.as_str())) {
            return Err(TrustError(format!("types: {all} would allow every credential; name the types")));
        }
        if issuer.types.iter().any(|name| name.trim().is_empty()) {
            return Err(TrustError("types: the name of a type is empty".to_owned()));
        }
        for key in &issuer.retired_keys {
            key.check().map_err(|what| TrustError(format!("retired_keys: {what}")))?;
        }
        insert_new(&mut self.issuers, issuer.id.clone(), issuer)
    }

    /// Adds a verifier.
    ///
    /// # Errors
    /// [`TrustError`]: it is there already, or its entry does not hold.
    pub fn trust_verifier(&mut self, verifier: TrustedVerifier) -> Result<(), TrustError> {
        check_verifier_id(&verifier.id)?;
        check_name(&verifier.name)?;
        if verifier.purposes.iter().any(|purpose| purpose.0.trim().is_empty()) {
            return Err(TrustError("purposes: the id of a purpose is empty".to_owned()));
        }
        insert_new(&mut self.verifiers, verifier.id.clone(), verifier)
    }

    /// Adds an authority whose keys are pinned.
    ///
    /// # Errors
    /// [`TrustError`]: it is there already, or its entry does not hold.
    pub fn trust_anchor(&mut self, anchor: TrustedAnchor) -> Result<(), TrustError> {
        check_name(&anchor.name)?;
        anchor.to_anchor().map_err(TrustError)?;
        insert_new(&mut self.anchors, anchor.id.clone(), anchor)
    }

    /// Adds an authority of certificates that is pinned.
    ///
    /// # Errors
    /// [`TrustError`]: it is there already, or no certificate.
    pub fn trust_certificates(&mut self, anchor: CertificateAnchor) -> Result<(), TrustError> {
        check_name(&anchor.name)?;
        let der = base64url::decode(&anchor.certificate).unwrap_or_default();
        if der.first() != Some(&0x30) {
            return Err(TrustError("certificate: DER in base64url without padding".to_owned()));
        }
        if self.certificates.iter().any(|known| known.certificate == anchor.certificate) {
            return Err(TrustError("certificate: is there twice".to_owned()));
        }
        self.certificates.push(anchor);
        Ok(())
    }

    /// Takes in another list. Whoever stands in both is trusted as the other list says: a narrowed entry narrows.
    pub fn merge(&mut self, other: TrustList) {
        self.issuers.extend(other.issuers);
        self.verifiers.extend(other.verifiers);
        self.anchors.extend(other.anchors);
        self.certificates
            .retain(|own| other.certificates.iter().all(|new| new.certificate != own.certificate));
        self.certificates.extend(other.certificates);
    }

    /// The issuers, by id.
    pub fn issuers(&self) -> impl ExactSizeIterator<Item = &TrustedIssuer> {
        self.issuers.values()
    }

    /// The verifiers, by id.
    pub fn verifiers(&self) -> impl ExactSizeIterator<Item = &TrustedVerifier> {
        self.verifiers.values()
    }

    /// The authorities whose keys are pinned, by id.
    pub fn anchors(&self) -> impl ExactSizeIterator<Item = &TrustedAnchor> {
        self.anchors.values()
    }

    /// What chains are validated up to.
    pub fn trust_anchors(&self) -> TrustAnchors {
        self.anchors.values().filter_map(|anchor| anchor.to_anchor().ok()).collect()
    }

    /// Whether a key still signs for an issuer, by the list's word, at `now`.
    pub(crate) fn check_key_at(
        &self,
        issuer: &str,
        key: &VerificationKey,
        signed_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Reason> {
        let Some(known) = self.issuers.get(issuer).filter(|known| !known.retired_keys.is_empty()) else {
            return Ok(());
        };
        let thumbprint = Jwk::from_key(key.clone()).thumbprint();
        let mut retired = known.retired_keys.iter().filter(|key| key.thumbprint == thumbprint);
        let refused = retired.any(|key| key.retired().refuses(signed_at, now));
        if refused { Err(Reason::KeyNotFound) } else { Ok(()) }
    }

    /// Whether it trusts nobody.
    pub fn is_empty(&self) -> bool {
        self.issuers.is_empty() && self.verifiers.is_empty() && self.anchors.is_empty()
    }

    /// The file: [`TrustList::parse`] reads it back.
    pub fn to_json(&self) -> Value {
        serde_json::json!({
            "issuers": self.issuers.values().collect::<Vec<_>>(),
            "verifiers": self.verifiers.values().collect::<Vec<_>>(),
            "anchors": self.anchors.values().collect::<Vec<_>>(),
            "certificates": self.certificates,
        })
    }
}

impl Authority for TrustList {
    fn may_issue(&self, issuer: &str, types: &[&str]) -> Result<IssuerAuthorized, Reason> {
        let known = self.issuers.get(issuer).ok_or(Reason::IssuerNotTrusted)?;
        if !types.iter().any(|name| known.types.contains(*name)) {
            return Err(Reason::IssuerNotAuthorizedForType);
        }
        Ok(IssuerAuthorized {
            id: known.id.clone(),
            name: Some(known.name.clone()),
            tier: Some(known.tier),
            source: "trust.json",
            chain: None,
        })
    }

    fn may_ask(&self, verifier: &str, purpose: Option<&PurposeId>) -> MayAsk {
        let Some(known) = self.verifiers.get(verifier) else { return MayAsk::Unknown };
        let verifier = KnownVerifier { id: known.id.clone(), name: known.name.clone(), chain: None };
        if purpose.is_some_and(|purpose| known.purposes.contains(purpose)) {
            MayAsk::Registered(verifier)
        } else {
            MayAsk::NotRegistered(verifier)
        }
    }

    fn certificate_anchors(&self) -> Vec<Vec<u8>> {
        self.certificates.iter().filter_map(|anchor| base64url::decode(&anchor.certificate).ok()).collect()
    }

    /// The list alone has no clock: what it says counts from the time it was written.
    fn check_key(
        &self,
        issuer: &str,
        key: &VerificationKey,
        signed_at: Option<Timestamp>,
    ) -> Result<(), Reason> {
        self.check_key_at(issuer, key, signed_at, Timestamp::MAX)
    }

    fn did_webvh_beside(&self, names: &[String]) -> Vec<String> {
        beside(names, self.issuers.keys().map(String::as_str))
    }
}

/// Those of `known` that are a did:webvh at the address of a did:web among `names`.
fn beside<'k>(names: &[String], known: impl IntoIterator<Item = &'k str>) -> Vec<String> {
    let dids: Vec<Did> = names.iter().filter_map(|name| Did::parse(name).ok()).collect();
    let at_the_address = |name: &&str| {
        let did = Did::parse(name).ok().filter(|_| name.starts_with("did:webvh:"));
        let location = did.as_ref().and_then(Did::web_location);
        location.is_some() && dids.iter().any(|named| named.web_location() == location)
    };
    known.into_iter().filter(at_the_address).map(str::to_owned).collect()
}

/// Takes the entries of a list out of the file, each with its place (`issuers[0]`).
fn entries<T: serde::de::DeserializeOwned>(
    members: &mut Map<String, Value>,
    name: &str,
) -> Result<Vec<(String, T)>, TrustError> {
    let listed = match members.remove(name) {
        None => return Ok(Vec::new()),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(TrustError(format!("{name} must be an array"))),
    };
    let read = |(at, entry): (usize, Value)| {
        let place = format!("{name}[{at}]");
        refuse_repeats(&entry).map_err(|what| TrustError(format!("{place}: {what}")))?;
        let entry = serde_json::from_value(entry).map_err(|error| TrustError(format!("{place}: {error}")))?;
        Ok((place, entry))
    };
    listed.into_iter().enumerate().map(read).collect()
}

/// A type or purpose twice is most likely another one misspelt.
fn refuse_repeats(entry: &Value) -> Result<(), String> {
    for member in ["types", "purposes"] {
        let names =
            entry.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                return Err(format!("{member}: {name:?} is there twice"));
            }
        }
    }
    Ok(())
}

fn insert_new<T>(entries: &mut BTreeMap<String, T>, id: String, entry: T) -> Result<(), TrustError> {
    if entries.contains_key(&id) {
        return Err(TrustError(format!("id: {id:?} is there twice")));
    }
    entries.insert(id, entry);
    Ok(())
}

fn check_id(id: &str) -> Result<(), TrustError> {
    let is_address = id.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
        && id.bytes().all(|byte| byte.is_ascii_graphic());
    // A method we cannot resolve may still be listed: its keys are then given by hand.
    let is_did = || match Did::parse(id) {
        Ok(_) => true,
        Err(DidError::Unsupported) => !id.contains(['#', '?', '/']),
        Err(_) => false,
    };
    if is_address || is_did() {
        Ok(())
    } else {
        Err(TrustError("id: must be a DID or an https address".to_owned()))
    }
}

/// A verifier may also be known by a Client Identifier that a certificate bears out.
fn check_verifier_id(id: &str) -> Result<(), TrustError> {
    let by_certificate = ["x509_san_dns:", "x509_hash:"].into_iter().any(|prefix| {
        id.strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()))
    });
    if by_certificate { Ok(()) } else { check_id(id) }
}

fn check_name(name: &Text) -> Result<(), TrustError> {
    if name.en.trim().is_empty() || name.fr.trim().is_empty() {
        return Err(TrustError("name: must be there in English and in French".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
