//! Changes the key an authority signs with, in two steps, so that everybody knows the new one before it is used (OpenID Federation 1.0 §11.2).

use jiff::Timestamp;
use portage_federation::{FederationKeys, RetiredKey, RetiredReason};
use portage_keys::VerificationKey;
use portage_transparency_log::{Event, KeyChange, KeyEvent, LogEntry};

use crate::{
    Authority, ChangeError, OwnKeys, RecordFailure, Recorded, RegistryStore, StatementFailure, change,
};

impl<S: RegistryStore> Authority<S> {
    /// Publishes the key that will sign next, beside the one that signs: those above restate it, those who pin this authority pin both. `file`
    /// is its name in the keyring.
    ///
    /// # Errors
    /// [`ChangeError::Unchanged`]: a key is announced already. Nothing was written then.
    pub async fn announce_key(
        &self,
        file: &str,
        key: VerificationKey,
        now: Timestamp,
    ) -> Result<OwnKeys, ChangeError> {
        let (version, own) = self.own_keys().await?;
        if own.next().is_some() {
            return Err(ChangeError::Unchanged);
        }
        let announced = own.announcing(file, key);
        let added = announced.next().map(|next| next.jwk.thumbprint()).unwrap_or_default();
        let event = Event::KeyChange(KeyChange { key: added, change: KeyEvent::Added });
        self.record_own(version, announced, event, now).await
    }

    /// Signs with the announced key from now on. `restated` is what each of those above says of this authority: where one does not vouch for the
    /// new key yet, its chains would end here, and nothing is changed.
    ///
    /// # Errors
    /// [`ChangeError::Absent`]: no key was announced. [`ChangeError::NotRestated`].
    pub async fn change_over(
        &self,
        restated: &[FederationKeys],
        reason: RetiredReason,
        now: Timestamp,
    ) -> Result<OwnKeys, ChangeError> {
        let (version, own) = self.own_keys().await?;
        let (Some(next), Some(current)) = (own.next(), own.current()) else {
            return Err(ChangeError::Absent);
        };
        if restated.iter().any(|keys| keys.kid_of(next.jwk.key()).is_none()) {
            return Err(ChangeError::NotRestated);
        }
        let gone = RetiredKey { thumbprint: current.jwk.thumbprint(), at: now, reason };
        let event = change::retired(&gone);
        self.record_own(version, own.changed_over(now, reason), event, now).await
    }

    async fn record_own(
        &self,
        version: u32,
        keys: OwnKeys,
        event: Event,
        now: Timestamp,
    ) -> Result<OwnKeys, ChangeError> {
        let own = change::entity(&self.profile.id, &self.profile.name);
        let entry = LogEntry { at: change::whole_second(now), authority: own.clone(), subject: own, event };
        let entry = entry.to_bytes().map_err(RecordFailure::from)?;
        let recorded = self.store.record_own_keys(version, keys.clone(), entry).await;
        match recorded.map_err(RecordFailure::from)? {
            Recorded::Done => Ok(keys),
            Recorded::Overtaken => Err(RecordFailure::Overtaken.into()),
        }
    }
}

impl From<StatementFailure> for ChangeError {
    fn from(failure: StatementFailure) -> Self {
        match failure {
            StatementFailure::Signing(failure) => ChangeError::Signing(failure),
            StatementFailure::Store(failure) => ChangeError::Record(RecordFailure::Store(failure)),
            StatementFailure::Time => ChangeError::Time,
        }
    }
}
