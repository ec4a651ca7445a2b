use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use portage_keys::{
    Entropy,
    vault::{KdfParams, Vault, VaultError},
};
use portage_reason::Reason;
use portage_wallet::ports::{Batch, RecordId, RecordKind, StoreFailure, WalletStore};
use zeroize::Zeroizing;

use crate::vault_file::{VaultFile, VaultFileError};

/// A wallet's one file: a sealed vault, replaced as a whole at each commit and held by one process at a time.
pub struct SealedWallet {
    open: Mutex<Open>,
    entropy: Arc<dyn Entropy>,
}

struct Open {
    vault: Vault,
    file: VaultFile,
}

/// Why a wallet's file was not made or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealedWalletError {
    /// What stands in it: damage, another passphrase, forged parameters, a newer version. The file was left as it is.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The file.
    #[error(transparent)]
    File(#[from] VaultFileError),
}

impl SealedWalletError {
    /// The verdict, where it is one.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            SealedWalletError::Vault(error) => Some(error.reason()),
            SealedWalletError::File(error) => error.reason(),
        }
    }
}

impl SealedWallet {
    /// Makes a new, empty wallet file; one that is there is never replaced.
    ///
    /// # Errors
    /// [`SealedWalletError`].
    pub fn create(
        path: &Path,
        passphrase: &str,
        params: KdfParams,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SealedWalletError> {
        let vault = Vault::create(passphrase, params, &*entropy)?;
        let file = VaultFile::create(path, &vault.seal(&*entropy))?;
        Ok(SealedWallet { open: Mutex::new(Open { vault, file }), entropy })
    }

    /// Opens a wallet file.
    ///
    /// # Errors
    /// [`SealedWalletError`].
    pub fn open(path: &Path, passphrase: &str, entropy: Arc<dyn Entropy>) -> Result<Self, SealedWalletError> {
        let (file, bytes) = VaultFile::open(path)?;
        let vault = Vault::open(&bytes, passphrase)?;
        Ok(SealedWallet { open: Mutex::new(Open { vault, file }), entropy })
    }

    fn opened(&self) -> MutexGuard<'_, Open> {
        // A commit that panicked half way has not written; what is in memory may be ahead of the file, never behind it.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WalletStore for SealedWallet {
    fn record(&self, id: &RecordId) -> Result<Option<Zeroizing<Vec<u8>>>, StoreFailure> {
        Ok(self.opened().vault.record(&id.to_string()).map(|bytes| Zeroizing::new(bytes.to_vec())))
    }

    fn ids(&self, kind: RecordKind) -> Result<Vec<RecordId>, StoreFailure> {
        self.opened()
            .vault
            .ids(kind.prefix())
            .map(|id| id.parse().map_err(|_| StoreFailure::Unusable(Reason::StoreNewer)))
            .collect()
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreFailure> {
        let Open { vault, file } = &mut *self.opened();
        let before = apply(vault, batch);
        file.commit(&vault.seal(&*self.entropy)).map_err(|error| {
            undo(vault, before);
            failure(error)
        })
    }
}

/// A record as it was before a batch.
type Before = (String, Option<Zeroizing<Vec<u8>>>);

/// Does the batch in memory, and says what was there before, in the order of the changes.
fn apply(vault: &mut Vault, batch: Batch) -> Vec<Before> {
    let as_it_is = |vault: &Vault, id: &str| vault.record(id).map(|bytes| Zeroizing::new(bytes.to_vec()));
    let mut before = Vec::with_capacity(batch.remove.len() + batch.put.len());
    for id in batch.remove {
        let id = id.to_string();
        let was = as_it_is(vault, &id);
        vault.remove(&id);
        before.push((id, was));
    }
    for (id, bytes) in batch.put {
        let id = id.to_string();
        let was = as_it_is(vault, &id);
        vault.put(&id, &bytes);
        before.push((id, was));
    }
    before
}

fn undo(vault: &mut Vault, before: Vec<Before>) {
    for (id, was) in before.into_iter().rev() {
        match was {
            Some(bytes) => vault.put(&id, &bytes),
            None => drop(vault.remove(&id)),
        }
    }
}

fn failure(error: VaultFileError) -> StoreFailure {
    match error.reason() {
        Some(reason) => StoreFailure::Unusable(reason),
        None => {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            StoreFailure::Environment(format!("{error}{cause}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use portage_keys::OsEntropy;
    use tempfile::TempDir;

    use super::*;

    const PASSPHRASE: &str = "correct horse";

    fn wallet() -> (TempDir, PathBuf, SealedWallet) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wallet");
        let wallet =
            SealedWallet::create(&path, PASSPHRASE, KdfParams::MINIMUM, Arc::new(OsEntropy)).unwrap();
        (folder, path, wallet)
    }

    fn open(path: &Path, passphrase: &str) -> Result<SealedWallet, SealedWalletError> {
        SealedWallet::open(path, passphrase, Arc::new(OsEntropy))
    }

    fn trust(bytes: &[u8]) -> Batch {
        Batch::default().with(RecordId::Trust, bytes.to_vec())
    }

    #[test]
    fn what_is_committed_is_there_in_the_next_process() {
        let (_folder, path, wallet) = wallet();
        wallet.commit(trust(b"one").with(RecordId::Settings, b"{}".to_vec())).unwrap();
        wallet.commit(trust(b"two").without(RecordId::Settings)).unwrap();
        drop(wallet);
        let wallet = open(&path, PASSPHRASE).unwrap();
        assert_eq!(wallet.record(&RecordId::Trust).unwrap().unwrap().as_slice(), b"two");
        assert!(wallet.record(&RecordId::Settings).unwrap().is_none());
    }

    #[test]
    fn d01_damage_and_a_wrong_passphrase_are_told_apart_and_nothing_is_written() {
        let (_folder, path, wallet) = wallet();
        drop(wallet);
        let sound = fs::read(&path).unwrap();
        assert_eq!(open(&path, "wrong").err().unwrap().reason(), Some(Reason::PassphraseWrong));

        let mut flipped = sound.clone();
        flipped[40] ^= 1;
        for damaged in [&flipped[..], &sound[..sound.len() - 1], &[]] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(open(&path, PASSPHRASE).err().unwrap().reason(), Some(Reason::VaultCorrupt));
            let again = SealedWallet::create(&path, PASSPHRASE, KdfParams::MINIMUM, Arc::new(OsEntropy));
            assert!(matches!(again.err(), Some(SealedWalletError::File(VaultFileError::Exists(_)))));
            assert_eq!(fs::read(&path).unwrap(), damaged, "the file is left as it is");
        }
    }

    #[test]
    fn a_batch_that_could_not_be_written_is_not_half_done_in_memory() {
        let (_folder, path, wallet) = wallet();
        wallet.commit(trust(b"one")).unwrap();
        let sound = fs::read(&path).unwrap();
        fs::write(&path, b"changed by something else").unwrap();

        let failed = wallet.commit(trust(b"two").without(RecordId::Trust).with(RecordId::Settings, vec![]));
        assert_eq!(failed, Err(StoreFailure::Unusable(Reason::VaultCorrupt)));
        assert_eq!(wallet.record(&RecordId::Trust).unwrap().unwrap().as_slice(), b"one");
        assert!(wallet.record(&RecordId::Settings).unwrap().is_none());

        fs::write(&path, sound).unwrap();
        wallet.commit(trust(b"three")).unwrap();
        drop(wallet);
        let wallet = open(&path, PASSPHRASE).unwrap();
        assert_eq!(wallet.record(&RecordId::Trust).unwrap().unwrap().as_slice(), b"three");
    }

    #[test]
    fn d04_no_record_stands_in_clear_in_any_file() {
        let (folder, _path, wallet) = wallet();
        wallet.commit(trust(b"birthdate 1990-01-01")).unwrap();
        wallet
            .commit(Batch::default().with(RecordId::Document("https://city.example/".into()), vec![]))
            .unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            for canary in ["1990", "birthdate", "city.example", "trust", PASSPHRASE] {
                assert!(!bytes.windows(canary.len()).any(|window| window == canary.as_bytes()), "{canary}");
            }
        }
    }
}
