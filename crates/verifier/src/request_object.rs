use jiff::Timestamp;
use portage_keys::SigningFailure;
use portage_oid4vp::{Nonce, PurposeInfo, RequestError, RequestObject, State, VpFormats};

use crate::{
    Session, Verifier,
    one_time::Kind,
    ports::{SessionStore, StoreFailure},
};

/// Why there is no Request Object.
#[derive(Debug, thiserror::Error)]
pub enum RequestObjectError {
    /// No request of that id waits for an answer: unknown, answered, over. Not told apart.
    #[error("no request of that id waits for an answer")]
    Absent,
    /// The key did not sign.
    #[error(transparent)]
    Signing(#[from] SigningFailure),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl From<RequestError> for RequestObjectError {
    /// A request id of characters that none of ours has.
    fn from(_: RequestError) -> Self {
        RequestObjectError::Absent
    }
}

impl<S: SessionStore> Verifier<S> {
    /// The signed Request Object of a `request_uri`. It may be fetched more than once: it says the same each time.
    ///
    /// # Errors
    /// [`RequestObjectError`].
    pub async fn request_object(
        &self,
        request_id: &str,
        now: Timestamp,
    ) -> Result<String, RequestObjectError> {
        let request = self.secret.hash(Kind::Request, request_id);
        let session = self.store.by_request(request).await?.ok_or(RequestObjectError::Absent)?;
        let Session::Requested(requested) = session.at(now) else { return Err(RequestObjectError::Absent) };
        // A purpose that was taken out of the catalogue is not asked for any more.
        let purpose = self.catalog.purpose(&requested.purpose).ok_or(RequestObjectError::Absent)?;
        let state = self.state_of_request(request_id);
        let object = RequestObject {
            client_id: self.identity.client_id.clone(),
            response_uri: self.addresses.response_uri(),
            nonce: Nonce::parse(&self.nonce_of_state(&state))?,
            state: State::parse(&state)?,
            dcql_query: purpose.query.clone(),
            vp_formats: VpFormats::of_portage(),
            encryption: self.encryption_of(&state),
            purpose: PurposeInfo::of(purpose),
            purpose_statement: self.vouched.statements.statement(&purpose.id, now),
            trust_chain: self.vouched.trust_chain.statements(now),
            issued_at: requested.created_at,
            expires_at: requested.expires_at,
        };
        Ok(object.sign(&self.identity.kid, &*self.identity.signer)?)
    }
}
