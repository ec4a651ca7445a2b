//! Accepting an offer: token, nonce, key proof, credential; then the same checks that a verifier makes (OpenID4VCI 1.0 §6 to §8, §11).

use jiff::Timestamp;
use portage_catalog::Format;
use portage_keys::{Signer, SigningFailure, SigningKey};
use portage_oid4vci::{
    AccessToken, CNonce, CredentialErrorCode, CredentialRequest, CredentialResponse, EndpointUrl,
    ErrorResponse, IssuedCredential, KeyProof, MessageError, NonceResponse, NotificationEvent,
    NotificationRequest, Proofs, RequestedCredential, TokenErrorCode, TokenRequest, TokenResponse,
    TxCodeValue,
};
use portage_reason::Reason;
use portage_verification::{Decision, VerifiedCredential};
use serde_json::Value;

use crate::{
    CredentialId, IssuerOnRecord, NextStep, OfferReview, OfferedCredential, ShownClaim, StoredCredential,
    Wallet,
    credential::NewCredential,
    documents::{Documents, Freshness},
    history::Counterpart,
    ports::{Batch, Http, HttpAnswer, HttpFailure, HttpRequest, RequestBody, WalletStore},
};

const MAX_ANSWER: usize = 1 << 20;

/// What arrived, checked and not yet kept: for the person to look at. Dropping it forgets it, keys and all.
pub struct Arrived {
    pub(crate) issuer: IssuerOnRecord,
    pub(crate) counterpart: Counterpart,
    pub(crate) credentials: Vec<ArrivedCredential>,
    pub(crate) documents: Batch,
    pub(crate) notify: Notify,
}

/// One credential that arrived.
pub struct ArrivedCredential {
    pub(crate) credential: StoredCredential,
    pub(crate) key: SigningKey,
    pub(crate) claims: Vec<ShownClaim>,
}

/// Where and how the issuer wants to hear how it ended.
pub(crate) struct Notify {
    pub(crate) endpoint: Option<EndpointUrl>,
    pub(crate) token: AccessToken,
    pub(crate) ids: Vec<String>,
}

/// Why nothing arrived that could be kept. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The offer needs a code from another way, and none was given, or one was given that it does not need.
    #[error("the offer and the code do not go together")]
    TxCode,
    /// The token endpoint refused: wrong code, used or over.
    #[error("the issuer refused the code")]
    Token(Option<TokenErrorCode>),
    /// The credential endpoint refused.
    #[error("the issuer did not issue it")]
    Credential(Option<CredentialErrorCode>),
    /// What arrived does not hold: every reason, the first failure first.
    #[error("what arrived does not hold")]
    Refused(Vec<Reason>),
    /// The issuer will issue it later, which this wallet does not wait for.
    #[error("the issuer issues it later, which this wallet does not wait for")]
    Deferred,
    /// An answer could not be read.
    #[error("the issuer's answer could not be read")]
    Message(#[from] MessageError),
    /// Nobody answered.
    #[error("the issuer could not be reached")]
    Fetch(#[from] HttpFailure),
    /// The key did not sign.
    #[error(transparent)]
    Signing(#[from] SigningFailure),
}

impl AcceptError {
    /// The verdict, where it is one.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            AcceptError::TxCode => Some(Reason::ValueMissing),
            AcceptError::Refused(reasons) => reasons.first().copied(),
            AcceptError::Deferred => Some(Reason::Unsupported),
            AcceptError::Message(error) => Some(error.reason()),
            AcceptError::Fetch(failure) => failure.reason(),
            AcceptError::Token(_) | AcceptError::Credential(_) | AcceptError::Signing(_) => None,
        }
    }

    /// The protocol's code, where the issuer gave one (§6.3, §8.3.1).
    pub fn code(&self) -> Option<&'static str> {
        match self {
            AcceptError::Token(code) => code.map(TokenErrorCode::code),
            AcceptError::Credential(code) => code.map(CredentialErrorCode::code),
            _ => None,
        }
    }
}

impl Arrived {
    /// From whom, and by what right.
    pub fn issuer(&self) -> &IssuerOnRecord {
        &self.issuer
    }

    /// What arrived.
    pub fn credentials(&self) -> &[ArrivedCredential] {
        &self.credentials
    }
}

impl ArrivedCredential {
    /// The credential as it would be kept.
    pub fn credential(&self) -> &StoredCredential {
        &self.credential
    }

    /// What it says.
    pub fn claims(&self) -> &[ShownClaim] {
        &self.claims
    }
}

impl<H: Http, S: WalletStore> Wallet<'_, H, S> {
    /// Fetches what was offered: each credential under a fresh key. What arrives is checked like at a verifier, and that it is what was
    /// reviewed: type, issuer, key. A wrong `tx_code` may be tried again with the same review.
    ///
    /// # Errors
    /// [`AcceptError`]. The issuer is told of a failure where it has a notification endpoint.
    pub async fn accept_offer(
        &self,
        review: &OfferReview,
        tx_code: Option<&str>,
        now: Timestamp,
    ) -> Result<Arrived, AcceptError> {
        if matches!(review.next, NextStep::NeedsTxCode(_)) != tx_code.is_some() {
            return Err(AcceptError::TxCode);
        }
        let token = self.redeem(review, tx_code).await?;
        let documents = self.documents(Freshness::Ask, now);
        let endpoint = review.metadata.notification_endpoint.clone();
        let mut notify = Notify { endpoint, token: token.access_token.clone(), ids: Vec::new() };
        let mut credentials = Vec::with_capacity(review.offered.len());
        for offered in &review.offered {
            match self.fetch_credential(review, offered, &token, &mut notify, &documents, now).await {
                Ok(credential) => credentials.push(credential),
                Err(error) => {
                    self.notify(&notify, NotificationEvent::CredentialFailure).await;
                    return Err(error);
                }
            }
        }
        let counterpart = Counterpart {
            id: review.issuer.id.clone(),
            name: review.issuer.name.clone(),
            host: review.host(),
        };
        let documents = documents.into_batch(Batch::default());
        Ok(Arrived { issuer: review.issuer.clone(), counterpart, credentials, documents, notify })
    }

    async fn redeem(
        &self,
        review: &OfferReview,
        tx_code: Option<&str>,
    ) -> Result<TokenResponse, AcceptError> {
        let tx_code = tx_code.map(|code| TxCodeValue::new(code.trim()));
        let request = TokenRequest::anonymous(review.code.clone(), tx_code);
        let form = request.to_form();
        let answer = self.post(&review.token_endpoint, None, RequestBody::Form(&form)).await?;
        if answer.is_success() {
            return Ok(TokenResponse::parse(&answer.body)?);
        }
        let error = ErrorResponse::parse(&answer.body).ok();
        Err(AcceptError::Token(error.and_then(|error| TokenErrorCode::from_code(&error.error))))
    }

    async fn fetch_credential(
        &self,
        review: &OfferReview,
        offered: &OfferedCredential,
        token: &TokenResponse,
        notify: &mut Notify,
        documents: &Documents<'_, H, S>,
        now: Timestamp,
    ) -> Result<ArrivedCredential, AcceptError> {
        let key = SigningKey::generate(offered.key.algorithm, self.entropy);
        let response = match self.request_credential(review, offered, token, &key, now).await {
            // The nonce was not, or no longer, good: a new one, once (§8.3.1.2).
            Err(AcceptError::Credential(Some(CredentialErrorCode::InvalidNonce))) => {
                self.request_credential(review, offered, token, &key, now).await?
            }
            response => response?,
        };
        let CredentialResponse::Issued(issued) = response else { return Err(AcceptError::Deferred) };
        notify.ids.extend(issued.notification_id);
        // One key, one credential: no more, and no fewer.
        let [issued] = issued.credentials.as_slice() else {
            return Err(AcceptError::Refused(vec![Reason::CredentialMismatch]));
        };
        self.check_arrival(review, offered, issued, key, documents, now).await
    }

    async fn request_credential(
        &self,
        review: &OfferReview,
        offered: &OfferedCredential,
        token: &TokenResponse,
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<CredentialResponse, AcceptError> {
        let nonce = self.nonce(review).await?;
        let proof = KeyProof {
            issuer: &review.metadata.credential_issuer,
            nonce: nonce.as_ref(),
            key: offered.key.form,
            now,
        };
        let request = CredentialRequest {
            credential: requested(offered, token),
            proofs: Some(Proofs::Jwt(vec![proof.sign(key)?])),
        };
        let body = request.to_value();
        let bearer = Some(token.access_token.expose());
        let answer =
            self.post(&review.metadata.credential_endpoint, bearer, RequestBody::Json(&body)).await?;
        if answer.is_success() {
            return Ok(CredentialResponse::parse(&answer.body)?);
        }
        let error = ErrorResponse::parse(&answer.body).ok();
        Err(AcceptError::Credential(error.and_then(|error| CredentialErrorCode::from_code(&error.error))))
    }

    async fn nonce(&self, review: &OfferReview) -> Result<Option<CNonce>, AcceptError> {
        let Some(endpoint) = &review.metadata.nonce_endpoint else { return Ok(None) };
        let answer = self.post(endpoint, None, RequestBody::Empty).await?;
        if !answer.is_success() {
            return Err(AcceptError::Credential(None));
        }
        Ok(Some(NonceResponse::parse(&answer.body)?.c_nonce))
    }

    /// The pipeline's verdict, and then: is it what was reviewed?
    async fn check_arrival(
        &self,
        review: &OfferReview,
        offered: &OfferedCredential,
        issued: &IssuedCredential,
        key: SigningKey,
        documents: &Documents<'_, H, S>,
        now: Timestamp,
    ) -> Result<ArrivedCredential, AcceptError> {
        let secured = match (issued, offered.format) {
            (IssuedCredential::Document(document), Format::LdpVc) => {
                Value::Object(document.clone()).to_string()
            }
            (IssuedCredential::Text(text), Format::DcSdJwt | Format::VcSdJwt | Format::VcJwt) => text.clone(),
            _ => return Err(AcceptError::Refused(vec![Reason::TypeMismatch])),
        };
        let keys = [key.verification_key().clone()];
        let outcome =
            self.verify_issued(&secured, offered.format, &keys, self.list_interval, documents, now).await;
        let verified = match outcome.decision {
            Decision::Accepted(verified) => verified,
            Decision::Rejected(reasons) | Decision::Indeterminate(reasons) => {
                return Err(AcceptError::Refused(reasons));
            }
        };
        let [verified] = verified.as_slice() else {
            return Err(AcceptError::Refused(vec![Reason::CredentialMismatch]));
        };
        if !review.identity.ids().contains(&verified.evidence().issuer.id) || !is_type(offered, verified) {
            return Err(AcceptError::Refused(vec![Reason::CredentialMismatch]));
        }
        let [holder_key] = keys;
        let evidence = verified.evidence();
        let credential = StoredCredential::from(NewCredential {
            id: CredentialId::generate(self.entropy),
            format: offered.format,
            issuer: IssuerOnRecord::from(&evidence.issuer),
            types: verified.types().to_vec(),
            catalog_type: verified.catalog_type().map(str::to_owned),
            received: now,
            valid_from: evidence.valid_from,
            valid_until: evidence.valid_until,
            words: offered.words.clone().filter(|_| verified.catalog_type().is_none()),
            secured,
            claims: verified.claims().clone(),
            issuer_key: evidence.issuer_key.clone(),
            holder_key,
        });
        let claims = credential.shown_claims(self.catalog);
        Ok(ArrivedCredential { credential, key, claims })
    }

    async fn post(
        &self,
        endpoint: &EndpointUrl,
        bearer: Option<&str>,
        body: RequestBody<'_>,
    ) -> Result<HttpAnswer, HttpFailure> {
        let request = HttpRequest {
            url: endpoint.url(),
            accept: "application/json",
            bearer,
            body,
            max_bytes: MAX_ANSWER,
        };
        self.http.send(request).await?.unless_failed()
    }

    /// Tells the issuer how it ended, where it wants to hear. The person's outcome does not depend on whether it heard.
    pub(crate) async fn notify(&self, notify: &Notify, event: NotificationEvent) {
        let Some(endpoint) = &notify.endpoint else { return };
        for id in &notify.ids {
            let request = NotificationRequest { notification_id: id.clone(), event, event_description: None };
            let body = request.to_value();
            let _ = self.post(endpoint, Some(notify.token.expose()), RequestBody::Json(&body)).await;
        }
    }
}

/// `credential_identifier` if and only if the Token Response brought some for this configuration (§8.2).
fn requested(offered: &OfferedCredential, token: &TokenResponse) -> RequestedCredential {
    let detail = token.authorization_details.iter().find(|detail| {
        detail.credential_configuration_id.as_deref() == Some(offered.configuration_id.as_str())
    });
    match detail.and_then(|detail| detail.credential_identifiers.first()) {
        Some(identifier) => RequestedCredential::Identifier(identifier.clone()),
        None => RequestedCredential::ConfigurationId(offered.configuration_id.clone()),
    }
}

/// Whether it is of the type that was offered: the `vct`, or every type of the definition, as it stands or expanded.
fn is_type(offered: &OfferedCredential, verified: &VerifiedCredential) -> bool {
    let same_definition =
        offered.catalog_type.is_some() && offered.catalog_type.as_deref() == verified.catalog_type();
    same_definition || offered.type_names.iter().all(|name| verified.types().contains(name))
}
