//! What the authority needs from outside: a place for its registrations and its log.

use std::future::Future;

use portage_federation::{EntityId, LogEvidence};
use portage_reason::Reason;
use portage_transparency_log::SignedCheckpoint;

use crate::{OwnKeys, Proves, Registration};

/// The registrations and the log of one authority. Each verb is one transaction, durable when it returns. Two processes on one store are as
/// good as one.
pub trait RegistryStore: Send + Sync {
    /// A registration, if there is one.
    fn registration(&self, id: &EntityId) -> impl Future<Output = Result<Option<Kept>, StoreFailure>> + Send;

    /// All of them, by id.
    fn registrations(&self) -> impl Future<Output = Result<Vec<Registration>, StoreFailure>> + Send;

    /// Writes what an entity's registration is from now on and appends what changed to the log: both or neither. The places of the entries are
    /// noted in the registration ([`Registration::note_entry`]). Nothing is written when the registration is not at `recording.version` any
    /// more: somebody else changed it meanwhile.
    fn record(&self, recording: Recording) -> impl Future<Output = Result<Recorded, StoreFailure>> + Send;

    /// The authority's own keys, with the number of the version they stand at; `None` while it has its first key.
    fn own_keys(&self) -> impl Future<Output = Result<Option<(u32, OwnKeys)>, StoreFailure>> + Send;

    /// Writes the authority's own keys and appends the entry that tells what changed: both, or neither when they are not at `version` any more.
    fn record_own_keys(
        &self,
        version: u32,
        keys: OwnKeys,
        entry: Vec<u8>,
    ) -> impl Future<Output = Result<Recorded, StoreFailure>> + Send;

    /// An entry of the log with the proof that it is in the tree of a published checkpoint; `None` when that tree is smaller.
    fn evidence(
        &self,
        index: u64,
        checkpoint: &SignedCheckpoint,
    ) -> impl Future<Output = Result<Option<LogEvidence>, StoreFailure>> + Send;

    /// Every entry of the log from place `from` on, in order; none when it is no longer than that.
    fn log(&self, from: u64) -> impl Future<Output = Result<Vec<Vec<u8>>, StoreFailure>> + Send;
}

/// A registration with the number of its version.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Grows with each change; a registration that is not there is at 0.
    pub version: u32,
    /// What it is.
    pub registration: Registration,
}

/// What to record.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The version on which the change is based.
    pub version: u32,
    /// What the registration is from now on.
    pub registration: Registration,
    /// The entries of the log that tell it, in order.
    pub entries: Vec<NewEntry>,
}

/// An entry to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Its bytes, as they are hashed.
    pub bytes: Vec<u8>,
    /// What it proves.
    pub proves: Proves,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It stands, and in the log.
    Done,
    /// Somebody else changed the registration meanwhile; nothing was written.
    Overtaken,
}

/// The store did not do what was asked: a failure of ours, never a verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreFailure {
    /// The store says something is wrong with it: damage, a newer version.
    #[error("the store cannot be used: {0}")]
    Unusable(Reason),
    /// The machine: disk full, locked, no permission.
    #[error("the store could not be written or read: {0}")]
    Environment(String),
}
