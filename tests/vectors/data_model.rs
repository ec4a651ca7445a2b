//! The data model: the inputs of the W3C suites for VCDM 2.0 and VC-JOSE-COSE.

use std::collections::BTreeMap;

use portage_catalog::Contexts;
use portage_data_integrity::{CanonicalizeError, canonicalize};
use portage_jose::{Jwk, UnverifiedJwt};
use portage_reason::Reason;
use portage_vc::{
    Credential, CredentialError, Presentation, PresentedCredential,
    jose::{credential_of_claims, presentation_of_jwt, sign_credential, sign_presentation},
};
use serde_json::{Map, Value, json};

use crate::{
    book::{Book, Outcome, Row, same},
    check::Checker,
};

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

/// Here the inline context is the point: it is not taken away before the rule is looked at.
const ABOUT_CONTEXTS: &[&str] =
    &["credential-context-combo4-fail", "credential-redef-type2-fail", "presentation-context-order-fail"];

const VCDM: &str = "vcdm-2.0-suite-inputs";
const JOSE_COSE: &str = "vc-jose-cose-suite-inputs";

pub(crate) fn run(book: &Book) {
    book.family("VCDM 2.0 suite", "vc", |row| {
        for folder in [VCDM.to_owned(), format!("{VCDM}/names-and-descriptions")] {
            vcdm(row, book, &folder);
        }
    });
    book.family("VC-JOSE-COSE suite: inputs", "vc", |row| unsigned(row, book));
    book.family("VC-JOSE-COSE suite: signatures", "jose", |row| signatures(row, book));
    book.family("VC-JOSE-COSE suite: issuing", "vc", |row| issued(row, book));
    book.family("VC-JOSE-COSE suite: tokens", "verifier check", |row| tokens(row, book));
}

fn inputs(book: &Book, folder: &str) -> BTreeMap<String, Map<String, Value>> {
    let names =
        book.names(folder).into_iter().filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()));
    names
        .filter(|name| {
            name.starts_with("credential") || name.starts_with("presentation") || name.starts_with("issuer")
        })
        .map(|name| {
            let input = book.json(&format!("{folder}/{name}.json"));
            (name, input.as_object().unwrap().clone())
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

fn read(name: &str, document: Map<String, Value>) -> Outcome {
    let read = if name.starts_with("presentation") {
        Presentation::parse(document).map(drop)
    } else {
        Credential::parse(document).map(drop)
    };
    read.map_err(|error| match error {
        CredentialError::Malformed(rule) => format!("{}: {rule}", error.reason()),
        other => other.reason().to_string(),
    })
}

/// As a verifier reads it: whether its contexts may be used, then the data model.
fn read_with_contexts(name: &str, document: Map<String, Value>) -> Outcome {
    match canonicalize(&document, &Contexts::bundled()) {
        Err(CanonicalizeError::ContextNotAllowed) => Err(Reason::ContextNotAllowed.to_string()),
        _ => read(name, document),
    }
}

fn has_inline_context(document: &Map<String, Value>) -> bool {
    document.get("@context").and_then(Value::as_array).is_some_and(|all| all.iter().any(Value::is_object))
}

fn vcdm(row: &mut Row, book: &Book, folder: &str) {
    let refused: BTreeMap<&str, &str> = REFUSED.iter().copied().collect();
    for (name, document) in inputs(book, folder) {
        let mut document = prepared(&name, document);
        if has_inline_context(&document) {
            // Stricter than the suite: inline contexts are refused whatever they say, unless allowed by hand (threat V-10). The rest of the input is
            // looked at without them.
            row.refuses(&format!("{name}, its context inline"), "context_not_allowed", || {
                read_with_contexts(&name, document.clone())
            });
            if !ABOUT_CONTEXTS.contains(&name.as_str())
                && let Some(Value::Array(contexts)) = document.get_mut("@context")
            {
                contexts.retain(|context| !context.is_object());
            }
        }
        match refused.get(name.as_str()) {
            Some(&"context") => {
                row.refuses(&name, "context_not_allowed", || read_with_contexts(&name, document));
            }
            Some(rule) => row.refuses(&name, &format!("malformed: {rule}"), || read(&name, document)),
            // About what secures them, which the data model does not know, and named neither -ok nor -fail.
            None if !name.ends_with("-ok") => row.refuses(&name, "proof_missing", || read(&name, document)),
            None => row.accepts(&name, || read(&name, document)),
        }
    }
}

fn unsigned(row: &mut Row, book: &Book) {
    for (name, document) in inputs(book, JOSE_COSE) {
        if name.starts_with("credential") {
            row.accepts(&name, || {
                let credential = credential_of_claims(&document).map_err(|error| error.to_string())?;
                same(credential.issuer(), "https://example.issuer/vc-jose-cose")
            });
            // The suite's tokens say when they were issued as a text; RFC 7519 wants a number, and "malformed" is never read as "absent".
            let mut dated = document.clone();
            dated.insert("iat".into(), json!("2010-01-01T19:23:24Z"));
            row.refuses(&format!("{name}, a text as `iat`"), "malformed", || {
                credential_of_claims(&dated).map(drop).map_err(|error| error.reason().to_string())
            });
        } else {
            row.accepts(&name, || {
                let presentation =
                    Presentation::parse(document.clone()).map_err(|error| error.to_string())?;
                let entries = document["verifiableCredential"].as_array().unwrap();
                same(presentation.credentials().len(), entries.len())?;
                for (entry, presented) in entries.iter().zip(presentation.credentials()) {
                    let PresentedCredential::Enveloped { media_type, text } = presented else {
                        return Err("not enveloped".to_owned());
                    };
                    same(&entry["id"], &json!(format!("data:{media_type},{text}")))?;
                }
                Ok(())
            });
        }
    }
}

/// The tokens under keys of ours. Their `iat` is a text, which the product refuses after the signature: see the next family.
fn signatures(row: &mut Row, book: &Book) {
    for (token, key) in
        [("credential-jose-minimal", "vm-p256"), ("credential-issuer-match-signed", "vm-ed25519")]
    {
        let name = token;
        let token = book.text(&format!("{JOSE_COSE}/{name}.txt"));
        let (token, key) = (token.trim(), book.json(&format!("{JOSE_COSE}/{key}.json")));
        let jwk = Jwk::from_value(&key["publicKeyJwk"]).unwrap();
        let verify = |token: &str, typ: &str| {
            let jwt = UnverifiedJwt::parse(token).and_then(|jwt| jwt.verify(jwk.key(), &[typ]));
            jwt.map(drop).map_err(|error| error.reason().to_string())
        };
        row.accepts(name, || verify(token, "vc+jwt"));
        // Tolerated in this place alone: the text that stands where a number should.
        row.accepts(&format!("{name}, but for its date"), || {
            let jwt = UnverifiedJwt::parse(token).and_then(|jwt| jwt.verify(jwk.key(), &["vc+jwt"]));
            let mut claims = jwt.map_err(|error| error.reason().to_string())?.into_claims();
            same(claims.remove("iat").is_some_and(|date| date.is_string()), true)?;
            let credential = credential_of_claims(&claims).map_err(|error| error.to_string())?;
            same(credential.issuer(), "https://example.issuer/vc-jose-cose")
        });
        row.refuses(&format!("{name} as a presentation"), "type_mismatch", || verify(token, "vp+jwt"));
        let (head, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = head.split_once('.').unwrap();
        row.refuses(&format!("{name}, another payload"), "signature_invalid", || {
            verify(&format!("{header}.e30.{signature}"), "vc+jwt")
        });
    }
}

/// Cases of issuing, under the key of ours among those that the suite gives: what is signed is read back the same.
fn issued(row: &mut Row, book: &Book) {
    let now = jiff::Timestamp::UNIX_EPOCH;
    for case in book.json(&format!("{JOSE_COSE}/cases.json")).as_array().unwrap() {
        let text = |member: &str| case[member].as_str().unwrap();
        if text("fn") != "issue" || !text("feature").ends_with("_jose") {
            continue;
        }
        let key = book.json(&format!("{JOSE_COSE}/{}", text("key_file")));
        let document = book.json(&format!("{JOSE_COSE}/{}", text("input_file"))).as_object().unwrap().clone();
        let run = || -> Outcome {
            let key = portage_jose::signing_key_from_private_jwk(&key["secretKeyJwk"].to_string());
            let key = key.map_err(|error| error.reason().to_string())?;
            let key_of = portage_keys::Signer::verification_key(&key);
            let is_credential = text("feature").starts_with("credential");
            let (signed, typ) = if is_credential {
                (sign_credential(&document, "k", &key), "vc+jwt")
            } else {
                (sign_presentation(&document, "k", "https://verifier.example", "n", now, &key), "vp+jwt")
            };
            let jwt = UnverifiedJwt::parse(&signed.map_err(|error| error.to_string())?);
            let jwt = jwt.and_then(|jwt| jwt.verify(key_of, &[typ]));
            let jwt = jwt.map_err(|error| error.reason().to_string())?;
            same(document.iter().all(|(name, value)| jwt.claims().get(name) == Some(value)), true)?;
            let read = if is_credential {
                credential_of_claims(jwt.claims()).map(drop)
            } else {
                presentation_of_jwt(&jwt).map(drop)
            };
            read.map_err(|error| error.reason().to_string())
        };
        if text("expected_result") == "success" {
            row.accepts(text("title"), run);
        } else {
            row.refuses(text("title"), "malformed", run);
        }
    }
}

/// What the suite verifies: its tokens, its unsecured inputs, its media types that are none.
fn tokens(row: &mut Row, book: &Book) {
    let examples = book.path("contexts/credentials-examples-v2.jsonld");
    let examples = format!("https://www.w3.org/ns/credentials/examples/v2={}", examples.display());
    for case in book.json(&format!("{JOSE_COSE}/cases.json")).as_array().unwrap() {
        let text = |member: &str| case[member].as_str().unwrap();
        if text("fn") != "verify" {
            continue;
        }
        let key = book.json(&format!("{JOSE_COSE}/{}", text("key_file")));
        let input = book.text(&format!("{JOSE_COSE}/{}", text("input_file")));
        let key = key["publicKeyJwk"].to_string();
        let name = format!("{}: {}", text("title"), text("input_file"));
        let run = || {
            Jwk::from_value(&serde_json::from_str(&key).unwrap())
                .map_err(|error| error.reason().to_string())?;
            let checker =
                Checker::at("2024-06-01T00:00:00Z").with("--key", &key).with("--context", &examples);
            let session: &[&str] = if text("feature").starts_with("presentation") {
                &["--nonce", "n", "--audience", "https://verifier.example"]
            } else {
                &[]
            };
            checker.check(input.trim(), session)
        };
        if text("expected_result") == "success" {
            row.accepts(&name, run);
        } else {
            row.refuses(&name, wrong_with(text("title")), run);
        }
    }
}

fn wrong_with(title: &str) -> &'static str {
    if title.contains("Invalid Signature") {
        "signature_invalid"
    } else if title.contains("Unsecured") {
        "proof_missing"
    } else if title.contains("Media Type") {
        "type_mismatch"
    } else {
        "malformed"
    }
}
