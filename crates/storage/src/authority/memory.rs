use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use portage_authority::{Kept, OwnKeys, Recorded, Recording, Registration, RegistryStore, StoreFailure};
use portage_federation::{EntityId, LogEvidence};
use portage_transparency_log::{InclusionProof, MemoryTree, SignedCheckpoint};

/// Registrations and log in memory, for tests and for trying things out.
#[derive(Debug, Default)]
pub struct MemoryRegistry(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    registrations: BTreeMap<EntityId, Kept>,
    log: Vec<Vec<u8>>,
    own_keys: Option<(u32, OwnKeys)>,
}

impl MemoryRegistry {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RegistryStore for MemoryRegistry {
    async fn registration(&self, id: &EntityId) -> Result<Option<Kept>, StoreFailure> {
        Ok(self.state().registrations.get(id).cloned())
    }

    async fn registrations(&self) -> Result<Vec<Registration>, StoreFailure> {
        Ok(self.state().registrations.values().map(|kept| kept.registration.clone()).collect())
    }

    async fn record(&self, recording: Recording) -> Result<Recorded, StoreFailure> {
        let Recording { version, mut registration, entries } = recording;
        let mut state = self.state();
        let known = state.registrations.get(&registration.id).map_or(0, |kept| kept.version);
        if known != version {
            return Ok(Recorded::Overtaken);
        }
        for entry in entries {
            registration.note_entry(&entry.proves, state.log.len() as u64);
            state.log.push(entry.bytes);
        }
        state.registrations.insert(registration.id.clone(), Kept { version: version + 1, registration });
        Ok(Recorded::Done)
    }

    async fn own_keys(&self) -> Result<Option<(u32, OwnKeys)>, StoreFailure> {
        Ok(self.state().own_keys.clone())
    }

    async fn record_own_keys(
        &self,
        version: u32,
        keys: OwnKeys,
        entry: Vec<u8>,
    ) -> Result<Recorded, StoreFailure> {
        let mut state = self.state();
        if state.own_keys.as_ref().map_or(0, |(known, _)| *known) != version {
            return Ok(Recorded::Overtaken);
        }
        state.log.push(entry);
        state.own_keys = Some((version + 1, keys));
        Ok(Recorded::Done)
    }

    async fn evidence(
        &self,
        index: u64,
        checkpoint: &SignedCheckpoint,
    ) -> Result<Option<LogEvidence>, StoreFailure> {
        let state = self.state();
        let entry = usize::try_from(index).ok().and_then(|index| state.log.get(index));
        let Some(entry) = entry.filter(|_| index < checkpoint.size()) else { return Ok(None) };
        let proof = InclusionProof::make(&mut &MemoryTree::over(&state.log), index, checkpoint);
        let proof = proof.map_err(|error| StoreFailure::Environment(error.to_string()))?;
        Ok(Some(LogEvidence { entry: entry.clone(), proof }))
    }

    async fn log(&self, from: u64) -> Result<Vec<Vec<u8>>, StoreFailure> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        Ok(self.state().log.iter().skip(from).cloned().collect())
    }
}
