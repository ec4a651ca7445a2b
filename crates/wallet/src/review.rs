//! A request arrives: who asks, by what right, for what, and what they would learn (OpenID4VP 1.0 §5, §6.4).

use jiff::{SignedDuration, Timestamp};
use portage_catalog::Format;
use portage_data_integrity::Cryptosuite;
use portage_dcql::{Candidate, Match, MatchOutcome, match_query};
use portage_keys::{Algorithm, base64url, digest::sha256};
use portage_oid4vp::{
    AuthenticatedRequest, AuthenticationStep, AuthorizationRequest, Haip, REQUEST_OBJECT_MEDIA_TYPE,
    RequestError, RequestUriMethod, RequestUriPost, ResolvedRequest, UnverifiedRequest, VpFormats,
};
use portage_reason::Reason;
use portage_trust::Role;
use portage_verification::{follow, learn};
use serde_json::Value;
use url::Url;

use crate::{
    Asker, CredentialId, DisclosurePlan, StoredCredential, Wallet,
    beyond_purpose::type_asked,
    credential::credentials,
    documents::{Documents, Freshness},
    plan::{PlannedAnswer, prepare},
    ports::{Batch, Http, HttpFailure, HttpRequest, RequestBody, StoreFailure, WalletStore},
    remembered_logs,
};

const MAX_REQUEST_OBJECT: usize = 1 << 20;
const MAX_DID_DOCUMENT: usize = 256 << 10;
/// Oldest list that the wallet's own look is content with when the issuer does not answer.
pub(crate) const OLDEST_LIST: SignedDuration = SignedDuration::from_hours(24);

/// Which credential answers which Credential Query, where the person chose: (query id, credential).
pub type Choices = [(String, CredentialId)];

/// What became of a request that holds.
pub enum Review {
    /// It can be answered, and so.
    Answerable(Box<DisclosurePlan>),
    /// The wallet does not hold what is asked. To the verifier this looks like a refusal: nothing is sent.
    Unanswerable {
        /// Who asks, and why.
        asker: Box<Asker>,
        /// The Credential Queries nothing answers.
        missing: Vec<Missing>,
    },
}

/// A Credential Query that nothing in the wallet answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its id.
    pub query: String,
    /// The format asked.
    pub format: String,
    /// The catalogue's id of a type asked, if it knows one; else the type as it stands.
    pub credential_type: Option<String>,
}

/// Why a request is not shown as one that can be agreed to.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The request does not hold.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Its Request Object, or the key of whoever signed it, could not be had.
    #[error("{what} could not be had")]
    Fetch {
        /// What.
        what: Document,
        /// Why.
        #[source]
        failure: HttpFailure,
    },
    /// The other side answered with an error: the flow ends here (§5.7).
    #[error("{what} is not there: the other side answered {status}")]
    NotThere {
        /// What.
        what: Document,
        /// Its HTTP status code.
        status: u16,
    },
    /// The key of whoever asks is known by a chain whose public log does not hold, and by nothing else.
    #[error("the public log that vouches for the key of whoever asks does not hold")]
    Log,
    /// `--use` names a query that was not asked, or a credential that does not answer it.
    #[error("{0} cannot be used for that")]
    Choice(CredentialId),
    /// The wallet's own file.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

/// What a request needs from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// The answer of `request_uri`.
    RequestObject,
    /// The verifier's DID document.
    VerifierKey,
}

impl std::fmt::Display for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Document::RequestObject => "the signed request",
            Document::VerifierKey => "the key of whoever asks",
        })
    }
}

impl ReviewError {
    /// The verdict, where it is one.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            ReviewError::Request(error) => Some(error.reason()),
            ReviewError::Fetch { what, failure } => failure.reason().or(match what {
                Document::RequestObject => None,
                Document::VerifierKey => Some(Reason::KeyNotFound),
            }),
            ReviewError::NotThere { what: Document::VerifierKey, .. } => Some(Reason::KeyNotFound),
            ReviewError::NotThere { what: Document::RequestObject, status: 400..=499 } => {
                Some(Reason::RequestInvalid)
            }
            ReviewError::NotThere { .. } => None,
            ReviewError::Log => Some(Reason::LogProofInvalid),
            ReviewError::Choice(_) => Some(Reason::QueryNotSatisfied),
            ReviewError::Store(failure) => failure.reason(),
        }
    }
}

/// What one review looks at.
struct Look<'r, H, S> {
    request: &'r ResolvedRequest,
    /// The latest first.
    held: &'r [StoredCredential],
    documents: &'r Documents<'r, H, S>,
    now: Timestamp,
}

impl<H: Http, S: WalletStore> Wallet<'_, H, S> {
    /// Finds out whose request it is, what it asks, and what of the wallet answers it. Sends nothing but the requests for the Request
    /// Object, the verifier's DID document, status lists and files of authorities' logs; writes nothing but what it saw of those logs.
    ///
    /// # Errors
    /// [`ReviewError`].
    pub async fn review_request(
        &self,
        request: AuthorizationRequest,
        choices: &Choices,
        now: Timestamp,
    ) -> Result<Review, ReviewError> {
        remembered_logs::recall(self.store, self.authority)?;
        let reviewed = self.look_at(request, choices, now).await;
        // However it ended: a log that was seen on the way can show no other history from now on.
        remembered_logs::keep(self.store, self.authority)?;
        reviewed
    }

    async fn look_at(
        &self,
        request: AuthorizationRequest,
        choices: &Choices,
        now: Timestamp,
    ) -> Result<Review, ReviewError> {
        let haip = self.haip.then_some(Haip);
        haip.map(|haip| haip.check_link(&request)).transpose()?;
        let (unverified, request_digest) = self.fetch_request(request).await?;
        let documents = self.documents(Freshness::Keep, now);
        let authenticated = self.authenticate(unverified, &documents, now).await?;
        haip.map(|haip| haip.check_signature(&authenticated)).transpose()?;
        let request = authenticated.resolve(now, self.loopback)?;
        haip.map(|haip| haip.check_request(&request)).transpose()?;
        self.learn_about(request.party(), request.trust_chain(), &documents, now).await;
        let inquiry = request
            .purpose_statement()
            .and_then(|said| self.authority.inquire_statement(request.party(), said, now));
        if let Some(mut inquiry) = inquiry {
            follow(inquiry.as_mut(), &documents).await;
        }
        // The statement may have shown that the log is no good from which the key of the request is known.
        let entity =
            request.entity().filter(|entity| self.authority.entity(entity, Role::Verifier).is_none());
        if entity.is_some_and(|entity| self.authority.check_logs(entity).is_err()) {
            return Err(ReviewError::Log);
        }
        let asker = Asker::of(&request, self.authority, self.catalog);
        let held = credentials(self.store)?;
        let matches = match_stored(&request, &held);
        let Some(answered) = matches.answer else {
            let missing = self.missing(&request, &matches.matches);
            return Ok(Review::Unanswerable { asker: Box::new(asker), missing });
        };
        let look = Look { request: &request, held: &held, documents: &documents, now };
        let mut answers = Vec::with_capacity(answered.len());
        for (query, found) in matches.matches.iter().filter(|(query, _)| answered.contains(query)) {
            let chosen = choices.iter().find(|(id, _)| id == query).map(|(_, credential)| credential);
            let mut answer = self.plan_answer(&look, query, found, chosen).await?;
            answer.protected = answer.protected && !asker.is_registered_for(query);
            answers.push(answer);
        }
        let is_asked = |query: &String| answers.iter().any(|answer| answer.query == *query);
        if let Some((_, credential)) = choices.iter().find(|(query, _)| !is_asked(query)) {
            return Err(ReviewError::Choice(credential.clone()));
        }
        let documents = documents.into_batch(Batch::default());
        Ok(Review::Answerable(Box::new(DisclosurePlan {
            asker,
            answers,
            request,
            documents,
            request_digest,
        })))
    }

    /// `request_uri` is fetched once, by GET, or by POST where `request_uri_method` says so (§5.10): then with a nonce that the Request Object must
    /// repeat. No redirect is followed, an HTTP error ends the flow.
    /// The digest of what was signed comes along.
    async fn fetch_request(
        &self,
        request: AuthorizationRequest,
    ) -> Result<(UnverifiedRequest, Option<String>), ReviewError> {
        let digest = |signed: &str| Some(base64url::encode(&sha256(signed.as_bytes())));
        let AuthorizationRequest::ByReference { client_id, request_uri, method } = request else {
            let signed = match &request {
                AuthorizationRequest::ByValue { request, .. } => digest(request),
                _ => None,
            };
            let complete = UnverifiedRequest::of_authorization_request(request)?;
            let complete =
                complete.ok_or(ReviewError::Request(RequestError::Malformed("nothing is asked")))?;
            return Ok((complete, signed));
        };
        let nonce = (method == RequestUriMethod::Post).then(|| self.entropy.token());
        let form = nonce.clone().map(|nonce| RequestUriPost::of_wallet(nonce).to_form());
        let body = form.as_deref().map_or(RequestBody::Get, RequestBody::Form);
        let (what, accept) = (Document::RequestObject, REQUEST_OBJECT_MEDIA_TYPE);
        let body = self.fetch(what, &request_uri, accept, body, MAX_REQUEST_OBJECT).await?;
        let text = String::from_utf8(body).map_err(|_| RequestError::Malformed("not text"))?;
        let signed = digest(&text);
        let request = UnverifiedRequest::signed(client_id, &text)?;
        Ok((nonce.iter().fold(request, |request, nonce| request.answering(nonce)), signed))
    }

    /// Takes in the chain that somebody brought along about themselves, and asks the anchors where it does not hold.
    async fn learn_about(
        &self,
        party: &str,
        chain: &[String],
        documents: &Documents<'_, H, S>,
        now: Timestamp,
    ) {
        self.authority.take_chain(party, chain, now);
        learn(self.authority, [party], now, documents).await;
    }

    async fn authenticate(
        &self,
        request: UnverifiedRequest,
        documents: &Documents<'_, H, S>,
        now: Timestamp,
    ) -> Result<AuthenticatedRequest, ReviewError> {
        match request.authenticate(self.loopback)? {
            AuthenticationStep::Authenticated(request) => Ok(request),
            AuthenticationStep::NeedDidDocument(pending) => {
                let accept = "application/did+json, application/json";
                let url = pending.url().clone();
                let body = RequestBody::Get;
                let document =
                    self.fetch(Document::VerifierKey, &url, accept, body, MAX_DID_DOCUMENT).await?;
                Ok(pending.supply(&document)?)
            }
            AuthenticationStep::NeedCertificateAnchors(pending) => {
                Ok(pending.supply(&self.authority.certificate_anchors(), now)?)
            }
            AuthenticationStep::NeedVerifierMetadata(pending) => {
                let entity = pending.entity().to_owned();
                self.learn_about(&entity, pending.trust_chain(), documents, now).await;
                let known = self.authority.entity(&entity, Role::Verifier);
                if known.is_none() && self.authority.check_logs(&entity).is_err() {
                    return Err(ReviewError::Log);
                }
                let request = pending.supply(known.as_ref().map(|known| &known.metadata))?;
                let key = request.metadata_key();
                let signs = key.is_some_and(|key| self.authority.check_key(&entity, key, None).is_ok());
                if signs { Ok(request) } else { Err(RequestError::KeyMismatch.into()) }
            }
        }
    }

    async fn fetch(
        &self,
        what: Document,
        url: &Url,
        accept: &str,
        body: RequestBody<'_>,
        max_bytes: usize,
    ) -> Result<Vec<u8>, ReviewError> {
        let request = HttpRequest { url, accept, bearer: None, body, max_bytes };
        let answer = self.http.send(request).await.map_err(|failure| ReviewError::Fetch { what, failure })?;
        if answer.is_success() {
            Ok(answer.body)
        } else {
            Err(ReviewError::NotThere { what, status: answer.status })
        }
    }

    /// One answer: the person's choice, else the soundest credential, of these the latest.
    async fn plan_answer(
        &self,
        look: &Look<'_, H, S>,
        query: &str,
        found: &[Match],
        chosen: Option<&CredentialId>,
    ) -> Result<PlannedAnswer, ReviewError> {
        let mut checked = Vec::with_capacity(found.len());
        for matched in found {
            let held = look.held.iter().find(|held| held.id.0 == matched.candidate);
            let Some(credential) = held else { continue };
            checked.push((matched, credential, self.own_check(credential, look.documents, look.now).await?));
        }
        // `held` is sorted by arrival, the latest first, and so is `found`: the sort is stable.
        checked.sort_by_key(|(_, _, doubts)| !doubts.is_empty());
        let position = match chosen {
            None => 0,
            Some(id) => checked
                .iter()
                .position(|(_, credential, _)| credential.id == *id)
                .ok_or_else(|| ReviewError::Choice(id.clone()))?,
        };
        if position >= checked.len() {
            return Err(ReviewError::Store(StoreFailure::Unusable(Reason::VaultCorrupt)));
        }
        let (matched, credential, doubts) = checked.remove(position);
        let others = checked.iter().map(|(_, credential, _)| credential.id.clone()).collect();
        let asked = look.request.query().credential(query);
        let binding = asked.is_none_or(|query| query.holder_binding);
        Ok(prepare(query, credential, &matched.disclose, binding, self.catalog)?.with_check(doubts, others))
    }

    /// The wallet's own look at a credential: time, trust and the issuer's list, before anybody else is told.
    pub(crate) async fn own_check(
        &self,
        credential: &StoredCredential,
        documents: &Documents<'_, H, S>,
        now: Timestamp,
    ) -> Result<Vec<Reason>, StoreFailure> {
        let keys = [credential.holder_key()?];
        let format = credential.format();
        let outcome =
            self.verify_issued(&credential.secured, format, &keys, OLDEST_LIST, documents, now).await;
        Ok(outcome.decision.reasons().to_vec())
    }

    fn missing(&self, request: &ResolvedRequest, matches: &[(String, Vec<Match>)]) -> Vec<Missing> {
        let unanswered = matches.iter().filter(|(_, found)| found.is_empty());
        unanswered
            .filter_map(|(id, _)| request.query().credential(id))
            .map(|query| Missing {
                query: query.id.clone(),
                format: query.format.clone(),
                credential_type: type_asked(query, self.catalog),
            })
            .collect()
    }
}

/// Matches what is asked against what is held, the latest credential first. A format the verifier does not list, or a key of an algorithm
/// it does not take, counts as absent.
fn match_stored(request: &ResolvedRequest, held: &[StoredCredential]) -> MatchOutcome {
    let acceptable: Vec<(&StoredCredential, Value)> = held
        .iter()
        .filter(|credential| is_taken(request.vp_formats(), credential))
        .map(|credential| (credential, Value::Object(credential.claims.clone())))
        .collect();
    let candidates: Vec<Candidate<'_>> = acceptable
        .iter()
        .map(|(credential, claims)| Candidate {
            id: &credential.id.0,
            format: credential.format().name(),
            vct: credential.claims.get("vct").and_then(Value::as_str),
            types: &credential.types,
            doctype: None,
            holder_binding: true,
            claims,
        })
        .collect();
    match_query(request.query(), &candidates)
}

/// Whether the verifier takes the format, and the proof that the holder's key would make.
fn is_taken(formats: &VpFormats, credential: &StoredCredential) -> bool {
    let Ok(key) = credential.holder_key() else { return false };
    let algorithm = key.algorithm();
    let format = credential.format();
    let allows = |member| formats.allows(format.name(), member, algorithm.jose_name());
    match format {
        Format::DcSdJwt | Format::VcSdJwt => allows("kb-jwt_alg_values"),
        Format::VcJwt => allows("alg_values"),
        Format::LdpVc => presentation_suite(formats, algorithm).is_some(),
    }
}

/// The cryptosuite of a presentation's own proof: the first of those of the holder's key that the verifier takes.
pub(crate) fn presentation_suite(formats: &VpFormats, key: Algorithm) -> Option<Cryptosuite> {
    Cryptosuite::of(key)
        .find(|suite| formats.allows(Format::LdpVc.name(), "cryptosuite_values", suite.name()))
}
