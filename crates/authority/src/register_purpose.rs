//! Registers what a verifier may ask for.

use jiff::Timestamp;
use portage_catalog::Purpose;
use portage_federation::{EntityId, PurposeStatement, Role, in_both_languages};
use portage_transparency_log::{
    Event, Named, PurposeWithdrawn, RegisteredPurpose as LoggedPurpose, SignedCheckpoint, purpose_digest,
};
use serde_json::Value;

use crate::{Authority, ChangeError, Proves, RegisteredPurpose, RegistryStore, StatementFailure, change};

/// Path at which a verifier gets the statements about its purposes: `sub` as at the fetch endpoint, a JSON array in answer.
pub const PURPOSES_PATH: &str = "/federation/purposes";

impl<S: RegistryStore> Authority<S> {
    /// Lets a verifier ask for this purpose, and puts what it asks into the log; [`Authority::purpose_statements`] signs it from then on. `file` is
    /// the purpose as it was read; `purpose` is what it says.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was written. [`ChangeError::NotAVerifier`]: it was registered as something else.
    pub async fn register_purpose(
        &self,
        id: &EntityId,
        purpose: &Purpose,
        file: Value,
        now: Timestamp,
    ) -> Result<RegisteredPurpose, ChangeError> {
        let mut kept = self.known(id).await?;
        if !kept.registration.rights.roles.contains(&Role::Verifier) {
            return Err(ChangeError::NotAVerifier);
        }
        let purposes = &mut kept.registration.purposes;
        let is_the_same = |known: &RegisteredPurpose| {
            known.id == purpose.id.0 && known.purpose == file && known.entry.is_some()
        };
        if purposes.iter().any(is_the_same) {
            return Err(ChangeError::Unchanged);
        }
        let mut logged = LoggedPurpose::of(purpose, &self.catalog).map_err(ChangeError::Query)?;
        logged.purpose_sha256 = purpose_digest(&file);
        let registered = RegisteredPurpose { id: purpose.id.0.clone(), purpose: file, entry: None };
        purposes.retain(|known| known.id != registered.id);
        purposes.push(registered.clone());
        let events = vec![(Event::Purpose(logged), Proves::Purpose(registered.id.clone()))];
        self.record(kept.version, kept.registration, events, now).await?;
        Ok(registered)
    }

    /// What it says that a verifier may ask for: each purpose signed now, for as long as what it says of the verifier itself, with the proof that
    /// it was published. `None` for an entity it does not know, or that is suspended.
    ///
    /// # Errors
    /// [`StatementFailure`].
    pub async fn purpose_statements(
        &self,
        subject: &EntityId,
        published: &SignedCheckpoint,
        now: Timestamp,
    ) -> Result<Option<Vec<String>>, StatementFailure> {
        let kept = self.store.registration(subject).await?.map(|kept| kept.registration);
        let Some(registration) = kept.filter(|registration| registration.is_active()) else {
            return Ok(None);
        };
        let (signing, expires_at) = (self.signing().await?, self.end_of_statement(now)?);
        let may_ask = registration.rights.roles.contains(&Role::Verifier);
        let mut statements = Vec::new();
        for purpose in registration.purposes.into_iter().filter(|_| may_ask) {
            let Some(entry) = purpose.entry else { continue };
            // Not published yet: it does not count yet.
            let Some(evidence) = self.store.evidence(entry, published).await? else { continue };
            let statement = PurposeStatement {
                issuer: self.profile.id.clone(),
                subject: subject.clone(),
                issued_at: now,
                expires_at,
                purpose: purpose.purpose,
                log_evidence: Some(evidence),
            };
            statements.push(statement.sign(&signing.keys, signing.signer.as_ref())?);
        }
        Ok(Some(statements))
    }

    /// Lets it ask for this purpose no more: what it carries counts until it ends, and it gets no other.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was written.
    pub async fn withdraw_purpose(
        &self,
        id: &EntityId,
        purpose: &str,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let mut kept = self.known(id).await?;
        let purposes = &mut kept.registration.purposes;
        let Some(place) = purposes.iter().position(|known| known.id == purpose) else {
            return Err(ChangeError::Unchanged);
        };
        let events = vec![(withdrawn(&purposes.remove(place)), Proves::Nothing)];
        self.record(kept.version, kept.registration, events, now).await?;
        Ok(())
    }
}

/// What the log says of a purpose that is withdrawn.
pub fn withdrawn(purpose: &RegisteredPurpose) -> Event {
    let name = serde_json::from_value(purpose.purpose.get("name").cloned().unwrap_or_default());
    let name = name.map_or_else(|_| change::same_in_both(&purpose.id), |name| in_both_languages(&name));
    Event::PurposeWithdrawn(PurposeWithdrawn { purpose: Named { id: purpose.id.clone(), name } })
}
