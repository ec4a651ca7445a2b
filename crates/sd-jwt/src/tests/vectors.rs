//! `../shared/vectors/sd-jwt-generated`: what another implementation (the PyPI package sd-jwt) issued and presented.

use std::{fs, path::PathBuf};

use jiff::{SignedDuration, Timestamp};
use portage_jose::Jwk;
use portage_keys::VerificationKey;
use portage_strict_json::{Limits, parse};
use serde_json::Value;

use crate::{KeyBindingExpectation, UnverifiedSdJwt, VerifiedSdJwt, vc};

/// A family of vectors, and where its keys are.
const FAMILIES: [(&str, &str); 3] =
    [("testcases", "sd-jwt-python"), ("examples", "sd-jwt-rfc9901-examples"), ("vc", "sd-jwt-vc-examples")];

struct Settings {
    issuer: VerificationKey,
    holder: VerificationKey,
    nonce: String,
    verifier: String,
}

fn vectors() -> Option<PathBuf> {
    let vectors = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    if vectors.is_dir() {
        return Some(vectors);
    }
    println!("left out: {} is not there", vectors.display());
    None
}

/// The few lines of `settings.yml` that matter: the first `x`/`y` are the issuer's, the second the holder's.
fn settings(vectors: &std::path::Path, family: &str) -> Settings {
    let text = fs::read_to_string(vectors.join(family).join("settings.yml")).expect("settings.yml");
    let values = |name: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
        lines.map(|value| value.trim().trim_matches('"').to_owned()).collect()
    };
    let (x, y) = (values("x"), values("y"));
    let key = |index: usize| {
        let jwk = serde_json::json!({ "kty": "EC", "crv": "P-256", "x": x[index], "y": y[index] });
        Jwk::from_value(&jwk).expect("a key").key().clone()
    };
    Settings {
        issuer: key(0),
        holder: key(1),
        nonce: values("key_binding_nonce").remove(0),
        verifier: values("verifier").remove(0),
    }
}

struct Case {
    name: String,
    folder: PathBuf,
    settings: Settings,
}

impl Case {
    fn json(&self, file: &str) -> Value {
        let bytes = fs::read(self.folder.join(file)).expect(file);
        parse(&bytes, Limits::MESSAGE).expect("a vector is JSON")
    }

    fn sd_jwt(&self, file: &str) -> VerifiedSdJwt {
        let text = fs::read_to_string(self.folder.join(file)).expect(file);
        UnverifiedSdJwt::parse(text.trim())
            .and_then(|sd_jwt| sd_jwt.verify(&self.settings.issuer, &["example+sd-jwt", "dc+sd-jwt"]))
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

fn cases() -> Vec<Case> {
    let Some(vectors) = vectors() else { return Vec::new() };
    let mut cases = Vec::new();
    for (family, keys) in FAMILIES {
        for folder in fs::read_dir(vectors.join("sd-jwt-generated").join(family)).expect(family) {
            let folder = folder.expect("a folder").path();
            cases.push(Case {
                name: folder.display().to_string(),
                settings: settings(&vectors, keys),
                folder,
            });
        }
    }
    assert_eq!(cases.len(), 19);
    cases
}

#[test]
fn presentations_of_another_implementation_hold_and_say_the_same() {
    for case in cases() {
        let verified = case.sd_jwt("sd_jwt_presentation.txt");
        assert_eq!(
            Value::Object(verified.claims().clone()),
            case.json("verified_contents.json"),
            "{}",
            case.name
        );
        assert_eq!(
            Value::Object(verified.issuer_payload().clone()),
            case.json("sd_jwt_payload.json"),
            "{}",
            case.name
        );
    }
}

#[test]
fn credentials_of_another_implementation_hold_with_everything_disclosed() {
    for case in cases() {
        let issued = case.sd_jwt("sd_jwt_issuance.txt");
        assert!(!issued.has_key_binding());
        for (name, claim) in case.json("user_claims.json").as_object().expect("claims") {
            assert_eq!(issued.claims().get(name), Some(claim), "{}: {name}", case.name);
        }
    }
}

#[test]
fn key_bindings_of_another_implementation_hold_for_their_session_only() {
    let mut bound = 0;
    for case in cases() {
        let verified = case.sd_jwt("sd_jwt_presentation.txt");
        if !verified.has_key_binding() {
            continue;
        }
        bound += 1;
        let iat = case.json("kb_jwt_payload.json")["iat"].as_i64().expect("iat");
        let expected = KeyBindingExpectation {
            audience: &case.settings.verifier,
            nonce: &case.settings.nonce,
            now: Timestamp::from_second(iat + 10).expect("an instant"),
            max_age: SignedDuration::from_secs(300),
            leeway: SignedDuration::from_secs(60),
        };
        let holder = verified.holder_key().expect("a key").expect("cnf");
        assert_eq!(holder, case.settings.holder);
        let binding = verified.verify_key_binding(&holder, &expected).expect(&case.name);
        assert_eq!(Value::Object(binding.claims), case.json("kb_jwt_payload.json"));
        let other = KeyBindingExpectation { nonce: "0987654321", ..expected };
        assert!(verified.verify_key_binding(&holder, &other).is_err());
    }
    assert!(bound == 6 || vectors().is_none(), "{bound}");
}

#[test]
fn the_sd_jwt_vcs_keep_the_rules_of_sd_jwt_vc() {
    let vcs =
        cases().into_iter().filter(|case| case.folder.components().any(|part| part.as_os_str() == "vc"));
    for case in vcs {
        vc::check(&case.sd_jwt("sd_jwt_presentation.txt")).expect(&case.name);
        vc::check(&case.sd_jwt("sd_jwt_issuance.txt")).expect(&case.name);
    }
}
