use serde_json::{Map, Value, json};

use super::{credential, object, with};
use crate::{CONTEXT_V2, Credential, CredentialBuilder, CredentialError};

fn outcome(pointer: &str, value: impl Into<Option<Value>>) -> Result<(), CredentialError> {
    Credential::parse(with(&credential(), pointer, value.into())).map(|_| ())
}

#[test]
fn a_credential_tells_what_it_holds() {
    let parsed = Credential::parse(object(credential())).expect("a credential");
    assert_eq!(parsed.issuer(), "did:web:city.example");
    assert_eq!(parsed.types(), ["BusinessLicence"]);
    assert_eq!(parsed.subject_id(), credential()["credentialSubject"]["id"].as_str());
    assert_eq!(parsed.subjects().len(), 1);
    assert_eq!(parsed.valid_from(), Some("2026-01-01T00:00:00Z".parse().expect("an instant")));
    assert_eq!(parsed.valid_until(), Some("2027-01-01T07:59:59Z".parse().expect("an instant")));
    let statuses = parsed.statuses();
    assert_eq!(statuses.len(), 2);
    assert!(statuses.iter().all(|status| status.kind == "BitstringStatusListEntry"));
    assert_eq!(statuses[1].object["statusPurpose"], "suspension");
    assert_eq!(Value::Object(parsed.document().clone()), credential());
    assert!(!format!("{parsed:?}{statuses:?}").contains("Salt") && !format!("{statuses:?}").contains('7'));
}

#[test]
fn v10_v12_contexts_are_the_base_one_then_urls_and_objects() {
    assert_eq!(outcome("/@context", json!([CONTEXT_V2])), Ok(()));
    // Whether this object may be used is not a question of form: whoever knows the contexts says no (`verification`, `data-integrity`).
    assert_eq!(outcome("/@context", json!([CONTEXT_V2, { "trade_name": null }])), Ok(()));
    for contexts in [
        json!(["https://city.example/licence/v1", CONTEXT_V2]),
        json!(["https://www.w3.org/2018/credentials/v1"]),
        json!([]),
        json!(CONTEXT_V2),
        json!({ "@vocab": "x" }),
        json!([CONTEXT_V2, 1]),
        json!([CONTEXT_V2, null]),
        json!([CONTEXT_V2, "licence"]),
        json!([[CONTEXT_V2]]),
        Value::Null,
    ] {
        assert_eq!(
            outcome("/@context", contexts.clone()),
            Err(CredentialError::ContextNotAllowed),
            "{contexts}"
        );
    }
    assert_eq!(outcome("/@context", None), Err(CredentialError::ContextNotAllowed));
}

#[test]
fn each_rule_of_the_data_model_is_held() {
    let accepted = [
        ("/type", json!("VerifiableCredential")),
        (
            "/issuer",
            json!({ "id": "https://city.example", "name": [{ "@value": "Ville", "@language": "fr" }] }),
        ),
        (
            "/credentialSubject",
            json!([{ "a": 1 }, { "id": "urn:uuid:9c9a36f8-518f-4976-a934-6649502d0008" }]),
        ),
        ("/credentialStatus", json!({ "type": "X", "id": "https://city.example/s/1#7" })),
        ("/credentialSchema", json!([{ "type": "JsonSchema", "id": "https://city.example/schema" }])),
        (
            "/relatedResource",
            json!([{ "id": "https://a.example", "digestSRI": "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=" }, { "id": "https://b.example", "digestMultibase": "uEiAs8k26X7CjDiboOyrFueKeGxYeXB-nQl5zBDNik4uYJA" }]),
        ),
        ("/validFrom", json!("2026-12-31T23:59:59-08:00")),
        ("/validUntil", json!("9999-12-31T23:59:59Z")),
        ("/name", json!("Licence")),
        ("/unknown", json!({ "kept": [null] })),
    ];
    for (pointer, value) in accepted {
        assert_eq!(outcome(pointer, value.clone()), Ok(()), "{pointer} {value}");
    }
    let refused = [
        ("/type", json!(["BusinessLicence"])),
        ("/type", json!(["VerifiableCredential", 1])),
        ("/type", json!(["VerifiableCredential", "a b"])),
        ("/type", json!([])),
        ("/id", json!("not a url")),
        ("/id", json!(["https://a.example"])),
        ("/issuer", json!("city")),
        ("/issuer", json!(["did:web:city.example"])),
        ("/issuer", json!({ "id": "did:web:city.example", "name": 1 })),
        ("/credentialSubject", json!([])),
        ("/credentialSubject", json!({})),
        ("/credentialSubject", json!("did:web:x.example")),
        ("/credentialSubject", json!([{ "a": 1 }, "x"])),
        ("/credentialSubject", json!({ "id": "x" })),
        ("/credentialStatus", json!({ "id": "https://city.example/s/1#7" })),
        ("/credentialStatus", json!([])),
        ("/credentialStatus", json!("revoked")),
        ("/credentialStatus", json!([{ "type": "X" }, { "type": [] }])),
        ("/credentialSchema", json!({ "type": "JsonSchema" })),
        ("/evidence", json!({})),
        ("/termsOfUse", json!([{ "id": "https://a.example" }])),
        ("/refreshService", json!({ "type": null })),
        ("/proof", json!({ "proofValue": "z" })),
        ("/relatedResource", json!([{ "id": "https://a.example" }])),
        ("/relatedResource", json!([{ "id": "https://a.example", "digestSRI": 1 }])),
        ("/relatedResource", json!([{ "id": "https://a.example", "digestSRI": "x" }])),
        ("/relatedResource", json!([{ "digestSRI": "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=" }])),
        (
            "/relatedResource",
            json!([{ "id": "https://a.example", "digestSRI": "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=" }, { "id": "https://a.example", "digestSRI": "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=" }]),
        ),
        ("/validUntil", json!("2025-12-31T23:59:59Z")),
        ("/name", json!({ "@language": "en" })),
        ("/name", json!({ "@value": "x", "@direction": "up" })),
        ("/name", json!(["x"])),
        ("/description", json!({ "@value": "x", "url": "y" })),
    ];
    for (pointer, value) in refused {
        assert!(
            matches!(outcome(pointer, value.clone()), Err(CredentialError::Malformed(_))),
            "{pointer} {value}"
        );
    }
    for missing in ["/type", "/issuer", "/credentialSubject"] {
        assert!(matches!(outcome(missing, None), Err(CredentialError::Malformed(_))), "{missing}");
    }
}

/// §5.10.
#[test]
fn a_reserved_property_says_its_type() {
    for name in ["/renderMethod", "/confidenceMethod"] {
        let typed = json!({ "type": "TemplateRenderMethod", "template": "x" });
        assert_eq!(outcome(name, json!([typed.clone(), typed.clone()])), Ok(()), "{name}");
        for untyped in [json!({ "template": "x" }), json!([typed, {}]), json!("x"), json!([])] {
            assert!(
                matches!(outcome(name, untyped.clone()), Err(CredentialError::Malformed(_))),
                "{name} {untyped}"
            );
        }
    }
}

#[test]
fn v25_a_date_that_is_not_one_is_malformed_never_absent() {
    for name in ["/validFrom", "/validUntil"] {
        assert_eq!(outcome(name, json!("2026-06-01T00:00:00")), Ok(()), "without an offset it is UTC");
        assert_eq!(outcome(name, None), Ok(()));
        for wrong in [
            json!(1_768_500_000),
            json!("2026-06-01"),
            json!(""),
            json!(true),
            Value::Null,
            json!(["2026-06-01T00:00:00Z"]),
        ] {
            assert!(
                matches!(outcome(name, wrong.clone()), Err(CredentialError::Malformed(_))),
                "{name} {wrong}"
            );
        }
    }
}

#[test]
fn what_is_built_keeps_the_data_model_and_the_holder_is_the_subject() {
    let claims = object(json!({ "id": "did:web:somebody.example", "trade_name": "Salt & Cedar" }));
    let status = json!({ "type": "BitstringStatusListEntry" });
    let builder = CredentialBuilder {
        contexts: &["https://city.example/licence/v1".to_owned()],
        vc_type: "BusinessLicence",
        issuer: "did:web:city.example",
        subject_id: Some("did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"),
        claims: &claims,
        valid_from: "2026-01-01T00:00:00.25Z".parse().expect("an instant"),
        valid_until: Some("2027-01-01T07:59:59Z".parse().expect("an instant")),
        status: Some(status.clone()),
    };
    assert_eq!(
        Value::Object(builder.build()),
        json!({
            "@context": [CONTEXT_V2, "https://city.example/licence/v1"],
            "type": ["VerifiableCredential", "BusinessLicence"],
            "issuer": "did:web:city.example",
            "validFrom": "2026-01-01T00:00:00Z",
            "validUntil": "2027-01-01T07:59:59Z",
            "credentialStatus": status,
            "credentialSubject": {
                "id": "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj", "trade_name": "Salt & Cedar",
            },
        })
    );
    Credential::parse(builder.build()).expect("a credential");
    let bare = CredentialBuilder {
        contexts: &[],
        subject_id: None,
        claims: &Map::from_iter([("a".into(), json!(1))]),
        valid_until: None,
        status: None,
        ..builder
    };
    Credential::parse(bare.build()).expect("a credential");
}
