use std::sync::Arc;

use jiff::Timestamp;
use portage_catalog::{Purpose, Text};
use portage_keys::SigningKey;
use portage_transparency_log::{
    Ask, Checkpoint, Entity, Event, InclusionProof, LogEntry, MemoryTree, Named, NoteError, NoteSigner,
    RegisteredPurpose, SignedCheckpoint, TILE_WIDTH, TileKind, TilePath, TileRows, TreeHash, purpose_digest,
};

use crate::{EntityId, LogAddress, LogEvidence, PurposeStatement, SubordinateStatement};

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
        let rights = statement.rights.as_ref()?;
        let place = same_in_both(rights.jurisdiction.as_str());
        let own_log = statement.metadata.log();
        let event = rights.to_event(own_log.as_ref(), |name| same_in_both(name.as_str()), place);
        let (by, about) = (&statement.issuer, &statement.subject);
        statement.log_evidence = Some(self.tell(by, about, event, statement.issued_at)?);
        Some(())
    }

    /// Publishes a purpose, and gives the statement the proof. `None` when the log cannot hold it.
    pub fn publish_purpose(&mut self, statement: &mut PurposeStatement) -> Option<()> {
        let purpose = Purpose::from_value(&statement.purpose).ok()?;
        let named = |id: &String| Named { id: id.clone(), name: Text { en: id.clone(), fr: id.clone() } };
        let asks = purpose.asked_by_name()?.into_iter().flat_map(|query| {
            let claims: Vec<_> = query.claims.iter().map(named).collect();
            let w3c = query.vcts.is_empty().then(|| "VerifiableCredential".to_owned());
            let types: Vec<_> = query.vcts.into_iter().chain(w3c).collect();
            types.into_iter().map(move |vct| Ask { credential_type: named(&vct), claims: claims.clone() })
        });
        let told = RegisteredPurpose {
            purpose: Named { id: purpose.id.0.clone(), name: purpose.name.clone() },
            text: purpose.text.clone(),
            law: purpose.law.clone(),
            asks: asks.collect(),
            until: None,
            purpose_sha256: purpose_digest(&statement.purpose),
            statement_sha256: None,
        };
        let (by, about) = (&statement.issuer, &statement.subject);
        statement.log_evidence = Some(self.tell(by, about, Event::Purpose(told), statement.issued_at)?);
        Some(())
    }

    fn tell(&mut self, by: &EntityId, about: &EntityId, event: Event, at: Timestamp) -> Option<LogEvidence> {
        let entity = |id: &EntityId| Entity { id: id.as_str().to_owned(), name: same_in_both(id.as_str()) };
        let at = Timestamp::from_second(at.as_second()).ok()?;
        let entry = LogEntry { at, authority: entity(by), subject: entity(about), event }.to_bytes().ok()?;
        let index = self.append(&entry);
        self.prove(index, entry)
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

fn same_in_both(text: &str) -> Text {
    Text { en: text.to_owned(), fr: text.to_owned() }
}
