use jiff::Timestamp;
use portage_jose::{Header, UnverifiedJwt, VerifiedJwt};
use portage_keys::{Algorithm, Signer as _, SigningKey};
use serde_json::{Map, Value, json};

use super::{credential, object, with};
use crate::{
    CredentialError, Presentation,
    jose::{
        NEVER_DISCLOSABLE, VC_JWT, VP_JWT, credential_of_claims, credential_of_sd_jwt, presentation_of_jwt,
        sd_jwt_header, sign_credential, sign_presentation,
    },
};

const HOLDER: &str = "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj";

fn key() -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[5; 32]).expect("a key")
}

fn verified(compact: &str, typ: &str) -> VerifiedJwt {
    let jwt = UnverifiedJwt::parse(compact).expect("a JWT");
    jwt.verify(key().verification_key(), &[typ]).expect("verified")
}

fn now() -> Timestamp {
    Timestamp::from_second(1_768_500_000).expect("an instant")
}

#[test]
fn a_signed_credential_is_its_own_payload() {
    let compact =
        sign_credential(&object(credential()), "did:web:city.example#key-1", &key()).expect("signed");
    let jwt = verified(&compact, VC_JWT);
    assert_eq!(
        (jwt.header().typ(), jwt.header().kid()),
        (Some("vc+jwt"), Some("did:web:city.example#key-1"))
    );
    assert_eq!(jwt.header().member("cty"), Some(&json!("vc")));
    assert_eq!(Value::Object(jwt.claims().clone()), credential());
    assert_eq!(credential_of_claims(jwt.claims()).expect("a credential").issuer(), "did:web:city.example");
    assert_eq!(sd_jwt_header("k").typ(), Some("vc+sd-jwt"));
}

#[test]
fn claims_beside_the_credential_must_fit_it() {
    let outcome = |name: &str, value: Value| {
        credential_of_claims(&with(&credential(), &format!("/{name}"), Some(value))).map(|_| ())
    };
    for (name, value) in [
        ("iss", json!("did:web:city.example")),
        ("iat", json!(1_768_500_000)),
        ("exp", json!(1_768_500_000.5)),
        ("cnf", json!({ "jwk": {} })),
        ("sub", json!("x")),
    ] {
        assert_eq!(outcome(name, value), Ok(()), "{name}");
    }
    for value in [json!("did:web:attacker.example"), json!(1), json!(null), json!(["did:web:city.example"])] {
        assert!(matches!(outcome("iss", value.clone()), Err(CredentialError::Mismatch(_))), "{value}");
    }
    for (name, value) in [
        ("vc", json!({})),
        ("vp", json!(null)),
        ("iat", json!("2010-01-01T19:23:24Z")),
        ("nbf", json!(-1)),
        ("exp", json!(null)),
    ] {
        assert!(matches!(outcome(name, value), Err(CredentialError::Malformed(_))), "{name}");
    }
}

#[test]
fn a_subject_may_be_empty_when_all_that_was_said_of_it_is_withheld() {
    let signed = with(&credential(), "/credentialSubject", Some(json!({ "_sd": ["digest"] })));
    let shown = with(&credential(), "/credentialSubject", Some(json!({})));
    let parsed = credential_of_sd_jwt(&signed, &shown).expect("a credential");
    assert!(parsed.subjects()[0].is_empty());
    assert!(credential_of_sd_jwt(&shown, &shown).is_err(), "the issuer said nothing");
    assert!(credential_of_claims(&shown).is_err(), "nothing can be withheld in a JWT");

    let mut hidden = object(credential());
    let subject = hidden.remove("credentialSubject");
    assert!(credential_of_sd_jwt(&hidden, &hidden).is_err(), "the subject itself is withheld");
    let whole = with(&Value::Object(hidden.clone()), "/credentialSubject", subject);
    credential_of_sd_jwt(&hidden, &whole).expect("the subject itself is disclosed");
}

#[test]
fn v19_status_dates_and_issuer_of_a_vc_sd_jwt_are_signed_in_the_clear() {
    let shown = object(credential());
    credential_of_sd_jwt(&shown, &shown).expect("a credential");
    for name in NEVER_DISCLOSABLE.iter().filter(|name| shown.contains_key(**name)) {
        let signed = with(&credential(), &format!("/{name}"), None);
        assert_eq!(
            credential_of_sd_jwt(&signed, &shown).err(),
            Some(CredentialError::Disclosable),
            "{name} disclosed"
        );
    }
    // Withheld: the signed payload holds a digest where the processed one holds nothing.
    let status = with(&credential(), "/credentialStatus", Some(json!([{ "...": "digest" }])));
    let without = with(&credential(), "/credentialStatus", Some(json!([])));
    assert_eq!(credential_of_sd_jwt(&status, &without).err(), Some(CredentialError::Disclosable));
    let cnf = with(&credential(), "/cnf", Some(json!({ "_sd": ["digest"] })));
    let shown = with(&credential(), "/cnf", Some(json!({ "jwk": {} })));
    assert_eq!(credential_of_sd_jwt(&cnf, &shown).err(), Some(CredentialError::Disclosable));
}

fn presentation(entries: Vec<Value>) -> Map<String, Value> {
    Presentation::build(Some(HOLDER), entries)
}

#[test]
fn a_signed_presentation_names_audience_nonce_and_time() {
    let entries = vec![Presentation::enveloped("application/vc+jwt", "a.b.c")];
    let compact = sign_presentation(&presentation(entries), "did:key:z#z", "client", "n-1", now(), &key())
        .expect("signed");
    let jwt = verified(&compact, VP_JWT);
    assert_eq!((jwt.string("aud"), jwt.string("nonce")), (Some("client"), Some("n-1")));
    assert_eq!(jwt.date("iat").expect("a date").map(|date| date.0), Some(now()));
    assert_eq!(jwt.header().member("cty"), Some(&json!("vp")));
    let parsed = presentation_of_jwt(&jwt).expect("a presentation");
    assert_eq!((parsed.holder(), parsed.credentials().len()), (Some(HOLDER), 1));
}

#[test]
fn v08_a_credential_that_is_not_enveloped_is_refused() {
    let signed = |entries: Vec<Value>| {
        let compact =
            sign_presentation(&presentation(entries), "k", "client", "n-1", now(), &key()).expect("signed");
        presentation_of_jwt(&verified(&compact, VP_JWT)).map(|_| ())
    };
    let enveloped = Presentation::enveloped("application/vc+jwt", "a.b.c");
    assert_eq!(signed(vec![enveloped.clone()]), Ok(()));
    assert_eq!(signed(vec![credential()]), Err(CredentialError::NotEnveloped));
    assert_eq!(signed(vec![enveloped, credential()]), Err(CredentialError::NotEnveloped));
}

#[test]
fn iss_of_a_presentation_is_its_holder() {
    let signed = |iss: Value, holder: Option<&str>| {
        let mut claims = Presentation::build(holder, vec![]);
        claims.insert("iss".into(), iss);
        let compact = portage_jose::sign(Header::new(VP_JWT), &claims, &key()).expect("signed");
        presentation_of_jwt(&verified(&compact, VP_JWT)).map(|_| ())
    };
    assert_eq!(signed(json!(HOLDER), Some(HOLDER)), Ok(()));
    for (iss, holder) in [(json!("did:web:x.example"), Some(HOLDER)), (json!(HOLDER), None), (json!(1), None)]
    {
        assert!(matches!(signed(iss, holder), Err(CredentialError::Mismatch(_))));
    }
}
