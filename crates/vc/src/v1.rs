//! VCDM 1.1: read, never written.
//!
//! A credential of that version is told by its first context. It has `issuanceDate` and `expirationDate` where 2.0 has `validFrom` and
//! `validUntil`, and as a JWT (`jwt_vc_json`) it stands in the claim `vc`, some of it only in the claims beside.

use jiff::Timestamp;
use portage_jose::NumericDate;
use serde_json::{Map, Value};

use crate::{CONTEXT_V1, Credential, CredentialError, Presentation, date, rules};

type Object = Map<String, Value>;

/// `typ` of a VCDM 1.1 credential as JWT (§6.3.1).
pub const JWT: &str = "JWT";

/// Whether the document is of version 1.1, as its first context says.
pub(crate) fn is_v1(document: &Object) -> bool {
    let first = document.get("@context").and_then(Value::as_array).and_then(|contexts| contexts.first());
    first.and_then(Value::as_str) == Some(CONTEXT_V1)
}

/// The rules of VCDM 1.1 §4, and the dates.
pub(crate) fn parse(document: Object) -> Result<Credential, CredentialError> {
    rules::context_after(&document, CONTEXT_V1)?;
    rules::types(&document, "VerifiableCredential")?;
    rules::optional_id(&document)?;
    // Terms that this version's context does not define: nobody signed what they seem to say.
    if ["validFrom", "validUntil"].iter().any(|name| document.contains_key(*name)) {
        return Err(CredentialError::Malformed("`validFrom` or `validUntil` in a credential of version 1.1"));
    }
    let issuer = crate::credential::issuer(&document)?;
    crate::credential::check_subjects(&document)?;
    crate::credential::check_subject_ids(&document)?;
    let valid_from = date_of(&document, "issuanceDate")?;
    let valid_from = Some(valid_from.ok_or(CredentialError::Malformed("no `issuanceDate`"))?);
    let valid_until = date_of(&document, "expirationDate")?;
    for name in ["credentialStatus", "credentialSchema", "refreshService"] {
        let objects = rules::typed_objects(&document, name)?;
        if objects.iter().any(|object| !object.contains_key("id")) {
            return Err(CredentialError::Malformed("an object without its `id`"));
        }
    }
    for name in ["termsOfUse", "evidence", "proof"] {
        rules::typed_objects(&document, name)?;
    }
    Ok(Credential::of_parts(document, issuer, valid_from, valid_until))
}

fn date_of(document: &Object, name: &str) -> Result<Option<Timestamp>, CredentialError> {
    const NOT_A_DATE: CredentialError = CredentialError::Malformed("a date that is not a date and time");
    match document.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(date::parse).map(Some).ok_or(NOT_A_DATE),
    }
}

/// The credential of the claims of a `jwt_vc_json`, whole (§6.3.1, JWT decoding): `iss`, `nbf`, `exp`, `jti` and `sub` take their places in it. Where
/// both say something, they must say the same: the text lets the claims win, and a reader of the other half would be misled.
///
/// # Errors
/// [`CredentialError`].
pub fn credential_of_jwt(claims: &Object) -> Result<Credential, CredentialError> {
    const NO_VC: CredentialError = CredentialError::Malformed("no `vc` claim");
    let mut document = claims.get("vc").and_then(Value::as_object).ok_or(NO_VC)?.clone();
    if !is_v1(&document) {
        return Err(CredentialError::ContextNotAllowed);
    }
    set_identified(&mut document, "issuer", claims.get("iss"))?;
    set_text(&mut document, "id", claims.get("jti"))?;
    set_date(&mut document, "issuanceDate", claims, "nbf")?;
    set_date(&mut document, "expirationDate", claims, "exp")?;
    set_subject(&mut document, claims.get("sub"))?;
    parse(document)
}

/// The presentation of the claims of a `jwt_vp_json` (§6.3.1): `iss` and `jti` take their places in it, and may not contradict what stands there. Its
/// credentials are JWTs, or documents with a proof of their own.
///
/// # Errors
/// [`CredentialError`].
pub fn presentation_of_jwt(claims: &Object) -> Result<Presentation, CredentialError> {
    const NO_VP: CredentialError = CredentialError::Malformed("no `vp` claim");
    let mut document = claims.get("vp").and_then(Value::as_object).ok_or(NO_VP)?.clone();
    if !is_v1(&document) {
        return Err(CredentialError::ContextNotAllowed);
    }
    set_identified(&mut document, "holder", claims.get("iss"))?;
    set_text(&mut document, "id", claims.get("jti"))?;
    for date in ["iat", "nbf", "exp"] {
        NumericDate::from_claim(claims, date)
            .map_err(|_| CredentialError::Malformed("a date that is not a NumericDate"))?;
    }
    Presentation::of_jwt_v1(document)
}

const CONTRADICTION: CredentialError = CredentialError::Malformed("a claim that contradicts the `vc` claim");

fn set_text(object: &mut Object, name: &str, value: Option<&Value>) -> Result<(), CredentialError> {
    let Some(value) = value else { return Ok(()) };
    match object.get(name) {
        Some(stands) if stands != value => Err(CONTRADICTION),
        Some(_) => Ok(()),
        None => {
            object.insert(name.to_owned(), value.clone());
            Ok(())
        }
    }
}

/// `iss` is the issuer, or the holder.
fn set_identified(document: &mut Object, name: &str, iss: Option<&Value>) -> Result<(), CredentialError> {
    let (Some(iss), Some(named)) = (iss, document.get(name)) else {
        return set_text(document, name, iss);
    };
    if rules::identified(named).is_some() && rules::identified(named) == iss.as_str() {
        Ok(())
    } else {
        Err(CredentialError::Mismatch("`iss` is not the issuer or holder"))
    }
}

/// Whole seconds in the claim, perhaps parts of one in the document.
fn set_date(
    document: &mut Object,
    name: &'static str,
    claims: &Object,
    claim: &'static str,
) -> Result<(), CredentialError> {
    let malformed = |_| CredentialError::Malformed("a date that is not a NumericDate");
    let Some(NumericDate(at)) = NumericDate::from_claim(claims, claim).map_err(malformed)? else {
        return Ok(());
    };
    match date_of(document, name)? {
        Some(stands) if stands.as_second() != at.as_second() => Err(CONTRADICTION),
        Some(_) => Ok(()),
        None => {
            document.insert(name.to_owned(), date::write(at).into());
            Ok(())
        }
    }
}

/// `sub` is the `id` of the one subject.
fn set_subject(document: &mut Object, sub: Option<&Value>) -> Result<(), CredentialError> {
    let Some(sub) = sub else { return Ok(()) };
    match document.get_mut("credentialSubject") {
        Some(Value::Object(subject)) => set_text(subject, "id", Some(sub)),
        _ => Err(CredentialError::Malformed("a `sub` beside several subjects")),
    }
}
