//! Library-level refusals of threats V-01, V-21 to V-25, each beside the accepted input it was made from.

use jiff::{SignedDuration, Timestamp};
use portage_jose::{Header, Jwk};
use portage_keys::{Algorithm, Signer as _, SigningKey, base64url};
use portage_reason::Reason::{
    self, AlgNotAllowed, AudienceMismatch, Expired, HolderBindingInvalid, HolderBindingMissing, Malformed,
    NonceMismatch, NotYetValid, TypeMismatch,
};
use serde_json::{Value, json};

use super::{accepted, cnf, digest, holder, issued, names, object, refused};
use crate::{KeyBindingExpectation, PathStep, SdJwtError, bind, select};

const AUDIENCE: &str = "decentralized_identifier:did:web:market.example";
const NONCE: &str = "n-0S6_WzA2Mj";
const NOW: i64 = 1_768_500_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("an instant")
}

fn expected() -> KeyBindingExpectation<'static> {
    KeyBindingExpectation {
        audience: AUDIENCE,
        nonce: NONCE,
        now: at(NOW),
        max_age: SignedDuration::from_secs(300),
        leeway: SignedDuration::from_secs(60),
    }
}

fn credential() -> String {
    let claims = json!({ "cnf": cnf(&holder()), "given_names": "Raven", "age_over_19": true });
    issued(claims, &[names(&["given_names"]), names(&["age_over_19"])])
}

fn presented() -> String {
    let selected = select(&accepted(&credential()), &[names(&["age_over_19"])]);
    bind(&selected, AUDIENCE, NONCE, at(NOW), &holder()).expect("signed")
}

/// The outcome of the whole check, as a verifier runs it: the key comes from `cnf`, binding is required.
fn outcome(text: &str) -> Result<(), Reason> {
    let check = || {
        let verified = super::verify(text)?;
        let key = verified.holder_key()?.ok_or(SdJwtError::HolderBindingMissing)?;
        verified.verify_key_binding(&key, &expected()).map(|_| ())
    };
    check().map_err(|error: SdJwtError| error.reason())
}

fn kb_claims(without_key_binding: &str) -> Value {
    json!({ "iat": NOW, "aud": AUDIENCE, "nonce": NONCE, "sd_hash": digest(without_key_binding) })
}

/// A KB-JWT over `credential()` with every claim as it should be, then one member set to `value` (removed when null).
fn with_member(name: &str, value: Value) -> String {
    let credential = credential();
    let mut claims = object(kb_claims(&credential));
    match value {
        Value::Null => claims.remove(name),
        value => claims.insert(name.to_owned(), value),
    };
    credential + &portage_jose::sign(Header::new("kb+jwt"), &claims, &holder()).expect("signed")
}

fn with_header(header: Header, signer: &SigningKey) -> String {
    let credential = credential();
    let claims = object(kb_claims(&credential));
    credential + &portage_jose::sign(header, &claims, signer).expect("signed")
}

#[test]
fn v21_a_presentation_without_its_key_binding_is_refused() {
    assert_eq!(outcome(&presented()), Ok(()));
    let (without, _) =
        presented().rsplit_once('~').map(|(a, b)| (a.to_owned() + "~", b.to_owned())).expect("`~`");
    assert_eq!(outcome(&without), Err(HolderBindingMissing));
}

#[test]
fn v22_disclosures_added_removed_or_reordered_afterwards_are_refused() {
    let verified = accepted(&credential());
    let all = select(&verified, &[names(&["age_over_19"]), names(&["given_names"])]);
    let bound = bind(&all, AUDIENCE, NONCE, at(NOW), &holder()).expect("signed");
    assert_eq!(outcome(&bound), Ok(()));
    let [jwt, one, two, kb] = bound.split('~').collect::<Vec<_>>().try_into().expect("four parts");
    assert_eq!(outcome(&format!("{jwt}~{one}~{kb}")), Err(HolderBindingInvalid));
    assert_eq!(outcome(&format!("{jwt}~{kb}")), Err(HolderBindingInvalid));
    assert_eq!(outcome(&format!("{jwt}~{two}~{one}~{kb}")), Err(HolderBindingInvalid));
    let kb_of_one = presented().rsplit('~').next().expect("a KB-JWT").to_owned();
    assert_eq!(outcome(&format!("{jwt}~{one}~{two}~{kb_of_one}")), Err(HolderBindingInvalid));
}

#[test]
fn v22_sd_hash_is_required() {
    assert_eq!(outcome(&with_member("aud", json!(AUDIENCE))), Ok(()));
    for wrong in [json!(""), json!(1), json!([digest(&credential())]), Value::Null] {
        assert_eq!(outcome(&with_member("sd_hash", wrong)), Err(HolderBindingInvalid));
    }
}

#[test]
fn v23_another_typ_audience_or_nonce_is_refused() {
    assert_eq!(outcome(&with_header(Header::new("kb+jwt"), &holder())), Ok(()));
    for typ in ["JWT", "dc+sd-jwt", "openid4vci-proof+jwt", "kb+jwt2"] {
        assert_eq!(outcome(&with_header(Header::new(typ), &holder())), Err(TypeMismatch), "{typ}");
    }
    for wrong in
        [json!("did:web:market.example"), json!([AUDIENCE]), json!([AUDIENCE, "x"]), json!(""), Value::Null]
    {
        assert_eq!(outcome(&with_member("aud", wrong.clone())), Err(AudienceMismatch), "{wrong}");
    }
    for wrong in [json!("other"), json!([NONCE]), json!(""), json!(1), Value::Null] {
        assert_eq!(outcome(&with_member("nonce", wrong.clone())), Err(NonceMismatch), "{wrong}");
    }
}

#[test]
fn v23_the_time_of_signing_lies_inside_the_window() {
    for (iat, expected) in [
        (NOW, Ok(())),
        (NOW - 360, Ok(())),
        (NOW - 361, Err(Expired)),
        (NOW - 86_400, Err(Expired)),
        (NOW + 60, Ok(())),
        (NOW + 61, Err(NotYetValid)),
        (NOW + 86_400, Err(NotYetValid)),
    ] {
        assert_eq!(outcome(&with_member("iat", json!(iat))), expected, "{}", iat - NOW);
    }
    assert_eq!(outcome(&with_member("iat", Value::Null)), Err(HolderBindingInvalid));
    assert_eq!(outcome(&with_member("exp", json!(NOW - 60))), Ok(()));
    assert_eq!(outcome(&with_member("exp", json!(NOW - 61))), Err(Expired));
    assert_eq!(outcome(&with_member("nbf", json!(NOW + 61))), Err(NotYetValid));
}

#[test]
fn v25_a_date_that_is_not_a_number_is_malformed_never_absent() {
    for name in ["iat", "nbf", "exp"] {
        for wrong in [json!(NOW.to_string()), json!(true), json!(-1), json!([NOW]), json!({})] {
            assert_eq!(outcome(&with_member(name, wrong.clone())), Err(Malformed), "{name} {wrong}");
        }
    }
}

#[test]
fn v24_a_key_shown_by_the_attacker_counts_for_nothing() {
    let attacker = SigningKey::from_secret_bytes(Algorithm::Es256, &[3; 32]).expect("a key");
    let shown = |key: &SigningKey| {
        Header::new("kb+jwt").with("jwk", Jwk::from_key(key.verification_key().clone()).to_value())
    };
    assert_eq!(outcome(&with_header(shown(&attacker), &holder())), Ok(()), "the header's `jwk` is ignored");
    assert_eq!(outcome(&with_header(shown(&attacker), &attacker)), Err(HolderBindingInvalid));
    assert_eq!(outcome(&with_header(shown(&holder()), &attacker)), Err(HolderBindingInvalid));
    let other_kind = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[3; 32]).expect("a key");
    assert_eq!(outcome(&with_header(shown(&other_kind), &other_kind)), Err(HolderBindingInvalid));
}

#[test]
fn v01_v02_a_key_binding_without_signature_or_with_a_mac_is_refused_before_any_key() {
    let good = presented();
    assert_eq!(outcome(&good), Ok(()));
    let (without, kb) = good.rsplit_once('~').expect("`~`");
    let [_, payload, signature] = kb.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    for alg in ["none", "None", "NONE", "nOnE", "HS256", "HS512", "RS256", ""] {
        let header = base64url::encode(json!({ "alg": alg, "typ": "kb+jwt" }).to_string().as_bytes());
        for signature in ["", signature] {
            assert_eq!(refused(&format!("{without}~{header}.{payload}.{signature}")), AlgNotAllowed, "{alg}");
        }
    }
}

#[test]
fn a_credential_without_cnf_has_no_holder_key_and_a_broken_one_is_refused() {
    assert_eq!(accepted(&issued(json!({}), &[])).holder_key(), Ok(None));
    assert_eq!(accepted(&issued(json!({ "cnf": { "kid": "did:key:z6Mk" } }), &[])).holder_key(), Ok(None));
    for wrong in [json!("x"), json!({ "jwk": {} }), json!({ "jwk": { "kty": "oct", "k": "AA" } })] {
        let error = accepted(&issued(json!({ "cnf": wrong }), &[])).holder_key().expect_err("refused");
        assert_eq!(error.reason(), HolderBindingInvalid);
    }
    let mut private = cnf(&holder());
    private["jwk"]["d"] = json!(base64url::encode(&[9; 32]));
    assert!(accepted(&issued(json!({ "cnf": private }), &[])).holder_key().is_err());
}

#[test]
fn sd_hash_uses_the_hash_that_the_issuer_chose() {
    use portage_keys::digest::HashAlgorithm::Sha512;
    let name = super::disclosure(json!(["s1", "name", "Raven"]));
    let payload = json!({
        "_sd": [crate::processing::digest_text(Sha512, &name)], "_sd_alg": "sha-512", "cnf": cnf(&holder()),
    });
    let verified = accepted(&super::forged(payload, &[&name]));
    let selected = select(&verified, &[vec![PathStep::Name("name".into())]]);
    let bound = bind(&selected, AUDIENCE, NONCE, at(NOW), &holder()).expect("signed");
    assert_eq!(outcome(&bound), Ok(()));
    let (_, kb) = bound.rsplit_once('~').expect("`~`");
    let kb = portage_jose::UnverifiedJwt::parse(kb).expect("a JWT");
    let sd_hash = kb.unverified_claims().get("sd_hash").and_then(Value::as_str).map(str::len);
    assert_eq!(sd_hash, Some(86));
}
