use jiff::Timestamp;
use portage_catalog::{Purpose, PurposeId};
use portage_dcql::Query;
use portage_oid4vp::{AuthorizationRequest, ClientIdPrefix, Haip, RequestUriMethod};
use portage_reason::Reason;
use serde_json::{Value, json};

use crate::{
    AskedBy, Delivery, Device, RequestObjectError, Requested, Verifier,
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
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// No purpose of that id.
    #[error("no purpose of that id is registered")]
    PurposeNotRegistered,
    /// The purpose asks something that this version does not verify.
    #[error("the purpose cannot be asked: {0}")]
    PurposeUnsupported(&'static str),
    /// The request could not be signed.
    #[error(transparent)]
    Request(#[from] RequestObjectError),
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
            CreateError::Request(_) | CreateError::Store(_) => None,
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
        let query = askable_query(registered)?;
        let is_haip = |format: &str| Haip::FORMATS.contains(&format);
        if self.asking.haip && !query.credentials.iter().all(|credential| is_haip(&credential.format)) {
            return Err(CreateError::PurposeUnsupported("a credential format that HAIP 1.0 does not have"));
        }
        let transaction = typeable_token('t', &*self.entropy);
        let request_id = self.entropy.token();
        let names = SessionNames {
            transaction: self.secret.hash(Kind::Transaction, &transaction),
            request: self.secret.hash(Kind::Request, &request_id),
            state: self.state_hash(&self.state_of_request(&request_id)),
        };
        let session = Requested::new(purpose.clone(), device, now).asked_by(asked_by);
        let expires = session.expires_at;
        let request_uri = self.link(registered, &request_id, &session, now)?;
        self.store.insert_new(names, session).await?;
        Ok(CreatedRequest { transaction, request_uri: request_uri.to_uri(), expires })
    }
}

impl<S: SessionStore> Verifier<S> {
    /// What the person opens: the request itself, or where it stands.
    fn link(
        &self,
        purpose: &Purpose,
        request_id: &str,
        session: &Requested,
        now: Timestamp,
    ) -> Result<AuthorizationRequest, CreateError> {
        let client_id = self.identity.client_id.clone();
        let is_signed = client_id.prefix() != ClientIdPrefix::RedirectUri;
        let method = match self.asking.delivery {
            Delivery::Get if is_signed => Some(RequestUriMethod::Get),
            Delivery::Post if is_signed => Some(RequestUriMethod::Post),
            _ => None,
        };
        if let Some(method) = method {
            let request_uri = self.addresses.request_uri(request_id);
            return Ok(AuthorizationRequest::ByReference { client_id, request_uri, method });
        }
        let state = self.state_of_request(request_id);
        let object = self.request_to_send(purpose, &state, session, None, now)?;
        Ok(if is_signed {
            AuthorizationRequest::ByValue { client_id, request: self.sign(&object)? }
        } else {
            AuthorizationRequest::Unsigned { client_id, parameters: object.to_parameters() }
        })
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
