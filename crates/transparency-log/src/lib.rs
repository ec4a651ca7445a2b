//! The authority's public log.
//!
//! Every registration, right, purpose, suspension and recognition goes into one append-only log that anyone can read
//! and watch: an authority that says one thing to one and another to others, or takes back what it said, is caught by
//! arithmetic. The log is static files, in the formats of [C2SP]: `signed-note`, `tlog-checkpoint`, `tlog-tiles`
//! and `tlog-proof`, over the Merkle tree of RFC 6962.
//!
//! Pure: bytes and keys come in, values go out. Nothing here fetches, stores or reads a clock.
//!
//! Not here: cosignatures of witnesses (their signature lines are ignored, as the specification says), other
//! signature types than Ed25519, pruning.
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
    Ask, Entity, EntryError, Event, KeyChange, KeyEvent, LogEntry, Named, PurposeWithdrawn, ReadEntry,
    Recognition, RegisteredPurpose, Registration, Reinstatement, Right, Role, Suspension, statement_digest,
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
