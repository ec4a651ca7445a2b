//! One spelling for one meaning.
//!
//! RDF keeps what a document says and not how: a member named by its full IRI, moved into `@included`, or told about the root somewhere
//! further down leaves the same quads, and the signature over them holds. Whoever then reads the JSON by its names finds no
//! `credentialStatus`, no `validUntil`. So a document signed over its quads names its members by the terms of its contexts, and
//! speaks of itself at its root alone; anything else is refused, by who signs as by who verifies.

use serde_json::{Map, Value};

use crate::CanonicalizeError;

/// Members of a value object, the one place for keywords beside `@context`.
const OF_A_VALUE: [&str; 4] = ["@value", "@type", "@language", "@direction"];

/// Checks a document, or the configuration of a proof.
pub(crate) fn check(document: &Map<String, Value>) -> Result<(), CanonicalizeError> {
    let itself = document.get("id").and_then(Value::as_str);
    check_members(document, itself)
}

fn check_members(members: &Map<String, Value>, root: Option<&str>) -> Result<(), CanonicalizeError> {
    let is_value = members.contains_key("@value");
    for (name, value) in members.iter().filter(|(name, _)| *name != "@context") {
        let is_term = !name.contains(':') && !name.starts_with('@');
        if !(is_term || is_value && OF_A_VALUE.contains(&name.as_str())) {
            return Err(CanonicalizeError::Malformed("a member named by something else than a term"));
        }
        // What stands in a literal is text, not members.
        if name != "@value" {
            check_below(value, root)?;
        }
    }
    Ok(())
}

fn check_below(value: &Value, root: Option<&str>) -> Result<(), CanonicalizeError> {
    match value {
        Value::Object(members) => {
            if members.len() > 1 && root.is_some() && members.get("id").and_then(Value::as_str) == root {
                return Err(CanonicalizeError::Malformed("more about the document itself further down"));
            }
            check_members(members, root)
        }
        Value::Array(values) => values.iter().try_for_each(|value| check_below(value, root)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use portage_catalog::Catalog;
    use serde_json::json;

    use super::*;

    /// IRI (or keyword) → the terms that a context, scoped ones included, defines for it.
    fn terms(context: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
        for part in context.as_array().map_or(std::slice::from_ref(context), Vec::as_slice) {
            for (term, definition) in part.as_object().into_iter().flatten() {
                let iri = definition.as_str().or_else(|| definition.get("@id")?.as_str());
                if let Some(iri) = iri.filter(|_| !term.starts_with('@')) {
                    found.entry(iri.to_owned()).or_default().insert(term.clone());
                }
                if let Some(scoped) = definition.get("@context") {
                    terms(scoped, found);
                }
            }
        }
    }

    #[test]
    fn no_context_in_the_box_has_two_terms_for_one_meaning() {
        let contexts = Catalog::bundled().contexts();
        let mut found = BTreeMap::new();
        for url in contexts.urls() {
            let document: Value = serde_json::from_str(contexts.document(url).unwrap()).unwrap();
            terms(&document["@context"], &mut found);
        }
        let keywords: Vec<_> = found.keys().filter(|iri| iri.starts_with('@')).collect();
        assert_eq!(keywords, ["@id", "@type"]);
        for (iri, terms) in found {
            assert_eq!(terms.len(), 1, "{iri}: {terms:?}");
        }
    }

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
        ] {
            assert!(matches!(verdict(&document), Err(CanonicalizeError::Malformed(_))), "{document}");
        }
    }
}
