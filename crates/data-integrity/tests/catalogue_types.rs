//! Every credential type in the box can be signed as linked data: its context says all of its claims, and a claim that it does not say is
//! refused.

#![allow(clippy::unwrap_used, reason = "a test says what it found by failing")]

use jiff::civil::date;
use portage_catalog::{Catalog, ClaimKind, CredentialType};
use portage_data_integrity::{CanonicalizeError, canonicalize, expanded_types};
use serde_json::{Map, Value, json};

fn credential(ty: &CredentialType, mut subject: Map<String, Value>) -> Map<String, Value> {
    subject.insert("id".to_owned(), json!("did:example:holder"));
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", ty.context_url],
        "type": ["VerifiableCredential", ty.vc_type],
        "issuer": "did:example:issuer",
        "validFrom": "2026-11-24T00:00:00Z",
        "credentialSubject": subject,
    });
    credential.as_object().unwrap().clone()
}

#[test]
fn every_claim_of_every_type_is_covered_by_a_signature_under_its_own_iri() {
    let catalog = Catalog::bundled();
    let contexts = catalog.contexts();
    for ty in catalog.types() {
        let claims = ty.with_derived(&ty.example, date(2026, 11, 24)).unwrap();
        let credential = credential(ty, claims);
        let types = expanded_types(&credential, &contexts).unwrap();
        assert!(types.contains(&ty.type_iri), "{}: {types:?}", ty.id);
        let quads = canonicalize(&credential, &contexts).unwrap().nquads;
        for claim in &ty.claims {
            let said = quads.lines().find(|quad| {
                quad.starts_with(&format!("<did:example:holder> <{}> ", ty.claim_iri(&claim.name)))
            });
            let said = said.unwrap_or_else(|| panic!("{}: {} is not said", ty.id, claim.name));
            let datatype = match claim.kind {
                ClaimKind::Boolean => "XMLSchema#boolean",
                ClaimKind::Date => "XMLSchema#date>",
                ClaimKind::DateInt => "XMLSchema#integer",
                ClaimKind::DateTime => "XMLSchema#dateTime",
                ClaimKind::String | ClaimKind::Number | ClaimKind::Binary | ClaimKind::Object => continue,
            };
            assert!(said.contains(datatype), "{said}");
        }
    }
}

#[test]
fn a_claim_that_no_context_defines_is_refused() {
    let catalog = Catalog::bundled();
    let contexts = catalog.contexts();
    for ty in catalog.types() {
        let mut claims = ty.example.clone();
        claims.insert("isAdmin".to_owned(), json!(true));
        assert_eq!(
            canonicalize(&credential(ty, claims), &contexts),
            Err(CanonicalizeError::DataLoss),
            "{}",
            ty.id
        );
    }
}
