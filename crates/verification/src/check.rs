//! The checks of one credential, in their one order.

use jiff::Timestamp;
use portage_catalog::{Catalog, CredentialType};
use portage_reason::Reason;
use portage_trust::IssuerAuthorized;
use portage_vc::RelatedResource;
use serde_json::{Map, Value};

use crate::{
    Evidence, Expectations, HolderExpectation, HolderProof, InputFormat, KeyAnswer, KeyWanted,
    SchemaEvidence, StatusEvidence, StatusNote, Unavailable, VerifiedCredential,
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
    pub(crate) signed: SignedCredential,
    authorized: IssuerAuthorized,
    holder: Option<HolderProof>,
    catalog_type: Option<String>,
    pub(crate) entries: Vec<StatusEntry>,
    pub(crate) keys: IssuerKeys,
    credential_schema: SchemaEvidence,
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
        let issuer = credential.unverified_issuer().ok_or_else(|| credential.no_issuer())?.to_owned();
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
        answers: &[Result<KeyAnswer, Unavailable>],
        now: Timestamp,
    ) -> Result<IssuerKeys, Refusal> {
        match &self.plan {
            KeyPlan::AtHand(keys) => Ok(keys.clone()),
            KeyPlan::Wanted(key) => {
                let place = wanted.iter().position(|wanted| wanted == key);
                let answer = place.and_then(|place| answers.get(place));
                let answer = answer.unwrap_or(&Err(Unavailable::Unreachable));
                IssuerKeys::of_answer(key, &self.issuer, answer, now)
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
        let types = types_claimed(&signed, expectations.catalog);
        let names: Vec<_> = types.iter().map(ClaimedType::names).collect();
        let names: Vec<_> = names.iter().map(Vec::as_slice).collect();
        let authorized = expectations.authority.may_issue_all(keys.issuer(), &names)?;
        expectations.authority.check_key(keys.issuer(), &signed.signer.key, signed.validity.signed_when())?;
        let known: Vec<_> = types.iter().filter_map(|claimed| claimed.known).collect();
        for claims in claims_objects(&signed) {
            schema::check_claims(&known, claims)?;
        }
        check_related(&signed, expectations)?;
        let credential_schema = schema::check_named(&signed, expectations.catalog)?;
        let entries = StatusEntry::read_all(signed.format, &signed.claims, expectations)?;
        let catalog_type = known.first().map(|known| known.id.clone());
        Ok(CheckedCredential { signed, authorized, holder, catalog_type, entries, keys, credential_schema })
    }
}

/// VCDM 2.0 §5.3: a related resource that we have must be the one that the issuer means. Of those we have the contexts.
fn check_related(signed: &SignedCredential, expectations: &Expectations<'_>) -> Result<(), Reason> {
    if signed.format == InputFormat::DcSdJwt {
        return Ok(());
    }
    for resource in RelatedResource::read_all(&signed.claims).map_err(|error| error.reason())? {
        let document = expectations.contexts.document(&resource.id);
        if document.is_some_and(|document| !resource.fits(document.as_bytes())) {
            return Err(Reason::ContextNotAllowed);
        }
    }
    Ok(())
}

/// The type that every credential of the W3C data model has.
const ANY_CREDENTIAL: [&str; 2] =
    ["VerifiableCredential", "https://www.w3.org/2018/credentials#VerifiableCredential"];

/// A status list is never taken for a credential about somebody.
const STATUS_LIST_CREDENTIAL: &str = "BitstringStatusListCredential";

impl UnverifiedCredential {
    /// Why it names no issuer that could be read.
    fn no_issuer(&self) -> Reason {
        let member = if self.format == InputFormat::DcSdJwt { "iss" } else { "issuer" };
        match &self.secured {
            Secured::SdJwt(sd_jwt)
                if sd_jwt.disclosures().iter().any(|one| one.name.as_deref() == Some(member)) =>
            {
                Reason::DisclosureInvalid
            }
            // An SD-JWT VC may leave it to an X.509 certificate, which this version does not read.
            Secured::SdJwt(_) if self.format == InputFormat::DcSdJwt => Reason::KeyNotFound,
            _ => Reason::Malformed,
        }
    }

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

/// A type that a credential says it is of.
struct ClaimedType<'a> {
    /// `vct`, or the fully expanded type.
    name: &'a str,
    /// The same type in the catalogue.
    known: Option<&'a CredentialType>,
}

impl<'a> ClaimedType<'a> {
    /// Every name it goes by in a trust list.
    fn names(&self) -> Vec<&'a str> {
        std::iter::once(self.name).chain(self.known.into_iter().flat_map(CredentialType::names)).collect()
    }
}

/// Each type the credential says it is of, but the one that all of the data model are: the right to issue one of them is no right to
/// the others.
fn types_claimed<'a>(signed: &'a SignedCredential, catalog: &'a Catalog) -> Vec<ClaimedType<'a>> {
    let names = signed.types.iter().map(String::as_str).filter(|name| !ANY_CREDENTIAL.contains(name));
    let known = |name| match signed.format {
        InputFormat::DcSdJwt => catalog.by_vct(name),
        _ => catalog.by_vc_types([name]),
    };
    names.map(|name| ClaimedType { name, known: known(name) }).collect()
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
    pub(crate) fn with_status(
        self,
        status: StatusEvidence,
        status_notes: Vec<StatusNote>,
    ) -> VerifiedCredential {
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
                status_notes,
                credential_schema: self.credential_schema,
                holder: self.holder,
                schema_matched: self.catalog_type.is_some(),
            },
            catalog_type: self.catalog_type,
        }
    }
}
