use portage_keys::VerificationKey;
use portage_reason::Reason;
use url::Url;

use crate::{DidDocument, LoopbackOrigins};

/// A DID of a known method, syntax checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Did(String);

/// A DID URL with a fragment: the name of a verification method.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DidUrl {
    did: Did,
    fragment: String,
}

/// Why an identifier was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DidError {
    /// Not the syntax of a DID or of its method; trailing bytes, private keys, `..`, `%2f`.
    #[error("not a DID: {0}")]
    Malformed(&'static str),
    /// A method, or a kind of key, that is not supported.
    #[error("a DID method or kind of key that is not supported")]
    Unsupported,
    /// An address that must not be contacted: an IP address, or http for an origin that is not configured.
    #[error("an address that must not be contacted")]
    AddressNotAllowed,
}

impl DidError {
    /// The reason of the same meaning.
    pub fn reason(&self) -> Reason {
        match self {
            DidError::Malformed(_) => Reason::Malformed,
            DidError::Unsupported => Reason::Unsupported,
            DidError::AddressNotAllowed => Reason::AddressNotAllowed,
        }
    }
}

/// Where a DID's document comes from.
#[derive(Debug, Clone)]
pub enum Resolution {
    /// It follows from the identifier (did:key, did:jwk).
    Document(Box<DidDocument>),
    /// It stands at this address (did:web).
    Fetch(Url),
}

impl Did {
    /// Parses `did:key:…`, `did:jwk:…`, `did:web:…`; other methods are [`DidError::Unsupported`].
    ///
    /// # Errors
    /// [`DidError`].
    pub fn parse(text: &str) -> Result<Self, DidError> {
        let _ = text;
        todo!()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its document, or where it stands. did:web for one of `loopback` (`did:web:localhost%3APORT`) uses http (recorded divergence).
    ///
    /// # Errors
    /// [`DidError`].
    pub fn resolution(&self, loopback: &LoopbackOrigins) -> Result<Resolution, DidError> {
        let _ = loopback;
        todo!()
    }
}

impl std::fmt::Display for Did {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl DidUrl {
    /// Parses `did:…#fragment`; path and query are refused.
    ///
    /// # Errors
    /// [`DidError`].
    pub fn parse(text: &str) -> Result<Self, DidError> {
        let _ = text;
        todo!()
    }

    /// The DID before the `#`.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// What follows the `#`.
    pub fn fragment(&self) -> &str {
        &self.fragment
    }
}

impl std::fmt::Display for DidUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.did, self.fragment)
    }
}

/// The did:key of a key, and the DID URL of its one verification method.
pub fn did_key(key: &VerificationKey) -> (Did, DidUrl) {
    let _ = key;
    todo!()
}

/// The did:jwk of a key (its minimal JWK), and `…#0`.
pub fn did_jwk(key: &VerificationKey) -> (Did, DidUrl) {
    let _ = key;
    todo!()
}
