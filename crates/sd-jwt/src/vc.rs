//! SD-JWT VC (draft-18): what a `dc+sd-jwt` must hold beyond RFC 9901.

use portage_jose::NumericDate;
use serde_json::{Map, Value};

use crate::{SdJwtError, VerifiedSdJwt};

/// `typ` of an SD-JWT VC, and the older name that receivers still accept.
pub const TYP: &[&str] = &["dc+sd-jwt", "vc+sd-jwt"];

/// Claims that must never come in a disclosure, nor any part of them.
pub const NEVER_DISCLOSABLE: &[&str] =
    &["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"];

/// Checks the rules on a verified SD-JWT: `vct` there and a string, none of [`NEVER_DISCLOSABLE`] disclosed,
/// `cnf`/`status` objects, dates well-formed.
///
/// # Errors
/// [`SdJwtError::DisclosureInvalid`], [`SdJwtError::Malformed`], [`SdJwtError::Jwt`] for a date.
pub fn check(sd_jwt: &VerifiedSdJwt) -> Result<(), SdJwtError> {
    check_in_the_clear(sd_jwt, NEVER_DISCLOSABLE)?;
    let claims = sd_jwt.claims();
    match claims.get("vct").and_then(Value::as_str) {
        Some(vct) if !vct.is_empty() => {}
        _ => return Err(SdJwtError::Malformed("no `vct`, or not a string")),
    }
    for (name, is_right, wrong) in [
        ("iss", Value::is_string as fn(&Value) -> bool, "`iss` is not a string"),
        ("sub", Value::is_string, "`sub` is not a string"),
        ("vct#integrity", Value::is_string, "`vct#integrity` is not a string"),
        ("cnf", Value::is_object, "`cnf` is not an object"),
        ("status", Value::is_object, "`status` is not an object"),
    ] {
        if claims.get(name).is_some_and(|value| !is_right(value)) {
            return Err(SdJwtError::Malformed(wrong));
        }
    }
    for date in ["iat", "nbf", "exp"] {
        NumericDate::from_claim(claims, date)?;
    }
    Ok(())
}

/// Checks that the issuer left these top-level claims, whole, outside the mechanism: neither disclosed nor holding a digest.
///
/// # Errors
/// [`SdJwtError::DisclosureInvalid`].
pub fn check_in_the_clear(sd_jwt: &VerifiedSdJwt, names: &[&str]) -> Result<(), SdJwtError> {
    // Processing changes a claim exactly when a disclosure brought it, or when a digest stands somewhere in it.
    let untouched = |name: &&str| sd_jwt.issuer_payload().get(*name) == sd_jwt.claims().get(*name);
    if names.iter().all(untouched) {
        Ok(())
    } else {
        Err(SdJwtError::DisclosureInvalid("a claim that must not be selectively disclosable"))
    }
}

/// Whether this unverified payload is an SD-JWT VC (`vct`) rather than a VCDM 2.0 credential (`@context`).
pub fn is_sd_jwt_vc(payload: &Map<String, Value>) -> bool {
    payload.contains_key("vct") && !payload.contains_key("@context")
}
