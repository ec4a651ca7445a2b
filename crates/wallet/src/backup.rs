//! A copy of the wallet under a passphrase of its own, and taking one in.

use std::collections::BTreeSet;

use jiff::Timestamp;
use portage_keys::{
    Entropy,
    vault::{KdfParams, Vault, VaultError},
};
use portage_reason::Reason;

use crate::{
    CredentialId, Event, EventKind, Outcome, StoredCredential,
    added_types::check_record,
    history::history,
    ports::{Batch, RecordId, RecordKind, StoreFailure, WalletStore},
    remembered_logs,
};

/// Why there is no copy, or why it was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file: damage, another passphrase, a newer version.
    #[error(transparent)]
    File(#[from] VaultError),
    /// A record in the file cannot be used.
    #[error("a record in the file cannot be used: {0}")]
    Record(Reason),
    /// The wallet's own file.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl BackupError {
    /// The verdict.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            BackupError::File(error) => Some(error.reason()),
            BackupError::Record(reason) => Some(*reason),
            BackupError::Store(failure) => failure.reason(),
        }
    }
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Credentials that are new here.
    pub added: usize,
    /// Credentials that were here already, and stay as they are.
    pub kept: usize,
    /// Credentials that were deleted here, and stay deleted.
    pub deleted: usize,
    /// Entries of the history that are new here.
    pub events: usize,
}

/// Everything a person would miss, sealed under `passphrase`: credentials with their keys, history, trust list, types that
/// are not in the box. Not the settings, which
/// belong to this machine, nor documents that anybody can fetch.
///
/// # Errors
/// [`BackupError`].
pub fn export(
    store: &impl WalletStore,
    passphrase: &str,
    params: KdfParams,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, BackupError> {
    let event = Event::new(EventKind::Exported, Outcome::Done, now, entropy);
    store.commit(Batch::default().with(event.record_id(), event.to_record()))?;
    let mut copy = Vault::create(passphrase, params, entropy)?;
    let kinds = [RecordKind::Credential, RecordKind::Key, RecordKind::Event, RecordKind::Type];
    let mut ids: Vec<RecordId> = vec![RecordId::Trust, RecordId::Logs];
    for kind in kinds {
        ids.extend(store.ids(kind)?);
    }
    for id in ids {
        if let Some(bytes) = store.record(&id)? {
            copy.put(&id.to_string(), &bytes);
        }
    }
    Ok(copy.seal(entropy))
}

/// Takes a copy in: what is here wins, what is new is added, what was deleted here stays deleted. Histories become one, so that whatever was
/// presented, here or there, counts as presented. All of it in one write, or nothing.
///
/// # Errors
/// [`BackupError`]; nothing was taken in.
pub fn import(
    store: &impl WalletStore,
    file: &[u8],
    passphrase: &str,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Imported, BackupError> {
    let copy = Vault::open(file, passphrase)?;
    let ids: Vec<RecordId> = copy
        .ids("")
        .map(|id| id.parse().map_err(|_| BackupError::Record(Reason::StoreNewer)))
        .collect::<Result<_, _>>()?;
    let deleted = deleted_here(store)?;
    let mut done = Imported::default();
    let mut batch = Batch::default();
    for id in ids {
        let Some(bytes) = copy.record(&id.to_string()) else { continue };
        match &id {
            RecordId::Credential(credential) => {
                StoredCredential::read(bytes).map_err(record_error)?;
                let key = copy.record(&RecordId::Key(credential.clone()).to_string());
                let key = key.ok_or(BackupError::Record(Reason::VaultCorrupt))?;
                if store.record(&id)?.is_some() {
                    done.kept += 1;
                } else if deleted.contains(credential) {
                    done.deleted += 1;
                } else {
                    batch =
                        batch.with(RecordId::Key(credential.clone()), key.to_vec()).with(id, bytes.to_vec());
                    done.added += 1;
                }
            }
            RecordId::Event(_) => {
                Event::read(bytes).map_err(record_error)?;
                if store.record(&id)?.is_none() {
                    batch = batch.with(id, bytes.to_vec());
                    done.events += 1;
                }
            }
            RecordId::Trust if store.record(&id)?.is_none() => batch = batch.with(id, bytes.to_vec()),
            RecordId::Logs => {
                let logs = remembered_logs::merged(store, bytes).map_err(record_error)?;
                batch = batch.with(id, logs);
            }
            RecordId::Type(_) => {
                check_record(bytes).map_err(record_error)?;
                if store.record(&id)?.is_none() {
                    batch = batch.with(id, bytes.to_vec());
                }
            }
            // A key comes with its credential; the rest belongs to the machine it was on.
            RecordId::Key(_) | RecordId::Trust | RecordId::Settings | RecordId::Document(_) => {}
        }
    }
    let event = Event::new(EventKind::Imported, Outcome::Done, now, entropy);
    store.commit(batch.with(event.record_id(), event.to_record()))?;
    Ok(done)
}

fn deleted_here(store: &impl WalletStore) -> Result<BTreeSet<CredentialId>, StoreFailure> {
    let deletions = history(store)?.into_iter().filter(|event| event.what == EventKind::Deleted);
    Ok(deletions.flat_map(|event| event.credentials).map(|credential| credential.id).collect())
}

fn record_error(failure: StoreFailure) -> BackupError {
    BackupError::Record(failure.reason().unwrap_or(Reason::VaultCorrupt))
}
