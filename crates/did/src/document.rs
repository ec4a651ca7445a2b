use std::{borrow::Cow, collections::HashSet};

use portage_jose::{Jwk, JwkError};
use portage_keys::{Algorithm, KeyError, VerificationKey, multibase};
use portage_reason::Reason;
use portage_strict_json::{JsonError, Limits, parse_object};
use serde_json::{Map, Value, json};

use crate::{Did, DidUrl};

/// What a key may be used for (CID 1.0 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relationship {
    /// `assertionMethod`: to sign credentials and status lists.
    AssertionMethod,
    /// `authentication`: to sign presentations, requests and key proofs.
    Authentication,
}

impl Relationship {
    /// The member of the document, and the proof purpose of the same name.
    pub const fn name(self) -> &'static str {
        match self {
            Relationship::AssertionMethod => "assertionMethod",
            Relationship::Authentication => "authentication",
        }
    }
}

/// Why a document, or a key in it, was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not a DID document.
    #[error("not a DID document: {0}")]
    Malformed(&'static str),
    /// Over 256 KiB.
    #[error("the document is over the limit")]
    TooLarge,
    /// Its `id` is another DID.
    #[error("the document speaks of another DID")]
    OtherSubject,
    /// No such verification method, or its key is of an unsupported kind.
    #[error("no such key in the document")]
    KeyNotFound,
    /// The method's `controller` is not this DID, or the method belongs to another DID.
    #[error("the key belongs to somebody else")]
    KeyMismatch,
    /// The method is not listed under the relationship.
    #[error("the key is for another purpose")]
    PurposeMismatch,
}

impl DocumentError {
    /// The reason of the same meaning.
    pub fn reason(&self) -> Reason {
        match self {
            DocumentError::Malformed(_) | DocumentError::OtherSubject => Reason::Malformed,
            DocumentError::TooLarge => Reason::TooLarge,
            DocumentError::KeyMismatch => Reason::KeyMismatch,
            DocumentError::KeyNotFound => Reason::KeyNotFound,
            DocumentError::PurposeMismatch => Reason::PurposeMismatch,
        }
    }
}

/// A DID document whose `id` was checked against the DID asked for, and whose methods and relationships have their right shapes.
#[derive(Debug, Clone)]
pub struct DidDocument {
    id: Did,
    methods: Methods,
}

/// A controlled identifier document whose `id` is an https URL (Controlled Identifiers 1.0 §2), checked as a [`DidDocument`] is.
#[derive(Debug, Clone)]
pub struct ControllerDocument(Methods);

/// The verification methods of either, under the `id` of the document.
#[derive(Debug, Clone)]
struct Methods {
    id: String,
    document: Value,
}

impl DidDocument {
    /// Reads the bytes of a document for `did` (256 KiB, strict JSON, `id` equal).
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn parse(did: &Did, bytes: &[u8]) -> Result<Self, DocumentError> {
        Ok(DidDocument { id: did.clone(), methods: Methods::parse(did.as_str(), bytes)? })
    }

    /// The document of these keys, each under its own relationships, as our services publish it (`Multikey`; fragments `key-1`, `key-2`).
    pub fn of_keys(did: &Did, keys: &[(&str, &VerificationKey, &[Relationship])]) -> Self {
        let relationships: Vec<Vec<&str>> =
            keys.iter().map(|(_, _, names)| names.iter().map(|name| name.name()).collect()).collect();
        let methods: Vec<_> = keys
            .iter()
            .zip(&relationships)
            .map(|((fragment, key, _), relationships)| MethodEntry {
                id: format!("{did}#{fragment}"),
                kind: "Multikey",
                material: ("publicKeyMultibase", multibase::to_multikey(key).into()),
                relationships,
            })
            .collect();
        Self::of_methods(did, MULTIKEY_CONTEXT, &methods)
    }

    pub(crate) fn of_methods(did: &Did, context: &str, methods: &[MethodEntry<'_>]) -> Self {
        let mut document = json!({"@context": [DID_CONTEXT, context], "id": did.as_str()});
        document["verificationMethod"] = methods.iter().map(|method| method.to_value(did)).collect();
        for relationship in RELATIONSHIPS {
            let ids: Vec<&str> = methods
                .iter()
                .filter(|method| method.relationships.contains(&relationship))
                .map(|method| method.id.as_str())
                .collect();
            if !ids.is_empty() {
                document[relationship] = ids.into();
            }
        }
        DidDocument { id: did.clone(), methods: Methods { id: did.to_string(), document } }
    }

    /// With other names of the same subject (`alsoKnownAs`).
    #[must_use]
    pub fn also_known_as(mut self, names: &[&Did]) -> Self {
        self.methods.document["alsoKnownAs"] = names.iter().map(|name| name.as_str()).collect();
        self
    }

    /// Its DID.
    pub fn id(&self) -> &Did {
        &self.id
    }

    /// The JSON.
    pub fn to_value(&self) -> &Value {
        &self.methods.document
    }

    /// The key of `method`, if the document lists it under `relationship` and controls it. Embedded and referenced methods, `Multikey`,
    /// `JsonWebKey`, `JsonWebKey2020`, `Ed25519VerificationKey2020`; relative fragments; both key members at once are malformed.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn key_for(
        &self,
        method: &DidUrl,
        relationship: Relationship,
    ) -> Result<VerificationKey, DocumentError> {
        if method.did() != &self.id {
            return Err(DocumentError::KeyMismatch);
        }
        self.methods.key_for(&method.to_string(), relationship)
    }

    /// Every usable method under `relationship`, for tokens that name none; of a long list the first 64 entries are looked at.
    pub fn keys_for(&self, relationship: Relationship) -> Vec<(DidUrl, VerificationKey)> {
        let keys = self.methods.keys_for(relationship);
        keys.filter_map(|(method, key)| Some((DidUrl::parse(&method).ok()?, key)))
            .filter(|(method, _)| *method.did() == self.id)
            .collect()
    }
}

impl ControllerDocument {
    /// Reads the bytes of the document at `url` (256 KiB, strict JSON, `id` equal).
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn parse(url: &str, bytes: &[u8]) -> Result<Self, DocumentError> {
        Methods::parse(url, bytes).map(ControllerDocument)
    }

    /// Its `id`.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The key of `method`, a URL with a fragment or the fragment alone, as [`DidDocument::key_for`] gives it.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn key_for(
        &self,
        method: &str,
        relationship: Relationship,
    ) -> Result<VerificationKey, DocumentError> {
        let method = self.0.absolute(method);
        match method.split_once('#') {
            Some((owner, fragment)) if owner == self.0.id && !fragment.is_empty() => {
                self.0.key_for(&method, relationship)
            }
            Some(_) => Err(DocumentError::KeyMismatch),
            None => Err(DocumentError::KeyNotFound),
        }
    }

    /// Every usable method under `relationship`, as [`DidDocument::keys_for`] gives them.
    pub fn keys_for(&self, relationship: Relationship) -> Vec<(String, VerificationKey)> {
        let keys = self.0.keys_for(relationship);
        keys.filter(|(method, _)| self.key_for(method, relationship).is_ok()).collect()
    }
}

impl Methods {
    fn parse(id: &str, bytes: &[u8]) -> Result<Self, DocumentError> {
        let members = parse_object(bytes, Limits::METADATA).map_err(|error| match error {
            JsonError::TooLarge => DocumentError::TooLarge,
            JsonError::Malformed { .. } => DocumentError::Malformed("not a JSON object"),
        })?;
        let named =
            members.get("id").and_then(Value::as_str).ok_or(DocumentError::Malformed("id is missing"))?;
        if named != id {
            return Err(DocumentError::OtherSubject);
        }
        let methods = Methods { id: id.to_owned(), document: Value::Object(members) };
        methods.check_shape()?;
        Ok(methods)
    }

    fn key_for(&self, id: &str, relationship: Relationship) -> Result<VerificationKey, DocumentError> {
        let found = self.all().find(|found| self.id_of(found).is_some_and(|found| found == id));
        let found = found.ok_or(DocumentError::KeyNotFound)?;
        if found.get("controller").and_then(Value::as_str) != Some(self.id.as_str()) {
            return Err(DocumentError::KeyMismatch);
        }
        let mut listed = self.entries(relationship.name()).filter_map(|entry| self.id_listed(entry));
        if !listed.any(|listed| listed == id) {
            return Err(DocumentError::PurposeMismatch);
        }
        key_of(found)
    }

    fn keys_for(&self, relationship: Relationship) -> impl Iterator<Item = (String, VerificationKey)> {
        self.entries(relationship.name()).take(MAX_KEYS_TRIED).filter_map(move |entry| {
            let method = self.id_listed(entry)?.into_owned();
            let key = self.key_for(&method, relationship).ok()?;
            Some((method, key))
        })
    }

    /// Every method has its required members and an `id` of its own; every relationship lists methods or references.
    fn check_shape(&self) -> Result<(), DocumentError> {
        for name in RELATIONSHIPS.into_iter().chain(["verificationMethod"]) {
            if self.document.get(name).is_some_and(|list| !list.is_array()) {
                return Err(DocumentError::Malformed("a relationship that is not a list"));
            }
            let references_allowed = name != "verificationMethod";
            if self
                .entries(name)
                .any(|entry| !(entry.is_object() || (references_allowed && entry.is_string())))
            {
                return Err(DocumentError::Malformed("a verification method that is not an object"));
            }
        }
        let mut ids = HashSet::new();
        for method in self.all() {
            let id =
                self.id_of(method).ok_or(DocumentError::Malformed("a verification method without an id"))?;
            if !method.get("type").is_some_and(Value::is_string)
                || !method.get("controller").is_some_and(Value::is_string)
            {
                return Err(DocumentError::Malformed("a verification method without type or controller"));
            }
            if !ids.insert(id) {
                return Err(DocumentError::Malformed("two verification methods with one id"));
            }
        }
        Ok(())
    }

    /// Every method the document holds, wherever it is embedded.
    fn all(&self) -> impl Iterator<Item = &Map<String, Value>> {
        ["verificationMethod"]
            .into_iter()
            .chain(RELATIONSHIPS)
            .flat_map(|name| self.entries(name))
            .filter_map(Value::as_object)
    }

    fn entries(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.document.get(name).and_then(Value::as_array).into_iter().flatten()
    }

    /// The absolute id that an entry of a relationship embeds or refers to.
    fn id_listed<'a>(&'a self, entry: &'a Value) -> Option<Cow<'a, str>> {
        match entry {
            Value::String(id) => Some(self.absolute(id)),
            Value::Object(method) => self.id_of(method),
            _ => None,
        }
    }

    fn id_of<'a>(&'a self, method: &'a Map<String, Value>) -> Option<Cow<'a, str>> {
        method.get("id").and_then(Value::as_str).map(|id| self.absolute(id))
    }

    /// A relative DID URL (DID Core §3.2.2) is a fragment of this document.
    fn absolute<'a>(&'a self, id: &'a str) -> Cow<'a, str> {
        if id.starts_with('#') { Cow::Owned(format!("{}{id}", self.id)) } else { Cow::Borrowed(id) }
    }
}

/// How many keys are tried for a token that names none.
pub const MAX_KEYS_TRIED: usize = 64;

const DID_CONTEXT: &str = "https://www.w3.org/ns/did/v1";
pub(crate) const MULTIKEY_CONTEXT: &str = "https://w3id.org/security/multikey/v1";
pub(crate) const JWS_2020_CONTEXT: &str = "https://w3id.org/security/suites/jws-2020/v1";

/// The relationships of DID Core §5.3.
const RELATIONSHIPS: [&str; 5] =
    ["authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation", "keyAgreement"];

/// What a key that signs is for in the documents of did:key and did:jwk.
pub(crate) const SIGNING_RELATIONSHIPS: [&str; 4] =
    ["authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation"];

/// A verification method to write.
pub(crate) struct MethodEntry<'a> {
    pub(crate) id: String,
    pub(crate) kind: &'a str,
    pub(crate) material: (&'a str, Value),
    pub(crate) relationships: &'a [&'a str],
}

impl MethodEntry<'_> {
    fn to_value(&self, did: &Did) -> Value {
        let (member, material) = &self.material;
        json!({"id": self.id, "type": self.kind, "controller": did.as_str(), *member: material})
    }
}

/// Reads the key of a method whose type we know. A method that says of itself that it ended, or when, is not used: no history of keys is
/// kept here against which the time of a signature could be held.
fn key_of(method: &Map<String, Value>) -> Result<VerificationKey, DocumentError> {
    if method.contains_key("revoked") || method.contains_key("expires") {
        return Err(DocumentError::KeyNotFound);
    }
    let kind = method.get("type").and_then(Value::as_str).unwrap_or_default();
    match (kind, method.get("publicKeyMultibase"), method.get("publicKeyJwk")) {
        (_, Some(_), Some(_)) => Err(DocumentError::Malformed("a verification method with two keys")),
        ("Multikey", Some(multikey), None) => of_multikey(multikey),
        ("Ed25519VerificationKey2020", Some(multikey), None) => {
            of_multikey(multikey).and_then(|key| match key.algorithm() {
                Algorithm::EdDsa => Ok(key),
                Algorithm::Es256 | Algorithm::Es384 => {
                    Err(DocumentError::Malformed("a key of another type than its method"))
                }
            })
        }
        ("JsonWebKey" | "JsonWebKey2020", None, Some(jwk)) => match Jwk::from_value(jwk) {
            Ok(jwk) => Ok(jwk.key().clone()),
            Err(JwkError::Malformed(what)) => Err(DocumentError::Malformed(what)),
            Err(JwkError::Unsupported) => Err(DocumentError::KeyNotFound),
        },
        _ => Err(DocumentError::KeyNotFound),
    }
}

fn of_multikey(value: &Value) -> Result<VerificationKey, DocumentError> {
    let text = value.as_str().ok_or(DocumentError::Malformed("publicKeyMultibase is not a string"))?;
    multibase::from_multikey(text).map_err(|error| match error {
        KeyError::Malformed(what) => DocumentError::Malformed(what),
        KeyError::Unsupported => DocumentError::KeyNotFound,
    })
}

#[cfg(test)]
mod tests;
