//! Issuers of W3C credentials whose `id` is an https URL: their controlled identifier document stands there.

use portage_catalog::Format;
use portage_keys::{Signer, SigningKey, multibase::to_multikey};
use portage_testkit::world::{World, accepted};
use portage_trust::TrustList;
use portage_verification::{HolderExpectation, Outcome, StatusPolicy};
use serde_json::{Value, json};

use crate::forge::assert_verdict;

const ISSUER: &str = "https://bank.example/issuers/1";
const FORMATS: [Format; 3] = [Format::VcJwt, Format::VcSdJwt, Format::LdpVc];

/// A bank that issues business licences, with the keys of the City.
struct Bank(World);

impl Bank {
    fn new() -> Self {
        let mut world = World::new();
        let trust = json!({ "issuers": [{ "id": ISSUER, "name": { "en": "Bank", "fr": "Banque" }, "tier": "other",
            "types": ["business-licence"] }] });
        world.trust = TrustList::parse(trust.to_string().as_bytes()).unwrap();
        let mut bank = Bank(world);
        let document = bank.document();
        bank.publish(&document);
        bank
    }

    fn document(&self) -> Value {
        let method = |fragment: &str, key: &SigningKey| {
            json!({ "id": format!("{ISSUER}#{fragment}"), "type": "Multikey", "controller": ISSUER,
                "publicKeyMultibase": to_multikey(key.verification_key()) })
        };
        json!({
            "@context": ["https://www.w3.org/ns/cid/v1"],
            "id": ISSUER,
            "verificationMethod": [method("key-1", &self.0.city.key), method("key-3", &self.0.city.authentication_key)],
            "assertionMethod": [format!("{ISSUER}#key-1")],
            "authentication": [format!("{ISSUER}#key-3")],
        })
    }

    fn publish(&mut self, document: &Value) {
        self.0.sources.documents.insert(ISSUER.into(), document.to_string().into_bytes());
    }

    fn licence(&self, format: Format, kid: &str, key: &SigningKey) -> Outcome {
        let mut draft = self.0.draft("business-licence", format, self.0.holder.verification_key());
        draft.claims.insert("issuer".into(), ISSUER.into());
        draft.header.insert("kid".into(), kid.into());
        draft.proof.verification_method = kid.to_owned();
        let mut expectations = self.0.expectations(HolderExpectation::NotAsked);
        expectations.status = StatusPolicy::NotChecked;
        self.0.run(&self.0.sign(&draft, key), &expectations)
    }

    fn own(&self, format: Format) -> Outcome {
        self.licence(format, &format!("{ISSUER}#key-1"), &self.0.city.key)
    }
}

#[test]
fn an_https_issuer_of_w3c_credentials_is_verified_with_the_document_at_its_id() {
    let mut bank = Bank::new();
    for format in FORMATS {
        let credential = accepted(bank.own(format));
        assert_eq!(credential.evidence().issuer.id, ISSUER);
        assert_eq!(bank.0.sources.take_asked(), [ISSUER]);
    }
    bank.0.sources.documents.remove(ISSUER);
    for format in FORMATS {
        assert_verdict(&bank.own(format), "indeterminate key_not_found");
    }
    bank.0.trust = TrustList::default();
    bank.0.sources.take_asked();
    for format in FORMATS {
        assert_verdict(&bank.own(format), "rejected issuer_not_trusted");
    }
    assert_eq!(bank.0.sources.take_asked(), [""; 0]);
}

#[test]
fn v04_v06_a_key_of_somebody_else_or_for_another_purpose_signs_nothing_for_an_https_issuer() {
    let bank = Bank::new();
    for format in FORMATS {
        accepted(bank.own(format));
        let city = &bank.0.city;
        for (kid, key, verdict) in [
            (format!("{ISSUER}#key-3"), &city.authentication_key, "rejected purpose_mismatch"),
            (format!("{ISSUER}#key-9"), &city.key, "rejected key_not_found"),
            (format!("{ISSUER}/2#key-1"), &city.key, "rejected key_mismatch"),
            (
                "https://attacker.example/issuers/1#key-1".to_owned(),
                &bank.0.attacker.key,
                "rejected key_mismatch",
            ),
            (format!("{ISSUER}#key-1"), &bank.0.attacker.key, "rejected signature_invalid"),
        ] {
            assert_verdict(&bank.licence(format, &kid, key), verdict);
        }
    }
}

#[test]
fn t14_a_document_that_speaks_of_another_id_or_gives_its_keys_away_is_refused() {
    let mut bank = Bank::new();
    let good = bank.document();
    type Edit = fn(&mut Value);
    let edits: [(Edit, &str); 5] = [
        (|document| document["id"] = "https://bank.example/issuers/2".into(), "rejected malformed"),
        (|document| document["id"] = "https://bank.example/issuers/1/".into(), "rejected malformed"),
        (
            |document| document["verificationMethod"][0]["controller"] = "https://attacker.example".into(),
            "rejected key_mismatch",
        ),
        (
            |document| document["verificationMethod"][0]["revoked"] = "2026-01-01T00:00:00Z".into(),
            "rejected key_not_found",
        ),
        (|document| document["assertionMethod"] = json!([]), "rejected purpose_mismatch"),
    ];
    for (edit, verdict) in edits {
        let mut document = good.clone();
        edit(&mut document);
        bank.publish(&document);
        for format in FORMATS {
            assert_verdict(&bank.own(format), verdict);
        }
    }
    bank.publish(&good);
    for format in FORMATS {
        accepted(bank.own(format));
    }
}
