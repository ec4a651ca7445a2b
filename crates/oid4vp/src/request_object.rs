use jiff::Timestamp;
use portage_did::DidUrl;
use portage_jose::Header;
use portage_keys::{Signer, SigningFailure};
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    ClientId, Nonce, PurposeInfo, REQUEST_OBJECT_TYP, RESPONSE_MODE, RESPONSE_TYPE, SELF_ISSUED_V2, State,
    VpFormats,
};

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
    /// The purpose, in `verifier_info`.
    pub purpose: PurposeInfo,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
}

impl RequestObject {
    /// The claims of the Request Object.
    pub fn to_claims(&self) -> Map<String, Value> {
        let claims = json!({
            "iss": self.client_id.as_str(),
            "aud": SELF_ISSUED_V2,
            "client_id": self.client_id.as_str(),
            "response_type": RESPONSE_TYPE,
            "response_mode": RESPONSE_MODE,
            "response_uri": self.response_uri.as_str(),
            "nonce": self.nonce.as_str(),
            "state": self.state.as_str(),
            "dcql_query": self.dcql_query,
            "client_metadata": self.vp_formats.to_client_metadata(),
            "verifier_info": [self.purpose.to_entry()],
            "iat": self.issued_at.as_second(),
            "exp": self.expires_at.as_second(),
        });
        match claims {
            Value::Object(claims) => claims,
            _ => Map::new(),
        }
    }

    /// Signs it with the key that `kid` names, which the DID document must list under `authentication`.
    ///
    /// # Errors
    /// [`SigningFailure`].
    pub fn sign(&self, kid: &DidUrl, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let header = Header::new(REQUEST_OBJECT_TYP).with("kid", kid.to_string());
        portage_jose::sign(header, &self.to_claims(), signer)
    }
}
