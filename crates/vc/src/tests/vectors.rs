//! `../shared/vectors`: the inputs of the W3C suites for VCDM 2.0 and VC-JOSE-COSE.

use std::{collections::BTreeMap, fs, path::PathBuf};

use portage_strict_json::{Limits, parse};
use serde_json::{Map, Value, json};

use crate::{Credential, CredentialError, Presentation, PresentedCredential, jose::credential_of_claims};

/// What the suite wants refused, and by which rule we do.
const REFUSED: &[(&str, &str)] = &[
    ("credential-context-combo4-fail", "context"),
    ("credential-evidence-missing-type-fail", "an object without its `type`"),
    ("credential-id-multi-fail", "an `id` that is not one URL"),
    ("credential-id-subject-multi-fail", "an `id` that is not one URL"),
    ("credential-issuer-null-fail", "`issuer` is not a URL"),
    ("credential-issuer-object-id-no-url-fail", "`issuer` is not a URL"),
    ("credential-missing-base-context-fail-or-inject", "context"),
    ("credential-no-context-fail-or-inject", "context"),
    ("credential-no-issuer-fail", "no `credentialSubject`, or an empty one"),
    ("credential-no-type-fail", "`type` lacks its name, or holds something else than names"),
    ("credential-proof-missing-type-fail", "an object without its `type`"),
    ("credential-redef-type2-fail", "context"),
    ("credential-refresh-no-type-fail", "an object without its `type`"),
    ("credential-schema-no-type-fail", "an object without its `type`"),
    ("credential-schema-non-url-id-fail", "an `id` that is not one URL"),
    ("credential-status-missing-type-fail", "an object without its `type`"),
    ("credential-status-multiple-id-fail", "an `id` that is not one URL"),
    ("credential-status-type-nonurl-fail", "an object without its `type`"),
    ("credential-subject-multiple-empty-fail", "no `credentialSubject`, or an empty one"),
    ("credential-subject-no-claims-fail", "no `credentialSubject`, or an empty one"),
    ("credential-termsofuse-no-type-fail", "an object without its `type`"),
    ("credential-validUntil-validFrom-fail", "`validUntil` before `validFrom`"),
    ("credential-validfrom-invalid-fail", "a date that is not a dateTimeStamp"),
    ("credential-validuntil-invalid-fail", "a date that is not a dateTimeStamp"),
    ("issuer-name-extra-prop-en-fail", "`name` or `description` is not a text with its language"),
    ("presentation-context-order-fail", "context"),
    (
        "presentation-enveloped-vc-missing-type-fail",
        "an entry that is neither a credential nor an enveloped one",
    ),
    ("presentation-holder-fail", "`holder` is not a URL"),
    ("presentation-holder-name-fail", "`holder` is not a URL"),
    ("presentation-missing-base-context-fail", "context"),
    ("presentation-no-context-fail-or-inject", "context"),
    ("presentation-no-type-fail", "`type` lacks its name, or holds something else than names"),
];

/// About what secures them, which the data model does not know: unsecured, and named neither -ok nor -fail.
const LEFT_OUT: &[&str] =
    &["presentation-self-asserted-vc-issuer-mismatch", "presentation-self-asserted-vc-no-holder"];

/// Here the inline context is the point: it is not taken away before the rule is looked at.
const ABOUT_CONTEXTS: &[&str] =
    &["credential-context-combo4-fail", "credential-redef-type2-fail", "presentation-context-order-fail"];

fn inputs(folder: &str) -> BTreeMap<String, Map<String, Value>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors").join(folder);
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("left out: {} is not there", folder.display());
        return BTreeMap::new();
    };
    let files = entries.map(|entry| entry.expect("an entry").path());
    let json = files.filter(|file| file.extension().is_some_and(|extension| extension == "json"));
    json.filter_map(|file| {
        let name = file.file_stem()?.to_str()?.to_owned();
        let Value::Object(document) = parse(&fs::read(&file).ok()?, Limits::MESSAGE).expect("JSON") else {
            return None;
        };
        Some((name, document))
    })
    .collect()
}

/// As the suite does before it posts an input: the issuer's own identifier where there is none, dates where it says so.
fn prepared(name: &str, mut document: Map<String, Value>) -> Map<String, Value> {
    if !name.starts_with("presentation") && name != "credential-no-issuer-fail" {
        let issuer = document.entry("issuer").or_insert_with(|| json!("did:web:issuer.example"));
        if let Value::Object(issuer) = issuer {
            issuer.entry("id").or_insert_with(|| json!("did:web:issuer.example"));
        }
    }
    for date in document.values_mut() {
        match date.as_str() {
            Some("PAST DATE") => *date = json!("2020-01-01T00:00:00Z"),
            Some("FUTURE DATE") => *date = json!("2120-01-01T00:00:00Z"),
            _ => {}
        }
    }
    document
}

fn read(name: &str, document: Map<String, Value>) -> Result<(), CredentialError> {
    if name.starts_with("presentation") {
        Presentation::parse(document).map(|_| ())
    } else {
        Credential::parse(document).map(|_| ())
    }
}

fn has_inline_context(document: &Map<String, Value>) -> bool {
    document.get("@context").and_then(Value::as_array).is_some_and(|all| all.iter().any(Value::is_object))
}

fn rule(error: &CredentialError) -> &'static str {
    match error {
        CredentialError::Malformed(rule) => rule,
        CredentialError::ContextNotAllowed => "context",
        other => panic!("not a rule of the data model: {other}"),
    }
}

#[test]
fn the_inputs_of_the_vcdm_suite_are_accepted_and_refused_by_the_right_rule() {
    let mut inputs = inputs("vcdm-2.0-suite-inputs");
    if inputs.is_empty() {
        return;
    }
    inputs.extend(self::inputs("vcdm-2.0-suite-inputs/names-and-descriptions"));
    assert_eq!(inputs.len(), 78);
    let refused: BTreeMap<&str, &str> = REFUSED.iter().copied().collect();
    assert!(refused.keys().chain(LEFT_OUT).all(|name| inputs.contains_key(*name)), "a name without its file");
    for (name, document) in inputs {
        let mut document = prepared(&name, document);
        if has_inline_context(&document) {
            // Stricter than the suite: inline contexts are refused whatever they say (threat V-10). The rest of the input is looked at without them.
            assert_eq!(read(&name, document.clone()), Err(CredentialError::ContextNotAllowed), "{name}");
            if !ABOUT_CONTEXTS.contains(&name.as_str())
                && let Some(Value::Array(contexts)) = document.get_mut("@context")
            {
                contexts.retain(|context| !context.is_object());
            }
        }
        let outcome = read(&name, document);
        match refused.get(name.as_str()) {
            Some(expected) => assert_eq!(outcome.as_ref().err().map(rule), Some(*expected), "{name}"),
            None => {
                assert!(name.ends_with("-ok") || LEFT_OUT.contains(&name.as_str()), "{name}");
                assert_eq!(outcome, Ok(()), "{name}");
            }
        }
    }
}

#[test]
fn the_unsigned_inputs_of_the_vc_jose_cose_suite_are_read() {
    for (name, document) in inputs("vc-jose-cose-suite-inputs") {
        if name.starts_with("credential") {
            let credential =
                credential_of_claims(&document).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(credential.issuer(), "https://example.issuer/vc-jose-cose");
        } else if name.starts_with("presentation") {
            let presentation =
                Presentation::parse(document.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
            let entries = document["verifiableCredential"].as_array().expect("an array");
            assert_eq!(presentation.credentials().len(), entries.len());
            for (entry, presented) in entries.iter().zip(presentation.credentials()) {
                let PresentedCredential::Enveloped { media_type, text } = presented else { panic!("{name}") };
                assert_eq!(entry["id"], format!("data:{media_type},{text}"), "{name}");
            }
        }
    }
}

/// The suite's signed inputs say when they were issued as a text; RFC 7519 wants a number, and "malformed" is never read as "absent".
#[test]
fn v25_the_text_dates_of_the_vc_jose_cose_suite_are_malformed() {
    let Some(mut signed) = inputs("vc-jose-cose-suite-inputs").remove("credential-minimal") else { return };
    credential_of_claims(&signed).expect("without `iat`");
    signed.insert("iat".into(), json!("2010-01-01T19:23:24Z"));
    assert!(matches!(credential_of_claims(&signed), Err(CredentialError::Malformed(_))));
}
