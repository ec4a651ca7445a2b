use portage_keys::{Signer, SigningKey};
use proptest::{prelude::*, test_runner::RngSeed};

use super::*;

const ED25519: &str = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
const P256: &str = "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv";

fn city() -> Did {
    Did::parse("did:web:city.example").unwrap()
}

fn multikey(id: &str, controller: &str, key: &str) -> Value {
    json!({"id": id, "type": "Multikey", "controller": controller, "publicKeyMultibase": key})
}

/// A document of the city with one Ed25519 key for assertions and one P-256 key for authentication.
fn document() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": "did:web:city.example",
        "verificationMethod": [
            multikey("did:web:city.example#key-1", "did:web:city.example", ED25519),
            multikey("#key-2", "did:web:city.example", P256),
        ],
        "assertionMethod": ["did:web:city.example#key-1"],
        "authentication": ["#key-2"],
        "service": [{"id": "#files", "type": "LinkedDomains", "serviceEndpoint": "https://city.example"}],
    })
}

fn parse(document: &Value) -> Result<DidDocument, DocumentError> {
    DidDocument::parse(&city(), document.to_string().as_bytes())
}

fn key_for(document: &Value, fragment: &str, relationship: Relationship) -> Result<String, DocumentError> {
    let method = city().with_fragment(fragment).unwrap();
    parse(document)?.key_for(&method, relationship).map(|key| multibase::to_multikey(&key))
}

#[test]
fn a_key_is_handed_out_for_its_purpose_alone() {
    use Relationship::{AssertionMethod, Authentication};
    let document = document();
    assert_eq!(key_for(&document, "key-1", AssertionMethod).unwrap(), ED25519);
    assert_eq!(key_for(&document, "key-2", Authentication).unwrap(), P256);
    assert_eq!(key_for(&document, "key-1", Authentication), Err(DocumentError::PurposeMismatch));
    assert_eq!(key_for(&document, "key-2", AssertionMethod), Err(DocumentError::PurposeMismatch));
    assert_eq!(key_for(&document, "key-3", AssertionMethod), Err(DocumentError::KeyNotFound));
    assert_eq!(key_for(&document, "files", AssertionMethod), Err(DocumentError::KeyNotFound));
    let keys = parse(&document).unwrap().keys_for(Authentication);
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].0.to_string(), "did:web:city.example#key-2");
}

#[test]
fn an_embedded_method_serves_its_own_relationship() {
    let mut document = document();
    document["assertionMethod"] = json!([multikey("#key-3", "did:web:city.example", P256)]);
    assert_eq!(key_for(&document, "key-3", Relationship::AssertionMethod).unwrap(), P256);
    assert_eq!(
        key_for(&document, "key-3", Relationship::Authentication),
        Err(DocumentError::PurposeMismatch)
    );
    assert_eq!(
        key_for(&document, "key-1", Relationship::AssertionMethod),
        Err(DocumentError::PurposeMismatch)
    );
}

#[test]
fn v05_a_method_that_names_another_controller_is_nobodys_key() {
    let mut document = document();
    document["verificationMethod"][0]["controller"] = json!("did:web:province.example");
    assert_eq!(key_for(&document, "key-1", Relationship::AssertionMethod), Err(DocumentError::KeyMismatch));

    let mut document = self::document();
    document["verificationMethod"][0]["id"] = json!("did:web:province.example#key-1");
    document["assertionMethod"][0] = json!("did:web:province.example#key-1");
    let method = DidUrl::parse("did:web:province.example#key-1").unwrap();
    let verdict = parse(&document).unwrap().key_for(&method, Relationship::AssertionMethod);
    assert_eq!(verdict, Err(DocumentError::KeyMismatch));
    assert!(parse(&document).unwrap().keys_for(Relationship::AssertionMethod).is_empty());
}

#[test]
fn t14_a_document_of_another_did_is_refused() {
    for id in ["did:web:province.example", "did:web:CITY.example", "did:web:city.example#", ""] {
        let mut document = document();
        document["id"] = json!(id);
        assert_eq!(parse(&document).err(), Some(DocumentError::OtherSubject), "{id}");
    }
}

#[test]
fn every_type_of_method_we_know_is_read() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "other"});
    for (kind, member, material) in [
        ("JsonWebKey", "publicKeyJwk", jwk.clone()),
        ("JsonWebKey2020", "publicKeyJwk", jwk.clone()),
        ("Ed25519VerificationKey2020", "publicKeyMultibase", json!(ED25519)),
        ("Multikey", "publicKeyMultibase", json!(P256)),
    ] {
        let mut document = document();
        document["verificationMethod"][0] =
            json!({"id": "#key-1", "type": kind, "controller": "did:web:city.example", member: material});
        assert!(key_for(&document, "key-1", Relationship::AssertionMethod).is_ok(), "{kind}");
    }
    for (kind, member, material, expected) in [
        ("Multikey", "publicKeyJwk", jwk.clone(), Reason::KeyNotFound),
        ("JsonWebKey", "publicKeyMultibase", json!(ED25519), Reason::KeyNotFound),
        ("Ed25519VerificationKey2018", "publicKeyBase58", json!("4zvwRj"), Reason::KeyNotFound),
        ("Ed25519VerificationKey2020", "publicKeyMultibase", json!(P256), Reason::Malformed),
        ("Multikey", "publicKeyMultibase", json!("z6MkX"), Reason::Malformed),
        ("Multikey", "publicKeyMultibase", json!(1), Reason::Malformed),
        ("JsonWebKey", "publicKeyJwk", json!({"kty": "RSA"}), Reason::KeyNotFound),
        (
            "JsonWebKey",
            "publicKeyJwk",
            json!({"kty": "OKP", "crv": "Ed25519", "x": x, "d": x}),
            Reason::Malformed,
        ),
    ] {
        let mut document = document();
        document["verificationMethod"][0] =
            json!({"id": "#key-1", "type": kind, "controller": "did:web:city.example", member: material});
        let error = key_for(&document, "key-1", Relationship::AssertionMethod).unwrap_err();
        assert_eq!(error.reason(), expected, "{kind}");
    }
}

#[test]
fn two_keys_in_one_method_and_keys_that_ended_are_not_used() {
    let mut document = document();
    document["verificationMethod"][0]["publicKeyJwk"] = json!({"kty": "OKP"});
    let error = key_for(&document, "key-1", Relationship::AssertionMethod).unwrap_err();
    assert_eq!(error.reason(), Reason::Malformed);
    for member in ["revoked", "expires"] {
        let mut document = self::document();
        document["verificationMethod"][0][member] = json!("2025-01-01T00:00:00Z");
        let verdict = key_for(&document, "key-1", Relationship::AssertionMethod);
        assert_eq!(verdict, Err(DocumentError::KeyNotFound));
    }
}

#[test]
fn an_unusable_method_hides_no_other() {
    let mut document = document();
    let methods = document["verificationMethod"].as_array_mut().unwrap();
    methods.push(
        json!({"id": "#new", "type": "FutureKey", "controller": "did:web:city.example", "publicKey": {}}),
    );
    document["assertionMethod"] = json!(["#new", "#absent", "did:web:city.example#key-1", "did:example:x#1"]);
    assert_eq!(key_for(&document, "key-1", Relationship::AssertionMethod).unwrap(), ED25519);
    assert_eq!(key_for(&document, "absent", Relationship::AssertionMethod), Err(DocumentError::KeyNotFound));
    assert_eq!(parse(&document).unwrap().keys_for(Relationship::AssertionMethod).len(), 1);
}

#[test]
fn wrong_shapes_are_malformed() {
    let spoilt = |spoil: fn(&mut Value)| {
        let mut document = document();
        spoil(&mut document);
        document
    };
    for document in [
        json!([]),
        json!({}),
        spoilt(|document| document["id"] = json!(1)),
        spoilt(|document| document["verificationMethod"] = json!({})),
        spoilt(|document| document["verificationMethod"] = json!(["#key-1"])),
        spoilt(|document| document["verificationMethod"][0]["id"] = json!(null)),
        spoilt(|document| document["verificationMethod"][0]["type"] = json!(["Multikey"])),
        spoilt(|document| document["verificationMethod"][0]["controller"] = json!(["did:web:city.example"])),
        spoilt(|document| document["verificationMethod"][1]["id"] = json!("#key-1")),
        spoilt(|document| document["authentication"] = json!("#key-2")),
        spoilt(|document| document["authentication"] = json!([1])),
        spoilt(|document| document["keyAgreement"] = json!([{"id": "#key-1"}])),
    ] {
        assert!(matches!(parse(&document), Err(DocumentError::Malformed(_))), "{document}");
    }
    let duplicate = document().to_string().replacen("\"id\"", "\"id\":\"did:web:city.example\",\"id\"", 1);
    assert!(matches!(DidDocument::parse(&city(), duplicate.as_bytes()), Err(DocumentError::Malformed(_))));
    let large = format!("{}{}", document(), " ".repeat(256 << 10));
    assert_eq!(DidDocument::parse(&city(), large.as_bytes()).err(), Some(DocumentError::TooLarge));
}

#[test]
fn the_document_of_a_service_reads_back() {
    let ed25519 = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[1; 32]).unwrap();
    let p256 = SigningKey::from_secret_bytes(Algorithm::Es256, &[2; 32]).unwrap();
    let document = DidDocument::of_keys(
        &city(),
        &[
            (
                "key-1",
                ed25519.verification_key(),
                &[Relationship::AssertionMethod, Relationship::Authentication],
            ),
            ("key-2", p256.verification_key(), &[Relationship::Authentication]),
        ],
    );
    let read = parse(document.to_value()).unwrap();
    let key =
        |fragment: &str, relationship| read.key_for(&city().with_fragment(fragment).unwrap(), relationship);
    assert_eq!(key("key-1", Relationship::AssertionMethod).as_ref(), Ok(ed25519.verification_key()));
    assert_eq!(key("key-2", Relationship::Authentication).as_ref(), Ok(p256.verification_key()));
    assert_eq!(key("key-2", Relationship::AssertionMethod), Err(DocumentError::PurposeMismatch));
    assert_eq!(read.keys_for(Relationship::Authentication).len(), 2);
    assert_eq!(document.to_value().get("keyAgreement"), None);
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_change_of_one_byte_is_read_without_a_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = document().to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(document) = DidDocument::parse(&city(), &bytes) {
            let _ = document.keys_for(Relationship::AssertionMethod);
            let _ = document.keys_for(Relationship::Authentication);
        }
    }
}
