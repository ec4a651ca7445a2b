use jiff::Timestamp;
use portage_catalog::{Purpose, PurposeId};
use portage_dcql::Query;
use portage_oid4vp::AuthorizationRequest;
use portage_reason::Reason;
use serde_json::{Value, json};

use crate::{
    AskedBy, Device, Requested, Verifier,
    one_time::{Kind, typeable_token},
    policy::verified_format,
    ports::{SessionNames, SessionStore, StoreFailure},
};

/// A request that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedRequest {
    /// By what the relying party asks for the result.
    pub transaction: String,
    /// What the person opens: `openid4vp://?client_id=…&request_uri=…`.
    pub request_uri: String,
    /// Until when an answer counts.
    pub expires: Timestamp,
}

impl CreatedRequest {
    /// `{"transaction","request_uri","qr","expires"}`, with the QR code as SVG text.
    pub fn to_value(&self, qr: &str) -> Value {
        json!({
            "transaction": self.transaction,
            "request_uri": self.request_uri,
            "qr": qr,
            "expires": format!("{:.0}", self.expires),
        })
    }
}

/// Why no request was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// No purpose of that id.
    #[error("no purpose of that id is registered")]
    PurposeNotRegistered,
    /// The purpose asks something that this version does not verify.
    #[error("the purpose cannot be asked: {0}")]
    PurposeUnsupported(&'static str),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl CreateError {
    /// The reason; `None` for a failure of ours.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            CreateError::PurposeNotRegistered => Some(Reason::PurposeNotRegistered),
            CreateError::PurposeUnsupported(_) => Some(Reason::Unsupported),
            CreateError::Store(_) => None,
        }
    }
}

impl<S: SessionStore> Verifier<S> {
    /// Makes a request for a registered purpose.
    ///
    /// # Errors
    /// [`CreateError`].
    pub async fn create_request(
        &self,
        purpose: &PurposeId,
        device: Device,
        now: Timestamp,
    ) -> Result<CreatedRequest, CreateError> {
        self.create_request_by(purpose, device, None, now).await
    }

    /// The same for somebody at a counter, whose name stands with what is decided.
    ///
    /// # Errors
    /// [`CreateError`].
    pub async fn create_request_by(
        &self,
        purpose: &PurposeId,
        device: Device,
        asked_by: Option<AskedBy>,
        now: Timestamp,
    ) -> Result<CreatedRequest, CreateError> {
        let registered = self.catalog.purpose(purpose).ok_or(CreateError::PurposeNotRegistered)?;
        askable_query(registered)?;
        let transaction = typeable_token('t', &*self.entropy);
        let request_id = self.entropy.token();
        let names = SessionNames {
            transaction: self.secret.hash(Kind::Transaction, &transaction),
            request: self.secret.hash(Kind::Request, &request_id),
            state: self.state_hash(&self.state_of_request(&request_id)),
        };
        let session = Requested::new(purpose.clone(), device, now).asked_by(asked_by);
        let expires = session.expires_at;
        self.store.insert_new(names, session).await?;
        let request_uri = AuthorizationRequest::by_reference(
            self.identity.client_id.clone(),
            self.addresses.request_uri(&request_id),
        );
        Ok(CreatedRequest { transaction, request_uri: request_uri.to_uri(), expires })
    }
}

/// The purpose's query, if this version verifies all of it: a known format, holder binding, no query that trusts by a hint.
pub(crate) fn askable_query(purpose: &Purpose) -> Result<Query, CreateError> {
    let query = Query::parse(&purpose.query).map_err(|error| CreateError::PurposeUnsupported(error.0))?;
    for credential in &query.credentials {
        if verified_format(&credential.format).is_none() {
            return Err(CreateError::PurposeUnsupported("a credential format that is not verified"));
        }
        if !credential.holder_binding {
            return Err(CreateError::PurposeUnsupported("a credential without holder binding"));
        }
    }
    Ok(query)
}
