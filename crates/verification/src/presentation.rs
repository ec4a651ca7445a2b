//! The presentation around credentials: the holder's own proof, for this audience and this session.
//!
//! A holder's key follows from the holder's identifier (did:key, did:jwk): nothing is fetched for somebody nobody knows, and so a forged
//! presentation is refused before anything is asked for.

use portage_data_integrity::UnverifiedProof;
use portage_did::{Did, DidUrl, Relationship};
use portage_jose::UnverifiedJwt;
use portage_reason::Reason;
use portage_vc::{Presentation, PresentedCredential, jose, v1};
use serde_json::{Map, Value};

use crate::{
    Expectations, LEEWAY, MAX_PROOF_AGE, context::check_contexts, holder::PresentationHolder,
    input::UnverifiedPresentation, issuer_key::self_evident_document, refusal::Refusal,
    signed::check_purpose, validity::Validity,
};

/// For whom, and in which session, it must have been made.
#[derive(Clone, Copy)]
pub(crate) struct Session<'a> {
    pub(crate) audience: &'a str,
    pub(crate) nonce: &'a str,
}

/// A presentation whose proof holds: who made it, and the credentials inside, not yet verified.
pub(crate) struct VerifiedPresentation {
    pub(crate) holder: PresentationHolder,
    pub(crate) credentials: Vec<PresentedCredential>,
    /// Whether it says that it holds some: `verifiableCredential` is there.
    pub(crate) names_credentials: bool,
}

impl VerifiedPresentation {
    fn of(holder: PresentationHolder, presentation: &Presentation) -> Self {
        VerifiedPresentation {
            holder,
            credentials: presentation.credentials().to_vec(),
            names_credentials: presentation.document().contains_key("verifiableCredential"),
        }
    }
}

impl UnverifiedPresentation {
    pub(crate) fn verify(
        self,
        session: Session<'_>,
        expectations: &Expectations<'_>,
    ) -> Result<VerifiedPresentation, Refusal> {
        match self {
            UnverifiedPresentation::Jwt(jwt) => verify_jwt(jwt, JwtForm::VcJoseCose, session, expectations),
            UnverifiedPresentation::JwtVpJson(jwt) => verify_jwt(jwt, JwtForm::V1, session, expectations),
            UnverifiedPresentation::DataIntegrity { document, proofs } => {
                verify_document(document, proofs, session, expectations)
            }
        }
    }
}

/// Where a JWT keeps its presentation.
#[derive(Clone, Copy)]
enum JwtForm {
    /// The payload is the presentation (VC-JOSE-COSE §3.1.2).
    VcJoseCose,
    /// In the claim `vp` (VCDM 1.1 §6.3.1).
    V1,
}

/// VC-JOSE-COSE §3.1.2, VCDM 1.1 §6.3.1, with `aud` and `nonce` as OpenID4VP binds them.
fn verify_jwt(
    jwt: UnverifiedJwt,
    form: JwtForm,
    session: Session<'_>,
    expectations: &Expectations<'_>,
) -> Result<VerifiedPresentation, Refusal> {
    let claims = jwt.unverified_claims();
    let named = claims.get("holder").or_else(|| claims.get("iss")).and_then(Value::as_str);
    let signer = match (jwt.header().kid(), named) {
        (Some(kid), Some(holder)) if kid.starts_with('#') => format!("{holder}{kid}"),
        (Some(kid), _) => kid.to_owned(),
        (None, Some(holder)) => holder.to_owned(),
        (None, None) => return Err(Refusal::Indeterminate(Reason::KeyNotFound)),
    };
    let holder = holder_of(&signer)?;
    let typ = match form {
        JwtForm::VcJoseCose => jose::VP_JWT,
        JwtForm::V1 => v1::JWT,
    };
    let verified = jwt.verify(&holder.key, &[typ]).map_err(|error| error.reason())?;
    let presentation = match form {
        JwtForm::VcJoseCose => jose::presentation_of_jwt(&verified),
        JwtForm::V1 => v1::presentation_of_jwt(verified.claims()),
    };
    let presentation = presentation.map_err(|error| error.reason())?;
    check_contexts(presentation.document(), expectations.contexts)?;
    check_holder(&holder, presentation.holder())?;
    check_holder(&holder, verified.string("iss"))?;
    if !is_only(verified.claims().get("aud"), session.audience) {
        return Err(Reason::AudienceMismatch.into());
    }
    if verified.string("nonce") != Some(session.nonce) {
        return Err(Reason::NonceMismatch.into());
    }
    let validity = Validity::of_claims(verified.claims())?;
    let issued = verified.date("iat").map_err(|error| error.reason())?;
    validity.check(expectations.now)?;
    if issued.is_some_and(|at| expectations.now.duration_since(at.0) > MAX_PROOF_AGE + LEEWAY) {
        return Err(Reason::Expired.into());
    }
    Ok(VerifiedPresentation::of(holder, &presentation))
}

/// VC-DI §4.3 Verify Proof, with `domain` and `challenge` as OpenID4VP binds them. Every proof must hold, and be of one holder.
fn verify_document(
    document: Map<String, Value>,
    proofs: Vec<UnverifiedProof>,
    session: Session<'_>,
    expectations: &Expectations<'_>,
) -> Result<VerifiedPresentation, Refusal> {
    let presentation = Presentation::parse_either(document).map_err(|error| error.reason())?;
    check_contexts(presentation.document(), expectations.contexts)?;
    let mut holder: Option<PresentationHolder> = None;
    for proof in proofs {
        check_purpose(&proof, Relationship::Authentication)?;
        let signer = holder_of(&proof.verification_method)?;
        let verified = proof.verify(presentation.document(), &signer.key, expectations.contexts);
        let verified = verified.map_err(|error| error.reason())?;
        check_holder(&signer, presentation.holder())?;
        check_holder(&signer, holder.as_ref().map(|first| first.did.as_str()))?;
        check_session(verified.proof(), session, expectations)?;
        holder = Some(signer);
    }
    let holder = holder.ok_or(Reason::ProofMissing)?;
    Ok(VerifiedPresentation::of(holder, &presentation))
}

fn check_session(
    proof: &UnverifiedProof,
    session: Session<'_>,
    expectations: &Expectations<'_>,
) -> Result<(), Reason> {
    if proof.domain.is_empty() || proof.domain.iter().any(|domain| domain != session.audience) {
        return Err(Reason::AudienceMismatch);
    }
    if proof.challenge.as_deref() != Some(session.nonce) {
        return Err(Reason::NonceMismatch);
    }
    Validity::default().signed_at(proof.created).not_after(proof.expires).check(expectations.now)
}

/// The holder behind a DID URL, or behind a DID that has one key only.
fn holder_of(signer: &str) -> Result<PresentationHolder, Refusal> {
    let (did, method) = if signer.contains('#') {
        let method = DidUrl::parse(signer).map_err(|error| error.reason())?;
        (method.did().clone(), Some(method))
    } else {
        (Did::parse(signer).map_err(|error| error.reason())?, None)
    };
    let document = self_evident_document(&did).ok_or(Refusal::Indeterminate(Reason::KeyNotFound))?;
    let key = match method {
        Some(method) => {
            document.key_for(&method, Relationship::Authentication).map_err(|error| error.reason())?
        }
        None => match document.keys_for(Relationship::Authentication).as_slice() {
            [(_, key)] => key.clone(),
            _ => return Err(Reason::KeyNotFound.into()),
        },
    };
    Ok(PresentationHolder { did, key })
}

/// Whoever signed must be whom the presentation names.
fn check_holder(signer: &PresentationHolder, named: Option<&str>) -> Result<(), Reason> {
    match named {
        Some(named) if named != signer.did.as_str() => Err(Reason::HolderBindingInvalid),
        _ => Ok(()),
    }
}

/// Whether `aud` is this one string, alone or alone in an array (RFC 7519 §4.1.3).
fn is_only(aud: Option<&Value>, audience: &str) -> bool {
    match aud {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(several)) => {
            matches!(several.as_slice(), [Value::String(one)] if one == audience)
        }
        _ => false,
    }
}
