use std::{path::Path, sync::Arc};

use jiff::SignedDuration;
use portage_catalog::{Catalog, CatalogError, Contexts};
use portage_did::LoopbackOrigins;
use portage_fetch::Fetcher;
use portage_keys::Entropy;
use portage_storage::wallet::{SealedWallet, SealedWalletError};
use portage_trust::Authorities;
use portage_wallet::{Settings, Wallet, ports::StoreFailure, read_types, trust_list};

use crate::Surroundings;

/// An open wallet and all it stands on: what a command has for as long as it runs, and the pages for as long as it is unlocked.
pub(crate) struct Session {
    pub(crate) store: SealedWallet,
    pub(crate) trust: Authorities,
    /// The types of the box and those that the person added.
    pub(crate) catalog: Catalog,
    contexts: Contexts,
    loopback: LoopbackOrigins,
    fetcher: Fetcher,
    entropy: Arc<dyn Entropy>,
    haip: bool,
    list_interval: SignedDuration,
}

/// Types of the person's own that no longer hold, by id.
pub(crate) type WrongTypes = Vec<(String, CatalogError)>;

/// Why a wallet is not open.
pub(crate) enum OpenError {
    /// Its file.
    File(SealedWalletError),
    /// A record in it.
    Store(StoreFailure),
    /// The machine.
    Machine(String),
}

impl Session {
    /// Opens the file with its passphrase. A type of the person's own that no longer holds is named, and the wallet opens all the same.
    pub(crate) fn open(
        path: &Path,
        passphrase: &str,
        box_types: &Catalog,
        surroundings: &Surroundings,
    ) -> Result<(Session, WrongTypes), OpenError> {
        let store =
            SealedWallet::open(path, passphrase, surroundings.entropy.clone()).map_err(OpenError::File)?;
        let settings = Settings::of(&store).map_err(OpenError::Store)?;
        let loopback = settings.loopback().map_err(OpenError::Store)?;
        let list = trust_list(&store).map_err(OpenError::Store)?;
        let clock = surroundings.clock.clone();
        let trust = Authorities::new(list, move || clock.now());
        let mut catalog = box_types.clone();
        let wrong = read_types(&store, &mut catalog).map_err(OpenError::Store)?;
        let fetcher =
            Fetcher::new(loopback.clone()).map_err(|error| OpenError::Machine(error.to_string()))?;
        let list_interval = SignedDuration::from_secs(if settings.demo { 1 } else { 60 });
        let contexts = catalog.contexts();
        let entropy = surroundings.entropy.clone();
        let haip = settings.haip;
        let session =
            Session { store, trust, catalog, contexts, loopback, fetcher, entropy, haip, list_interval };
        Ok((session, wrong))
    }

    /// The use cases.
    pub(crate) fn wallet(&self) -> Wallet<'_, Fetcher, SealedWallet> {
        Wallet {
            http: &self.fetcher,
            store: &self.store,
            catalog: &self.catalog,
            contexts: &self.contexts,
            authority: &self.trust,
            loopback: &self.loopback,
            entropy: self.entropy.as_ref(),
            haip: self.haip,
            list_interval: self.list_interval,
        }
    }
}
