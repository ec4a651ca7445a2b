//! `../shared/vectors`: own/dcql, own/claims-path, openid4vp-1.0-examples/query_lang, and the conformance suite's schema.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{Candidate, Disclose, MatchOutcome, Query, Step, match_query, select_path};

fn vector(path: &str) -> Option<Value> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors").join(path);
    match fs::read(&file) {
        Ok(bytes) => Some(
            portage_strict_json::parse(&bytes, portage_strict_json::Limits::MESSAGE)
                .expect("a vector is JSON"),
        ),
        Err(_) => {
            println!("left out: {} is not there", file.display());
            None
        }
    }
}

/// The path of a vector, which may be none: then `None`.
fn steps(path: &Value) -> Option<Vec<Step>> {
    let query =
        json!({ "credentials": [{ "id": "a", "format": "f", "meta": {}, "claims": [{ "path": path }] }] });
    Some(Query::parse(&query).ok()?.credentials.remove(0).claims?.remove(0).path)
}

fn to_json(path: &[Step]) -> Value {
    let step = |step: &Step| match step {
        Step::Name(name) => json!(name),
        Step::Index(index) => json!(index),
        Step::All => Value::Null,
    };
    path.iter().map(step).collect()
}

#[test]
fn claims_path_pointers_select_what_the_vectors_say() {
    let Some(vector) = vector("own/claims-path/cases.json") else { return };
    let cases = vector["cases"].as_array().expect("cases");
    assert!(!cases.is_empty());
    for case in cases {
        let selected = steps(&case["path"]).and_then(|path| {
            let selected = select_path(&vector["document"], &path).ok()?;
            Some(selected.into_iter().cloned().collect::<Vec<_>>())
        });
        let expected = case["selected"].as_array().cloned();
        assert_eq!(expected.is_none(), case["error"] == true, "{case}");
        assert_eq!(selected, expected, "{case}");
    }
}

#[test]
fn queries_match_what_the_vectors_say() {
    let Some(vector) = vector("own/dcql/cases.json") else { return };
    let wallet: Vec<(Vec<String>, Value)> =
        vector["wallet"].as_array().expect("wallet").iter().map(held).collect();
    let candidates: Vec<Candidate<'_>> = vector["wallet"]
        .as_array()
        .expect("wallet")
        .iter()
        .zip(&wallet)
        .map(|(held, (types, claims))| Candidate {
            id: held["id"].as_str().expect("id"),
            format: held["format"].as_str().expect("format"),
            vct: held["vct"].as_str(),
            types,
            doctype: held["doctype"].as_str(),
            holder_binding: held["holder_binding"] == true,
            claims,
        })
        .collect();
    let cases = vector["cases"].as_array().expect("cases");
    assert!(!cases.is_empty());
    for case in cases {
        let (name, expect) = (&case["name"], &case["expect"]);
        let query = Query::parse(&case["query"]);
        assert_eq!(query.is_ok(), expect["valid"] == true, "{name}");
        let Ok(query) = query else { continue };
        let outcome = match_query(&query, &candidates);
        assert_eq!(outcome.answer.is_some(), expect["satisfiable"] == true, "{name}");
        assert_eq!(json!(outcome.answer.clone().unwrap_or_default()), expect["returned"], "{name}");
        assert_eq!(json!(matched(&outcome)), expect["matches"], "{name}");
        if let Some(disclose) = expect.get("disclose") {
            assert_eq!(&json!(disclosed(&outcome)), disclose, "{name}");
        }
    }
}

fn held(held: &Value) -> (Vec<String>, Value) {
    let types = held["expanded_types"].as_array().into_iter().flatten();
    let types = types.map(|one| one.as_str().expect("a type").to_owned()).collect();
    let claims = held.get("claims").or_else(|| held.get("namespaces")).expect("claims");
    (types, claims.clone())
}

fn matched(outcome: &MatchOutcome) -> BTreeMap<&str, Vec<&str>> {
    let found = outcome.matches.iter().filter(|(_, found)| !found.is_empty());
    found.map(|(id, found)| (id.as_str(), found.iter().map(|m| m.candidate.as_str()).collect())).collect()
}

fn disclosed(outcome: &MatchOutcome) -> BTreeMap<&str, Vec<Value>> {
    let answer = outcome.answer.as_deref().unwrap_or_default();
    let answered = outcome.matches.iter().filter(|(id, _)| answer.contains(id));
    let paths = |disclose: &Disclose| match disclose {
        Disclose::Mandatory => Vec::new(),
        Disclose::Paths(paths) => paths.iter().map(|path| to_json(path)).collect(),
    };
    answered.map(|(id, found)| (id.as_str(), paths(&found[0].disclose))).collect()
}

#[test]
fn the_examples_of_openid4vp_parse() {
    for example in ["simple", "simple_mdoc", "multi_credentials", "credentials_alternatives"] {
        let Some(example) = vector(&format!("openid4vp-1.0-examples/query_lang/{example}.json")) else {
            return;
        };
        let query = Query::parse(&example).expect("an example of the specification");
        assert_eq!(query.credentials.len(), example["credentials"].as_array().map_or(0, Vec::len));
    }
}
