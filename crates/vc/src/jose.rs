//! VC-JOSE-COSE 1.0: `vc+jwt`, `vp+jwt`, and the headers of `vc+sd-jwt`.

use jiff::Timestamp;
use portage_jose::{Header, NumericDate, VerifiedJwt};
use portage_keys::{Signer, SigningFailure};
use serde_json::{Map, Value};

use crate::{Credential, CredentialError, Presentation, PresentedCredential, credential::check_subjects};

/// `typ` of a credential as JWT.
pub const VC_JWT: &str = "vc+jwt";
/// `typ` of a presentation as JWT.
pub const VP_JWT: &str = "vp+jwt";
/// `typ` of a credential as SD-JWT.
pub const VC_SD_JWT: &str = "vc+sd-jwt";

/// Members of a `vc+sd-jwt` that must be signed in the clear, whole: a holder who could withhold the status or the end date would.
pub const NEVER_DISCLOSABLE: &[&str] = &[
    "@context",
    "type",
    "issuer",
    "validFrom",
    "validUntil",
    "credentialStatus",
    "credentialSchema",
    "relatedResource",
    "status",
    "iss",
    "nbf",
    "exp",
    "cnf",
    "vc",
    "vp",
];

/// Signs a credential: payload is the credential itself, `typ` `vc+jwt`, `cty` `vc`, `kid` the issuer's DID URL; `cnf` may be among the members.
///
/// # Errors
/// [`SigningFailure`].
pub fn sign_credential(
    credential: &Map<String, Value>,
    kid: &str,
    signer: &dyn Signer,
) -> Result<String, SigningFailure> {
    portage_jose::sign(Header::new(VC_JWT).with("cty", "vc").with("kid", kid), credential, signer)
}

/// The header of a `vc+sd-jwt`: `typ`, `cty` `vc`, `kid` the issuer's DID URL.
pub fn sd_jwt_header(kid: &str) -> Header {
    Header::new(VC_SD_JWT).with("cty", "vc").with("kid", kid)
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
    let mut claims = presentation.clone();
    claims.insert("aud".to_owned(), audience.into());
    claims.insert("nonce".to_owned(), nonce.into());
    claims.insert("iat".to_owned(), now.as_second().into());
    portage_jose::sign(Header::new(VP_JWT).with("cty", "vp").with("kid", kid), &claims, signer)
}

/// The credential of a verified `vc+jwt`: no `vc`/`vp` claim, `iss` equal to `issuer` if there, dates of both kinds well-formed.
///
/// # Errors
/// [`CredentialError`].
pub fn credential_of_claims(claims: &Map<String, Value>) -> Result<Credential, CredentialError> {
    let credential = Credential::parse(claims.clone())?;
    check_claims(claims, Some(credential.issuer()))?;
    Ok(credential)
}

/// The credential of a verified `vc+sd-jwt`, from the payload as the issuer signed it and the processed one: as [`credential_of_claims`], and
/// nothing of [`NEVER_DISCLOSABLE`] is selectively disclosable. Here a subject may be empty, when all that the issuer said of it is withheld.
///
/// # Errors
/// [`CredentialError`].
pub fn credential_of_sd_jwt(
    issuer_payload: &Map<String, Value>,
    claims: &Map<String, Value>,
) -> Result<Credential, CredentialError> {
    // Processing changes a member exactly when a disclosure brought it, or when a digest stands somewhere in it.
    if NEVER_DISCLOSABLE.iter().any(|name| issuer_payload.get(*name) != claims.get(*name)) {
        return Err(CredentialError::Disclosable);
    }
    let signed_in_the_clear = issuer_payload.contains_key("credentialSubject");
    check_subjects(if signed_in_the_clear { issuer_payload } else { claims })?;
    let credential = Credential::parse_with_checked_subjects(claims.clone())?;
    check_claims(claims, Some(credential.issuer()))?;
    Ok(credential)
}

/// The presentation of a verified `vp+jwt`; every credential in it must be enveloped.
///
/// # Errors
/// [`CredentialError`].
pub fn presentation_of_jwt(jwt: &VerifiedJwt) -> Result<Presentation, CredentialError> {
    let presentation = Presentation::parse(jwt.claims().clone())?;
    check_claims(jwt.claims(), presentation.holder())?;
    let is_enveloped = |entry: &PresentedCredential| matches!(entry, PresentedCredential::Enveloped { .. });
    if presentation.credentials().iter().all(is_enveloped) {
        Ok(presentation)
    } else {
        Err(CredentialError::NotEnveloped)
    }
}

/// What JWT claims beside the document may say (VC-JOSE-COSE §3.1.3).
fn check_claims(claims: &Map<String, Value>, signer: Option<&str>) -> Result<(), CredentialError> {
    if claims.contains_key("vc") || claims.contains_key("vp") {
        return Err(CredentialError::Malformed("a `vc` or `vp` claim"));
    }
    if claims.contains_key("iss") && (signer.is_none() || claims.get("iss").and_then(Value::as_str) != signer)
    {
        return Err(CredentialError::Mismatch("`iss` is not the issuer or holder"));
    }
    for date in ["iat", "nbf", "exp"] {
        NumericDate::from_claim(claims, date)
            .map_err(|_| CredentialError::Malformed("a date that is not a NumericDate"))?;
    }
    Ok(())
}
