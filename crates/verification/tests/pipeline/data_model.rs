//! The data model beyond our own types: VCDM 1.1, related resources, schemas that a credential names, statuses that refuse nothing.

use portage_catalog::Format;
use portage_data_integrity::{Cryptosuite, ProofOptions, add_proof};
use portage_did::did_key;
use portage_jose::Header;
use portage_keys::{Signer as _, digest::HashAlgorithm};
use portage_status_list::bitstring::{
    Bitstring, StatusMessages, StatusPurpose, entry, list_credential, message_entry,
};
use portage_testkit::world::{AUDIENCE, NONCE, World, accepted, object};
use portage_verification::{Decision, InputFormat, SchemaEvidence};
use serde_json::{Value, json};

use crate::forge::assert_verdict;

const V1: &str = "https://www.w3.org/2018/credentials/v1";
const V2: &str = "https://www.w3.org/ns/credentials/v2";

/// A card of version 1.1 by an issuer that may issue it, with its own proof.
fn card_v1(world: &World, change: impl Fn(&mut Value)) -> String {
    let issuer = world.issuer_of("operator-card");
    let card = world.credential_type("operator-card");
    let mut document = json!({
        "@context": [V1, card.context_url, "https://w3id.org/security/data-integrity/v2"],
        "type": ["VerifiableCredential", card.vc_type],
        "issuer": issuer.did.as_str(),
        "issuanceDate": "2026-01-01T00:00:00Z",
        "expirationDate": "2030-01-01T00:00:00Z",
        "credentialSubject": world.example_claims("operator-card"),
    });
    change(&mut document);
    let method = issuer.method("key-1");
    let options = ProofOptions::new(Cryptosuite::EddsaRdfc2022, &method, "assertionMethod");
    let secured = add_proof(&object(document), &options, &issuer.key, &world.contexts).unwrap();
    Value::Object(secured).to_string()
}

#[test]
fn a_credential_of_version_1_1_is_read_with_its_own_dates() {
    let world = World::new();
    let credential = accepted(world.check(&card_v1(&world, |_| {})));
    assert_eq!(credential.catalog_type(), Some("operator-card"));
    let evidence = credential.evidence();
    assert_eq!(evidence.valid_from, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(evidence.valid_until, Some("2030-01-01T00:00:00Z".parse().unwrap()));

    let expired = |card: &mut Value| card["expirationDate"] = json!("2026-01-02T00:00:00Z");
    assert_verdict(&world.check(&card_v1(&world, expired)), "rejected expired");
    let early = |card: &mut Value| card["issuanceDate"] = json!("2029-01-02T00:00:00Z");
    assert_verdict(&world.check(&card_v1(&world, early)), "rejected not_yet_valid");
    let undated = |card: &mut Value| drop(card.as_object_mut().unwrap().shift_remove("issuanceDate"));
    assert_verdict(&world.check(&card_v1(&world, undated)), "rejected malformed");
    let forged = card_v1(&world, |_| {}).replace("2030-", "2031-");
    assert_verdict(&world.check(&forged), "rejected signature_invalid");
}

/// A licence of version 1.1 as a JWT.
fn licence_jwt(world: &World, change: impl Fn(&mut Value)) -> String {
    let issuer = world.issuer_of("business-licence");
    let licence = world.credential_type("business-licence");
    let mut claims = json!({
        "iss": issuer.did.as_str(),
        "sub": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "nbf": 1_767_225_600,
        "exp": 1_893_456_000,
        "jti": "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
        "vc": {
            "@context": [V1, licence.context_url],
            "type": ["VerifiableCredential", licence.vc_type],
            "credentialSubject": world.example_claims("business-licence"),
        },
    });
    change(&mut claims);
    let header = Header::new("JWT").with("kid", issuer.method("key-1"));
    portage_jose::sign(header, &object(claims), &issuer.key).unwrap()
}

#[test]
fn the_claims_of_a_jwt_of_version_1_1_take_their_places_in_the_credential() {
    let world = World::new();
    let credential = accepted(world.check(&licence_jwt(&world, |_| {})));
    assert_eq!(credential.format().name(), "jwt_vc_json");
    let claims = credential.claims();
    assert_eq!(claims["issuer"], world.issuer_of("business-licence").did.as_str());
    assert_eq!(claims["issuanceDate"], "2026-01-01T00:00:00Z");
    assert_eq!(claims["expirationDate"], "2030-01-01T00:00:00Z");
    assert_eq!(claims["id"], "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5");
    assert_eq!(claims["credentialSubject"]["id"], "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");

    type Change = fn(&mut Value);
    let refused: [(Change, &str); 9] = [
        (|jwt| jwt["exp"] = json!(1_767_225_700), "expired"),
        (|jwt| jwt["nbf"] = json!(1_893_456_000), "not_yet_valid"),
        (|jwt| jwt["exp"] = json!("2030"), "malformed"),
        (|jwt| jwt["vc"]["expirationDate"] = json!("2031-01-01T00:00:00Z"), "malformed"),
        (|jwt| jwt["vc"]["id"] = json!("urn:uuid:1"), "malformed"),
        (|jwt| jwt["vc"]["credentialSubject"]["id"] = json!("did:example:b"), "malformed"),
        (|jwt| jwt["vc"]["issuer"] = json!("did:web:other.example"), "key_mismatch"),
        (|jwt| jwt["vc"]["@context"][0] = json!(V2), "context_not_allowed"),
        (|jwt| jwt["vc"]["validUntil"] = json!("2031-01-01T00:00:00Z"), "malformed"),
    ];
    for (change, reason) in refused {
        assert_verdict(&world.check(&licence_jwt(&world, change)), &format!("rejected {reason}"));
    }
    // Without the claim it is a JWT like any other.
    let bare = licence_jwt(&world, |jwt| drop(jwt.as_object_mut().unwrap().shift_remove("vc")));
    assert_verdict(&world.check(&bare), "rejected type_mismatch");
}

/// A presentation of version 1.1 as a JWT, around credentials of that version, for the market and its nonce.
fn presentation_v1(world: &World, credentials: Value, change: impl Fn(&mut Value)) -> String {
    let (did, method) = did_key(world.holder.verification_key());
    let mut claims = json!({
        "iss": did.as_str(), "aud": AUDIENCE, "nonce": NONCE, "jti": "urn:uuid:1",
        "iat": world.now.as_second(), "exp": world.now.as_second() + 300,
        "vp": { "@context": [V1], "type": ["VerifiablePresentation"], "verifiableCredential": credentials },
    });
    change(&mut claims);
    portage_jose::sign(Header::new("JWT").with("kid", method.to_string()), &object(claims), &world.holder)
        .unwrap()
}

#[test]
fn a_presentation_of_version_1_1_as_a_jwt_is_read_and_proves_its_holder() {
    let world = World::new();
    let holder = did_key(world.holder.verification_key()).0.to_string();
    let licence = licence_jwt(&world, |jwt| jwt["sub"] = json!(holder));
    let embedded: Value =
        serde_json::from_str(&card_v1(&world, |card| card["credentialSubject"]["id"] = json!(holder)))
            .unwrap();
    let shown = |credentials: Value, change: &dyn Fn(&mut Value)| {
        world.check_presented(&presentation_v1(&world, credentials, change))
    };
    let outcome = shown(json!([licence, embedded]), &|_| {});
    assert_eq!(outcome.format.map(InputFormat::name), Some("jwt_vp_json"));
    let Decision::Accepted(credentials) = outcome.decision else { panic!("{:?}", outcome.decision) };
    let formats: Vec<&str> = credentials.iter().map(|credential| credential.format().name()).collect();
    assert_eq!(formats, ["jwt_vc_json", "ldp_vc"]);
    assert!(
        credentials.iter().all(|credential| {
            credential.evidence().holder.as_ref().is_some_and(|holder| holder.is_subject)
        })
    );
    accepted(shown(json!(licence), &|_| {}));

    type Change = fn(&mut Value);
    let refused: [(Change, &str); 11] = [
        (|jwt| jwt["aud"] = json!("the stall"), "audience_mismatch"),
        (|jwt| drop(jwt.as_object_mut().unwrap().shift_remove("aud")), "audience_mismatch"),
        (|jwt| jwt["nonce"] = json!("n-2"), "nonce_mismatch"),
        (|jwt| jwt["exp"] = json!(1_700_000_000), "expired"),
        (|jwt| jwt["exp"] = json!("soon"), "malformed"),
        (|jwt| jwt["vp"]["@context"] = json!([V2]), "context_not_allowed"),
        (|jwt| jwt["vp"]["type"] = json!("VerifiableCredential"), "malformed"),
        (
            |jwt| jwt["vp"]["holder"] = json!("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"),
            "key_mismatch",
        ),
        (|jwt| jwt["vp"]["id"] = json!("urn:uuid:2"), "malformed"),
        (|jwt| jwt["vp"]["verifiableCredential"] = json!([1]), "malformed"),
        // Both at once: it is read as a credential, and holds none.
        (|jwt| jwt["vc"] = json!({}), "context_not_allowed"),
    ];
    for (number, (change, reason)) in refused.into_iter().enumerate() {
        let outcome = shown(json!([licence]), &change);
        assert!(!matches!(outcome.decision, Decision::Accepted(_)), "{number}");
        assert_eq!(outcome.decision.reasons().first().map(|reason| reason.name()), Some(reason), "{number}");
    }
    // Whoever signs is the holder, and what is inside is of this version.
    let forged = presentation_v1(&world, json!([licence]), |_| {});
    let (kept, _) = forged.rsplit_once('.').unwrap();
    assert_verdict(
        &world.check_presented(&format!("{kept}.{}", "A".repeat(86))),
        "rejected signature_invalid",
    );
    let of_2_0 = licence_with(&world, json!({}));
    assert_verdict(&shown(json!([of_2_0]), &|_| {}), "rejected type_mismatch");
    // Where nobody asked for a presentation it is none.
    assert_verdict(&world.check(&forged), "rejected type_mismatch");
}

/// A licence with more members.
fn licence_with(world: &World, members: Value) -> String {
    let mut draft = world.draft("business-licence", Format::VcJwt, world.holder.verification_key());
    draft.claims.extend(object(members));
    world.sign(&draft, &world.issuer_of("business-licence").key)
}

fn multihash(bytes: &[u8]) -> String {
    let digest = [&[0x12, 32][..], &HashAlgorithm::Sha256.digest(bytes)].concat();
    portage_keys::multibase::encode_base64url(&digest)
}

#[test]
fn a_related_resource_that_is_here_must_be_the_one_that_the_issuer_means() {
    let world = World::new();
    let related = |id: &str, digest: String| {
        licence_with(&world, json!({ "relatedResource": { "id": id, "digestMultibase": digest } }))
    };
    let context = world.contexts.document(V2).unwrap();
    accepted(world.check(&related(V2, multihash(context.as_bytes()))));
    accepted(world.check(&related("https://city.example/logo", multihash(b"a logo"))));
    assert_verdict(&world.check(&related(V2, multihash(b"another"))), "rejected context_not_allowed");
    assert_verdict(&world.check(&related(V2, "uJKGM".into())), "rejected malformed");
}

#[test]
fn a_credential_fits_the_schemas_that_it_names_and_that_are_here() {
    const URL: &str = "https://city.example/schemas/licence.json";
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": { "credentialSubject": { "required": ["trade_name"] } },
    });
    let mut world = World::new();
    let named = |world: &World, schema: Value| {
        world.check(&licence_with(world, json!({ "credentialSchema": schema })))
    };
    let licence = json!({ "id": URL, "type": "JsonSchema" });
    let evidence = |world: &World, schema: Value| accepted(named(world, schema)).evidence().credential_schema;
    assert_eq!(evidence(&world, licence.clone()), SchemaEvidence::NotChecked);
    let bytes = schema.to_string().into_bytes();
    world.catalog.add_schema(URL, &bytes).unwrap();
    assert_eq!(evidence(&world, licence.clone()), SchemaEvidence::Matched);
    assert_eq!(evidence(&world, json!({ "id": URL, "type": "Other" })), SchemaEvidence::NotChecked);
    assert_eq!(
        evidence(&world, json!({ "id": URL, "type": "JsonSchema", "digestMultibase": multihash(&bytes) })),
        SchemaEvidence::Matched
    );
    let other = json!({ "id": URL, "type": "JsonSchema", "digestMultibase": multihash(b"another") });
    assert_verdict(&named(&world, other), "rejected schema_mismatch");
    let stricter = json!({ "properties": { "credentialSubject": { "required": ["shoe_size"] } } });
    world.catalog.add_schema(URL, stricter.to_string().as_bytes()).unwrap();
    assert_verdict(&named(&world, licence), "rejected schema_mismatch");
    let remote = json!({ "$ref": "https://attacker.example/schema.json" });
    assert!(world.catalog.add_schema(URL, remote.to_string().as_bytes()).is_err());
}

#[test]
fn s09_refresh_and_message_are_evidence_and_refuse_nothing() {
    let mut world = World::new();
    let texts = ["fine", "under review", "address unknown", "see the counter"].map(str::to_owned);
    let messages = StatusMessages::new(texts.to_vec()).unwrap();
    let url = |world: &World, purpose: &str| world.city.url(&format!("/status/{purpose}"));
    for (purpose, size, value) in [(StatusPurpose::Message, 2, 2), (StatusPurpose::Refresh, 1, 1)] {
        let mut bits = Bitstring::with_size(size).unwrap();
        bits.set_value(94_567, value).unwrap();
        let url = url(&world, purpose.name());
        let (from, until) = (world.now, "2030-01-01T00:00:00Z".parse().unwrap());
        let list = list_credential(&url, world.city.did.as_str(), purpose, &bits, from, until, 60_000);
        let list = world.sign_list(&list, &world.city, Default::default());
        world.sources.lists.insert(url, (list.into_bytes(), 0));
    }
    let message = message_entry(&url(&world, "message"), 94_567, &messages);
    let refresh = entry(&url(&world, "refresh"), StatusPurpose::Refresh, 94_567);
    let licence = licence_with(&world, json!({ "credentialStatus": [message, refresh] }));
    let outcome = world.check(&licence);
    assert_eq!(
        outcome.to_json()["evidence"]["status_notes"],
        json!([
            { "purpose": "message", "value": 2, "message": "address unknown" },
            { "purpose": "refresh", "value": 1, "message": null },
        ])
    );
    assert_eq!(accepted(outcome).evidence().status_notes.len(), 2);
}
