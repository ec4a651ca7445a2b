use jiff::Timestamp;
use portage_catalog::Purpose;
use portage_oid4vp::{
    AuthorizationResponse, ErrorCode, ResponseError, ResponseMode, VpToken, encrypted_response,
};
use portage_reason::Reason;
use portage_verification::Sources;
use url::Url;

use crate::{
    Claim, Device, Received, Session, Verifier,
    one_time::{Kind, typeable_token},
    policy::{self, Judgement},
    ports::{ClaimOutcome, DecideOutcome, Event, SessionStore, StoreFailure},
};

/// What the wallet hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalletAnswer {
    /// A sound response, whatever the decision: 200, and on the same device where the person goes next.
    Sound {
        /// `redirect_uri`, with the response code.
        redirect_uri: Option<Url>,
    },
    /// Forged, malformed, replayed or unasked: 400 and the protocol's error code. The reason is for the log.
    Refused(Reason),
}

impl<S: SessionStore> Verifier<S> {
    /// Receives what a wallet posted to `response_uri`: claims the session, verifies outside any transaction, writes the verdict.
    ///
    /// A response ends its session whatever it holds, as soon as its `state` is known; nothing else does.
    ///
    /// # Errors
    /// [`StoreFailure`]: nothing was acknowledged.
    pub async fn receive_response(
        &self,
        form: &[u8],
        sources: &impl Sources,
        now: Timestamp,
    ) -> Result<WalletAnswer, StoreFailure> {
        let (state, response) = match self.open(form) {
            Ok(opened) => opened,
            Err(reason) => return Ok(WalletAnswer::Refused(reason)),
        };
        let claim = Claim(self.entropy.token());
        let received = match self.store.claim(self.state_hash(&state), claim, now).await? {
            ClaimOutcome::Won(received) => received,
            ClaimOutcome::Lost(Session::Expired(_)) => return Ok(WalletAnswer::Refused(Reason::Expired)),
            ClaimOutcome::Lost(_) => return Ok(WalletAnswer::Refused(Reason::Replayed)),
            ClaimOutcome::Absent => return Ok(WalletAnswer::Refused(Reason::RequestInvalid)),
        };
        let Some(purpose) = self.catalog.purpose(&received.purpose) else {
            let judgement = Judgement::rejected(Reason::PurposeNotRegistered);
            return self.conclude(received, judgement, 0, now).await;
        };
        let judgement = match response {
            Err(NotRead(reason)) => Judgement::rejected(reason),
            Ok(AuthorizationResponse::Error(response)) => {
                Judgement::rejected(reason_of_error(response.error))
            }
            Ok(AuthorizationResponse::Success { vp_token, .. }) => {
                let remembered = self.store.logs().await?;
                self.authority.restore_logs(&remembered);
                let judgement =
                    self.verify(purpose, &vp_token, (&state, received.device), sources, now).await;
                let seen = self.authority.remembered_logs();
                if seen != remembered {
                    self.store.keep_logs(seen).await?;
                }
                judgement
            }
        };
        self.conclude(received, judgement, purpose.retention_days, now).await
    }

    /// The `state` of a response and what stands beside it; a reason where not even its session can be found.
    fn open(&self, form: &[u8]) -> Result<(String, Result<AuthorizationResponse, NotRead>), Reason> {
        let encrypted = encrypted_response(form).map_err(|error| error.reason());
        // A form that cannot be read ends its session all the same, where it says which one.
        let in_clear = || AuthorizationResponse::state_of_form(form).ok_or(Reason::Malformed);
        let Some(message) = (match encrypted {
            Err(reason) => return in_clear().map(|state| (state, Err(NotRead(reason)))),
            Ok(message) => message,
        }) else {
            let state = in_clear()?;
            let response = AuthorizationResponse::parse_form(form).map_err(NotRead::from);
            let is_answer = matches!(response, Ok(AuthorizationResponse::Success { .. }));
            let response = if is_answer && self.asking.response_mode == ResponseMode::DirectPostJwt {
                // What was to be encrypted came in clear.
                Err(NotRead(Reason::RequestInvalid))
            } else {
                response
            };
            return Ok((state, response));
        };
        let kid = message.kid().ok_or(Reason::KeyMismatch)?;
        let content = message.decrypt(&self.response_key(kid)).map_err(|error| error.reason())?;
        let response = AuthorizationResponse::parse_decrypted(&content).map_err(|error| error.reason())?;
        let state = response.state().ok_or(Reason::Malformed)?.to_owned();
        // The key of another session opens nothing of this one, and where none was given nobody has any.
        let is_asked = self.asking.response_mode == ResponseMode::DirectPostJwt;
        if !is_asked || self.response_kid(&state) != kid {
            return Err(Reason::KeyMismatch);
        }
        Ok((state, Ok(response)))
    }

    async fn verify(
        &self,
        purpose: &Purpose,
        vp_token: &VpToken,
        (state, device): (&str, Device),
        sources: &impl Sources,
        now: Timestamp,
    ) -> Judgement {
        let client_id = self.identity.client_id.clone();
        let nonce = self.nonce_of_state(state);
        let against = policy::Against {
            now,
            device,
            catalog: &self.catalog,
            policies: &*self.policies,
            contexts: &self.contexts,
            authority: &*self.authority,
            loopback: &self.loopback,
            audience: client_id.as_str(),
            nonce: &nonce,
        };
        policy::decide(purpose, vp_token, &against, sources).await
    }

    async fn conclude(
        &self,
        received: Received,
        Judgement { verdict, refused }: Judgement,
        retention_days: u32,
        now: Timestamp,
    ) -> Result<WalletAnswer, StoreFailure> {
        let code = match (received.device, refused) {
            (Device::Same, None) => Some(typeable_token('r', &*self.entropy)),
            _ => None,
        };
        let hashed = code.as_deref().map(|code| self.secret.hash(Kind::ResponseCode, code));
        let event = Event {
            at: now,
            purpose: received.purpose.clone(),
            decision: verdict.decision().to_owned(),
            reasons: verdict.reasons().to_vec(),
            asked_by: received.asked_by.clone(),
        };
        let claim = received.claim.clone();
        let decided = received.decide(verdict, hashed, retention_days, now);
        match self.store.decide(claim, decided, event).await? {
            DecideOutcome::TooLate => Ok(WalletAnswer::Refused(Reason::Expired)),
            DecideOutcome::Written => Ok(match refused {
                Some(reason) => WalletAnswer::Refused(reason),
                None => {
                    WalletAnswer::Sound { redirect_uri: code.map(|code| self.addresses.return_uri(&code)) }
                }
            }),
        }
    }
}

/// A response that cannot be read, of a session that can be found.
struct NotRead(Reason);

impl From<ResponseError> for NotRead {
    fn from(error: ResponseError) -> Self {
        NotRead(error.reason())
    }
}

/// What a wallet's error response means to the relying party. Nobody is told apart who did not want from who could not.
const fn reason_of_error(error: ErrorCode) -> Reason {
    match error {
        ErrorCode::AccessDenied => Reason::ConsentRequired,
        _ => Reason::Unsupported,
    }
}
