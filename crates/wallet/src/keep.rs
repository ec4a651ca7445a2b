//! Keeping what arrived, deleting what is kept.

use jiff::Timestamp;
use portage_oid4vci::NotificationEvent;
use portage_reason::Reason;

use crate::{
    AcceptError, Arrived, CredentialId, Event, EventKind, OfferError, OfferReview, Outcome, StoredCredential,
    Wallet,
    credential::{credential, key_record},
    history::{Counterpart, EventCredential},
    ports::{Batch, Http, RecordId, StoreFailure, WalletStore},
};

impl<H: Http, S: WalletStore> Wallet<'_, H, S> {
    /// Keeps what arrived: credentials, keys and the entry of the history in one write; only then is the issuer told. To be called when the
    /// person has seen what arrived and said yes.
    ///
    /// # Errors
    /// [`StoreFailure`]: nothing was kept.
    pub async fn store(
        &self,
        arrived: Arrived,
        now: Timestamp,
    ) -> Result<Vec<StoredCredential>, StoreFailure> {
        let mut event = Event::new(EventKind::Received, Outcome::Done, now, self.entropy);
        event.counterpart = Some(arrived.counterpart);
        let mut batch = arrived.documents;
        let mut kept = Vec::with_capacity(arrived.credentials.len());
        for new in arrived.credentials {
            event.credentials.push(self.event_credential(&new.credential));
            batch.put.push((RecordId::Key(new.credential.id.clone()), key_record(&new.key)));
            batch = batch.with(RecordId::Credential(new.credential.id.clone()), new.credential.to_record());
            kept.push(new.credential);
        }
        let outcome = self.store.commit(batch.with(event.record_id(), event.to_record()));
        let told = match outcome {
            Ok(()) => NotificationEvent::CredentialAccepted,
            Err(_) => NotificationEvent::CredentialFailure,
        };
        self.notify(&arrived.notify, told).await;
        outcome.map(|()| kept)
    }

    /// The person said no to what arrived: nothing is kept, the history and the issuer know (§11.1 `credential_deleted`).
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn decline_arrival(&self, arrived: Arrived, now: Timestamp) -> Result<(), StoreFailure> {
        let mut event = Event::new(EventKind::Received, Outcome::NothingSent, now, self.entropy);
        event.counterpart = Some(arrived.counterpart.clone());
        event.reason = Some(Reason::ConsentRequired);
        self.notify(&arrived.notify, NotificationEvent::CredentialDeleted).await;
        self.store.commit(Batch::default().with(event.record_id(), event.to_record()))
    }

    /// Writes down that an offer was accepted and nothing could be kept.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub fn note_refused_arrival(
        &self,
        review: &OfferReview,
        error: &AcceptError,
        now: Timestamp,
    ) -> Result<(), StoreFailure> {
        let mut event = Event::new(EventKind::Received, Outcome::Refused, now, self.entropy);
        event.counterpart = Some(Counterpart {
            id: review.issuer().id.clone(),
            name: review.issuer().name.clone(),
            host: review.host(),
        });
        event.reason = error.reason();
        self.store.commit(Batch::default().with(event.record_id(), event.to_record()))
    }

    /// Writes down that an offer was refused before anything was sent: `host` is where it pointed. A failure without a verdict is no entry.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub fn note_refused_offer(
        &self,
        host: &str,
        error: &OfferError,
        now: Timestamp,
    ) -> Result<(), StoreFailure> {
        let Some(reason) = error.reason() else { return Ok(()) };
        let mut event = Event::new(EventKind::Received, Outcome::Refused, now, self.entropy);
        event.counterpart = Some(Counterpart { id: host.to_owned(), name: None, host: host.to_owned() });
        event.reason = Some(reason);
        self.store.commit(Batch::default().with(event.record_id(), event.to_record()))
    }

    /// Deletes a credential: its key first, then the credential, in one write. Nobody is told. Whether there was one.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub fn delete(&self, id: &CredentialId, now: Timestamp) -> Result<bool, StoreFailure> {
        let Some(found) = credential(self.store, id)? else { return Ok(false) };
        let mut event = Event::new(EventKind::Deleted, Outcome::Done, now, self.entropy);
        event.credentials.push(EventCredential { claims: Vec::new(), ..self.event_credential(&found) });
        let batch = Batch::default()
            .without(RecordId::Key(id.clone()))
            .without(RecordId::Credential(id.clone()))
            .with(event.record_id(), event.to_record());
        self.store.commit(batch)?;
        Ok(true)
    }

    fn event_credential(&self, credential: &StoredCredential) -> EventCredential {
        let claims = credential.shown_claims(self.catalog);
        EventCredential {
            id: credential.id.clone(),
            name: credential.name(self.catalog),
            claims: claims.iter().map(|claim| claim.name.path.join(".")).collect(),
        }
    }
}
