//! V-19 and the form of an SD-JWT VC.

use portage_reason::Reason::{self, DisclosureInvalid, Malformed};
use serde_json::{Value, json};

use super::{accepted, cnf, digest, disclosure, forged, holder};
use crate::vc::{NEVER_DISCLOSABLE, check, is_sd_jwt_vc};

fn payload() -> Value {
    json!({
        "vct": "https://province.example/person", "iss": "did:web:province.example", "iat": 1, "nbf": 1, "exp": 2,
        "cnf": cnf(&holder()), "status": { "status_list": { "idx": 1, "uri": "https://province.example/s/1" } },
    })
}

fn outcome(payload: Value, disclosures: &[&str]) -> Result<(), Reason> {
    check(&accepted(&forged(payload, disclosures))).map_err(|error| error.reason())
}

#[test]
fn v19_a_registered_claim_in_a_disclosure_is_refused() {
    assert_eq!(outcome(payload(), &[]), Ok(()));
    for name in NEVER_DISCLOSABLE {
        let value = payload().get(*name).cloned().unwrap_or(json!("sha256-x"));
        let disclosed = disclosure(json!(["s1", name, value]));
        let mut without = payload();
        without.as_object_mut().expect("an object").remove(*name);
        without["_sd"] = json!([digest(&disclosed)]);
        assert_eq!(outcome(without, &[&disclosed]), Err(DisclosureInvalid), "{name}");
    }
    for name in ["sub", "iat"] {
        let value = if name == "sub" { json!("x") } else { json!(1) };
        let disclosed = disclosure(json!(["s1", name, value]));
        let mut without = payload();
        without.as_object_mut().expect("an object").remove(name);
        without["_sd"] = json!([digest(&disclosed)]);
        assert_eq!(outcome(without, &[&disclosed]), Ok(()), "{name} may be disclosed");
    }
}

#[test]
fn v19_a_part_of_a_registered_claim_in_a_disclosure_is_refused() {
    let list = disclosure(json!(["s1", "status_list", { "idx": 0, "uri": "https://province.example/s/1" }]));
    let idx = disclosure(json!(["s1", "idx", 0]));
    let jwk = disclosure(json!(["s1", "jwk", cnf(&holder())["jwk"]]));
    let element = disclosure(json!(["s1", "https://province.example/resident"]));
    for (what, name, value, disclosure) in [
        ("status_list", "status", json!({ "_sd": [digest(&list)] }), &list),
        ("idx", "status", json!({ "status_list": { "uri": "u", "_sd": [digest(&idx)] } }), &idx),
        ("jwk", "cnf", json!({ "_sd": [digest(&jwk)] }), &jwk),
        ("element", "aka_vcts", json!([{ "...": digest(&element) }]), &element),
    ] {
        let mut hidden = payload();
        hidden[name] = value;
        assert_eq!(outcome(hidden.clone(), &[disclosure]), Err(DisclosureInvalid), "{what}");
        assert_eq!(outcome(hidden, &[]), Err(DisclosureInvalid), "{what}, withheld");
    }
}

#[test]
fn a_registered_claim_of_another_form_is_malformed() {
    for (name, wrong) in [
        ("vct", Value::Null),
        ("vct", json!("")),
        ("vct", json!(1)),
        ("vct", json!(["x"])),
        ("iss", json!(1)),
        ("sub", json!({})),
        ("cnf", json!("x")),
        ("status", json!([])),
        ("vct#integrity", json!(1)),
        ("iat", json!("1")),
        ("nbf", json!(null)),
        ("exp", json!(-1)),
        ("exp", json!(true)),
    ] {
        let mut bad = payload();
        bad[name] = wrong.clone();
        assert_eq!(outcome(bad, &[]), Err(Malformed), "{name} {wrong}");
    }
    let mut without = payload();
    without.as_object_mut().expect("an object").remove("vct");
    assert_eq!(outcome(without, &[]), Err(Malformed));
}

#[test]
fn the_content_decides_what_a_vc_sd_jwt_is() {
    let is = |payload: Value| is_sd_jwt_vc(&super::object(payload));
    assert!(is(json!({ "vct": "x" })));
    assert!(!is(json!({ "@context": [], "type": [] })));
    assert!(!is(json!({ "@context": [], "vct": "x" })));
    assert!(!is(json!({})));
}
