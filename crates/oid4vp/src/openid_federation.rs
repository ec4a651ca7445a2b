//! The Client Identifier Prefix `openid_federation:` (§5.9.3): keys, formats and addresses come from the verifier's trust chain alone.
//!
//! What the chain says is not looked up here: whoever authenticates the request asks an authority and supplies the answer. Nothing in the
//! request takes its place: `client_metadata` is not even read (W-06).

use portage_jose::{UnverifiedJwt, read_jwk_set};
use portage_keys::VerificationKey;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    AuthenticatedRequest, REQUEST_OBJECT_TYP, RequestError,
    authenticate::{Outside, check_claims, trust_chain},
    request_object::TRUST_CHAIN,
};

/// Waiting for the verifier's metadata as its trust chain leaves it.
#[derive(Debug)]
pub struct PendingVerifierMetadata {
    outside: Outside,
    jwt: Box<UnverifiedJwt>,
    trust_chain: Vec<String>,
}

/// The verifier's metadata (`openid_credential_verifier`) after every policy, and the key of it that signed.
#[derive(Debug, Clone)]
pub(crate) struct VerifierMetadata {
    pub(crate) members: Map<String, Value>,
    pub(crate) key: VerificationKey,
}

impl PendingVerifierMetadata {
    pub(crate) fn new(outside: Outside, jwt: Box<UnverifiedJwt>) -> Result<Self, RequestError> {
        let claims = jwt.unverified_claims();
        // Before anybody is asked about a verifier that the request does not even speak for.
        if claims.get("client_id").and_then(Value::as_str) != Some(outside.client_id.as_str()) {
            return Err(RequestError::ClientIdMismatch);
        }
        let carried = jwt.header().member(TRUST_CHAIN).or_else(|| claims.get(TRUST_CHAIN));
        let trust_chain = trust_chain(carried)?;
        Ok(PendingVerifierMetadata { outside, jwt, trust_chain })
    }

    /// The Entity Identifier.
    pub fn entity(&self) -> &str {
        self.outside.client_id.without_prefix()
    }

    /// The chain that came along, in the header or as a parameter; not validated.
    pub fn trust_chain(&self) -> &[String] {
        &self.trust_chain
    }

    /// Goes on with the metadata (`openid_credential_verifier`) that a chain up to a pinned anchor leaves the entity; `None` where there is no
    /// such chain. The key that `kid` names must stand in its `jwks`.
    ///
    /// # Errors
    /// [`RequestError::TrustChain`], [`RequestError::KeyMismatch`], [`RequestError::RequestObject`], [`RequestError::Parameter`].
    pub fn supply(self, metadata: Option<&Map<String, Value>>) -> Result<AuthenticatedRequest, RequestError> {
        let members = metadata.ok_or(RequestError::TrustChain)?.clone();
        let kid = self.jwt.header().kid().ok_or(RequestError::KeyMismatch)?;
        let keys = members.get("jwks").and_then(|jwks| read_jwk_set(jwks).ok()).unwrap_or_default();
        let key =
            keys.iter().find(|jwk| jwk.kid() == Some(kid)).ok_or(RequestError::KeyMismatch)?.key().clone();
        let jwt = self.jwt.verify(&key, &[REQUEST_OBJECT_TYP])?;
        let parameters = jwt.claims().clone();
        check_claims(&parameters, &self.outside)?;
        let signed_with = Some(key.algorithm());
        Ok(AuthenticatedRequest {
            client_id: self.outside.client_id,
            did: None,
            parameters,
            trust_chain: self.trust_chain,
            verifier_metadata: Some(VerifierMetadata { members, key }),
            signed_with,
        })
    }
}

impl VerifierMetadata {
    /// Whether the answer may go there: to an address that the metadata lists (`response_uris`, `redirect_uris`); where it lists none, to the
    /// entity's own origin.
    pub(crate) fn allows_response_uri(&self, entity: &str, address: &Url) -> bool {
        let lists = ["response_uris", "redirect_uris"].into_iter().filter_map(|name| self.members.get(name));
        let mut lists = lists.map(|list| list.as_array().map(Vec::as_slice).unwrap_or_default()).peekable();
        if lists.peek().is_none() {
            return Url::parse(entity).is_ok_and(|own| own.origin() == address.origin());
        }
        lists.flatten().filter_map(Value::as_str).any(|listed| listed == address.as_str())
    }
}
