//! The sealed vault: the format of the wallet's one file and of its exports.
//!
//! A vault is a set of records (id → bytes) under a passphrase. Header: magic, version, Argon2id parameters,
//! salt, the wrapped data key, and a SHA-256 of the header itself, so that damage ([`VaultError::Corrupt`]) and a
//! wrong passphrase ([`VaultError::PassphraseWrong`]) are told apart. The whole file ends with a SHA-256 of all that
//! precedes it: damage is found before the slow key derivation. Each record is XChaCha20-Poly1305 with the
//! header digest, the record id and its version as associated data; a sealed index lists ids and versions, so a
//! record moved, copied or put back from an older file does not open. Pure: bytes in, bytes out; the atomic file
//! is `storage`'s.

use std::collections::BTreeMap;

use portage_reason::Reason;
use zeroize::Zeroizing;

use crate::Entropy;

/// Argon2id cost. Bounds are enforced both ways when opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParams {
    /// Memory in KiB: 19,456 (19 MiB) to 262,144 (256 MiB).
    pub memory_kib: u32,
    /// Passes: 2 to 16.
    pub passes: u32,
    /// Lanes: 1 to 4.
    pub lanes: u32,
}

impl Default for KdfParams {
    /// OWASP's first choice with headroom: 64 MiB, 3 passes, 1 lane.
    fn default() -> Self {
        KdfParams { memory_kib: 64 << 10, passes: 3, lanes: 1 }
    }
}

/// Why a vault did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Bytes changed, cut, moved, or an older record put back.
    #[error("the file is damaged: {0}")]
    Corrupt(&'static str),
    /// The passphrase does not unwrap the data key of a sound header.
    #[error("the passphrase does not open it")]
    PassphraseWrong,
    /// Key derivation too weak or too costly.
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

/// An open vault: records in memory, the data key beside them, both zeroed on drop.
pub struct Vault {
    records: BTreeMap<String, Record>,
    header: Header,
    data_key: Zeroizing<[u8; 32]>,
}

struct Record {
    version: u64,
    plaintext: Zeroizing<Vec<u8>>,
}

struct Header {
    _bytes: Vec<u8>,
}

impl Vault {
    /// A new, empty vault.
    pub fn create(passphrase: &str, params: KdfParams, entropy: &dyn Entropy) -> Result<Self, VaultError> {
        let _ = (passphrase, params, entropy);
        todo!()
    }

    /// Opens the bytes of a vault file.
    ///
    /// # Errors
    /// [`VaultError`]; the checks run in the order damage, parameters, passphrase, records.
    pub fn open(bytes: &[u8], passphrase: &str) -> Result<Self, VaultError> {
        let _ = (bytes, passphrase);
        todo!()
    }

    /// The record, if there is one.
    pub fn record(&self, id: &str) -> Option<&[u8]> {
        self.records.get(id).map(|record| record.plaintext.as_slice())
    }

    /// Ids that begin with `prefix`, sorted.
    pub fn ids<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.records.keys().map(String::as_str).filter(move |id| id.starts_with(prefix))
    }

    /// Writes or replaces a record; its version grows by one.
    pub fn put(&mut self, id: &str, plaintext: &[u8]) {
        let _ = (id, plaintext, &self.header, &self.data_key);
        todo!()
    }

    /// Removes a record; whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        self.records.remove(id).is_some()
    }

    /// The bytes of the file, sealed anew.
    pub fn seal(&self, entropy: &dyn Entropy) -> Vec<u8> {
        let _ = (entropy, self.records.values().map(|r| r.version).max());
        todo!()
    }
}
