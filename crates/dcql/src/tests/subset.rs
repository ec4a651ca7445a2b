use serde_json::{Value, json};

use crate::{ExcessKind, Query, asks_more_than};

fn query(credentials: Value) -> Query {
    Query::parse(&json!({ "credentials": credentials })).unwrap()
}

fn person(claims: Value) -> Value {
    json!({ "id": "person", "format": "dc+sd-jwt", "meta": { "vct_values": ["person"] }, "claims": claims })
}

fn kinds(request: Value, allowed: Value) -> Vec<ExcessKind> {
    asks_more_than(&query(json!([request])), &query(json!([allowed])))
        .into_iter()
        .map(|excess| excess.kind)
        .collect()
}

#[test]
fn w11_a_whole_is_more_than_a_part_and_a_part_is_not_more_than_the_whole() {
    for (whole, part) in [
        (json!(["address"]), json!(["address", "locality"])),
        (json!(["languages"]), json!(["languages", null])),
        (json!(["languages", null]), json!(["languages", 0])),
        (json!(["jobs", null]), json!(["jobs", 1, "title"])),
        (json!(["jobs", null, "title"]), json!(["jobs", 1, "title"])),
    ] {
        let ask = |path: &Value| person(json!([{ "path": path }]));
        assert_eq!(kinds(ask(&whole), ask(&part)), [ExcessKind::Claim], "{whole} {part}");
        assert_eq!(kinds(ask(&part), ask(&whole)), [], "{whole} {part}");
    }
}

#[test]
fn w11_any_value_is_more_than_some() {
    let any = person(json!([{ "path": ["age_over_19"] }]));
    let yes = person(json!([{ "path": ["age_over_19"], "values": [true] }]));
    let both = person(json!([{ "path": ["age_over_19"], "values": [true, false] }]));
    assert_eq!(kinds(any.clone(), yes.clone()), [ExcessKind::Values]);
    assert_eq!(kinds(both, yes.clone()), [ExcessKind::Values]);
    assert_eq!(kinds(yes.clone(), any), []);
    assert_eq!(kinds(yes.clone(), yes), []);
}

#[test]
fn w11_without_claims_nothing_that_can_be_withheld_is_asked() {
    let mut nothing = person(Value::Null);
    nothing.as_object_mut().unwrap().remove("claims");
    let name = person(json!([{ "path": ["name"] }]));
    assert_eq!(kinds(name.clone(), nothing.clone()), [ExcessKind::Claim]);
    assert_eq!(kinds(nothing, name), []);
}

#[test]
fn w11_one_claim_set_or_the_other_is_less_than_both() {
    let claims = json!([{ "id": "n", "path": ["name"] }, { "id": "b", "path": ["birth"] }]);
    let both = person(claims.clone());
    let mut either = person(claims);
    either["claim_sets"] = json!([["n"], ["b"]]);
    assert_eq!(kinds(both.clone(), either.clone()), [ExcessKind::ClaimsTogether]);
    assert_eq!(kinds(either, both), []);
}

#[test]
fn w11_the_kinds_of_credential_are_told_apart() {
    let allowed = json!({ "id": "c", "format": "dc+sd-jwt", "meta": { "vct_values": ["a", "b"] },
        "trusted_authorities": [{ "type": "aki", "values": ["one"] }] });
    let with = |member: &str, value: Value| {
        let mut request = allowed.clone();
        request[member] = value;
        kinds(request, allowed.clone())
    };
    assert_eq!(kinds(allowed.clone(), allowed.clone()), []);
    assert_eq!(with("meta", json!({ "vct_values": ["b"] })), []);
    assert_eq!(with("meta", json!({ "vct_values": ["b", "c"] })), [ExcessKind::Type]);
    assert_eq!(with("meta", json!({})), [ExcessKind::Type]);
    assert_eq!(with("format", json!("vc+sd-jwt")), [ExcessKind::Format]);
    assert_eq!(with("multiple", json!(true)), [ExcessKind::Multiple]);
    assert_eq!(with("require_cryptographic_holder_binding", json!(false)), [ExcessKind::HolderBinding]);
    let other = json!([{ "type": "aki", "values": ["one", "two"] }]);
    assert_eq!(with("trusted_authorities", other), [ExcessKind::Issuers]);
    let w3c = |types: Value| json!({ "id": "c", "format": "ldp_vc", "meta": { "type_values": types } });
    assert_eq!(kinds(w3c(json!([["x"]])), w3c(json!([["x", "y"]]))), [ExcessKind::Type]);
    assert_eq!(kinds(w3c(json!([["x", "y"]])), w3c(json!([["x"], ["z"]]))), []);
}

#[test]
fn w11_one_credential_or_the_other_is_less_than_both() {
    let credentials = json!([person(json!([{ "path": ["name"] }])), {
        "id": "card", "format": "dc+sd-jwt", "meta": { "vct_values": ["card"] },
    }]);
    let sets =
        |sets: Value| Query::parse(&json!({ "credentials": credentials, "credential_sets": sets })).unwrap();
    let either = sets(json!([{ "options": [["person"], ["card"]] }]));
    let both = query(credentials.clone());
    let optional = sets(json!([{ "options": [["person"]] }, { "options": [["card"]], "required": false }]));
    let excess = asks_more_than(&both, &either);
    assert!(excess.iter().all(|excess| excess.kind == ExcessKind::CredentialsTogether) && excess.len() == 2);
    assert!(!asks_more_than(&optional, &either).is_empty());
    for (less, more) in [(&either, &both), (&optional, &both), (&both, &optional)] {
        assert_eq!(asks_more_than(less, more), [], "{less:?} {more:?}");
    }
}

#[test]
fn w11_two_credentials_need_two_permissions_unless_it_is_for_several() {
    let of = |id: &str, claim: &str| json!({ "id": id, "format": "dc+sd-jwt", "meta": { "vct_values": ["person"] }, "claims": [{ "path": [claim] }] });
    let two = query(json!([of("a", "name"), of("b", "age")]));
    let mut one = person(json!([{ "path": ["name"] }, { "path": ["age"] }]));
    assert!(!asks_more_than(&two, &query(json!([one]))).is_empty());
    one["multiple"] = json!(true);
    assert_eq!(asks_more_than(&two, &query(json!([one]))), []);
    assert_eq!(asks_more_than(&two, &two), []);
}

#[test]
fn w11_the_excess_names_the_claim() {
    let request = query(json!([person(json!([{ "path": ["age"] }, { "path": ["birth", "year"] }]))]));
    let allowed = query(json!([person(json!([{ "path": ["age"] }]))]));
    let excess = asks_more_than(&request, &allowed);
    let [only] = excess.as_slice() else { panic!("{excess:?}") };
    assert_eq!(only.query, "person");
    assert_eq!(only.path, request.credentials[0].claims.as_ref().map(|claims| claims[1].path.clone()));
}

#[test]
fn w11_what_takes_too_long_to_judge_is_not_allowed() {
    let set = json!({ "options": (0..200).map(|at| json!([format!("q{at}")])).collect::<Value>() });
    let credentials: Value = (0..200)
        .map(|at| json!({ "id": format!("q{at}"), "format": "f", "meta": {}, "claims": [{ "path": [format!("c{at}")] }] }))
        .collect();
    let sets: Value = (0..200).map(|_| set.clone()).collect();
    let query = Query::parse(&json!({ "credentials": credentials, "credential_sets": sets })).unwrap();
    let excess = asks_more_than(&query, &query);
    assert!(!excess.is_empty() && excess.iter().all(|excess| excess.kind == ExcessKind::TooComplex));
}
