use std::sync::Arc;

use portage_catalog::Text;
use portage_keys::SigningKey;
use portage_transparency_log::{
    Checkpoint, Entity, InclusionProof, LogEntry, MemoryTree, NoteError, NoteSigner, SignedCheckpoint,
    TILE_WIDTH, TileKind, TilePath, TileRows, TreeHash,
};

use crate::{EntityId, LogAddress, LogEvidence, SubordinateStatement};

/// The log of an authority in memory, for tests and for trying things out.
#[derive(Debug, Clone)]
pub struct MemoryLog {
    address: LogAddress,
    key: Arc<SigningKey>,
    tree: MemoryTree,
}

impl MemoryLog {
    /// An empty log, below the authority's address.
    ///
    /// # Errors
    /// [`NoteError`]: the key is not of a kind that logs sign with.
    pub fn new(authority: &EntityId, key: SigningKey) -> Result<Self, NoteError> {
        let url = format!("{}/log", authority.as_str().trim_end_matches('/'));
        let origin = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let vkey = NoteSigner::new(origin, &key)?.verifier_key().clone();
        Ok(MemoryLog {
            address: LogAddress { url, key: vkey },
            key: Arc::new(key),
            tree: MemoryTree::over::<Vec<u8>>([]),
        })
    }

    /// Where it is, and its key.
    pub fn address(&self) -> &LogAddress {
        &self.address
    }

    /// Appends an entry; its number.
    pub fn append(&mut self, entry: impl AsRef<[u8]>) -> u64 {
        self.tree.append(TreeHash::of_entry(entry.as_ref()));
        self.tree.size() - 1
    }

    /// The checkpoint of all that is in it.
    pub fn checkpoint(&self) -> Option<SignedCheckpoint> {
        let signer = NoteSigner::new(self.address.key.name(), self.key.as_ref()).ok()?;
        let head = self.tree.head();
        Checkpoint::new(self.address.key.name(), head.size, head.root).sign(&signer).ok()
    }

    /// An entry with its proof.
    pub fn prove(&self, index: u64, entry: Vec<u8>) -> Option<LogEvidence> {
        let proof = InclusionProof::make(&mut &self.tree, index, &self.checkpoint()?).ok()?;
        Some(LogEvidence { entry, proof })
    }

    /// Publishes what a statement grants, and gives the statement the proof. `None` when the log cannot hold it.
    pub fn publish(&mut self, statement: &mut SubordinateStatement) -> Option<()> {
        let same = |text: &str| Text { en: text.to_owned(), fr: text.to_owned() };
        let entity = |id: &EntityId| Entity { id: id.as_str().to_owned(), name: same(id.as_str()) };
        let rights = statement.rights.as_ref()?;
        let place = same(rights.jurisdiction.as_str());
        let event = rights.to_event(statement.metadata.log().as_ref(), |name| same(name.as_str()), place);
        let entry = LogEntry {
            at: jiff::Timestamp::from_second(statement.issued_at.as_second()).ok()?,
            authority: entity(&statement.issuer),
            subject: entity(&statement.subject),
            event,
        };
        let entry = entry.to_bytes().ok()?;
        let index = self.append(&entry);
        statement.log_evidence = Some(self.prove(index, entry)?);
        Some(())
    }

    /// The file of a tile of hashes, as a log serves it; `None` where there is none.
    pub fn tile(&self, path: &str) -> Option<Vec<u8>> {
        let tile: TilePath = path.parse().ok()?;
        let TileKind::Hashes(level) = tile.kind() else { return None };
        let there = TilePath::hashes(level, tile.index(), self.tree.size())?;
        let start = tile.index() * TILE_WIDTH;
        let range = start..start + u64::from(tile.width());
        if tile.width() > there.width() {
            return None;
        }
        let hashes = (&mut &self.tree).hashes(level, range).ok()?;
        Some(hashes.iter().flat_map(|hash| hash.0).collect())
    }
}
