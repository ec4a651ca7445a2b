use serde_json::{Value, json};

use crate::{
    Candidate, CredentialQuery, Disclose, MAX_ITEMS, Match, Query, Step, check_answer, check_claims,
    match_query, project,
};

fn credential(mut members: Value) -> Value {
    let defaults = json!({ "id": "a", "format": "dc+sd-jwt", "meta": {} });
    for (name, value) in defaults.as_object().expect("an object") {
        if members.get(name).is_none() {
            members[name] = value.clone();
        }
    }
    members
}

fn query(credentials: Value) -> Value {
    json!({ "credentials": credentials })
}

fn credential_query(members: Value) -> CredentialQuery {
    Query::parse(&query(json!([credential(members)]))).expect("a query").credentials.remove(0)
}

fn candidate<'a>(id: &'a str, claims: &'a Value) -> Candidate<'a> {
    Candidate { id, format: "dc+sd-jwt", vct: None, types: &[], doctype: None, holder_binding: true, claims }
}

fn person() -> Value {
    json!({
        "given_names": "Raven",
        "age_over_19": true,
        "score": 19,
        "nationalities": ["CA", "FR"],
        "address": { "locality": "Vancouver", "postal_code": "V6B" },
        "degrees": [{ "type": "BSc", "year": 1999 }, { "type": "MSc", "year": 2001 }],
    })
}

#[test]
fn a_query_of_another_shape_is_refused_beside_its_accepted_twin() {
    let accepted = |value: &Value| Query::parse(value).is_ok();
    let good = query(json!([credential(
        json!({ "claims": [{ "id": "x", "path": ["a", 0, null] }], "claim_sets": [["x"]] })
    )]));
    assert!(accepted(&good));
    for (what, pointer, wrong) in [
        ("credentials is an object", "/credentials", json!({})),
        ("id with a space", "/credentials/0/id", json!("a b")),
        ("empty id", "/credentials/0/id", json!("")),
        ("id is a number", "/credentials/0/id", json!(1)),
        ("meta is an array", "/credentials/0/meta", json!([])),
        ("empty vct_values", "/credentials/0/meta", json!({ "vct_values": [] })),
        ("type_values is flat", "/credentials/0/meta", json!({ "type_values": ["a"] })),
        ("format is null", "/credentials/0/format", Value::Null),
        ("empty claims", "/credentials/0/claims", json!([])),
        ("claim without path", "/credentials/0/claims/0", json!({ "id": "x" })),
        ("empty path", "/credentials/0/claims/0/path", json!([])),
        ("negative index", "/credentials/0/claims/0/path", json!(["a", -1])),
        ("index with a fraction", "/credentials/0/claims/0/path", json!(["a", 1.5])),
        ("boolean step", "/credentials/0/claims/0/path", json!([true])),
        ("empty values", "/credentials/0/claims/0/values", json!([])),
        ("values with a fraction", "/credentials/0/claims/0/values", json!([1.5])),
        ("values with an object", "/credentials/0/claims/0/values", json!([{}])),
        ("set that names no claim", "/credentials/0/claim_sets/0", json!(["y"])),
        ("empty set", "/credentials/0/claim_sets/0", json!([])),
        ("claim without the id", "/credentials/0/claims/0", json!({ "path": ["a"] })),
        ("multiple is a string", "/credentials/0/multiple", json!("true")),
        ("holder binding is null", "/credentials/0/require_cryptographic_holder_binding", Value::Null),
        ("authority without values", "/credentials/0/trusted_authorities", json!([{ "type": "aki" }])),
        ("empty credential_sets", "/credential_sets", json!([])),
        ("empty options", "/credential_sets", json!([{ "options": [] }])),
        ("required is a string", "/credential_sets", json!([{ "options": [["a"]], "required": "no" }])),
        ("too many claims", "/credentials/0/claims", json!(vec![json!({ "path": ["a"] }); MAX_ITEMS + 1])),
    ] {
        let mut bad = good.clone();
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        match bad.pointer_mut(parent).expect("a parent") {
            Value::Array(elements) => elements[member.parse::<usize>().expect("an index")] = wrong,
            parent => parent[member] = wrong,
        }
        assert!(!accepted(&bad), "{what}");
    }
    let many = query(json!([credential(json!({ "claims": vec![json!({ "path": ["a"] }); MAX_ITEMS] }))]));
    assert!(accepted(&many));
    let mdoc = |path: Value| {
        query(json!([credential(json!({ "format": "mso_mdoc", "claims": [{ "path": path }] }))]))
    };
    assert!(accepted(&mdoc(json!(["org.iso.18013.5.1", "given_name"]))));
    assert!(!accepted(&mdoc(json!(["given_name"]))));
}

#[test]
fn what_must_be_shown_is_named_by_concrete_paths_each_once() {
    let claims = person();
    let asked = query(json!([credential(json!({ "claims": [
        { "path": ["degrees", null, "type"] }, { "path": ["degrees", 0, "type"] },
        { "path": ["nationalities", null], "values": ["FR", "US"] },
    ] }))]));
    let outcome = match_query(&Query::parse(&asked).expect("a query"), &[candidate("p", &claims)]);
    let name = |text: &str| Step::Name(text.into());
    assert_eq!(
        outcome.matches[0].1,
        [Match {
            candidate: "p".into(),
            disclose: Disclose::Paths(vec![
                vec![name("degrees"), Step::Index(0), name("type")],
                vec![name("degrees"), Step::Index(1), name("type")],
                // Only the element whose value was asked for.
                vec![name("nationalities"), Step::Index(1)],
            ]),
            claims: vec![0, 1, 2],
        }]
    );
}

#[test]
fn v33_a_value_outside_values_or_a_missing_claim_does_not_satisfy() {
    for (claim, satisfied) in [
        (json!({ "path": ["age_over_19"], "values": [true] }), true),
        (json!({ "path": ["age_over_19"], "values": [false] }), false),
        (json!({ "path": ["age_over_19"], "values": ["true"] }), false),
        (json!({ "path": ["age_over_19"], "values": [1] }), false),
        (json!({ "path": ["score"], "values": [18, 19] }), true),
        (json!({ "path": ["score"], "values": ["19"] }), false),
        (json!({ "path": ["nationalities"], "values": ["CA"] }), false),
        (json!({ "path": ["birthdate"] }), false),
        (json!({ "path": ["given_names", "x"] }), false),
    ] {
        let asked = credential_query(json!({ "claims": [claim] }));
        assert_eq!(check_claims(&asked, &person()).is_some(), satisfied, "{claim}");
    }
}

#[test]
fn the_first_claim_set_that_can_be_satisfied_counts() {
    let asked = credential_query(json!({
        "claims": [{ "id": "x", "path": ["email"] }, { "id": "y", "path": ["score"] }, { "id": "z", "path": ["given_names"] }],
        "claim_sets": [["x"], ["z", "y"], ["y"]],
    }));
    assert_eq!(check_claims(&asked, &person()), Some(vec![2, 1]));
    assert_eq!(check_claims(&asked, &json!({ "score": 1 })), Some(vec![1]));
    assert_eq!(check_claims(&asked, &json!({})), None);
}

#[test]
fn a_projection_holds_exactly_the_asked_paths() {
    let project_all = |claims: Value| {
        let asked = credential_query(json!({ "claims": claims }));
        let satisfied = check_claims(&asked, &person()).expect("satisfied");
        project(&asked, &person(), &satisfied)
    };
    assert_eq!(project_all(json!([{ "path": ["age_over_19"] }])), json!({ "age_over_19": true }));
    assert_eq!(
        project_all(json!([{ "path": ["degrees", null, "type"] }, { "path": ["degrees", 1, "year"] }])),
        json!({ "degrees": [{ "type": "BSc" }, { "type": "MSc", "year": 2001 }] })
    );
    assert_eq!(project_all(json!([{ "path": ["nationalities", 1] }])), json!({ "nationalities": ["FR"] }));
    assert_eq!(
        project_all(json!([{ "path": ["address", "locality"] }, { "path": ["address"] }])),
        json!({ "address": { "locality": "Vancouver", "postal_code": "V6B" } })
    );
}

#[test]
fn a_projection_of_a_query_without_claims_is_empty() {
    let asked = credential_query(json!({}));
    assert_eq!(check_claims(&asked, &person()), Some(vec![]));
    assert_eq!(project(&asked, &person(), &[]), json!({}));
}

#[test]
fn a_projection_holds_the_satisfied_claim_set_only() {
    let asked = credential_query(json!({
        "claims": [{ "id": "x", "path": ["age_over_19"], "values": [true] }, { "id": "y", "path": ["score"] }],
        "claim_sets": [["x"], ["y"]],
    }));
    let satisfied = check_claims(&asked, &person()).expect("satisfied");
    assert_eq!(project(&asked, &person(), &satisfied), json!({ "age_over_19": true }));
}

#[test]
fn optional_sets_are_answered_where_they_can_be_and_unnamed_queries_are_not() {
    let (claims, empty) = (person(), json!({}));
    let ask = |id: &str, path: &str| credential(json!({ "id": id, "claims": [{ "path": [path] }] }));
    let mut asked = query(json!([
        ask("age", "age_over_19"),
        ask("email", "email"),
        ask("unnamed", "score"),
        ask("name", "given_names")
    ]));
    asked["credential_sets"] = json!([
        { "options": [["name"]], "required": false }, { "options": [["email"], ["age"]] }, { "options": [["email"]], "required": false },
    ]);
    let asked = Query::parse(&asked).expect("a query");
    let answer = match_query(&asked, &[candidate("p", &claims), candidate("q", &empty)]).answer;
    assert_eq!(answer, Some(vec!["age".into(), "name".into()]));
    assert_eq!(match_query(&asked, &[candidate("q", &empty)]).answer, None);
}

#[test]
fn v33_an_answer_with_an_unrequested_credential_or_without_a_required_one_is_none() {
    let all =
        query(json!([credential(json!({ "id": "a" })), credential(json!({ "id": "b", "multiple": true }))]));
    let all = Query::parse(&all).expect("a query");
    for (answered, fits) in [
        (vec![("a", 1), ("b", 1)], true),
        (vec![("b", 3), ("a", 1)], true),
        (vec![("a", 2), ("b", 1)], false),
        (vec![("a", 1), ("b", 0)], false),
        (vec![("a", 1)], false),
        (vec![], false),
        (vec![("a", 1), ("b", 1), ("c", 1)], false),
        (vec![("a", 1), ("b", 1), ("a", 1)], false),
    ] {
        assert_eq!(check_answer(&all, &answered), fits, "{answered:?}");
    }
}

#[test]
fn an_answer_to_sets_is_made_of_whole_options() {
    let ids = ["a", "b", "c", "d"].map(|id| credential(json!({ "id": id })));
    let mut sets = query(json!(ids));
    sets["credential_sets"] =
        json!([{ "options": [["a", "b"], ["c"]] }, { "options": [["b", "c"]], "required": false }]);
    let sets = Query::parse(&sets).expect("a query");
    for (answered, fits) in [
        (vec!["c"], true),
        (vec!["a", "b"], true),
        (vec!["b", "c"], true),
        (vec!["a", "b", "c"], true),
        (vec!["a"], false),
        (vec!["a", "c"], false),
        (vec!["c", "d"], false),
        (vec![], false),
    ] {
        let counted: Vec<(&str, usize)> = answered.iter().map(|id| (*id, 1)).collect();
        assert_eq!(check_answer(&sets, &counted), fits, "{answered:?}");
    }
}
