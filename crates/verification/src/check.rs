//! The checks of one credential, in their one order.

use portage_catalog::CredentialType;
use portage_reason::Reason;
use portage_trust::IssuerAuthorized;
use serde_json::{Map, Value};

use crate::{
    Evidence, Expectations, HolderExpectation, HolderProof, InputFormat, KeyWanted, StatusEvidence,
    Unavailable, VerifiedCredential,
    context::check_contexts,
    holder::{HolderCheck, PresentationHolder},
    input::{Secured, UnverifiedCredential},
    issuer_key::{IssuerKeys, KeyPlan, check_owner},
    refusal::Refusal,
    schema,
    signed::SignedCredential,
    status::StatusEntry,
};

/// A credential of which is known where its issuer's keys come from.
pub(crate) struct PreparedCredential {
    credential: UnverifiedCredential,
    issuer: String,
    plan: KeyPlan,
}

/// A credential that passed every check but the status.
pub(crate) struct CheckedCredential {
    signed: SignedCredential,
    authorized: IssuerAuthorized,
    holder: Option<HolderProof>,
    catalog_type: Option<String>,
    pub(crate) entries: Vec<StatusEntry>,
    pub(crate) keys: IssuerKeys,
}

impl PreparedCredential {
    /// Contexts, issuer, and the plan for its keys.
    pub(crate) fn of(
        credential: UnverifiedCredential,
        expectations: &Expectations<'_>,
    ) -> Result<Self, Refusal> {
        if credential.format != InputFormat::DcSdJwt {
            check_contexts(credential.unverified_members(), expectations.contexts)?;
        }
        if credential.unverified_types().iter().any(|name| name == STATUS_LIST_CREDENTIAL) {
            return Err(Reason::TypeMismatch.into());
        }
        let issuer = match credential.unverified_issuer() {
            Some(issuer) => issuer.to_owned(),
            // An SD-JWT VC may leave it to an X.509 certificate, which this version does not read.
            None if credential.format == InputFormat::DcSdJwt => return Err(Reason::KeyNotFound.into()),
            None => return Err(Reason::Malformed.into()),
        };
        if let Some(kid) = credential.unverified_kid() {
            check_owner(&issuer, kid)?;
        }
        let plan = KeyPlan::of(&issuer, credential.format, expectations)?;
        Ok(PreparedCredential { credential, issuer, plan })
    }

    /// What has to be had from outside.
    pub(crate) fn wanted(&self) -> Option<&KeyWanted> {
        match &self.plan {
            KeyPlan::Wanted(wanted) => Some(wanted),
            KeyPlan::AtHand(_) => None,
        }
    }

    /// The issuer's keys, from the answers to what was wanted.
    pub(crate) fn keys(
        &self,
        wanted: &[KeyWanted],
        answers: &[Result<Vec<u8>, Unavailable>],
    ) -> Result<IssuerKeys, Refusal> {
        match &self.plan {
            KeyPlan::AtHand(keys) => Ok(keys.clone()),
            KeyPlan::Wanted(key) => {
                let place = wanted.iter().position(|wanted| wanted == key);
                let answer = place.and_then(|place| answers.get(place));
                IssuerKeys::of_answer(key, &self.issuer, answer.unwrap_or(&Err(Unavailable::Unreachable)))
            }
        }
    }

    /// Signature, holder binding, time, authority for the type, schema; the status entries are read and left for later.
    pub(crate) fn check(
        self,
        keys: IssuerKeys,
        presented_by: Option<&PresentationHolder>,
        expectations: &Expectations<'_>,
    ) -> Result<CheckedCredential, Refusal> {
        let signed = self.credential.verify(&keys, expectations)?;
        let holder = holder_check(presented_by, expectations).check(&signed)?;
        signed.check_time(expectations.now)?;
        let known = credential_type(&signed, expectations);
        let names = signed.names.iter().map(String::as_str).chain(known.map(|known| known.id.as_str()));
        let authorized = expectations.authority.may_issue(keys.issuer(), &names.collect::<Vec<_>>())?;
        if let Some(known) = known {
            for claims in claims_objects(&signed) {
                schema::check_claims(known, claims)?;
            }
        }
        let entries = StatusEntry::read_all(signed.format, &signed.claims, expectations)?;
        let catalog_type = known.map(|known| known.id.clone());
        Ok(CheckedCredential { signed, authorized, holder, catalog_type, entries, keys })
    }
}

/// A status list is never taken for a credential about somebody.
const STATUS_LIST_CREDENTIAL: &str = "BitstringStatusListCredential";

impl UnverifiedCredential {
    fn unverified_kid(&self) -> Option<&str> {
        match &self.secured {
            Secured::SdJwt(sd_jwt) => sd_jwt.jwt().header().kid(),
            Secured::Jwt(jwt) => jwt.header().kid(),
            Secured::DataIntegrity { .. } => None,
        }
    }
}

fn holder_check<'a>(
    presented_by: Option<&'a PresentationHolder>,
    expectations: &Expectations<'a>,
) -> HolderCheck<'a> {
    match (presented_by, expectations.holder) {
        (Some(holder), _) => HolderCheck::Presented(holder),
        (None, HolderExpectation::NotAsked) => HolderCheck::NotAsked,
        (None, HolderExpectation::IssuedTo(keys)) => HolderCheck::BoundTo(keys),
        (None, HolderExpectation::Presented { audience, nonce }) => {
            HolderCheck::key_binding(audience, nonce, expectations.now)
        }
    }
}

fn credential_type<'a>(
    signed: &SignedCredential,
    expectations: &Expectations<'a>,
) -> Option<&'a CredentialType> {
    let mut names = signed.names.iter().map(String::as_str);
    match signed.format {
        InputFormat::DcSdJwt => names.find_map(|vct| expectations.catalog.by_vct(vct)),
        _ => expectations.catalog.by_vc_types(names),
    }
}

/// Where the type's claims stand: the payload of an SD-JWT VC, each subject of a VCDM 2.0 credential.
fn claims_objects(signed: &SignedCredential) -> Vec<&Map<String, Value>> {
    if signed.format == InputFormat::DcSdJwt {
        return vec![&signed.claims];
    }
    match signed.claims.get("credentialSubject") {
        Some(Value::Object(subject)) => vec![subject],
        Some(Value::Array(subjects)) => subjects.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    }
}

impl CheckedCredential {
    /// The end of the pipeline for one credential: the only place where a [`VerifiedCredential`] is made.
    pub(crate) fn with_status(self, status: StatusEvidence) -> VerifiedCredential {
        VerifiedCredential {
            format: self.signed.format,
            claims: self.signed.claims,
            types: self.signed.types,
            evidence: Evidence {
                issuer: self.authorized,
                verification_method: self.signed.signer.method,
                issuer_key: self.signed.signer.key,
                valid_from: self.signed.validity.from,
                valid_until: self.signed.validity.until,
                status,
                holder: self.holder,
                schema_matched: self.catalog_type.is_some(),
            },
            catalog_type: self.catalog_type,
        }
    }
}
