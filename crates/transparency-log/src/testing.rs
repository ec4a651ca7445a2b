//! A log in memory, honest or not.

use portage_keys::{Algorithm, SigningKey};

use crate::{
    Checkpoint, MemoryTree, NoteSigner, SignedCheckpoint, TILE_WIDTH, TileKind, TilePath, TileRows,
    VerifierKey, bundled_entry,
};

pub(crate) const ORIGIN: &str = "log.bc.example/authority";

pub(crate) struct TestLog {
    key: SigningKey,
    pub(crate) entries: Vec<Vec<u8>>,
}

impl TestLog {
    pub(crate) fn new(entries: Vec<Vec<u8>>) -> Self {
        let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[7; 32]).unwrap();
        TestLog { key, entries }
    }

    pub(crate) fn of_size(size: usize) -> Self {
        Self::new((0..size).map(|at| format!("entry {at}").into_bytes()).collect())
    }

    pub(crate) fn signer(&self) -> NoteSigner<'_> {
        NoteSigner::new(ORIGIN, &self.key).unwrap()
    }

    pub(crate) fn vkey(&self) -> VerifierKey {
        self.signer().verifier_key().clone()
    }

    pub(crate) fn tree(&self) -> MemoryTree {
        MemoryTree::over(&self.entries)
    }

    pub(crate) fn checkpoint_at(&self, size: usize) -> SignedCheckpoint {
        let head = self.tree().head_at(size as u64);
        Checkpoint::new(ORIGIN, head.size, head.root).sign(&self.signer()).unwrap()
    }

    pub(crate) fn checkpoint(&self) -> SignedCheckpoint {
        self.checkpoint_at(self.entries.len())
    }

    pub(crate) fn file(&self, path: TilePath) -> Vec<u8> {
        let start = path.index() * TILE_WIDTH;
        let end = start + u64::from(path.width());
        match path.kind() {
            TileKind::Hashes(level) => {
                let hashes = (&mut &self.tree()).hashes(level, start..end).unwrap();
                hashes.iter().flat_map(|hash| hash.0).collect()
            }
            TileKind::Entries => {
                let range = usize::try_from(start).unwrap()..usize::try_from(end).unwrap();
                self.entries[range].iter().flat_map(|entry| bundled_entry(entry).unwrap()).collect()
            }
        }
    }
}
