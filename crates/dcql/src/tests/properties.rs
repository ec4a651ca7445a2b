use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{Query, Step, check_claims, match_query, project, select_path};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-d]{0,2}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("credentials"),
        Just("id"),
        Just("format"),
        Just("meta"),
        Just("claims"),
        Just("claim_sets"),
        Just("path"),
        Just("values"),
        Just("credential_sets"),
        Just("options"),
        Just("a"),
        Just("b"),
    ];
    leaf.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..5).prop_map(|members| Value::Object(
                members.into_iter().map(|(n, v)| (n.to_owned(), v)).collect()
            )),
        ]
    })
}

fn any_path() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        prop_oneof![Just("a"), Just("b"), Just("id")].prop_map(|name| Step::Name(name.into())),
        (0_usize..4).prop_map(Step::Index),
        Just(Step::All),
    ];
    prop::collection::vec(step, 0..4)
}

fn all_leaves<'v>(value: &'v Value, leaves: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| all_leaves(member, leaves)),
        Value::Array(elements) => elements.iter().for_each(|element| all_leaves(element, leaves)),
        leaf => leaves.push(leaf),
    }
}

proptest! {
    #[test]
    fn nothing_makes_the_parser_panic(value in any_json()) {
        let _ = Query::parse(&value);
        let _ = Query::parse(&json!({ "credentials": [value] }));
    }

    #[test]
    fn a_selection_is_part_of_the_document_and_a_projection_of_it_is_no_more(value in any_json(), path in any_path()) {
        let claims = json!({ "a": value, "b": { "id": value } });
        let selected = select_path(&claims, &path);
        let path: Value = path.iter().map(|step| match step {
            Step::Name(name) => json!(name),
            Step::Index(index) => json!(index),
            Step::All => Value::Null,
        }).collect();
        let Ok(query) = Query::parse(&json!({ "credentials": [
            { "id": "q", "format": "f", "meta": {}, "claims": [{ "path": path }] }
        ] })) else {
            prop_assert_eq!(path, json!([]));
            return Ok(());
        };
        let asked = &query.credentials[0];
        let satisfied = check_claims(asked, &claims);
        prop_assert_eq!(satisfied.is_some(), selected.is_ok());
        let projected = project(asked, &claims, &satisfied.unwrap_or_default());
        let (mut kept, mut wanted) = (Vec::new(), Vec::new());
        all_leaves(&projected, &mut kept);
        selected.unwrap_or_default().into_iter().for_each(|element| all_leaves(element, &mut wanted));
        prop_assert_eq!(kept, wanted);
    }

    #[test]
    fn nothing_makes_the_matcher_panic(query in any_json(), claims in any_json()) {
        let mut credential = Map::from_iter([
            ("id".to_owned(), json!("a")), ("format".to_owned(), json!("f")), ("meta".to_owned(), json!({})),
        ]);
        if let Value::Object(members) = query {
            credential.extend(members.into_iter().filter(|(name, _)| name != "id"));
        }
        if let Ok(query) = Query::parse(&json!({ "credentials": [credential] })) {
            let candidate = crate::Candidate {
                id: "c", format: "f", vct: None, types: &[], doctype: None, holder_binding: true, claims: &claims,
            };
            let _ = match_query(&query, &[candidate]);
        }
    }
}
