use portage_keys::Algorithm;

use crate::{AuthenticatedRequest, AuthorizationRequest, ClientIdPrefix, RequestError, ResolvedRequest};

/// OpenID4VC High Assurance Interoperability Profile 1.0, presentations by redirect (HAIP §5, §5.1): what it demands of a request, for a wallet that is
/// switched to it. What OpenID4VP allows beyond it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Haip;

impl Haip {
    /// The credential formats of the profile.
    pub const FORMATS: [&str; 2] = ["dc+sd-jwt", "mso_mdoc"];

    /// §5.1: a signed request, by `request_uri`, under `x509_hash`.
    ///
    /// # Errors
    /// [`RequestError::Haip`].
    pub fn check_link(self, request: &AuthorizationRequest) -> Result<(), RequestError> {
        match request {
            AuthorizationRequest::ByReference { client_id, .. }
                if client_id.prefix() == ClientIdPrefix::X509Hash =>
            {
                Ok(())
            }
            AuthorizationRequest::ByReference { .. } => {
                Err(RequestError::Haip("a client identifier other than x509_hash"))
            }
            _ => Err(RequestError::Haip("a request by value")),
        }
    }

    /// §7: ES256.
    ///
    /// # Errors
    /// [`RequestError::Haip`].
    pub fn check_signature(self, request: &AuthenticatedRequest) -> Result<(), RequestError> {
        match request.signed_with {
            Some(Algorithm::Es256) => Ok(()),
            _ => Err(RequestError::Haip("a signature other than ES256")),
        }
    }

    /// §5.1: an encrypted answer; §5, §6: the formats `dc+sd-jwt` and `mso_mdoc`.
    ///
    /// # Errors
    /// [`RequestError::Haip`].
    pub fn check_request(self, request: &ResolvedRequest) -> Result<(), RequestError> {
        if request.encryption().is_none() {
            return Err(RequestError::Haip("an answer in clear"));
        }
        if !request.query().credentials.iter().all(|query| Self::FORMATS.contains(&query.format.as_str())) {
            return Err(RequestError::Haip("a credential format other than dc+sd-jwt and mso_mdoc"));
        }
        Ok(())
    }
}
