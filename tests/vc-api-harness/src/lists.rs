//! The status lists: one for each purpose and each of the issuer's names, published as credentials with an embedded proof.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use portage_keys::{Algorithm, OsEntropy};
use portage_status_list::bitstring::{self, Bitstring, StatusPurpose};
use serde_json::{Map, Value};

/// Which list: a list is signed under the name of whoever issued what it speaks of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List {
    pub(crate) purpose: StatusPurpose,
    pub(crate) algorithm: Algorithm,
}

impl List {
    /// Its name in the address: `revocation`, `revocation-ES256`.
    fn id(self) -> String {
        match self.algorithm {
            Algorithm::EdDsa => self.purpose.name().to_owned(),
            other => format!("{}-{}", self.purpose.name(), other.jose_name()),
        }
    }

    /// Reads the name.
    pub(crate) fn from_id(id: &str) -> Option<Self> {
        let (purpose, algorithm) = match id.split_once('-') {
            None => (id, Algorithm::EdDsa),
            Some((purpose, algorithm)) => (purpose, Algorithm::from_jose_name(algorithm)?),
        };
        Some(List { purpose: StatusPurpose::from_name(purpose)?, algorithm })
    }
}

/// The lists below one address, all entries 0.
pub(crate) struct Lists {
    base: String,
    taken: Mutex<BTreeSet<usize>>,
}

/// How long a published list holds.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// How long a reader may keep it, in milliseconds.
const TTL: u64 = 60_000;

impl Lists {
    /// Lists at `<base>/status/<purpose>`.
    pub(crate) fn at(base: &str) -> Self {
        Lists { base: base.to_owned(), taken: Mutex::default() }
    }

    fn url(&self, list: List) -> String {
        format!("{}/status/{}", self.base, list.id())
    }

    /// The name of the list at this address, if it is one of ours.
    pub(crate) fn id_at<'u>(&self, url: &'u str) -> Option<&'u str> {
        url.strip_prefix(&self.base)?.strip_prefix("/status/")
    }

    /// A `credentialStatus` with a random place that nobody has; `None` when the lists are full.
    pub(crate) fn allocate(&self, list: List) -> Option<Value> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let index = bitstring::allocate(&|index| taken.contains(&index), taken.len(), &OsEntropy)?;
        taken.insert(index);
        Some(bitstring::entry(&self.url(list), list.purpose, index))
    }

    /// The list credential, not yet secured.
    pub(crate) fn credential(&self, list: List, issuer: &str, now: Timestamp) -> Map<String, Value> {
        let until = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        bitstring::list_credential(&self.url(list), issuer, list.purpose, &Bitstring::new(), now, until, TTL)
    }
}
