use portage_keys::{Algorithm, Signer, SigningKey, base64url};
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Map, Value, json};

use crate::{Header, JwtError, UnverifiedJwt, sign};

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::from_secret_bytes(algorithm, &[7; 32]).unwrap()
}

fn claims() -> Map<String, Value> {
    json!({"iss": "https://issuer.example", "exp": 1_759_320_000, "name": "Zoé"}).as_object().unwrap().clone()
}

/// A token of these texts, signed whatever they are.
fn token(header: &str, payload: &str) -> String {
    let input = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()));
    let signature = key(Algorithm::EdDsa).sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(&signature))
}

#[track_caller]
fn assert_malformed(compact: &str) {
    match UnverifiedJwt::parse(compact) {
        Err(JwtError::Malformed(_)) => {}
        other => panic!("{compact}: {other:?}"),
    }
}

#[test]
fn what_is_signed_is_verified_and_read() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let key = key(algorithm);
        let header = Header::new("vc+jwt").with("kid", "did:example:a#1").with("alg", "none");
        let compact = sign(header, &claims(), &key).unwrap();

        let unverified = UnverifiedJwt::parse(&compact).unwrap();
        assert_eq!(unverified.algorithm(), algorithm);
        assert_eq!(unverified.header().alg(), Some(algorithm.jose_name()));
        assert_eq!(unverified.header().kid(), Some("did:example:a#1"));
        let jwt = unverified.verify(key.verification_key(), &["vc+jwt"]).unwrap();
        assert_eq!(jwt.claims(), &claims());
        assert_eq!(jwt.string("iss"), Some("https://issuer.example"));
        assert_eq!(jwt.date("exp").unwrap().unwrap().0.as_second(), 1_759_320_000);
        assert_eq!(jwt.date("nbf"), Ok(None));
    }
}

#[test]
fn v01_no_algorithm_is_no_algorithm_however_it_is_spelled() {
    for alg in
        ["none", "None", "NONE", "nOnE", "HS256", "HS512", "RS256", "ES512", "ES256K", "es256", "", "EdDSA "]
    {
        let header = base64url::encode(format!(r#"{{"typ":"vc+jwt","alg":"{alg}"}}"#).as_bytes());
        let unsigned = format!("{header}.e30.");
        assert_eq!(UnverifiedJwt::parse(&unsigned).err(), Some(JwtError::AlgNotAllowed), "{alg}");
        let signed = token(&format!(r#"{{"typ":"vc+jwt","alg":"{alg}"}}"#), "{}");
        assert_eq!(UnverifiedJwt::parse(&signed).err(), Some(JwtError::AlgNotAllowed), "{alg}");
    }
}

#[test]
fn the_algorithm_is_the_keys_and_not_the_headers() {
    let compact = sign(Header::new("vc+jwt"), &claims(), &key(Algorithm::EdDsa)).unwrap();
    let unverified = UnverifiedJwt::parse(&compact).unwrap();
    let other = key(Algorithm::Es256);
    assert_eq!(unverified.verify(other.verification_key(), &["vc+jwt"]).err(), Some(JwtError::AlgNotAllowed));
}

#[test]
fn v30_typ_is_compared_as_a_media_type_and_never_guessed() {
    let verify = |typ: &str, expected: &[&str]| {
        let compact = sign(Header::new(typ), &claims(), &key(Algorithm::EdDsa)).unwrap();
        UnverifiedJwt::parse(&compact)
            .unwrap()
            .verify(key(Algorithm::EdDsa).verification_key(), expected)
            .err()
    };
    for typ in ["kb+jwt", "KB+JWT", "application/kb+jwt", "Application/kb+jwt"] {
        assert_eq!(verify(typ, &["kb+jwt"]), None, "{typ}");
    }
    assert_eq!(verify("vc+sd-jwt", &["dc+sd-jwt", "vc+sd-jwt"]), None);
    for typ in ["JWT", "", "kb+jwt ", "text/kb+jwt", "application/application/kb+jwt", "kb", "kb+jwtx"] {
        assert_eq!(verify(typ, &["kb+jwt"]), Some(JwtError::TypeMismatch), "{typ}");
    }
    let without = token(r#"{"alg":"EdDSA"}"#, "{}");
    let verdict = UnverifiedJwt::parse(&without)
        .unwrap()
        .verify(key(Algorithm::EdDsa).verification_key(), &["kb+jwt", ""]);
    assert_eq!(verdict.err(), Some(JwtError::TypeMismatch));
}

#[test]
fn the_key_in_a_header_verifies_nothing() {
    let attacker = key(Algorithm::EdDsa);
    let jwk = crate::Jwk::from_key(attacker.verification_key().clone()).to_value();
    let header = Header::new("vc+jwt").with("jwk", jwk).with("jku", "https://attacker.example/keys");
    let compact = sign(header, &claims(), &attacker).unwrap();
    let honest = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[8; 32]).unwrap();
    let verdict = UnverifiedJwt::parse(&compact).unwrap().verify(honest.verification_key(), &["vc+jwt"]);
    assert_eq!(verdict.err(), Some(JwtError::SignatureInvalid));
}

#[test]
fn v29_a_header_that_demands_an_extension_is_malformed() {
    for member in [r#""crit":["exp"]"#, r#""crit":[]"#, r#""crit":null"#, r#""b64":false"#, r#""b64":true"#] {
        assert_malformed(&token(&format!(r#"{{"alg":"EdDSA",{member}}}"#), "{}"));
    }
}

#[test]
fn v29_only_canonical_base64url_is_read() {
    let compact = token(r#"{"alg":"EdDSA"}"#, r#"{"a":1}"#);
    assert!(UnverifiedJwt::parse(&compact).is_ok());
    let parts: Vec<&str> = compact.split('.').collect();
    for at in 0..3 {
        for spoilt in [format!("{}=", parts[at]), format!("{} ", parts[at]), format!("\n{}", parts[at])] {
            let mut parts = parts.clone();
            parts[at] = &spoilt;
            assert_malformed(&parts.join("."));
        }
    }
    // The signature's 64 bytes leave four bits unused in its last character.
    let (kept, last) = compact.split_at(compact.len() - 1);
    for other in ["B", "R", "h", "x", "+", "/"] {
        assert_ne!(last, other);
        assert_malformed(&format!("{kept}{other}"));
    }
}

#[test]
fn v27_duplicate_members_in_header_and_payload_are_malformed() {
    assert_malformed(&token(r#"{"alg":"EdDSA","alg":"EdDSA"}"#, "{}"));
    assert_malformed(&token(r#"{"alg":"EdDSA"}"#, r#"{"a":1,"\u0061":1}"#));
    assert_malformed(&token(r#"{"alg":"EdDSA"}"#, r#"{"a":[{"b":1,"b":2}]}"#));
}

#[test]
fn other_shapes_are_malformed() {
    for compact in ["", ".", "..", "...", "e30", "e30.e30", "e30.e30.e30", "e30..", "a.b.c.d"] {
        assert_malformed(compact);
    }
    for header in [
        "{}",
        "[]",
        r#"{"typ":"JWT"}"#,
        r#"{"alg":1}"#,
        r#"{"alg":"EdDSA","kid":1}"#,
        r#"{"alg":"EdDSA","typ":[]}"#,
    ] {
        assert_malformed(&token(header, "{}"));
    }
    for payload in ["", "[]", "null", "\"a\"", "{} {}", "{\"a\":1e999}", "Example of Ed25519 signing"] {
        assert_malformed(&token(r#"{"alg":"EdDSA"}"#, payload));
    }
    let compact = token(r#"{"alg":"EdDSA"}"#, "{}");
    assert_malformed(&format!("{compact}.{compact}"));
}

#[test]
fn a_token_over_the_limit_is_too_large() {
    let padding = "a".repeat(512 << 10);
    let compact = token(r#"{"alg":"EdDSA"}"#, &format!(r#"{{"a":"{padding}"}}"#));
    assert_eq!(UnverifiedJwt::parse(&compact).err(), Some(JwtError::TooLarge));
    assert!(UnverifiedJwt::parse_within(&compact, portage_strict_json::Limits::STATUS_LIST).is_ok());
    let deep = token(r#"{"alg":"EdDSA"}"#, &format!("{{\"a\":{}", "[".repeat(10_000)));
    assert_eq!(UnverifiedJwt::parse(&deep).err(), Some(JwtError::TooLarge));
}

#[test]
fn claims_do_not_print() {
    let compact =
        sign(Header::new("vc+jwt").with("kid", "secret"), &claims(), &key(Algorithm::EdDsa)).unwrap();
    let unverified = UnverifiedJwt::parse(&compact).unwrap();
    let printed = format!("{unverified:?}");
    let jwt = unverified.verify(key(Algorithm::EdDsa).verification_key(), &["vc+jwt"]).unwrap();
    for printed in [printed, format!("{jwt:?}")] {
        assert!(!printed.contains("Zoé") && !printed.contains("secret"), "{printed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in r"[A-Za-z0-9_.=+-]{0,80}|.{0,40}") {
        let _ = UnverifiedJwt::parse(&text);
    }

    #[test]
    fn any_change_of_one_character_is_refused(at in any::<prop::sample::Index>(), other in "[A-Za-z0-9_.-]") {
        let key = key(Algorithm::EdDsa);
        let compact = sign(Header::new("vc+jwt"), &claims(), &key).unwrap();
        let at = at.index(compact.len());
        let mut changed = compact.clone();
        changed.replace_range(at..=at, &other);
        prop_assume!(changed != compact);
        let verdict = UnverifiedJwt::parse(&changed).and_then(|jwt| jwt.verify(key.verification_key(), &["vc+jwt"]));
        prop_assert!(verdict.is_err());
    }
}
