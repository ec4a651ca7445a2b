//! VC-JOSE-COSE 1.0: `vc+jwt`, `vp+jwt`, and the headers of `vc+sd-jwt`.

use jiff::Timestamp;
use portage_jose::VerifiedJwt;
use portage_keys::{Signer, SigningFailure};
use serde_json::{Map, Value};

use crate::{Credential, CredentialError, Presentation};

/// `typ` of a credential as JWT.
pub const VC_JWT: &str = "vc+jwt";
/// `typ` of a presentation as JWT.
pub const VP_JWT: &str = "vp+jwt";
/// `typ` of a credential as SD-JWT.
pub const VC_SD_JWT: &str = "vc+sd-jwt";

/// Signs a credential: payload is the credential itself, `typ` `vc+jwt`, `cty` `vc`, `kid` the issuer's DID URL; `cnf` may be among the members.
///
/// # Errors
/// [`SigningFailure`].
pub fn sign_credential(
    credential: &Map<String, Value>,
    kid: &str,
    signer: &dyn Signer,
) -> Result<String, SigningFailure> {
    let _ = (credential, kid, signer);
    todo!()
}

/// Signs a presentation: `typ` `vp+jwt`, `aud`, `nonce`, `iat` beside the members of the presentation, `kid` the holder's DID URL.
///
/// # Errors
/// [`SigningFailure`].
pub fn sign_presentation(
    presentation: &Map<String, Value>,
    kid: &str,
    audience: &str,
    nonce: &str,
    now: Timestamp,
    signer: &dyn Signer,
) -> Result<String, SigningFailure> {
    let _ = (presentation, kid, audience, nonce, now, signer);
    todo!()
}

/// The credential of a verified `vc+jwt` (or the processed payload of a `vc+sd-jwt`): no `vc`/`vp` claim, `iss` equal to `issuer` if there,
/// dates of both kinds well-formed.
///
/// # Errors
/// [`CredentialError`].
pub fn credential_of_claims(claims: &Map<String, Value>) -> Result<Credential, CredentialError> {
    let _ = claims;
    todo!()
}

/// The presentation of a verified `vp+jwt`; every credential in it must be enveloped.
///
/// # Errors
/// [`CredentialError`].
pub fn presentation_of_jwt(jwt: &VerifiedJwt) -> Result<Presentation, CredentialError> {
    let _ = jwt;
    todo!()
}
