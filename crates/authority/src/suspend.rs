//! Suspends an entity, and ends its suspension.

use jiff::Timestamp;
use portage_catalog::Text;
use portage_federation::EntityId;
use portage_transparency_log::{Event, Reinstatement, Suspension};

use crate::{Authority, ChangeError, Proves, RegistryStore, Standing};

impl<S: RegistryStore> Authority<S> {
    /// Says nothing of the entity any more, and why. What others have cached ends with its statement's lifetime.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was written.
    pub async fn suspend(&self, id: &EntityId, why: Text, now: Timestamp) -> Result<(), ChangeError> {
        let mut kept = self.known(id).await?;
        if !kept.registration.is_active() {
            return Err(ChangeError::Unchanged);
        }
        kept.registration.standing = Standing::Suspended { since: now, why: why.clone() };
        let events = vec![(Event::Suspension(Suspension { why }), Proves::Nothing)];
        self.record(kept.version, kept.registration, events, now).await?;
        Ok(())
    }

    /// Speaks for it again, with the rights it had.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was written.
    pub async fn reinstate(&self, id: &EntityId, now: Timestamp) -> Result<(), ChangeError> {
        let mut kept = self.known(id).await?;
        if kept.registration.is_active() {
            return Err(ChangeError::Unchanged);
        }
        kept.registration.standing = Standing::Active;
        let events = vec![(Event::Reinstatement(Reinstatement {}), Proves::Nothing)];
        self.record(kept.version, kept.registration, events, now).await?;
        Ok(())
    }
}
