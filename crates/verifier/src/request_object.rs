use jiff::Timestamp;
use portage_catalog::Purpose;
use portage_keys::SigningFailure;
use portage_oid4vp::{
    ClientIdPrefix, Nonce, PurposeInfo, RequestError, RequestObject, RequestUriPost, State, VpFormats,
};

use crate::{
    Requested, Session, Verifier,
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
    /// The signed Request Object of a `request_uri`. It may be fetched more than once: it says the same each time, but for the nonce
    /// that a wallet posted.
    ///
    /// # Errors
    /// [`RequestObjectError`].
    pub async fn request_object(
        &self,
        request_id: &str,
        post: &RequestUriPost,
        now: Timestamp,
    ) -> Result<String, RequestObjectError> {
        let request = self.secret.hash(Kind::Request, request_id);
        let session = self.store.by_request(request).await?.ok_or(RequestObjectError::Absent)?;
        let Session::Requested(requested) = session.at(now) else { return Err(RequestObjectError::Absent) };
        // A purpose that was taken out of the catalogue is not asked for any more.
        let purpose = self.catalog.purpose(&requested.purpose).ok_or(RequestObjectError::Absent)?;
        let state = self.state_of_request(request_id);
        self.sign(&self.request_to_send(purpose, &state, &requested, post.wallet_nonce.clone(), now)?)
    }

    /// What is asked, before it is signed.
    pub(crate) fn request_to_send(
        &self,
        purpose: &Purpose,
        state: &str,
        requested: &Requested,
        wallet_nonce: Option<String>,
        now: Timestamp,
    ) -> Result<RequestObject, RequestObjectError> {
        let formats = if self.asking.haip { VpFormats::of_haip() } else { VpFormats::of_portage() };
        Ok(RequestObject {
            client_id: self.identity.client_id.clone(),
            response_uri: self.addresses.response_uri(),
            nonce: Nonce::parse(&self.nonce_of_state(state))?,
            state: State::parse(state)?,
            dcql_query: purpose.query.clone(),
            vp_formats: formats,
            encryption: self.encryption_of(state),
            purpose: PurposeInfo::of(purpose),
            purpose_statement: self.vouched.statements.statement(&purpose.id, now),
            trust_chain: self.vouched.trust_chain.statements(now),
            issued_at: requested.created_at,
            expires_at: requested.expires_at,
            wallet_nonce,
        })
    }

    /// Signs it under the verifier's name.
    pub(crate) fn sign(&self, object: &RequestObject) -> Result<String, RequestObjectError> {
        let (identity, signer) = (&self.identity, &*self.identity.signer);
        Ok(match identity.client_id.prefix() {
            // Nobody signs for an address: such a request is in the link.
            ClientIdPrefix::RedirectUri => return Err(RequestObjectError::Absent),
            ClientIdPrefix::X509SanDns | ClientIdPrefix::X509Hash => {
                object.sign_under(&identity.certificates, signer)?
            }
            _ => object.sign(&identity.kid, signer)?,
        })
    }
}
