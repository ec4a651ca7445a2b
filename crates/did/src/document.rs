use portage_keys::VerificationKey;
use portage_reason::Reason;
use serde_json::Value;

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
            DocumentError::Malformed(_) => Reason::Malformed,
            DocumentError::OtherSubject | DocumentError::KeyMismatch => Reason::KeyMismatch,
            DocumentError::KeyNotFound => Reason::KeyNotFound,
            DocumentError::PurposeMismatch => Reason::PurposeMismatch,
        }
    }
}

/// A DID document whose `id` was checked against the DID asked for.
#[derive(Debug, Clone)]
pub struct DidDocument {
    id: Did,
    document: Value,
}

impl DidDocument {
    /// Reads the bytes of a document for `did` (256 KiB, strict JSON, `id` equal).
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn parse(did: &Did, bytes: &[u8]) -> Result<Self, DocumentError> {
        let _ = (did, bytes);
        todo!()
    }

    /// The document of one key under both relationships, as our services publish it (`Multikey`; fragment `key-1` style given).
    pub fn of_keys(did: &Did, keys: &[(&str, &VerificationKey, &[Relationship])]) -> Self {
        let _ = (did, keys);
        todo!()
    }

    /// Its DID.
    pub fn id(&self) -> &Did {
        &self.id
    }

    /// The JSON.
    pub fn to_value(&self) -> &Value {
        &self.document
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
        let _ = (method, relationship);
        todo!()
    }

    /// Every usable method under `relationship`, for tokens that name none.
    pub fn keys_for(&self, relationship: Relationship) -> Vec<(DidUrl, VerificationKey)> {
        let _ = relationship;
        todo!()
    }
}
