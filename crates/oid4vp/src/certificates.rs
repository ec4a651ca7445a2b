//! The Client Identifier Prefixes `x509_san_dns:` and `x509_hash:` (§5.9.3): the leaf of `x5c` signs, and a chain that holds up to a pinned anchor
//! says which host, or which certificate, that is.

use jiff::Timestamp;
use portage_jose::{UnverifiedJwt, certificates_of_header};
use portage_keys::base64url;
use portage_x509::CertificateChain;
use serde_json::Value;
use url::{Host, Url};

use crate::{
    AuthenticatedRequest, ClientIdPrefix, REQUEST_OBJECT_TYP, RequestError,
    authenticate::{Outside, check_claims},
};

/// The header that carries certificates.
pub(crate) const X5C: &str = "x5c";

/// Waiting for the anchors that certificates are verified with.
#[derive(Debug)]
pub struct PendingCertificates {
    outside: Outside,
    jwt: Box<UnverifiedJwt>,
    chain: CertificateChain,
}

impl PendingCertificates {
    pub(crate) fn new(outside: Outside, jwt: Box<UnverifiedJwt>) -> Result<Self, RequestError> {
        let certificates =
            certificates_of_header(jwt.header().member(X5C)).ok_or(RequestError::KeyMismatch)?;
        let chain = CertificateChain::parse(certificates)?;
        Ok(PendingCertificates { outside, jwt, chain })
    }

    /// Goes on with the anchors, certificates in DER that are pinned here: the chain holds, its leaf is the one that the Client Identifier names,
    /// and its key signed. Under `x509_san_dns:` the answer goes to that host alone.
    ///
    /// # Errors
    /// [`RequestError::Certificates`], [`RequestError::ClientIdMismatch`], [`RequestError::RequestObject`], [`RequestError::Parameter`].
    pub fn supply(self, anchors: &[Vec<u8>], now: Timestamp) -> Result<AuthenticatedRequest, RequestError> {
        let leaf = self.chain.verify(anchors, now)?;
        let named = self.outside.client_id.without_prefix();
        let is_named = match self.outside.client_id.prefix() {
            ClientIdPrefix::X509Hash => base64url::encode(leaf.sha256()) == named,
            _ => leaf.names_host(named),
        };
        if !is_named {
            return Err(RequestError::ClientIdMismatch);
        }
        let jwt = self.jwt.verify(leaf.key(), &[REQUEST_OBJECT_TYP])?;
        let parameters = jwt.claims().clone();
        check_claims(&parameters, &self.outside)?;
        if self.outside.client_id.prefix() == ClientIdPrefix::X509SanDns {
            let address = parameters.get("response_uri").and_then(Value::as_str);
            if !address.is_some_and(|address| is_at(address, named)) {
                return Err(RequestError::Parameter("response_uri"));
            }
        }
        Ok(AuthenticatedRequest {
            client_id: self.outside.client_id,
            did: None,
            parameters,
            trust_chain: Vec::new(),
            verifier_metadata: None,
            signed_with: Some(leaf.key().algorithm()),
        })
    }
}

/// Whether the host of an address is this name.
fn is_at(address: &str, name: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    matches!(url.host(), Some(Host::Domain(host)) if host.eq_ignore_ascii_case(name))
}
