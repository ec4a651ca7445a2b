//! One spelling for one meaning.
//!
//! RDF keeps what a document says and not how: a member named by its full IRI, moved into `@included`, or told about a node
//! somewhere else leaves the same quads, and the signature over them holds. Whoever then reads the JSON by its names finds
//! no `credentialStatus`, no `validUntil`, or a subject without its claims. So a document signed over its quads names its
//! members by the terms of its contexts, speaks of itself at its root alone, and describes any other node in one place;
//! anything else is refused, by who signs as by who verifies. That no two terms have one meaning is the catalogue's care.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::CanonicalizeError;

/// Members of a value object, the one place for keywords beside `@context`.
const OF_A_VALUE: [&str; 4] = ["@value", "@type", "@language", "@direction"];
/// The member whose values are documents of their own, each in its own graph.
const DOCUMENTS: &str = "verifiableCredential";

/// Checks a document, or the configuration of a proof.
pub(crate) fn check(document: &Map<String, Value>) -> Result<(), CanonicalizeError> {
    let mut nodes = Nodes { root: identifier(document), ..Nodes::default() };
    check_members(document, &mut nodes)?;
    if nodes.mentioned.is_disjoint(&nodes.described) {
        return Ok(());
    }
    Err(CanonicalizeError::Malformed("a node described elsewhere than where it is mentioned"))
}

/// The nodes with an identifier, in one document.
#[derive(Default)]
struct Nodes<'d> {
    root: Option<&'d str>,
    /// Below the root, with members of their own.
    described: BTreeSet<&'d str>,
    /// Below the root, objects that are nothing but `id`; the root itself may be mentioned so.
    mentioned: BTreeSet<&'d str>,
}

fn check_members<'d>(
    members: &'d Map<String, Value>,
    nodes: &mut Nodes<'d>,
) -> Result<(), CanonicalizeError> {
    let is_value = members.contains_key("@value");
    for (name, value) in members.iter().filter(|(name, _)| *name != "@context") {
        let is_term = !name.contains(':') && !name.starts_with('@');
        if !(is_term || is_value && OF_A_VALUE.contains(&name.as_str())) {
            return Err(CanonicalizeError::Malformed("a member named by something else than a term"));
        }
        match name.as_str() {
            // What stands in a literal is text, not members.
            "@value" => {}
            DOCUMENTS => check_documents(value)?,
            _ => check_below(value, nodes)?,
        }
    }
    Ok(())
}

fn check_documents(value: &Value) -> Result<(), CanonicalizeError> {
    match value {
        Value::Object(document) => check(document),
        Value::Array(values) => values.iter().try_for_each(check_documents),
        _ => Ok(()),
    }
}

fn check_below<'d>(value: &'d Value, nodes: &mut Nodes<'d>) -> Result<(), CanonicalizeError> {
    match value {
        Value::Object(members) => {
            check_node(members, nodes)?;
            check_members(members, nodes)
        }
        Value::Array(values) => values.iter().try_for_each(|value| check_below(value, nodes)),
        _ => Ok(()),
    }
}

fn check_node<'d>(members: &'d Map<String, Value>, nodes: &mut Nodes<'d>) -> Result<(), CanonicalizeError> {
    let Some(id) = identifier(members) else { return Ok(()) };
    let is_root = nodes.root == Some(id);
    if members.len() == 1 {
        if !is_root {
            nodes.mentioned.insert(id);
        }
        return Ok(());
    }
    if is_root {
        return Err(CanonicalizeError::Malformed("more about the document itself further down"));
    }
    if nodes.described.insert(id) {
        return Ok(());
    }
    Err(CanonicalizeError::Malformed("a node described in two places"))
}

fn identifier(members: &Map<String, Value>) -> Option<&str> {
    members.get("id").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(document: &Value) -> Result<(), CanonicalizeError> {
        check(document.as_object().unwrap())
    }

    #[test]
    fn terms_references_and_value_objects_are_one_spelling() {
        let document = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": "urn:uuid:1",
            "name": { "@value": "Zoë", "@language": "fr", "@direction": "ltr" },
            "count": { "@value": { "a:b": "@included" }, "@type": "@json" },
            "related": [{ "id": "urn:uuid:1" }, { "id": "urn:uuid:2", "name": "a:b" }, "urn:uuid:1"],
        });
        assert_eq!(verdict(&document), Ok(()));
    }

    #[test]
    fn credentials_of_a_presentation_describe_their_subject_each_for_itself() {
        let credential = json!({ "credentialSubject": { "id": "did:a", "licence": 1 } });
        let presentation = json!({
            "holder": { "id": "did:a", "name": "x" },
            "verifiableCredential": [credential, credential],
        });
        assert_eq!(verdict(&presentation), Ok(()));
    }

    #[test]
    fn another_spelling_of_the_same_quads_is_malformed() {
        for document in [
            json!({ "https://www.w3.org/2018/credentials#validUntil": "2026-01-01T00:00:00Z" }),
            json!({ "cred:validUntil": "2026-01-01T00:00:00Z" }),
            json!({ "inner": [{ "cred:validUntil": "2026-01-01T00:00:00Z" }] }),
            json!({ "@included": [{ "id": "urn:uuid:1", "name": "x" }] }),
            json!({ "@graph": [{ "id": "urn:uuid:1", "name": "x" }] }),
            json!({ "@reverse": {} }),
            json!({ "@nest": {} }),
            json!({ "@id": "urn:uuid:1" }),
            json!({ "@type": "T" }),
            json!({ "inner": { "@set": ["x"] } }),
            json!({ "inner": { "@value": "x", "@index": "y" } }),
            json!({ "id": "urn:uuid:1", "inner": { "id": "urn:uuid:1", "name": "x" } }),
            json!({ "id": "urn:uuid:1", "inner": [{ "deep": { "id": "urn:uuid:1", "name": "x" } }] }),
            json!({ "subject": { "id": "did:a" }, "issuer": { "id": "did:a", "licence": 1 } }),
            json!({ "subject": { "id": "did:a", "licence": 1 }, "issuer": { "id": "did:a", "name": "x" } }),
            json!({ "subject": [{ "id": "did:a", "licence": 1 }, { "id": "did:a", "condition": 2 }] }),
            json!({ "subject": { "id": "_:a" }, "more": [{ "deep": { "id": "_:a", "licence": 1 } }] }),
            json!({ "verifiableCredential": [{ "a:b": 1 }] }),
            json!({ "verifiableCredential": [[{ "a:b": 1 }]] }),
        ] {
            assert!(matches!(verdict(&document), Err(CanonicalizeError::Malformed(_))), "{document}");
        }
    }
}
