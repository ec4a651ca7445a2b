//! The authority's public log.
//!
//! Every registration, right, purpose, suspension and recognition goes into one append-only log that anyone can read
//! and watch: an authority that says one thing to one and another to others, or takes back what it said, is caught by
//! arithmetic. The log is static files, in the formats of [C2SP]: `signed-note`, `tlog-checkpoint`, `tlog-tiles`
//! and `tlog-proof`, over the Merkle tree of RFC 6962.
//!
//! Pure: bytes and keys come in, values go out. Nothing here fetches, stores or reads a clock.
//!
//! - [`LogEntry`] is what an authority says, in plain words for people ([`LogEntry::sentence`], [`diff_since`]).
//! - [`InclusionProof`] travels beside a statement: whoever gets the statement can see offline that it was published.
//! - [`RememberedCheckpoint`] is the wallet's memory: a log that showed it one history can show it no other.
//! - [`TileCheck`] and [`Monitor`] answer from the log's static files; they say which files they need, and whoever drives them
//!   fetches those.
//!
//! The whole story, from the authority's desk to a monitor:
//!
//! ```
//! use portage_catalog::{Language, Text};
//! use portage_keys::{Algorithm, OsEntropy, SigningKey};
//! use portage_transparency_log::*;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let text = |en: &str, fr: &str| Text { en: en.into(), fr: fr.into() };
//! # let province = Entity { id: "https://bc.example".into(), name: text("the Province", "la Province") };
//! # let city = Entity { id: "https://vancouver.example".into(), name: text("the City", "la Ville") };
//! // The authority registers a city, writes it into its log, and signs what the log is now.
//! let key = SigningKey::generate(Algorithm::EdDsa, &OsEntropy);
//! let signer = NoteSigner::new("log.bc.example", &key)?;
//! let registration = LogEntry {
//!     at: "2026-11-24T10:00:00Z".parse()?,
//!     authority: province,
//!     subject: city,
//!     event: Event::Registration(Registration { roles: vec![Role::Issuer] }),
//! };
//! let entry = registration.to_bytes()?;
//! let mut tree = MemoryTree::over([b"what was there before", entry.as_slice()]);
//! let sign = |head: TreeHead| Checkpoint::new("log.bc.example", head.size, head.root).sign(&signer);
//! let checkpoint = sign(tree.head())?;
//! let proof = InclusionProof::make(&mut &tree, 1, &checkpoint)?.to_string();
//!
//! // The wallet knows the log's key. It gets the entry and the proof beside a statement, offline.
//! let log: VerifierKey = signer.verifier_key().to_string().parse()?;
//! let seen = proof.parse::<InclusionProof>()?.verify(&entry, &log)?;
//! assert!(proof.parse::<InclusionProof>()?.verify(b"another entry", &log).is_err());
//! let mut remembered = RememberedCheckpoint::first(seen);
//!
//! // Later the log has grown: it must begin with what the wallet remembers.
//! tree.append(TreeHash::of_entry(b"more"));
//! let grown = sign(tree.head())?;
//! let consistency = consistency_proof(&mut &tree, 2, 3)?;
//! remembered.advance(grown.clone(), &consistency)?;
//!
//! // A history without the registration, for this wallet alone: caught, and both notes prove it to anyone.
//! let other = MemoryTree::over(["what was there before", "nothing", "more"]);
//! let fork = remembered.advance(sign(other.head())?, &[]).unwrap_err();
//! assert_eq!(fork.reason().name(), "log_proof_invalid");
//! assert!(fork.evidence.proves_a_fork(&log)?);
//!
//! // A journalist reads every entry.
//! let entries = vec![b"what was there before".to_vec(), entry, b"more".to_vec()];
//! let (_monitor, new) = Monitor::new(log).observe(grown.note().as_bytes(), entries)?;
//! assert_eq!(
//!     new[1].entry.sentence(1, Language::En),
//!     "On 2026-11-24, the Province registered the City as an issuer."
//! );
//! assert_eq!(new[2].entry, ReadEntry::Unknown { kind: None });
//! # Ok(())
//! # }
//! ```
//!
//! Not here: cosignatures of witnesses (their signature lines are ignored, as the specification says), other
//! signature types than Ed25519, pruning; the log's tables and its folder (`storage::log`).
//!
//! [C2SP]: https://c2sp.org

mod checkpoint;
mod diff;
mod entry;
mod merkle;
mod monitor;
mod proof;
mod remembered;
mod signed_note;
#[cfg(test)]
mod testing;
mod tile;
mod tile_check;
mod words;

pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use diff::{ServiceChanges, diff_since};
pub use entry::{
    Ask, Entity, EntryError, Event, KeyChange, KeyEvent, LogEntry, Mark, Named, PurposeWithdrawn, ReadEntry,
    Recognition, RegisteredPurpose, Registration, Reinstatement, Right, Role, Suspension, purpose_digest,
};
pub use merkle::{
    Frontier, MemoryTree, NotThere, ProofInvalid, TILE_HEIGHT, TILE_WIDTH, TileRows, TreeHash, TreeHead,
    consistency_proof, hash_whole, inclusion_proof, root, verify_consistency, verify_inclusion,
};
pub use monitor::{Look, Monitor, MonitorError, SeenEntry};
pub use proof::InclusionProof;
pub use remembered::{Broken, Comparison, Evidence, Misbehaviour, RememberedCheckpoint};
pub use signed_note::{
    MAX_NOTE_BYTES, MAX_SIGNATURES, NoteError, NoteSigner, SignNoteError, UnverifiedNote, VerifiedNote,
    VerifierKey,
};
pub use tile::{
    CHECKPOINT_PATH, MAX_ENTRY_BYTES, NotATilePath, TileKind, TilePath, bundled_entry, paths_between,
};
pub use tile_check::{TileCheck, TileStep};
