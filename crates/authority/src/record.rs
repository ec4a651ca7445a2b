//! How every change is written: the registration and the entry of the log, both or neither.

use jiff::Timestamp;
use portage_federation::EntityId;
use portage_keys::SigningFailure;

use portage_transparency_log::{EntryError, Event};

use crate::{Authority, Kept, Proves, Recorded, Recording, Registration, RegistryStore, StoreFailure};

/// Why a change was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordFailure {
    /// Somebody else changed the same entity meanwhile.
    #[error("somebody else changed the same entity meanwhile; look at it and try again")]
    Overtaken,
    /// The log cannot hold what was to be written.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

/// Why a known entity was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// It is not registered.
    #[error("the entity is not registered")]
    Absent,
    /// It stands so already.
    #[error("it stands so already")]
    Unchanged,
    /// A purpose is for verifiers.
    #[error("the entity is not registered as a verifier")]
    NotAVerifier,
    /// A purpose whose query asks for what the catalogue does not know.
    #[error("the purpose's query: {0}")]
    Query(String),
    /// The key's keeper did not answer.
    #[error(transparent)]
    Signing(#[from] SigningFailure),
    /// A time outside the calendar.
    #[error("the time is outside the calendar")]
    Time,
    /// An authority above does not vouch for the new key yet.
    #[error("an authority above does not vouch for the new key yet")]
    NotRestated,
    /// An entity without a key is none.
    #[error("it is the entity's only key")]
    LastKey,
    /// The change was not recorded.
    #[error(transparent)]
    Record(#[from] RecordFailure),
}

impl<S: RegistryStore> Authority<S> {
    /// The registration to change.
    pub(crate) async fn known(&self, id: &EntityId) -> Result<Kept, ChangeError> {
        let kept = self.store.registration(id).await.map_err(RecordFailure::Store)?;
        kept.ok_or(ChangeError::Absent)
    }

    pub(crate) async fn record(
        &self,
        version: u32,
        registration: Registration,
        events: Vec<(Event, Proves)>,
        now: Timestamp,
    ) -> Result<(), RecordFailure> {
        let entries = self.entries(&registration, events, now)?;
        match self.store.record(Recording { version, registration, entries }).await? {
            Recorded::Done => Ok(()),
            Recorded::Overtaken => Err(RecordFailure::Overtaken),
        }
    }
}
