//! Answering a request: written down first, then sent (OpenID4VP 1.0 §8).

use jiff::Timestamp;
use portage_catalog::Format;
use portage_data_integrity::{Cryptosuite, ProofError, ProofOptions, proof::add_proof};
use portage_did::{Relationship, did_key};
use portage_jose::JweError;
use portage_keys::{Signer, SigningFailure};
use portage_oid4vp::{AuthorizationResponse, DirectPostAnswer, ErrorCode, Presentation, VpToken};
use portage_reason::Reason;
use portage_vc::jose;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    Beyond, Consent, ConsentMissing, DisclosurePlan, Event, EventKind, Outcome, PlannedAnswer, Wallet,
    credential::signing_key,
    history::EventCredential,
    plan::Prepared,
    ports::{Batch, Http, HttpAnswer, HttpFailure, HttpRequest, RequestBody, StoreFailure, WalletStore},
    review::presentation_suite,
};

const MAX_ANSWER: usize = 64 << 10;

/// What the verifier said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// It arrived. What was decided is between the person and the service.
    Delivered {
        /// Where the person's browser goes next, on the same device.
        continue_at: Option<Url>,
        /// The verifier named an address to go to that is not opened: another scheme, another host.
        not_opened: bool,
    },
    /// It arrived, and was not taken.
    Refused {
        /// The HTTP status code.
        status: u16,
        /// The protocol's code, where the verifier named one (§8.5).
        code: Option<ErrorCode>,
    },
}

/// Whether data had left the wallet when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataLeft {
    /// Nothing was sent.
    No,
    /// It may have arrived.
    Perhaps,
}

/// Why a request was not answered, or not known to be.
#[derive(Debug, thiserror::Error)]
pub enum PresentError {
    /// Nobody agreed to that.
    #[error(transparent)]
    Consent(#[from] ConsentMissing),
    /// The wallet's own file, before anything was sent.
    #[error(transparent)]
    Store(#[from] StoreFailure),
    /// The key did not sign; nothing was sent.
    #[error(transparent)]
    Signing(#[from] SigningFailure),
    /// The proof of the presentation could not be made; nothing was sent.
    #[error("the presentation could not be signed")]
    Proof(#[from] ProofError),
    /// The answer could not be encrypted; nothing was sent.
    #[error("the answer could not be encrypted")]
    Encryption(#[from] JweError),
    /// The answer could not be delivered.
    #[error("the answer could not be delivered")]
    Delivery(#[source] HttpFailure),
}

impl PresentError {
    /// Whether data had left.
    pub fn data_left(&self) -> DataLeft {
        match self {
            PresentError::Delivery(failure) if failure.may_have_arrived() => DataLeft::Perhaps,
            _ => DataLeft::No,
        }
    }

    /// The verdict, where it is one.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            PresentError::Consent(missing) => Some(missing.reason()),
            PresentError::Store(failure) => failure.reason(),
            PresentError::Delivery(failure) => failure.reason(),
            PresentError::Signing(_) | PresentError::Proof(_) | PresentError::Encryption(_) => None,
        }
    }
}

impl<H: Http, S: WalletStore> Wallet<'_, H, S> {
    /// Answers the request with what was agreed to. The history knows of it, outcome unknown, before the first byte leaves.
    ///
    /// # Errors
    /// [`PresentError`]; [`PresentError::data_left`] says whether data had left.
    pub async fn present(
        &self,
        mut plan: DisclosurePlan,
        consent: Consent,
        now: Timestamp,
    ) -> Result<Presented, PresentError> {
        consent.redeem(&plan)?;
        let mut vp_token = VpToken::default();
        for answer in &plan.answers {
            vp_token = vp_token.with(&answer.query, vec![self.sign(answer, &plan, now)?]);
        }
        let state = plan.request.state().map(|state| state.as_str().to_owned());
        let response = AuthorizationResponse::Success { vp_token, state };
        let form = match plan.request.encryption() {
            None => response.to_form(),
            Some(encryption) => response.to_encrypted_form(encryption, self.entropy)?,
        };
        let mut event = self.event(&plan, EventKind::Presented, Outcome::Unknown, now);
        let documents = std::mem::take(&mut plan.documents);
        self.store.commit(documents.with(event.record_id(), event.to_record()))?;

        let sent = self.http.send(HttpRequest {
            url: plan.request.response_uri(),
            accept: "application/json",
            bearer: None,
            body: RequestBody::Form(&form),
            max_bytes: MAX_ANSWER,
        });
        let result = sent.await.and_then(HttpAnswer::unless_failed);
        let result = result.map(|answer| self.read_answer(&plan, &answer));
        event.outcome = match &result {
            Ok(Presented::Delivered { .. }) => Outcome::Done,
            Ok(Presented::Refused { .. }) => Outcome::Refused,
            Err(failure) if failure.may_have_arrived() => Outcome::Unknown,
            Err(_) => Outcome::NothingSent,
        };
        event.reason = result.as_ref().err().and_then(|failure| failure.reason());
        // The entry stands as "unknown" already: if this write fails, it stays the truth as far as it is known.
        let _ = self.store.commit(Batch::default().with(event.record_id(), event.to_record()));
        result.map_err(PresentError::Delivery)
    }

    /// The wallet said no, whatever the person says: the history knows why, the verifier learns nothing.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub fn refuse(&self, plan: &DisclosurePlan, reason: Reason, now: Timestamp) -> Result<(), StoreFailure> {
        let mut event = self.event(plan, EventKind::Declined, Outcome::NothingSent, now);
        event.reason = Some(reason);
        self.store.commit(Batch::default().with(event.record_id(), event.to_record()))
    }

    /// The person said no: the history knows, the verifier learns nothing.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub fn decline(&self, plan: &DisclosurePlan, now: Timestamp) -> Result<(), StoreFailure> {
        let event = self.event(plan, EventKind::Declined, Outcome::NothingSent, now);
        self.store.commit(Batch::default().with(event.record_id(), event.to_record()))
    }

    fn event(&self, plan: &DisclosurePlan, what: EventKind, outcome: Outcome, now: Timestamp) -> Event {
        let mut event = Event::new(what, outcome, now, self.entropy);
        event.counterpart = Some(plan.asker.counterpart());
        event.purpose = plan.asker.purpose_id().cloned();
        event.promise = plan.promise();
        event.beyond_purpose = plan.asker.beyond_purpose.iter().map(Beyond::place).collect();
        event.credentials = plan
            .answers
            .iter()
            .map(|answer| EventCredential {
                id: answer.credential.clone(),
                name: answer.name.clone(),
                claims: answer.learned.iter().map(|claim| claim.name.path.join(".")).collect(),
            })
            .collect();
        event
    }

    fn sign(
        &self,
        answer: &PlannedAnswer,
        plan: &DisclosurePlan,
        now: Timestamp,
    ) -> Result<Presentation, PresentError> {
        let audience = plan.request.client_id().as_str();
        let nonce = plan.request.nonce().as_str();
        let key = signing_key(self.store, &answer.credential)?;
        let (holder, method) = did_key(key.verification_key());
        let method = method.to_string();
        match (&answer.prepared, answer.format) {
            // Without holder binding the credential itself is the presentation (§6.1, Appendix B).
            (selected, Format::LdpVc) if !answer.holder_binding => {
                Ok(Presentation::Object(document(selected.as_str())?))
            }
            (selected, _) if !answer.holder_binding => Ok(Presentation::Text(selected.as_str().to_owned())),
            (Prepared::Selected(selected), _) => {
                Ok(Presentation::Text(portage_sd_jwt::bind(selected, audience, nonce, now, &key)?))
            }
            (Prepared::Whole(secured), Format::LdpVc) => {
                let credential = Value::Object(document(secured)?);
                let vp = portage_vc::Presentation::build(Some(holder.as_str()), vec![credential]);
                // The review found one, or the credential would have counted as absent.
                let suite = presentation_suite(plan.request.vp_formats(), key.algorithm())
                    .unwrap_or(Cryptosuite::EddsaRdfc2022);
                let options = ProofOptions {
                    created: Some(now),
                    domain: &[audience],
                    challenge: Some(nonce),
                    ..ProofOptions::new(suite, &method, Relationship::Authentication.name())
                };
                Ok(Presentation::Object(add_proof(&vp, &options, &key, self.contexts)?))
            }
            (Prepared::Whole(secured), _) => {
                let enveloped = portage_vc::Presentation::enveloped("application/vc+jwt", secured);
                let vp = portage_vc::Presentation::build(Some(holder.as_str()), vec![enveloped]);
                Ok(Presentation::Text(jose::sign_presentation(&vp, &method, audience, nonce, now, &key)?))
            }
        }
    }

    fn read_answer(&self, plan: &DisclosurePlan, answer: &HttpAnswer) -> Presented {
        if !answer.is_success() {
            return Presented::Refused { status: answer.status, code: error_code(&answer.body) };
        }
        let named = DirectPostAnswer::parse(&answer.body).unwrap_or_default().redirect_uri;
        let not_opened = named.as_ref().is_some_and(|url| !self.may_open(url, plan.request.response_uri()));
        Presented::Delivered { continue_at: named.filter(|_| !not_opened), not_opened }
    }

    /// Only an address of the verifier's own host is opened, over https or a configured loopback origin.
    fn may_open(&self, url: &Url, response_uri: &Url) -> bool {
        url.host() == response_uri.host() && (url.scheme() == "https" || self.loopback.contains(url))
    }
}

/// `error` of an answer that is an error.
fn error_code(body: &[u8]) -> Option<ErrorCode> {
    let answer = portage_strict_json::parse(body, portage_strict_json::Limits::MESSAGE).ok()?;
    let code = ErrorCode::from_name(answer.get("error")?.as_str()?);
    (code != ErrorCode::Other).then_some(code)
}

/// The object of a stored `ldp_vc`.
fn document(text: &str) -> Result<Map<String, Value>, StoreFailure> {
    match portage_strict_json::parse(text.as_bytes(), portage_strict_json::Limits::PRESENTATION) {
        Ok(Value::Object(document)) => Ok(document),
        _ => Err(StoreFailure::Unusable(Reason::VaultCorrupt)),
    }
}
