//! The signature, and what the signed bytes say. From here on claims are read only from what was verified.

use jiff::Timestamp;
use portage_data_integrity::{UnverifiedProof, canonical::expanded_types};
use portage_did::Relationship;
use portage_jose::{Jwk, UnverifiedJwt};
use portage_keys::VerificationKey;
use portage_reason::Reason;
use portage_sd_jwt::{UnverifiedSdJwt, VerifiedSdJwt, vc};
use portage_vc::{Credential, jose, v1};
use serde_json::{Map, Value};

use crate::{
    Expectations, InputFormat,
    input::{Secured, UnverifiedCredential},
    issuer_key::{IssuerKeys, NamedKey, Signer},
    refusal::Refusal,
    validity::Validity,
};

/// A credential whose issuer's signature holds. Says nothing yet about holder, time, authority, schema and status.
pub(crate) struct SignedCredential {
    pub(crate) format: InputFormat,
    /// The processed payload, or the credential without its proof.
    pub(crate) claims: Map<String, Value>,
    /// `vct`, or the fully expanded types.
    pub(crate) types: Vec<String>,
    pub(crate) signer: NamedKey,
    pub(crate) validity: Validity,
    pub(crate) binding: Binding,
    /// The SD-JWT itself, for its key binding.
    pub(crate) sd_jwt: Option<VerifiedSdJwt>,
}

/// Whom the issuer bound it to.
#[derive(Default)]
pub(crate) struct Binding {
    /// `cnf.jwk`.
    pub(crate) confirmation: Option<VerificationKey>,
    /// The `id`s of the subjects.
    pub(crate) subjects: Vec<String>,
}

impl UnverifiedCredential {
    /// Verifies the issuer's signature with the issuer's keys.
    pub(crate) fn verify(
        self,
        keys: &IssuerKeys,
        expectations: &Expectations<'_>,
    ) -> Result<SignedCredential, Refusal> {
        match self.secured {
            Secured::SdJwt(sd_jwt) if self.format == InputFormat::DcSdJwt => verify_sd_jwt_vc(*sd_jwt, keys),
            Secured::SdJwt(sd_jwt) => verify_vc_sd_jwt(*sd_jwt, keys, expectations),
            Secured::Jwt(jwt) if self.format == InputFormat::JwtVcJson => {
                verify_jwt_vc_json(jwt, keys, expectations)
            }
            Secured::Jwt(jwt) => verify_vc_jwt(jwt, keys, expectations),
            Secured::DataIntegrity { document, proofs } => {
                verify_document(document, proofs, keys, expectations)
            }
        }
    }
}

fn verify_sd_jwt_vc(sd_jwt: UnverifiedSdJwt, keys: &IssuerKeys) -> Result<SignedCredential, Refusal> {
    let named = keys.for_jwt(sd_jwt.jwt().header())?;
    let verified = sd_jwt.verify(&named.key, vc::TYP).map_err(|error| error.reason())?;
    vc::check(&verified).map_err(|error| error.reason())?;
    let claims = verified.claims().clone();
    let vct: Vec<String> = claims.get("vct").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    let subject = claims.get("sub").and_then(Value::as_str).map(str::to_owned);
    Ok(SignedCredential {
        format: InputFormat::DcSdJwt,
        types: vct,
        signer: named,
        validity: Validity::of_claims(&claims)?,
        binding: Binding::of(&claims, subject.into_iter().collect())?,
        sd_jwt: Some(verified),
        claims,
    })
}

fn verify_vc_sd_jwt(
    sd_jwt: UnverifiedSdJwt,
    keys: &IssuerKeys,
    expectations: &Expectations<'_>,
) -> Result<SignedCredential, Refusal> {
    let named = keys.for_jwt(sd_jwt.jwt().header())?;
    let verified = sd_jwt.verify(&named.key, &[jose::VC_SD_JWT]).map_err(|error| error.reason())?;
    let credential = jose::credential_of_sd_jwt(verified.issuer_payload(), verified.claims())
        .map_err(|error| error.reason())?;
    let claims = verified.claims().clone();
    let signed = SignedClaims { format: InputFormat::VcSdJwt, claims, signer: named };
    Ok(SignedCredential { sd_jwt: Some(verified), ..signed.read(&credential, expectations)? })
}

fn verify_vc_jwt(
    jwt: UnverifiedJwt,
    keys: &IssuerKeys,
    expectations: &Expectations<'_>,
) -> Result<SignedCredential, Refusal> {
    let named = keys.for_jwt(jwt.header())?;
    let verified = jwt.verify(&named.key, &[jose::VC_JWT]).map_err(|error| error.reason())?;
    let credential = jose::credential_of_claims(verified.claims()).map_err(|error| error.reason())?;
    let claims = verified.into_claims();
    SignedClaims { format: InputFormat::VcJwt, claims, signer: named }.read(&credential, expectations)
}

/// VCDM 1.1 §6.3.1. What the verifier's caller gets is the credential, with the claims in their places.
fn verify_jwt_vc_json(
    jwt: UnverifiedJwt,
    keys: &IssuerKeys,
    expectations: &Expectations<'_>,
) -> Result<SignedCredential, Refusal> {
    let named = keys.for_jwt(jwt.header())?;
    let verified = jwt.verify(&named.key, &[v1::JWT]).map_err(|error| error.reason())?;
    let credential = v1::credential_of_jwt(verified.claims()).map_err(|error| error.reason())?;
    if credential.issuer() != keys.issuer() {
        return Err(Reason::KeyMismatch.into());
    }
    let validity = Validity::of_claims(verified.claims())?;
    let mut claims = credential.document().clone();
    // Beside the credential, and no less the issuer's word.
    if let Some(status) = verified.claims().get("status") {
        claims.insert("status".to_owned(), status.clone());
    }
    let binding = Binding::of(verified.claims(), subject_ids(&credential))?;
    Ok(SignedCredential {
        format: InputFormat::JwtVcJson,
        types: expanded(&credential, expectations)?,
        signer: named,
        validity: validity.not_before(credential.valid_from()).not_after(credential.valid_until()),
        binding,
        sd_jwt: None,
        claims,
    })
}

/// The claims of a VCDM 2.0 credential that JOSE secures.
struct SignedClaims {
    format: InputFormat,
    claims: Map<String, Value>,
    signer: NamedKey,
}

impl SignedClaims {
    fn read(
        self,
        credential: &Credential,
        expectations: &Expectations<'_>,
    ) -> Result<SignedCredential, Refusal> {
        let validity = Validity::of_claims(&self.claims)?
            .not_before(credential.valid_from())
            .not_after(credential.valid_until());
        let types = expanded(credential, expectations)?;
        let binding = Binding::of(&self.claims, subject_ids(credential))?;
        Ok(SignedCredential {
            format: self.format,
            claims: self.claims,
            types,
            signer: self.signer,
            validity,
            binding,
            sd_jwt: None,
        })
    }
}

fn verify_document(
    document: Map<String, Value>,
    proofs: Vec<UnverifiedProof>,
    keys: &IssuerKeys,
    expectations: &Expectations<'_>,
) -> Result<SignedCredential, Refusal> {
    let credential = Credential::parse_either(document).map_err(|error| error.reason())?;
    let mut validity =
        Validity::default().not_before(credential.valid_from()).not_after(credential.valid_until());
    let mut with_keys = Vec::with_capacity(proofs.len());
    for proof in proofs {
        check_purpose(&proof, Relationship::AssertionMethod)?;
        let (key, signer) = keys.for_proof(&proof.verification_method)?;
        validity = validity.signed_at(proof.created).not_after(proof.expires);
        with_keys.push((proof, key, signer));
    }
    // A set may hold proofs of others; without one of the issuer it is not the issuer's credential.
    let issuers = with_keys.iter().position(|(.., signer)| *signer == Signer::Issuer);
    let issuers = issuers.ok_or(Reason::KeyMismatch)?;
    let mut verified = Vec::with_capacity(with_keys.len());
    for (proof, key, _) in with_keys {
        let proof = proof.verify(credential.document(), &key, expectations.contexts);
        verified.push((proof.map_err(|error| error.reason())?, key));
    }
    let (proof, key) = verified.into_iter().nth(issuers).ok_or(Reason::KeyMismatch)?;
    let mut claims = credential.document().clone();
    claims.shift_remove("proof");
    if let Some(context) = proof.context() {
        // Contexts behind those are nobody's word.
        claims.insert("@context".into(), context.clone());
    }
    let credential = Credential::parse_either(claims).map_err(|error| error.reason())?;
    Ok(SignedCredential {
        format: InputFormat::LdpVc,
        types: expanded(&credential, expectations)?,
        signer: NamedKey { key, method: proof.proof().verification_method.clone() },
        validity,
        binding: Binding { confirmation: None, subjects: subject_ids(&credential) },
        sd_jwt: None,
        claims: credential.document().clone(),
    })
}

/// The proof must be for what it is used for (VC-DI §4.5, `expectedProofPurpose`).
pub(crate) fn check_purpose(proof: &UnverifiedProof, relationship: Relationship) -> Result<(), Reason> {
    if proof.proof_purpose == relationship.name() { Ok(()) } else { Err(Reason::PurposeMismatch) }
}

/// The fully expanded types.
fn expanded(credential: &Credential, expectations: &Expectations<'_>) -> Result<Vec<String>, Refusal> {
    Ok(expanded_types(credential.document(), expectations.contexts).map_err(|error| error.reason())?)
}

fn subject_ids(credential: &Credential) -> Vec<String> {
    let id = |subject: &&Map<String, Value>| Some(subject.get("id")?.as_str()?.to_owned());
    credential.subjects().iter().filter_map(id).collect()
}

impl Binding {
    /// What the claims tie it to. A `cnf` that confirms in another way than by `jwk` ties it to nobody we could recognise, whoever the subject is.
    fn of(claims: &Map<String, Value>, subjects: Vec<String>) -> Result<Self, Refusal> {
        let confirmation = confirmation(claims)?;
        let unknown = confirmation.is_none() && claims.contains_key("cnf");
        Ok(Binding { confirmation, subjects: if unknown { Vec::new() } else { subjects } })
    }
}

/// `cnf.jwk` (RFC 7800 §3.2); one that is there and is no public key is malformed.
fn confirmation(claims: &Map<String, Value>) -> Result<Option<VerificationKey>, Refusal> {
    let Some(jwk) = claims.get("cnf").and_then(|cnf| cnf.get("jwk")) else { return Ok(None) };
    let jwk = Jwk::from_value(jwk).map_err(|error| error.reason())?;
    Ok(Some(jwk.key().clone()))
}

impl SignedCredential {
    /// First and last instant.
    pub(crate) fn check_time(&self, now: Timestamp) -> Result<(), Reason> {
        self.validity.check(now)
    }
}
