use portage_did::{DidError, LoopbackOrigins};
use portage_trust::{TrustError, TrustList};
use serde::{Deserialize, Serialize};

use jiff::Timestamp;
use portage_keys::Entropy;
use portage_reason::Reason;

use crate::{
    Event, EventKind, Outcome,
    credential::read_record,
    ports::{Batch, RecordId, StoreFailure, WalletStore},
};

const RECORD_VERSION: u32 = 1;

/// What was decided when the wallet was made. Sealed with it, so that nobody widens it from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    version: u32,
    /// Exact loopback origins for which http is used: empty but in a demo.
    pub allow: Vec<String>,
    /// Whether lists are asked for anew after one second instead of a minute.
    pub demo: bool,
    /// Whether only requests of HAIP 1.0 are answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub haip: bool,
}

impl Settings {
    /// The settings of a new wallet.
    ///
    /// # Errors
    /// [`DidError`]: an origin that is not a loopback origin.
    pub fn new(allow: Vec<String>, demo: bool) -> Result<Self, DidError> {
        LoopbackOrigins::parse(allow.iter().map(String::as_str))?;
        Ok(Settings { version: RECORD_VERSION, allow, demo, haip: false })
    }

    /// The same for a wallet that answers only requests of HAIP 1.0, or all.
    #[must_use]
    pub fn of_haip(mut self, haip: bool) -> Self {
        self.haip = haip;
        self
    }

    /// The settings of this wallet.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub fn of(store: &impl WalletStore) -> Result<Self, StoreFailure> {
        match store.record(&RecordId::Settings)? {
            Some(bytes) => read_record(&bytes, RECORD_VERSION),
            // Making the wallet was interrupted before this was written: nothing is allowed.
            None => Ok(Settings { version: RECORD_VERSION, allow: Vec::new(), demo: false, haip: false }),
        }
    }

    /// The origins, checked again.
    ///
    /// # Errors
    /// [`StoreFailure::Unusable`].
    pub fn loopback(&self) -> Result<LoopbackOrigins, StoreFailure> {
        LoopbackOrigins::parse(self.allow.iter().map(String::as_str))
            .map_err(|_| StoreFailure::Unusable(Reason::VaultCorrupt))
    }

    /// The first record of a new wallet.
    pub fn to_batch(&self) -> Batch {
        Batch::default().with(RecordId::Settings, serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Why a trust list was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum TrustImportError {
    /// Not a trust list.
    #[error(transparent)]
    List(#[from] TrustError),
    /// The wallet's own file.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

/// What happens to the list that was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustBefore {
    /// It stays; whoever is in both is trusted as the new list says.
    Kept,
    /// It is forgotten.
    Replaced,
}

/// Takes a trust list in; the list that holds from now on.
///
/// # Errors
/// [`TrustImportError`]; the list before stays.
pub fn import_trust(
    store: &impl WalletStore,
    file: &[u8],
    before: TrustBefore,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<TrustList, TrustImportError> {
    let new = TrustList::parse(file)?;
    let list = match before {
        TrustBefore::Replaced => new,
        TrustBefore::Kept => {
            let mut list = trust_list(store)?;
            list.merge(new);
            list
        }
    };
    let event = Event::new(EventKind::TrustImported, Outcome::Done, now, entropy);
    let bytes = list.to_json().to_string().into_bytes();
    store.commit(Batch::default().with(RecordId::Trust, bytes).with(event.record_id(), event.to_record()))?;
    Ok(list)
}

/// The wallet's trust list: empty when none was imported, and then nobody is trusted.
///
/// # Errors
/// [`StoreFailure`].
pub fn trust_list(store: &impl WalletStore) -> Result<TrustList, StoreFailure> {
    match store.record(&RecordId::Trust)? {
        None => Ok(TrustList::default()),
        Some(bytes) => TrustList::parse(&bytes).map_err(|_| StoreFailure::Unusable(Reason::VaultCorrupt)),
    }
}
