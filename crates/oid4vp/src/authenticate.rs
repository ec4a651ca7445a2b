use portage_did::{Did, DidDocument, DidError, DidUrl, LoopbackOrigins, Relationship, Resolution};
use portage_jose::UnverifiedJwt;
use portage_keys::{Algorithm, VerificationKey};
use serde_json::{Map, Value};
use url::Url;

use crate::{
    AuthorizationRequest, ClientId, ClientIdPrefix, PendingCertificates, PendingVerifierMetadata,
    REQUEST_OBJECT_TYP, RequestError, SELF_ISSUED_V2, authorization_request::refuse_legacy,
    openid_federation::VerifierMetadata, request_object::TRUST_CHAIN,
};

/// The most statements of a chain that is carried.
const MAX_STATEMENTS: usize = 8;
/// The longest of them, in bytes.
const MAX_STATEMENT: usize = 64 << 10;

/// A request as it arrived: who it says it is from, and its parameters, proved by nothing yet.
#[derive(Debug, Clone)]
pub struct UnverifiedRequest {
    outside: Outside,
    form: Form,
}

/// What is known of a request before its Request Object is read.
#[derive(Debug, Clone)]
pub(crate) struct Outside {
    /// The Client Identifier.
    pub(crate) client_id: ClientId,
    /// What the wallet sent with its `POST`, and the Request Object must repeat.
    wallet_nonce: Option<String>,
}

#[derive(Debug, Clone)]
enum Form {
    Signed(Box<UnverifiedJwt>),
    Unsigned(Map<String, Value>),
}

/// What has to be had before the request is known to be somebody's.
#[derive(Debug)]
pub enum AuthenticationStep {
    /// The verifier's DID document has to be fetched.
    NeedDidDocument(PendingDidDocument),
    /// What the verifier's trust chain says of it has to be known.
    NeedVerifierMetadata(PendingVerifierMetadata),
    /// The anchors have to be known that certificates are verified with.
    NeedCertificateAnchors(PendingCertificates),
    /// Whose it is follows from the request itself.
    Authenticated(AuthenticatedRequest),
}

/// Waiting for the verifier's DID document.
#[derive(Debug)]
pub struct PendingDidDocument {
    signed: SignedByDid,
    url: Url,
}

#[derive(Debug)]
struct SignedByDid {
    outside: Outside,
    did: Did,
    kid: DidUrl,
    jwt: Box<UnverifiedJwt>,
}

/// A request that is proved to come from its Client Identifier. What it asks is not looked at yet.
#[derive(Debug, Clone)]
pub struct AuthenticatedRequest {
    pub(crate) client_id: ClientId,
    /// The DID whose key signed; `None` under every other prefix.
    pub(crate) did: Option<Did>,
    pub(crate) parameters: Map<String, Value>,
    /// The header `trust_chain`.
    pub(crate) trust_chain: Vec<String>,
    /// Under `openid_federation:`, what the chain says of the verifier.
    pub(crate) verifier_metadata: Option<VerifierMetadata>,
    /// How the request came, and what it is signed with.
    pub(crate) signed_with: Option<Algorithm>,
}

impl UnverifiedRequest {
    /// A Request Object: the answer of a `request_uri`, or the parameter `request`. `client_id` is the one of the Authorization Request.
    ///
    /// # Errors
    /// [`RequestError::RequestObject`].
    pub fn signed(client_id: ClientId, request_object: &str) -> Result<Self, RequestError> {
        let jwt = UnverifiedJwt::parse(request_object.trim())?;
        let outside = Outside { client_id, wallet_nonce: None };
        Ok(UnverifiedRequest { outside, form: Form::Signed(Box::new(jwt)) })
    }

    /// A request that brings everything along; `None` when its Request Object has to be fetched first.
    ///
    /// # Errors
    /// [`RequestError::RequestObject`].
    pub fn of_authorization_request(request: AuthorizationRequest) -> Result<Option<Self>, RequestError> {
        match request {
            AuthorizationRequest::ByReference { .. } => Ok(None),
            AuthorizationRequest::ByValue { client_id, request } => {
                Self::signed(client_id, &request).map(Some)
            }
            AuthorizationRequest::Unsigned { client_id, parameters } => {
                let outside = Outside { client_id, wallet_nonce: None };
                Ok(Some(UnverifiedRequest { outside, form: Form::Unsigned(parameters) }))
            }
        }
    }

    /// The same for a Request Object that was fetched by `POST` with this `wallet_nonce`: it must repeat it (§5.10).
    #[must_use]
    pub fn answering(mut self, wallet_nonce: &str) -> Self {
        self.outside.wallet_nonce = Some(wallet_nonce.to_owned());
        self
    }

    /// Whom the request says it is from.
    pub fn client_id(&self) -> &ClientId {
        &self.outside.client_id
    }

    /// Finds out whose request it is, by the one way its Client Identifier Prefix fixes (§5.9.3).
    ///
    /// # Errors
    /// [`RequestError`]: a prefix that is not supported; signed under `redirect_uri:` or not signed under another one; `kid` of another DID;
    /// a Request Object that does not hold.
    pub fn authenticate(self, loopback: &LoopbackOrigins) -> Result<AuthenticationStep, RequestError> {
        match (self.outside.client_id.prefix(), self.form) {
            (ClientIdPrefix::DecentralizedIdentifier, Form::Signed(jwt)) => {
                SignedByDid::new(self.outside, jwt)?.resolve(loopback)
            }
            (ClientIdPrefix::RedirectUri, Form::Unsigned(parameters)) => {
                refuse_legacy(&parameters)?;
                Ok(AuthenticationStep::Authenticated(AuthenticatedRequest {
                    client_id: self.outside.client_id,
                    did: None,
                    parameters,
                    trust_chain: Vec::new(),
                    verifier_metadata: None,
                    signed_with: None,
                }))
            }
            (ClientIdPrefix::OpenidFederation, Form::Signed(jwt)) => {
                PendingVerifierMetadata::new(self.outside, jwt).map(AuthenticationStep::NeedVerifierMetadata)
            }
            (ClientIdPrefix::X509SanDns | ClientIdPrefix::X509Hash, Form::Signed(jwt)) => {
                PendingCertificates::new(self.outside, jwt).map(AuthenticationStep::NeedCertificateAnchors)
            }
            (ClientIdPrefix::X509SanDns | ClientIdPrefix::X509Hash, Form::Unsigned(_)) => {
                Err(RequestError::Malformed("a request under a certificate that is not signed"))
            }
            (ClientIdPrefix::DecentralizedIdentifier, Form::Unsigned(_)) => {
                Err(RequestError::Malformed("a request of a DID that is not signed"))
            }
            (ClientIdPrefix::OpenidFederation, Form::Unsigned(_)) => {
                Err(RequestError::Malformed("a request of a federation's member that is not signed"))
            }
            (ClientIdPrefix::RedirectUri, Form::Signed(_)) => {
                Err(RequestError::Malformed("a signed request under redirect_uri"))
            }
            _ => Err(RequestError::ClientIdPrefix),
        }
    }
}

impl SignedByDid {
    fn new(outside: Outside, jwt: Box<UnverifiedJwt>) -> Result<Self, RequestError> {
        let did = Did::parse(outside.client_id.without_prefix()).map_err(|_| RequestError::ClientIdPrefix)?;
        let kid = jwt.header().kid().ok_or(RequestError::KeyMismatch)?;
        let kid = DidUrl::parse(kid).map_err(|_| RequestError::KeyMismatch)?;
        if *kid.did() != did {
            return Err(RequestError::KeyMismatch);
        }
        Ok(SignedByDid { outside, did, kid, jwt })
    }

    fn resolve(self, loopback: &LoopbackOrigins) -> Result<AuthenticationStep, RequestError> {
        match self.did.resolution(loopback) {
            Ok(Resolution::Document(document)) => {
                self.verify(&document).map(AuthenticationStep::Authenticated)
            }
            Ok(Resolution::Fetch(url)) => {
                Ok(AuthenticationStep::NeedDidDocument(PendingDidDocument { signed: self, url }))
            }
            Err(DidError::AddressNotAllowed) => Err(RequestError::AddressNotAllowed),
            Ok(Resolution::Log(_)) | Err(_) => Err(RequestError::ClientIdPrefix),
        }
    }

    fn verify(self, document: &DidDocument) -> Result<AuthenticatedRequest, RequestError> {
        let key = document.key_for(&self.kid, Relationship::Authentication)?;
        let jwt = self.jwt.verify(&key, &[REQUEST_OBJECT_TYP])?;
        let parameters = jwt.claims().clone();
        check_claims(&parameters, &self.outside)?;
        Ok(AuthenticatedRequest {
            client_id: self.outside.client_id,
            did: Some(self.did),
            trust_chain: trust_chain(jwt.header().member(TRUST_CHAIN))?,
            parameters,
            verifier_metadata: None,
            signed_with: Some(key.algorithm()),
        })
    }
}

impl PendingDidDocument {
    /// Whose document is wanted.
    pub fn did(&self) -> &Did {
        &self.signed.did
    }

    /// Where it stands.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Goes on with the document's bytes: the key that `kid` names must stand under `authentication`.
    ///
    /// # Errors
    /// [`RequestError::Key`], [`RequestError::RequestObject`], [`RequestError::Parameter`], [`RequestError::ClientIdMismatch`].
    pub fn supply(self, document: &[u8]) -> Result<AuthenticatedRequest, RequestError> {
        let document = DidDocument::parse(&self.signed.did, document)?;
        self.signed.verify(&document)
    }
}

impl AuthenticatedRequest {
    /// Who asks.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The DID whose key signed; `None` under every other prefix.
    pub fn did(&self) -> Option<&Did> {
        self.did.as_ref()
    }

    /// The key of the verifier's metadata that signed, under `openid_federation:`.
    pub fn metadata_key(&self) -> Option<&VerificationKey> {
        self.verifier_metadata.as_ref().map(|metadata| &metadata.key)
    }
}

/// What holds in every signed request: it speaks to wallets, for the verifier that is named outside, and holds no request of its own.
pub(crate) fn check_claims(
    parameters: &Map<String, Value>,
    Outside { client_id, wallet_nonce }: &Outside,
) -> Result<(), RequestError> {
    refuse_legacy(parameters)?;
    if !speaks_to_wallets(parameters) {
        return Err(RequestError::Parameter("aud"));
    }
    if parameters.get("client_id").and_then(Value::as_str) != Some(client_id.as_str()) {
        return Err(RequestError::ClientIdMismatch);
    }
    if ["request", "request_uri"].into_iter().any(|name| parameters.contains_key(name)) {
        return Err(RequestError::Malformed("a request inside a request"));
    }
    let repeated = parameters.get("wallet_nonce").and_then(Value::as_str);
    if wallet_nonce.as_deref().is_some_and(|sent| repeated != Some(sent)) {
        return Err(RequestError::Parameter("wallet_nonce"));
    }
    Ok(())
}

/// The statements of the header `trust_chain`, which nobody looked at yet: an array of strings within the limits of a chain.
pub(crate) fn trust_chain(header: Option<&Value>) -> Result<Vec<String>, RequestError> {
    const WHAT: RequestError = RequestError::Malformed("trust_chain is not a chain");
    let Some(header) = header else { return Ok(Vec::new()) };
    let statements = header.as_array().ok_or(WHAT)?;
    if statements.is_empty() || statements.len() > MAX_STATEMENTS {
        return Err(WHAT);
    }
    let within = |text: &&str| text.len() <= MAX_STATEMENT;
    statements.iter().map(|one| one.as_str().filter(within).map(str::to_owned).ok_or(WHAT)).collect()
}

/// `aud` is the static discovery value, alone or in an array (RFC 7519 §4.1.3).
fn speaks_to_wallets(parameters: &Map<String, Value>) -> bool {
    match parameters.get("aud") {
        Some(Value::String(audience)) => audience == SELF_ISSUED_V2,
        Some(Value::Array(audiences)) => {
            audiences.iter().any(|audience| audience.as_str() == Some(SELF_ISSUED_V2))
        }
        _ => false,
    }
}
