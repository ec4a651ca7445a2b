//! V-31: the right to issue one type is no right to issue another, also in one credential that says it is of both.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set its scene has failed")]

use portage_catalog::{Catalog, Text};
use portage_did::{LoopbackOrigins, did_key};
use portage_keys::{Algorithm, Signer, SigningKey};
use portage_reason::Reason;
use portage_trust::{Tier, TrustList, TrustedIssuer};
use portage_verification::{Decision, Expectations, HolderExpectation, StatusPolicy, Step, begin};
use serde_json::{Value, json};

/// A `vc+jwt` of these types, soundly signed by an issuer that may issue operator cards and nothing else.
fn decide(types: Value, contexts: Value, subject: Value) -> Decision {
    let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[7; 32]).unwrap();
    let (issuer, kid) = did_key(key.verification_key());
    let credential = json!({
        "@context": contexts, "type": types, "issuer": issuer.as_str(), "validFrom": "2026-11-01T00:00:00Z",
        "credentialSubject": subject,
    });
    let credential = credential.as_object().unwrap();
    let jwt = portage_vc::jose::sign_credential(credential, &kid.to_string(), &key).unwrap();

    let mut authority = TrustList::default();
    let name = Text { en: "Boats".to_owned(), fr: "Bateaux".to_owned() };
    let types = ["operator-card".to_owned()].into();
    authority
        .trust_issuer(TrustedIssuer {
            id: issuer.as_str().to_owned(),
            name,
            tier: Tier::Federal,
            types,
            retired_keys: Vec::new(),
        })
        .unwrap();
    let catalog = Catalog::bundled();
    let step = begin(
        jwt.as_bytes(),
        &Expectations {
            now: "2026-11-24T00:00:00Z".parse().unwrap(),
            catalog: &catalog,
            contexts: &catalog.contexts(),
            authority: &authority,
            loopback: &LoopbackOrigins::default(),
            issuer_key: None,
            holder: HolderExpectation::NotAsked,
            query: None,
            status: StatusPolicy::NotChecked,
            format: None,
        },
    );
    match step {
        Step::Done(outcome) => outcome.decision,
        other => panic!("did:key needs nothing from outside: {other:?}"),
    }
}

const BASE: &str = "https://www.w3.org/ns/credentials/v2";
const CARD: &str = "https://portage-identity.example/contexts/operator-card/v1";
const STUDENT: &str = "https://portage-identity.example/contexts/student-card/v1";

#[test]
fn v31_an_issuer_of_cards_issues_cards() {
    let types = json!(["VerifiableCredential", "OperatorCardCredential"]);
    let decision = decide(types, json!([BASE, CARD]), json!({"card_class": "Any"}));
    assert!(matches!(decision, Decision::Accepted(_)), "{decision:?}");
}

#[test]
fn v31_a_second_type_beside_the_one_it_may_issue_is_refused() {
    let subject = json!({"card_class": "Any"});
    for second in ["StudentCardCredential", "https://elsewhere.example/#Licence"] {
        for types in [
            json!(["VerifiableCredential", "OperatorCardCredential", second]),
            json!(["VerifiableCredential", second, "OperatorCardCredential"]),
            json!(["VerifiableCredential", second]),
        ] {
            let decision = decide(types.clone(), json!([BASE, CARD, STUDENT]), subject.clone());
            assert_eq!(decision.reasons(), [Reason::IssuerNotAuthorizedForType], "{types}");
        }
    }
}

#[test]
fn a_credential_of_no_type_at_all_is_one_that_nobody_may_issue() {
    let decision = decide(json!(["VerifiableCredential"]), json!([BASE, CARD]), json!({"card_class": "Any"}));
    assert_eq!(decision.reasons(), [Reason::IssuerNotAuthorizedForType]);
}
