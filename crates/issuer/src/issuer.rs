use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::SignedDuration;
use portage_catalog::{Catalog, Contexts, Text};
use portage_data_integrity::Cryptosuite;
use portage_did::Did;
use portage_keys::{Algorithm, Entropy, Signer, SigningFailure};
use portage_oid4vci::IssuerIdentifier;
use portage_status_list::bitstring::StatusMessages;

use crate::{ClientAuthentication, OneTimeSecret};

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
    /// The algorithm of the key that signs under it.
    pub cryptosuite_key: Algorithm,
    /// The algorithm of the JOSE formats.
    pub algorithm: Algorithm,
    /// How lists are published.
    pub status: StatusPolicy,
    /// Days of validity by type, where the type's own number is not wanted.
    pub validity_days: BTreeMap<String, u32>,
    /// Whether `notification_id`s are given out.
    pub notification: bool,
    /// Which clients may redeem a code.
    pub clients: ClientAuthentication,
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

/// Which statuses it publishes beside revocation and suspension: what they say refuses nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToldStatuses {
    /// Whether a newer credential is there.
    pub refresh: bool,
    /// What its messages are.
    pub messages: Option<StatusMessages>,
}

impl ToldStatuses {
    /// With messages: as many as 1, 2, 4 or 8 bits have values, or `None`.
    pub fn with_messages(refresh: bool, texts: Vec<String>) -> Option<Self> {
        Some(ToldStatuses { refresh, messages: Some(StatusMessages::new(texts)?) })
    }
}

/// A key, and the DID URL under which others find it.
#[derive(Clone)]
pub struct IssuerKey {
    /// What signs.
    pub signer: Arc<dyn Signer>,
    /// `kid`, `verificationMethod`.
    pub kid: String,
}

/// The issuer's keys: those that sign, and the secret behind one-time values.
pub struct IssuerKeys {
    /// Ed25519, P-256, P-384: one of an algorithm. One alone where the DID has room for no more; none where the DID has ended.
    pub signing: Vec<IssuerKey>,
    /// For what the store must not be able to read.
    pub secret: OneTimeSecret,
}

/// An issuer over its store.
pub struct Issuer<S> {
    pub(crate) profile: Profile,
    /// Without those that sign: they may change while it runs.
    pub(crate) keys: IssuerKeys,
    signing: RwLock<Vec<IssuerKey>>,
    pub(crate) catalog: Catalog,
    pub(crate) contexts: Contexts,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) told: ToldStatuses,
    pub(crate) store: S,
}

impl<S> Issuer<S> {
    /// An issuer; `contexts` must hold the context of each type it offers.
    pub fn new(
        profile: Profile,
        mut keys: IssuerKeys,
        catalog: Catalog,
        contexts: Contexts,
        entropy: Arc<dyn Entropy>,
        store: S,
    ) -> Self {
        let signing = RwLock::new(std::mem::take(&mut keys.signing));
        Issuer { profile, keys, signing, catalog, contexts, entropy, told: ToldStatuses::default(), store }
    }

    /// An issuer that tells this, too.
    #[must_use]
    pub fn telling(self, told: ToldStatuses) -> Self {
        Issuer { told, ..self }
    }

    /// What it tells beside revocation and suspension.
    pub fn told(&self) -> &ToldStatuses {
        &self.told
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

    /// From now on these keys sign: its DID names others than before.
    pub fn sign_with(&self, keys: Vec<IssuerKey>) {
        *self.signing.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// Whether there is no key that signs: its DID has ended. What it published stands; nothing new is issued or signed.
    pub fn has_ended(&self) -> bool {
        self.signing.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The key that signs with this algorithm, and its DID URL; where there is none, nothing is signed.
    pub(crate) fn signer(&self, algorithm: Algorithm) -> Result<IssuerKey, SigningFailure> {
        let keys = self.signing.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|key| key.signer.algorithm() == algorithm).cloned().ok_or(SigningFailure)
    }
}
