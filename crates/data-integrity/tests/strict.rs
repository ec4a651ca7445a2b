//! What canonicalization refuses, each beside a twin that it accepts (V-10 to V-13).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by failing"
)]

mod shared;

use portage_catalog::Contexts;
use portage_data_integrity::{CanonicalizeError, canonicalize, expanded_types};
use serde_json::{Map, Value, json};

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const OURS: &str = "https://contexts.example/v1";
const UNDEFINED: &str = "https://www.w3.org/ns/credentials/undefined-terms/v2";

fn contexts() -> Contexts {
    let mut contexts = Contexts::bundled();
    let ours = json!({ "@context": {
        "@protected": true,
        "Licence": "https://contexts.example/v1#Licence",
        "number": "https://contexts.example/v1#number",
        "holder": { "@id": "https://contexts.example/v1#holder", "@type": "@id" },
        "steps": { "@id": "https://contexts.example/v1#steps", "@container": "@list" },
        "titles": { "@id": "https://contexts.example/v1#titles", "@container": "@language" },
        "byDay": { "@id": "https://contexts.example/v1#byDay", "@container": "@index" },
        "raw": { "@id": "https://contexts.example/v1#raw", "@type": "@json" },
        "gone": null,
    }});
    contexts.add(OURS, ours.to_string().as_bytes()).unwrap();
    contexts
}

fn sound() -> Map<String, Value> {
    let credential = json!({
        "@context": [V2, OURS],
        "type": ["VerifiableCredential", "Licence"],
        "issuer": "did:example:city",
        "validFrom": "2026-01-01T00:00:00Z",
        "name": { "@value": "رخصة", "@language": "ar", "@direction": "rtl" },
        "credentialSubject": {
            "id": "did:example:somebody",
            "number": 7,
            "steps": [],
            "titles": { "fr": "Permis", "en": ["Licence", "Permit"] },
            "raw": { "any": [null, {}] },
        },
    });
    credential.as_object().unwrap().clone()
}

type Change = fn(&mut Map<String, Value>);

fn refused(change: Change) -> CanonicalizeError {
    let mut document = sound();
    change(&mut document);
    canonicalize(&document, &contexts()).unwrap_err()
}

#[test]
fn the_sound_twin_is_accepted_and_every_member_is_in_the_quads() {
    let quads = canonicalize(&sound(), &contexts()).unwrap().nquads;
    for part in [
        r#""رخصة"^^<https://www.w3.org/ns/i18n#ar_rtl>"#,
        r#""7"^^<http://www.w3.org/2001/XMLSchema#integer>"#,
        r#""Permis"@fr"#,
        r#""Permit"@en"#,
        r#""{\"any\":[null,{}]}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>"#,
        "v1#steps> <http://www.w3.org/1999/02/22-rdf-syntax-ns#nil>",
    ] {
        assert!(quads.contains(part), "{part} in\n{quads}");
    }
}

#[test]
fn v10_inline_contexts_are_not_allowed_wherever_they_stand() {
    let changes: [Change; 6] = [
        |doc| doc["@context"] = json!([V2, OURS, { "number": "https://contexts.example/v1#holder" }]),
        |doc| doc["@context"] = json!([V2, OURS, { "@vocab": "https://attacker.example/#" }]),
        |doc| doc["@context"] = json!({ "@import": V2 }),
        |doc| doc["@context"] = json!([V2, [OURS]]),
        |doc| doc["credentialSubject"]["@context"] = json!({ "number": null }),
        |doc| doc["credentialSubject"]["@context"] = json!(null),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(refused(change), CanonicalizeError::ContextNotAllowed, "{number}");
    }
}

#[test]
fn v12_contexts_that_are_not_in_the_set_are_not_allowed() {
    let changes: [Change; 5] = [
        |doc| doc["@context"] = json!([V2, "https://unknown.example/v1"]),
        |doc| doc["@context"] = json!(["http://www.w3.org/ns/credentials/v2", OURS]),
        |doc| doc["@context"] = json!([V2, OURS, "http://169.254.169.254/latest"]),
        |doc| doc["@context"] = json!([V2, OURS, "v1"]),
        |doc| doc["credentialSubject"]["@context"] = json!(["https://unknown.example/v1"]),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(refused(change), CanonicalizeError::ContextNotAllowed, "{number}");
    }
    let mut again = sound();
    again["credentialSubject"]["@context"] = json!([V2, OURS]);
    assert!(canonicalize(&again, &contexts()).is_ok());
}

#[test]
fn v11_what_the_quads_would_not_keep_is_data_loss() {
    let changes: [Change; 27] = [
        |doc| drop(doc.insert("isAdmin".into(), true.into())),
        |doc| drop(doc.insert("isAdmin".into(), Value::Null)),
        |doc| drop(doc.insert("@isAdmin".into(), true.into())),
        |doc| drop(doc.insert("@vocab".into(), "https://attacker.example/#".into())),
        |doc| drop(doc.insert("@index".into(), "x".into())),
        |doc| drop(doc.insert("@language".into(), "fr".into())),
        |doc| drop(doc.insert("".into(), "x".into())),
        |doc| doc["credentialSubject"]["isAdmin"] = true.into(),
        |doc| doc["credentialSubject"]["gone"] = "lost".into(),
        |doc| doc["credentialSubject"]["_:b"] = "lost".into(),
        |doc| doc["credentialSubject"]["number"] = Value::Null,
        |doc| doc["credentialSubject"]["number"] = json!([]),
        |doc| doc["credentialSubject"]["number"] = json!([7, null]),
        |doc| doc["credentialSubject"]["number"] = json!({ "@value": 7, "@index": "x" }),
        |doc| doc["credentialSubject"]["number"] = json!({ "@value": null }),
        |doc| doc["credentialSubject"]["number"] = json!({ "@set": [7], "@index": "x" }),
        |doc| doc["credentialSubject"]["byDay"] = json!({ "monday": 7 }),
        |doc| doc["credentialSubject"]["holder"] = "somebody".into(),
        |doc| doc["credentialSubject"]["holder"] = "@lost".into(),
        |doc| doc["credentialSubject"]["holder"] = "@type".into(),
        |doc| doc["credentialSubject"]["holder"] = "did:example:a b".into(),
        |doc| doc["credentialSubject"]["id"] = "somebody".into(),
        |doc| doc["credentialSubject"]["titles"] = json!({ "not a language": "x" }),
        |doc| doc["credentialSubject"]["type"] = "Undefined".into(),
        |doc| doc["type"] = json!(["VerifiableCredential", "Undefined"]),
        |doc| doc["type"] = json!([]),
        |doc| doc["issuer"] = "/city".into(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(refused(change), CanonicalizeError::DataLoss, "{number}");
    }
    assert_eq!(canonicalize(&Map::new(), &contexts()).unwrap_err(), CanonicalizeError::DataLoss);
}

#[test]
fn what_is_not_json_ld_is_malformed() {
    let changes: [Change; 6] = [
        |doc| doc["type"] = json!([1]),
        |doc| doc["credentialSubject"]["id"] = json!(["did:example:a", "did:example:b"]),
        |doc| doc["credentialSubject"]["number"] = json!({ "@value": 7, "number": 7 }),
        |doc| doc["credentialSubject"]["number"] = json!({ "@value": 7, "@language": "fr" }),
        |doc| doc["credentialSubject"]["@id"] = "did:example:other".into(),
        |doc| doc["name"]["@direction"] = "up".into(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert!(
            matches!(refused(change), CanonicalizeError::Malformed(_)),
            "{number}: {:?}",
            refused(change)
        );
    }
}

#[test]
fn a_protected_term_is_not_redefined() {
    let mut contexts = contexts();
    let other = json!({ "@context": { "VerifiableCredential": "https://attacker.example/#Other" } });
    contexts.add("https://contexts.example/v2", other.to_string().as_bytes()).unwrap();
    let mut document = sound();
    document["@context"] = json!([V2, OURS, "https://contexts.example/v2"]);
    assert_eq!(
        canonicalize(&document, &contexts).unwrap_err(),
        CanonicalizeError::Malformed("a protected term redefined")
    );
}

/// A credential of `nodes` blank nodes that all know each other: the JSON form of the poison graph.
fn clique(nodes: usize) -> Map<String, Value> {
    let known = |a: usize| (0..nodes).filter(move |b| *b != a).map(|b| json!({ "id": format!("_:n{b}") }));
    let subjects: Vec<Value> = (0..nodes)
        .map(|a| json!({ "id": format!("_:n{a}"), "knows": known(a).collect::<Vec<_>>() }))
        .collect();
    let document = json!({
        "@context": [V2, UNDEFINED],
        "type": "VerifiableCredential",
        "issuer": "did:example:city",
        "credentialSubject": subjects,
    });
    document.as_object().unwrap().clone()
}

#[test]
fn v13_a_credential_with_a_clique_of_blank_nodes_is_too_complex_in_time_and_memory() {
    let contexts = Contexts::bundled();
    assert!(canonicalize(&clique(3), &contexts).is_ok());
    for nodes in [8, 9, 10, 11, 12] {
        let before = peak_memory_kib();
        let start = shared::computed();
        let result = canonicalize(&clique(nodes), &contexts);
        let (time, memory) = (shared::computed() - start, peak_memory_kib().saturating_sub(before));
        assert_eq!(result.unwrap_err(), CanonicalizeError::TooComplex, "{nodes}");
        println!("{nodes} nodes: {time:?}, {memory} KiB");
        assert!(time.as_millis() < 1000, "{nodes}: {time:?}");
        assert!(memory < 100 << 10, "{nodes}: {memory} KiB");
    }
}

/// The peak resident size of this process; 0 where the system does not say.
fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

#[test]
fn a_context_twice_is_malformed_and_nesting_without_end_too_complex() {
    let mut document = sound();
    document["@context"] = json!([V2, OURS, V2]);
    let malformed = CanonicalizeError::Malformed("a context that does not hold");
    assert_eq!(canonicalize(&document, &contexts()).unwrap_err(), malformed);
    let mut nested = json!({ "id": "did:example:deepest" });
    for _ in 0..200 {
        nested = json!({ "https://example.org/in": nested });
    }
    let mut document = sound();
    document["credentialSubject"] = nested;
    assert_eq!(canonicalize(&document, &contexts()).unwrap_err(), CanonicalizeError::TooComplex);
}

#[test]
fn types_are_expanded_and_what_no_context_defines_stays_as_it_is() {
    let mut document = sound();
    document["type"] = json!(["VerifiableCredential", "Licence", "Undefined", "https://example.org/T"]);
    assert_eq!(
        expanded_types(&document, &contexts()).unwrap(),
        [
            "https://www.w3.org/2018/credentials#VerifiableCredential",
            "https://contexts.example/v1#Licence",
            "Undefined",
            "https://example.org/T"
        ]
    );
    document["@context"] = json!([V2, {}]);
    assert_eq!(expanded_types(&document, &contexts()), Err(CanonicalizeError::ContextNotAllowed));
}

#[test]
fn a_set_names_each_value_once() {
    let mut once = sound();
    once["type"].as_array_mut().unwrap().push(json!("VerifiableCredential"));
    assert_eq!(canonicalize(&once, &contexts()).unwrap_err(), CanonicalizeError::DataLoss);
    for (single, twice) in [
        (json!(["x"]), json!(["x", "x"])),
        (json!(["x", "y"]), json!(["x", "y", "x"])),
        (json!([1, 2]), json!([1, 1.0])),
        (json!(["x", { "@value": "x", "@language": "fr" }]), json!(["x", { "@value": "x" }])),
    ] {
        let numbered = |value: &Value| {
            let mut document = sound();
            document["credentialSubject"]["number"] = value.clone();
            canonicalize(&document, &contexts())
        };
        assert!(numbered(&single).is_ok(), "{single}");
        assert_eq!(numbered(&twice).unwrap_err(), CanonicalizeError::DataLoss, "{twice}");
    }
    let held_by = |holders: Value| {
        let mut document = sound();
        document["credentialSubject"]["holder"] = holders;
        canonicalize(&document, &contexts())
    };
    assert!(held_by(json!(["did:example:a", "did:example:b"])).is_ok());
    assert_eq!(held_by(json!(["did:example:a", "did:example:a"])).unwrap_err(), CanonicalizeError::DataLoss);
    // A list keeps its repetitions.
    let mut list = sound();
    list["credentialSubject"]["steps"] = json!(["x", "x"]);
    assert!(canonicalize(&list, &contexts()).is_ok());
}
