use portage_keys::Algorithm;
use portage_strict_json::Limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    EndpointUrl, IssuerIdentifier, MessageError, PRE_AUTHORIZED_CODE, PRIVATE_KEY_JWT,
    message::{read, write},
};

/// Authorization Server Metadata (RFC 8414 §2, OpenID4VCI §12.3): the members that the pre-authorized code flow uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationServerMetadata {
    /// Whose metadata it is; a wallet compares it with what it asked for.
    pub issuer: IssuerIdentifier,
    /// `token_endpoint`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<EndpointUrl>,
    /// Required by RFC 8414 where an authorization endpoint exists; we write `[]`.
    #[serde(default)]
    pub response_types_supported: Vec<String>,
    /// The grants; absent means RFC 8414's default, which has no pre-authorized code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant_types_supported: Vec<String>,
    /// `none` for clients without authentication, `private_key_jwt` for those with a registered key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// The algorithms of their assertions; there where `private_key_jwt` is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// Whether a wallet without a `client_id` may redeem a pre-authorized code; absent means no.
    #[serde(default, rename = "pre-authorized_grant_anonymous_access_supported")]
    pub pre_authorized_grant_anonymous_access_supported: bool,
}

impl AuthorizationServerMetadata {
    /// The name of the well-known document (RFC 8414 §3).
    pub const WELL_KNOWN: &'static str = "oauth-authorization-server";

    /// What an issuer that is its own authorization server publishes for anonymous pre-authorized codes.
    pub fn anonymous_pre_authorized(issuer: IssuerIdentifier, token_endpoint: EndpointUrl) -> Self {
        AuthorizationServerMetadata {
            issuer,
            token_endpoint: Some(token_endpoint),
            response_types_supported: Vec::new(),
            grant_types_supported: vec![PRE_AUTHORIZED_CODE.into()],
            token_endpoint_auth_methods_supported: vec!["none".into()],
            token_endpoint_auth_signing_alg_values_supported: Vec::new(),
            pre_authorized_grant_anonymous_access_supported: true,
        }
    }

    /// The same for clients with a registered key; whether those without one are served, too, `anonymous` says.
    #[must_use]
    pub fn with_private_key_jwt(mut self, anonymous: bool) -> Self {
        if !anonymous {
            self.token_endpoint_auth_methods_supported.clear();
        }
        self.pre_authorized_grant_anonymous_access_supported = anonymous;
        self.token_endpoint_auth_methods_supported.push(PRIVATE_KEY_JWT.into());
        self.token_endpoint_auth_signing_alg_values_supported =
            Algorithm::ALL.map(|algorithm| algorithm.jose_name().to_owned()).to_vec();
        self
    }

    /// Reads the JSON of the metadata, at most 256 KiB. Whose it is, the caller compares.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        read(bytes, Limits::METADATA, "not authorization server metadata")
    }

    /// Its JSON.
    pub fn to_value(&self) -> Value {
        write(self)
    }
}
