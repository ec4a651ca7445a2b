//! Retires a key of an entity: from a time on, what it signed no longer counts.

use jiff::Timestamp;
use portage_federation::{EntityId, FederationKeys, RetiredKey};

use crate::{Authority, ChangeError, Proves, RegistryStore, change};

impl<S: RegistryStore> Authority<S> {
    /// Adds the key to those that no longer count (§8.7), and takes it out of the keys that sign the entity's statements. Told twice, the
    /// later word counts.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was written. [`ChangeError::LastKey`]: the entity would have no key left; it is suspended instead, or
    /// registered with a new one first.
    pub async fn retire_key(
        &self,
        id: &EntityId,
        key: RetiredKey,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let mut kept = self.known(id).await?;
        let registration = &mut kept.registration;
        if registration.rights.retired_keys.contains(&key) {
            return Err(ChangeError::Unchanged);
        }
        let left = registration.keys.iter().filter(|jwk| jwk.thumbprint() != key.thumbprint);
        let left = FederationKeys::of(left.map(|jwk| jwk.key().clone()));
        if left.is_empty() {
            return Err(ChangeError::LastKey);
        }
        if left.iter().len() < registration.keys.iter().len() {
            registration.keys = left;
        }
        registration.rights.retired_keys.retain(|known| known.thumbprint != key.thumbprint);
        registration.rights.retired_keys.push(key.clone());
        let events = vec![(change::retired(&key), Proves::Nothing)];
        self.record(kept.version, kept.registration, events, now).await?;
        Ok(())
    }
}
