use std::sync::Arc;

use jiff::SignedDuration;
use portage_catalog::{Catalog, Contexts, Text};
use portage_data_integrity::Cryptosuite;
use portage_did::{Did, DidDocument, Relationship};
use portage_keys::{Algorithm, Entropy, Signer};
use portage_oid4vci::IssuerIdentifier;

use crate::OneTimeSecret;

/// Who issues, as its configuration says.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The Credential Issuer Identifier: the service's base URL.
    pub identifier: IssuerIdentifier,
    /// The DID in every credential.
    pub did: Did,
    /// Its name.
    pub name: Text,
    /// The ids of the types it offers; each is in the catalogue.
    pub types: Vec<String>,
    /// The cryptosuite of `ldp_vc`.
    pub cryptosuite: Cryptosuite,
    /// The algorithm of the JOSE formats.
    pub algorithm: Algorithm,
    /// How lists are published.
    pub status: StatusPolicy,
    /// Whether `notification_id`s are given out.
    pub notification: bool,
}

/// How status lists are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusPolicy {
    /// A changed list is published when the last one is this old. Zero: at each change.
    pub cadence: SignedDuration,
    /// `ttl`: how long others keep a copy.
    pub ttl: SignedDuration,
    /// How long a signed list holds.
    pub validity: SignedDuration,
}

impl StatusPolicy {
    /// Every minute, kept for a minute, valid for a day.
    pub const DEFAULT: StatusPolicy = StatusPolicy {
        cadence: SignedDuration::from_secs(60),
        ttl: SignedDuration::from_secs(60),
        validity: SignedDuration::from_hours(24),
    };
    /// At each change, kept for a second, valid for a day.
    pub const DEMO: StatusPolicy = StatusPolicy {
        cadence: SignedDuration::ZERO,
        ttl: SignedDuration::from_secs(1),
        validity: SignedDuration::from_hours(24),
    };
}

/// The issuer's keys: two that sign, and the secret behind one-time values.
pub struct IssuerKeys {
    /// `#key-1`: Ed25519.
    pub ed25519: Arc<dyn Signer>,
    /// `#key-2`: P-256.
    pub p256: Arc<dyn Signer>,
    /// For what the store must not be able to read.
    pub secret: OneTimeSecret,
}

/// An issuer over its store.
pub struct Issuer<S> {
    pub(crate) profile: Profile,
    pub(crate) keys: IssuerKeys,
    pub(crate) catalog: Catalog,
    pub(crate) contexts: Contexts,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) store: S,
}

/// Fragment of the Ed25519 key in the DID document.
pub(crate) const ED25519_FRAGMENT: &str = "key-1";
/// Fragment of the P-256 key in the DID document.
pub(crate) const P256_FRAGMENT: &str = "key-2";

impl<S> Issuer<S> {
    /// An issuer; `contexts` must hold the context of each type it offers.
    pub fn new(
        profile: Profile,
        keys: IssuerKeys,
        catalog: Catalog,
        contexts: Contexts,
        entropy: Arc<dyn Entropy>,
        store: S,
    ) -> Self {
        Issuer { profile, keys, catalog, contexts, entropy, store }
    }

    /// Who issues.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The catalogue it issues from.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Its DID document: both keys, to sign credentials and lists.
    pub fn did_document(&self) -> DidDocument {
        let for_assertions = &[Relationship::AssertionMethod];
        DidDocument::of_keys(
            &self.profile.did,
            &[
                (ED25519_FRAGMENT, self.keys.ed25519.verification_key(), for_assertions),
                (P256_FRAGMENT, self.keys.p256.verification_key(), for_assertions),
            ],
        )
    }

    /// The key that signs with this algorithm, and its DID URL.
    pub(crate) fn signer(&self, algorithm: Algorithm) -> (&dyn Signer, String) {
        let (signer, fragment) = match algorithm {
            Algorithm::EdDsa => (&self.keys.ed25519, ED25519_FRAGMENT),
            Algorithm::Es256 => (&self.keys.p256, P256_FRAGMENT),
        };
        (signer.as_ref(), format!("{}#{fragment}", self.profile.did))
    }
}
