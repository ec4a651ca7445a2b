//! SD-JWT VC (draft-18): what a `dc+sd-jwt` must hold beyond RFC 9901.

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
/// [`SdJwtError::DisclosureInvalid`], [`SdJwtError::Malformed`].
pub fn check(sd_jwt: &VerifiedSdJwt) -> Result<(), SdJwtError> {
    let _ = sd_jwt;
    todo!()
}

/// Whether this unverified payload is an SD-JWT VC (`vct`) rather than a VCDM 2.0 credential (`@context`).
pub fn is_sd_jwt_vc(payload: &Map<String, Value>) -> bool {
    payload.contains_key("vct") && !payload.contains_key("@context")
}
