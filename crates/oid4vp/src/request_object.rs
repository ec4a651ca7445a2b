use jiff::Timestamp;
use portage_jose::{EncryptionJwk, Header, header_of_certificates};
use portage_keys::{Signer, SigningFailure};
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    ClientId, Nonce, PurposeInfo, REQUEST_OBJECT_TYP, RESPONSE_TYPE, ResponseEncryption, ResponseMode,
    SELF_ISSUED_V2, State, VpFormats, certificates::X5C, purpose_info::statement_entry,
};

/// The header that carries a trust chain.
pub(crate) const TRUST_CHAIN: &str = "trust_chain";

/// What a verifier asks, to be signed (§5, RFC 9101).
#[derive(Debug, Clone)]
pub struct RequestObject {
    /// `client_id`.
    pub client_id: ClientId,
    /// `response_uri`.
    pub response_uri: Url,
    /// `nonce`.
    pub nonce: Nonce,
    /// `state`.
    pub state: State,
    /// `dcql_query`.
    pub dcql_query: Value,
    /// `client_metadata.vp_formats_supported`.
    pub vp_formats: VpFormats,
    /// The key that the answer is encrypted to, in `client_metadata.jwks`: `response_mode` is then `direct_post.jwt`. One for this request alone.
    pub encryption: Option<EncryptionJwk>,
    /// The purpose, in `verifier_info`.
    pub purpose: PurposeInfo,
    /// What an authority signed about the purpose, in `verifier_info`.
    pub purpose_statement: Option<String>,
    /// The header `trust_chain`: who vouches for the verifier (OpenID Federation 1.0 §4.3); left out when empty.
    pub trust_chain: Vec<String>,
    /// What the wallet sent when it fetched the request by `POST`: repeated (§5.10).
    pub wallet_nonce: Option<String>,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
}

impl RequestObject {
    /// The claims of the Request Object.
    pub fn to_claims(&self) -> Map<String, Value> {
        let mut verifier_info = vec![self.purpose.to_entry()];
        verifier_info.extend(self.purpose_statement.as_deref().map(statement_entry));
        let mut client_metadata = self.vp_formats.to_client_metadata();
        if let (Some(key), Some(members)) = (&self.encryption, client_metadata.as_object_mut()) {
            members.extend(ResponseEncryption::offer(key));
        }
        let claims = json!({
            "iss": self.client_id.as_str(),
            "aud": SELF_ISSUED_V2,
            "client_id": self.client_id.as_str(),
            "response_type": RESPONSE_TYPE,
            "response_mode": self.response_mode().name(),
            "response_uri": self.response_uri.as_str(),
            "nonce": self.nonce.as_str(),
            "state": self.state.as_str(),
            "dcql_query": self.dcql_query,
            "client_metadata": client_metadata,
            "verifier_info": verifier_info,
            "iat": self.issued_at.as_second(),
            "exp": self.expires_at.as_second(),
        });
        let Value::Object(mut claims) = claims else { return Map::new() };
        let nonce = self.wallet_nonce.as_deref();
        claims.extend(nonce.map(|nonce| ("wallet_nonce".to_owned(), nonce.into())));
        claims
    }

    /// The parameters of a request that nobody signs (`redirect_uri:`): what a JWT says of itself is left out.
    pub fn to_parameters(&self) -> Map<String, Value> {
        let mut parameters = self.to_claims();
        for claim in ["iss", "aud", "iat", "exp"] {
            parameters.remove(claim);
        }
        parameters
    }

    /// Signs it with the key of the first of these certificates, which go along in `x5c`: DER, the leaf first, no anchor.
    ///
    /// # Errors
    /// [`SigningFailure`].
    pub fn sign_under(
        &self,
        certificates: &[Vec<u8>],
        signer: &dyn Signer,
    ) -> Result<String, SigningFailure> {
        let header = Header::new(REQUEST_OBJECT_TYP).with(X5C, header_of_certificates(certificates));
        portage_jose::sign(header, &self.to_claims(), signer)
    }

    /// `response_mode`.
    pub fn response_mode(&self) -> ResponseMode {
        if self.encryption.is_some() { ResponseMode::DirectPostJwt } else { ResponseMode::DirectPost }
    }

    /// Signs it with the key that `kid` names: a DID URL that the DID document must list under `authentication`, or a key of the `jwks` that
    /// the trust chain leaves the verifier.
    ///
    /// # Errors
    /// [`SigningFailure`].
    pub fn sign(&self, kid: &str, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let mut header = Header::new(REQUEST_OBJECT_TYP).with("kid", kid);
        if !self.trust_chain.is_empty() {
            header = header.with(TRUST_CHAIN, self.trust_chain.clone());
        }
        portage_jose::sign(header, &self.to_claims(), signer)
    }
}
