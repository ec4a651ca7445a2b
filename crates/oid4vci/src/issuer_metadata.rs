use std::collections::BTreeMap;

use portage_strict_json::Limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    CredentialConfiguration, EndpointUrl, Image, IssuerIdentifier, MessageError,
    message::{read_value, write},
};

/// Credential Issuer Metadata (§12.2.4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CredentialIssuerMetadata {
    /// Whose metadata it is; a wallet compares it with what it asked for.
    pub credential_issuer: IssuerIdentifier,
    /// The authorization servers; empty: the issuer itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_servers: Vec<IssuerIdentifier>,
    /// `credential_endpoint`.
    pub credential_endpoint: EndpointUrl,
    /// `nonce_endpoint`; there: every key proof carries a `c_nonce`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce_endpoint: Option<EndpointUrl>,
    /// `deferred_credential_endpoint`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred_credential_endpoint: Option<EndpointUrl>,
    /// `notification_endpoint`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_endpoint: Option<EndpointUrl>,
    /// `credential_request_encryption`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_request_encryption: Option<RequestEncryption>,
    /// `credential_response_encryption`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_response_encryption: Option<ResponseEncryption>,
    /// `batch_credential_issuance`; absent: one proof a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_credential_issuance: Option<BatchCredentialIssuance>,
    /// One per language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<IssuerDisplay>,
    /// What it issues, by configuration id.
    pub credential_configurations_supported: BTreeMap<String, CredentialConfiguration>,
}

/// `credential_request_encryption`: read to know whether it is required.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestEncryption {
    /// A JWK Set.
    pub jwks: JwkSet,
    /// JWE `enc` values.
    pub enc_values_supported: Vec<String>,
    /// Whether plain requests are refused.
    pub encryption_required: bool,
}

/// `jwks`: an object, never a bare array.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys, as they stand.
    pub keys: Vec<Value>,
}

/// `credential_response_encryption`: read to know whether it is required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseEncryption {
    /// JWE `alg` values.
    pub alg_values_supported: Vec<String>,
    /// JWE `enc` values.
    pub enc_values_supported: Vec<String>,
    /// Whether plain responses are refused.
    pub encryption_required: bool,
}

/// `batch_credential_issuance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCredentialIssuance {
    /// How many proofs in one request: at least 2.
    pub batch_size: u64,
}

/// How an issuer calls itself in one language. Untrusted until the trust list says the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerDisplay {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// BCP 47 language tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Its logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Image>,
}

impl CredentialIssuerMetadata {
    /// The name of the well-known document (§12.2.2).
    pub const WELL_KNOWN: &'static str = "openid-credential-issuer";

    /// Reads the JSON of the metadata, at most 256 KiB. Whose it is, the caller compares.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        Self::from_value(portage_strict_json::parse(bytes, Limits::METADATA)?)
    }

    /// Reads metadata that was parsed strictly before.
    ///
    /// # Errors
    /// [`MessageError::Malformed`].
    pub fn from_value(value: Value) -> Result<Self, MessageError> {
        let metadata: CredentialIssuerMetadata = read_value(value, "not Credential Issuer Metadata")?;
        if metadata.batch_credential_issuance.is_some_and(|batch| batch.batch_size < 2) {
            return Err(MessageError::Malformed("a batch of fewer than two"));
        }
        for configuration in metadata.credential_configurations_supported.values() {
            configuration.check()?;
        }
        Ok(metadata)
    }

    /// Its JSON.
    pub fn to_value(&self) -> Value {
        write(self)
    }

    /// The authorization server for a grant that names `chosen`, or none: the issuer itself when it lists none.
    ///
    /// # Errors
    /// [`MessageError::Malformed`]: a server that the issuer does not list, or a choice that the grant leaves open.
    pub fn authorization_server(
        &self,
        chosen: Option<&IssuerIdentifier>,
    ) -> Result<&IssuerIdentifier, MessageError> {
        match (self.authorization_servers.as_slice(), chosen) {
            ([], None) => Ok(&self.credential_issuer),
            ([only], None) => Ok(only),
            (servers, Some(chosen)) => servers
                .iter()
                .find(|server| *server == chosen)
                .ok_or(MessageError::Malformed("an authorization server that the issuer does not list")),
            (_, None) => Err(MessageError::Malformed("several authorization servers and no choice")),
        }
    }
}
