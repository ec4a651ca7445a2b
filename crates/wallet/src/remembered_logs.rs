//! What the wallet remembers of authorities' logs, sealed with everything else: a log that showed it one history can show it no other, today or
//! in a year, here or in a restored copy.

use portage_reason::Reason;
use portage_trust::{Authority, RememberedLog};
use serde::{Deserialize, Serialize};

use crate::{
    credential::read_record,
    ports::{Batch, RecordId, StoreFailure, WalletStore},
};

const RECORD_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    logs: Vec<RememberedLog>,
}

fn to_record(logs: Vec<RememberedLog>) -> Vec<u8> {
    serde_json::to_vec(&Record { version: RECORD_VERSION, logs }).unwrap_or_default()
}

/// What is kept.
pub(crate) fn kept(store: &impl WalletStore) -> Result<Vec<RememberedLog>, StoreFailure> {
    match store.record(&RecordId::Logs)? {
        None => Ok(Vec::new()),
        Some(bytes) => Ok(read_record::<Record>(&bytes, RECORD_VERSION)?.logs),
    }
}

/// Has the authority hold the logs to what is kept here.
pub(crate) fn recall(store: &impl WalletStore, authority: &dyn Authority) -> Result<(), StoreFailure> {
    authority.restore_logs(&kept(store)?);
    Ok(())
}

/// Keeps what the authority remembers now, when it is something new.
pub(crate) fn keep(store: &impl WalletStore, authority: &dyn Authority) -> Result<(), StoreFailure> {
    let logs = authority.remembered_logs();
    if logs.is_empty() || logs == kept(store)? {
        return Ok(());
    }
    store.commit(Batch::default().with(RecordId::Logs, to_record(logs)))
}

/// What is kept here and what a copy brings, as a record. Of one log the later look counts; the next chain shows whether both fit.
pub(crate) fn merged(store: &impl WalletStore, copy: &[u8]) -> Result<Vec<u8>, StoreFailure> {
    let brought: Record = read_record(copy, RECORD_VERSION)?;
    let mut logs = kept(store)?;
    for log in brought.logs {
        if log.vkey.is_empty() {
            return Err(StoreFailure::Unusable(Reason::VaultCorrupt));
        }
        match logs.iter_mut().find(|known| known.vkey == log.vkey) {
            Some(known) => *known = known.clone().with(log),
            None => logs.push(log),
        }
    }
    Ok(to_record(logs))
}
