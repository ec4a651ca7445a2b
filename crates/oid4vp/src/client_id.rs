use portage_did::Did;
use portage_keys::base64url;
use url::Url;

use crate::RequestError;

/// A Client Identifier (§5.9): who asks. The full string, prefix included, is the audience of every proof.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientId {
    text: String,
    prefix: ClientIdPrefix,
}

/// The Client Identifier Prefixes of 1.0 (§5.9.3), split off at the first `:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientIdPrefix {
    /// `decentralized_identifier:`: signed, `kid` a DID URL of that DID. Supported.
    DecentralizedIdentifier,
    /// `redirect_uri:`: never signed, the address is the identity. Supported.
    RedirectUri,
    /// `x509_san_dns:`: signed with the leaf of `x5c`, which names that host. Supported.
    X509SanDns,
    /// `x509_hash:`: signed with the leaf of `x5c`, which has that digest. Supported.
    X509Hash,
    /// `verifier_attestation:`.
    VerifierAttestation,
    /// `openid_federation:`: signed with a key of the metadata that the trust chain leaves the entity. Supported.
    OpenidFederation,
    /// `origin:`: reserved for the platform, refused in any request.
    Origin,
    /// No prefix, or one that 1.0 does not define.
    None,
}

/// Longest Client Identifier that is read.
const MAX_LENGTH: usize = 2048;

impl ClientIdPrefix {
    /// Those that this wallet authenticates, as `client_id_prefixes_supported` says it (§10.1).
    pub const SUPPORTED: [ClientIdPrefix; 5] = [
        ClientIdPrefix::DecentralizedIdentifier,
        ClientIdPrefix::OpenidFederation,
        ClientIdPrefix::X509SanDns,
        ClientIdPrefix::X509Hash,
        ClientIdPrefix::RedirectUri,
    ];

    /// The name on the wire, without the colon; that of no prefix is `pre-registered`.
    pub fn name(self) -> &'static str {
        Self::DEFINED
            .into_iter()
            .find(|(_, prefix)| *prefix == self)
            .map_or("pre-registered", |(name, _)| name)
    }

    const DEFINED: [(&'static str, ClientIdPrefix); 7] = [
        ("decentralized_identifier", ClientIdPrefix::DecentralizedIdentifier),
        ("redirect_uri", ClientIdPrefix::RedirectUri),
        ("x509_san_dns", ClientIdPrefix::X509SanDns),
        ("x509_hash", ClientIdPrefix::X509Hash),
        ("verifier_attestation", ClientIdPrefix::VerifierAttestation),
        ("openid_federation", ClientIdPrefix::OpenidFederation),
        ("origin", ClientIdPrefix::Origin),
    ];
}

impl ClientId {
    /// Reads a Client Identifier. Any prefix is read here; whether it is supported is asked when the request is authenticated.
    ///
    /// # Errors
    /// [`RequestError::Parameter`]: empty, over 2048 bytes, or characters that no identifier has.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        if text.is_empty() || text.len() > MAX_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RequestError::Parameter("client_id"));
        }
        let prefix = text.split_once(':').and_then(|(prefix, _)| {
            ClientIdPrefix::DEFINED.into_iter().find(|(name, _)| *name == prefix).map(|(_, prefix)| prefix)
        });
        Ok(ClientId { text: text.to_owned(), prefix: prefix.unwrap_or(ClientIdPrefix::None) })
    }

    /// The Client Identifier of a DID.
    pub fn of_did(did: &Did) -> Self {
        ClientId {
            text: format!("decentralized_identifier:{did}"),
            prefix: ClientIdPrefix::DecentralizedIdentifier,
        }
    }

    /// The Client Identifier of a federation's member, by its Entity Identifier.
    ///
    /// # Errors
    /// [`RequestError::Parameter`], as [`ClientId::parse`].
    pub fn of_entity(entity: &str) -> Result<Self, RequestError> {
        Self::parse(&format!("openid_federation:{entity}"))
    }

    /// The Client Identifier of a host that a certificate names.
    ///
    /// # Errors
    /// [`RequestError::Parameter`], as [`ClientId::parse`].
    pub fn of_host(host: &str) -> Result<Self, RequestError> {
        Self::parse(&format!("x509_san_dns:{host}"))
    }

    /// The Client Identifier of a certificate, by the SHA-256 digest of its DER.
    ///
    /// # Errors
    /// None for a digest; [`ClientId::parse`] has some.
    pub fn of_certificate(sha256: &[u8; 32]) -> Result<Self, RequestError> {
        Self::parse(&format!("x509_hash:{}", base64url::encode(sha256)))
    }

    /// The Client Identifier of an address that answers go to: nobody signs for it.
    ///
    /// # Errors
    /// [`RequestError::Parameter`], as [`ClientId::parse`].
    pub fn of_response_uri(response_uri: &Url) -> Result<Self, RequestError> {
        Self::parse(&format!("redirect_uri:{response_uri}"))
    }

    /// The full string.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its prefix.
    pub fn prefix(&self) -> ClientIdPrefix {
        self.prefix
    }

    /// What follows the prefix; the whole string when there is none.
    pub fn without_prefix(&self) -> &str {
        match self.prefix {
            ClientIdPrefix::None => &self.text,
            _ => self.text.split_once(':').map_or("", |(_, rest)| rest),
        }
    }
}

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_ends_at_the_first_colon() {
        let id = ClientId::parse("decentralized_identifier:did:web:localhost%3A8080").unwrap();
        assert_eq!(id.prefix(), ClientIdPrefix::DecentralizedIdentifier);
        assert_eq!(id.without_prefix(), "did:web:localhost%3A8080");
        assert_eq!(id.as_str(), "decentralized_identifier:did:web:localhost%3A8080");
    }

    #[test]
    fn a_prefix_that_1_0_does_not_define_is_none() {
        for text in ["did:web:example.org", "https://example.org", "market", "Redirect_uri:https://a.example"]
        {
            let id = ClientId::parse(text).unwrap();
            assert_eq!(id.prefix(), ClientIdPrefix::None, "{text}");
            assert_eq!(id.without_prefix(), text);
        }
        assert_eq!(ClientId::parse("origin:https://a.example").unwrap().prefix(), ClientIdPrefix::Origin);
    }

    #[test]
    fn empty_long_and_unprintable_identifiers_are_refused() {
        for text in ["", "a b", "a\nb", "é", &"a".repeat(2049)] {
            assert_eq!(ClientId::parse(text), Err(RequestError::Parameter("client_id")));
        }
    }
}
