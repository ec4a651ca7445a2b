//! The sealed vault: the format of the wallet's one file and of its exports.
//!
//! A vault is a set of records (id → bytes) under a passphrase. In the order of the file:
//!
//! 1. the header: magic, version, Argon2id parameters, salt, the data key wrapped under the passphrase, and a
//!    SHA-256 of all that;
//! 2. the sealed index: how many versions were ever given, then id and version of each record;
//! 3. the sealed records, in the order of the index, so that not even an id stands there in clear;
//! 4. a SHA-256 of all that precedes it.
//!
//! The digest at the end finds damage before the slow key derivation runs; the header's own digest says that the
//! header is sound, so that [`VaultError::PassphraseWrong`] means just that. Neither is a secret: whoever forges them meets the
//! seals. Index and records are XChaCha20-Poly1305 under the data key, with the header digest as associated data; a
//! record's id and version are associated data, too, and no version is given twice in the life of a vault: a record moved,
//! copied or put back from an older file does not open. An older file put back as a whole is an older vault; nothing
//! inside it can tell.
//!
//! Pure: bytes in, bytes out; the atomic file is `storage`'s.
//!
//! ```
//! use portage_keys::{OsEntropy, vault::{KdfParams, Vault, VaultError}};
//! let mut vault = Vault::create("correct horse", KdfParams::MINIMUM, &OsEntropy)?;
//! vault.put("settings", b"{}");
//! let file = vault.seal(&OsEntropy);
//!
//! assert_eq!(Vault::open(&file, "correct horse")?.record("settings"), Some(&b"{}"[..]));
//! assert_eq!(Vault::open(&file, "battery staple").err(), Some(VaultError::PassphraseWrong));
//! # Ok::<(), VaultError>(())
//! ```

mod header;
mod index;
mod seal;

use std::collections::BTreeMap;

use portage_reason::Reason;
use zeroize::Zeroizing;

use crate::{Entropy, digest::sha256};

use header::Header;
pub use header::KdfParams;
use index::{Index, IndexEntry};
use seal::{Label, Reader, write_sealed};

/// Why a vault did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Bytes changed, cut, moved, or an older record put back.
    #[error("the file is damaged: {0}")]
    Corrupt(&'static str),
    /// The passphrase does not unwrap the data key of a sound header.
    #[error("the passphrase does not open it")]
    PassphraseWrong,
    /// Key derivation too weak or too costly, for anybody or for the memory of this machine.
    #[error("the file asks for key derivation outside the limits")]
    ParamsNotAllowed,
    /// Written by a newer version of Portage.
    #[error("the file was written by a newer version")]
    Newer,
}

impl VaultError {
    /// The reason of the same meaning.
    pub fn reason(&self) -> Reason {
        match self {
            VaultError::Corrupt(_) => Reason::VaultCorrupt,
            VaultError::PassphraseWrong => Reason::PassphraseWrong,
            VaultError::ParamsNotAllowed => Reason::VaultParamsNotAllowed,
            VaultError::Newer => Reason::StoreNewer,
        }
    }
}

/// An open vault: records in memory, the data key beside them, both zeroed on drop. Has no `Debug`.
pub struct Vault {
    header: Header,
    data_key: Zeroizing<[u8; 32]>,
    /// The last version given to a record.
    last_version: u64,
    records: BTreeMap<String, Record>,
}

struct Record {
    version: u64,
    plaintext: Zeroizing<Vec<u8>>,
}

impl Vault {
    /// A new, empty vault.
    ///
    /// # Errors
    /// [`VaultError::ParamsNotAllowed`].
    pub fn create(passphrase: &str, params: KdfParams, entropy: &dyn Entropy) -> Result<Self, VaultError> {
        let (header, data_key) = Header::create(passphrase, params, entropy)?;
        Ok(Vault { header, data_key, last_version: 0, records: BTreeMap::new() })
    }

    /// Opens the bytes of a vault file.
    ///
    /// # Errors
    /// [`VaultError`]; the checks run in the order damage, version, parameters, passphrase, records.
    pub fn open(bytes: &[u8], passphrase: &str) -> Result<Self, VaultError> {
        let mut reader = Reader::new(without_digest(bytes)?);
        let header = Header::read(&mut reader)?;
        let data_key = header.unwrap_data_key(passphrase)?;

        let index = Index::read(&reader.open(&data_key, header.digest(), Label::Index)?)?;
        let mut records = BTreeMap::new();
        for IndexEntry { id, version } in index.entries {
            let plaintext = reader.open(&data_key, header.digest(), Label::Record { id: &id, version })?;
            if records.insert(id, Record { version, plaintext }).is_some() {
                return Err(VaultError::Corrupt("a record twice"));
            }
        }
        reader.finish()?;
        Ok(Vault { header, data_key, last_version: index.last_version, records })
    }

    /// Gives the vault another passphrase, and a new data key with it: files sealed before stay under the old one.
    ///
    /// # Errors
    /// [`VaultError::ParamsNotAllowed`]; the vault is as it was.
    pub fn change_passphrase(
        &mut self,
        passphrase: &str,
        params: KdfParams,
        entropy: &dyn Entropy,
    ) -> Result<(), VaultError> {
        (self.header, self.data_key) = Header::create(passphrase, params, entropy)?;
        Ok(())
    }

    /// The record, if there is one.
    pub fn record(&self, id: &str) -> Option<&[u8]> {
        self.records.get(id).map(|record| record.plaintext.as_slice())
    }

    /// Ids that begin with `prefix`, sorted.
    pub fn ids<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.records.keys().map(String::as_str).filter(move |id| id.starts_with(prefix))
    }

    /// Writes or replaces a record; it gets a version that no record of this vault had before.
    pub fn put(&mut self, id: &str, plaintext: &[u8]) {
        self.last_version += 1;
        let plaintext = Zeroizing::new(plaintext.to_vec());
        self.records.insert(id.to_owned(), Record { version: self.last_version, plaintext });
    }

    /// Removes a record; whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        self.records.remove(id).is_some()
    }

    /// The bytes of the file, sealed anew.
    pub fn seal(&self, entropy: &dyn Entropy) -> Vec<u8> {
        let mut file = self.header.as_bytes().to_vec();
        let entries = self.records.iter();
        let entries =
            entries.map(|(id, record)| IndexEntry { id: id.clone(), version: record.version }).collect();
        let index = Index { last_version: self.last_version, entries }.write();

        let mut write = |label: Label<'_>, plaintext: &[u8]| {
            write_sealed(&mut file, &self.data_key, self.header.digest(), label, plaintext, entropy);
        };
        write(Label::Index, &index);
        for (id, record) in &self.records {
            write(Label::Record { id, version: record.version }, &record.plaintext);
        }
        let digest = sha256(&file);
        file.extend_from_slice(&digest);
        file
    }
}

/// All but the digest at the end, which must be that of the rest.
fn without_digest(bytes: &[u8]) -> Result<&[u8], VaultError> {
    match bytes.split_last_chunk::<32>() {
        Some((rest, digest)) if sha256(rest) == *digest => Ok(rest),
        Some(_) => Err(VaultError::Corrupt("its digest does not fit")),
        None => Err(VaultError::Corrupt("it is too short")),
    }
}

#[cfg(test)]
mod tests;
