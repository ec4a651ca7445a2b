//! Registers what a verifier may ask for.

use jiff::Timestamp;
use portage_catalog::Purpose;
use portage_federation::{EntityId, PurposeStatement, Role, in_both_languages};
use portage_transparency_log::{
    Event, Named, PurposeWithdrawn, RegisteredPurpose as LoggedPurpose, statement_digest,
};
use serde_json::Value;

use crate::{Authority, ChangeError, Proves, RegisteredPurpose, RegistryStore, change};

impl<S: RegistryStore> Authority<S> {
    /// Lets a verifier ask for this purpose: signs it, for the verifier to carry, and puts what it asks into the log. `file` is the purpose as
    /// it was read; `purpose` is what it says.
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
        if purposes.iter().any(|known| known.id == purpose.id.0 && known.purpose == file) {
            return Err(ChangeError::Unchanged);
        }
        let statement = PurposeStatement {
            issuer: self.profile.id.clone(),
            subject: id.clone(),
            issued_at: now,
            purpose: file.clone(),
        };
        let signing = self.signing().await?;
        let statement = statement.sign(&signing.keys, signing.signer.as_ref())?;
        let mut logged = LoggedPurpose::of(purpose, &self.catalog).map_err(ChangeError::Query)?;
        logged.statement_sha256 = Some(statement_digest(statement.as_bytes()));

        let registered =
            RegisteredPurpose { id: purpose.id.0.clone(), purpose: file, statement, entry: None };
        purposes.retain(|known| known.id != registered.id);
        purposes.push(registered.clone());
        let events = vec![(Event::Purpose(logged), Proves::Purpose(registered.id.clone()))];
        self.record(kept.version, kept.registration, events, now).await?;
        Ok(registered)
    }

    /// Lets it ask for this purpose no more.
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
        let withdrawn = purposes.remove(place);
        let name = serde_json::from_value(withdrawn.purpose.get("name").cloned().unwrap_or_default());
        let name = name.map_or_else(|_| change::same_in_both(purpose), |name| in_both_languages(&name));
        let event = PurposeWithdrawn { purpose: Named { id: withdrawn.id, name } };
        let events = vec![(Event::PurposeWithdrawn(event), Proves::Nothing)];
        self.record(kept.version, kept.registration, events, now).await?;
        Ok(())
    }
}
