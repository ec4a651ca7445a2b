use zeroize::Zeroizing;

use super::{VaultError, seal::Reader};

/// What the vault holds, and how many versions it ever gave out.
pub(super) struct Index {
    pub(super) last_version: u64,
    pub(super) entries: Vec<IndexEntry>,
}

pub(super) struct IndexEntry {
    pub(super) id: String,
    pub(super) version: u64,
}

impl Index {
    pub(super) fn write(&self) -> Zeroizing<Vec<u8>> {
        let size = self.entries.iter().map(|entry| entry.id.len() + 16).sum::<usize>() + 8;
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        bytes.extend_from_slice(&self.last_version.to_be_bytes());
        for entry in &self.entries {
            bytes.extend_from_slice(&(entry.id.len() as u64).to_be_bytes());
            bytes.extend_from_slice(entry.id.as_bytes());
            bytes.extend_from_slice(&entry.version.to_be_bytes());
        }
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, VaultError> {
        let mut reader = Reader::new(bytes);
        let last_version = u64::from_be_bytes(reader.array()?);
        let mut entries = Vec::new();
        while !reader.is_empty() {
            let id = str::from_utf8(reader.counted()?)
                .map_err(|_| VaultError::Corrupt("an id that is no text"))?;
            let version = u64::from_be_bytes(reader.array()?);
            if version > last_version {
                return Err(VaultError::Corrupt("a version that was never given"));
            }
            entries.push(IndexEntry { id: id.to_owned(), version });
        }
        Ok(Index { last_version, entries })
    }
}
