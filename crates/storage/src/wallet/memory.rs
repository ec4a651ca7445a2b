use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use portage_wallet::ports::{Batch, RecordId, RecordKind, StoreFailure, WalletStore};
use zeroize::Zeroizing;

/// Records in memory: gone with the process.
#[derive(Default)]
pub struct MemoryWallet {
    records: Mutex<BTreeMap<String, Zeroizing<Vec<u8>>>>,
}

impl MemoryWallet {
    fn records(&self) -> MutexGuard<'_, BTreeMap<String, Zeroizing<Vec<u8>>>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WalletStore for MemoryWallet {
    fn record(&self, id: &RecordId) -> Result<Option<Zeroizing<Vec<u8>>>, StoreFailure> {
        Ok(self.records().get(&id.to_string()).cloned())
    }

    fn ids(&self, kind: RecordKind) -> Result<Vec<RecordId>, StoreFailure> {
        let records = self.records();
        Ok(records
            .keys()
            .filter(|id| id.starts_with(kind.prefix()))
            .filter_map(|id| id.parse().ok())
            .collect())
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreFailure> {
        let mut records = self.records();
        for id in batch.remove {
            records.remove(&id.to_string());
        }
        for (id, bytes) in batch.put {
            records.insert(id.to_string(), bytes);
        }
        Ok(())
    }
}
