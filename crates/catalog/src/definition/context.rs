//! What the JSON-LD context of a type must and must not say.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Terms of the base context of the W3C data model, which protects them: no later context may give them a meaning.
const BASE_CONTEXT: &str = include_str!("../../../../specs/contexts/credentials-v2.jsonld");

/// Keywords that would give a misspelt member a meaning, bring another document in, or let a relative IRI resolve.
const REFUSED_KEYWORDS: [&str; 5] = ["@vocab", "@base", "@import", "@language", "@propagate"];

/// Checks that a context defines the type and every claim, each with its IRI, and nothing else.
pub(super) fn check_context<'a>(
    document: &Value,
    (vc_type, type_iri): (&str, &str),
    vocabulary: &str,
    claims: impl Iterator<Item = &'a str>,
) -> Result<(), String> {
    let context = document
        .get("@context")
        .and_then(Value::as_object)
        .ok_or("must be an object with one @context, which is an object")?;
    if context.get("@version").and_then(Value::as_f64) != Some(1.1)
        || context.get("@protected") != Some(&Value::Bool(true))
    {
        return Err("must say \"@version\": 1.1 and \"@protected\": true".to_owned());
    }
    refuse_keywords(document)?;
    let mut expected = BTreeSet::from([vc_type]);
    check_term(context, vc_type, type_iri)?;
    for claim in claims {
        check_term(context, claim, &format!("{vocabulary}{claim}"))?;
        expected.insert(claim);
    }
    let terms: BTreeSet<&str> =
        context.keys().map(String::as_str).filter(|term| !term.starts_with('@')).collect();
    if let Some(term) = terms.difference(&expected).next() {
        return Err(format!("the term {term} is neither the type nor a claim"));
    }
    let protected = protected_terms();
    match terms.iter().find(|term| protected.contains(**term)) {
        Some(term) => Err(format!("the term {term} is protected by the base context")),
        None => Ok(()),
    }
}

fn check_term(context: &Map<String, Value>, term: &str, iri: &str) -> Result<(), String> {
    let defined = match context.get(term) {
        Some(Value::String(defined)) => Some(defined.as_str()),
        Some(Value::Object(definition)) => definition.get("@id").and_then(Value::as_str),
        _ => None,
    };
    if defined == Some(iri) { Ok(()) } else { Err(format!("must define {term} as {iri}")) }
}

fn refuse_keywords(value: &Value) -> Result<(), String> {
    match value {
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            if REFUSED_KEYWORDS.contains(&name.as_str()) {
                return Err(format!("{name} is not allowed"));
            }
            if name == "@context" && !member.is_object() {
                return Err("a context within must be an object, not the address of another".to_owned());
            }
            refuse_keywords(member)
        }),
        Value::Array(items) => items.iter().try_for_each(refuse_keywords),
        _ => Ok(()),
    }
}

fn protected_terms() -> BTreeSet<String> {
    // A bundled file, pinned by its digest: a test fails if it does not parse.
    let base: Value = serde_json::from_str(BASE_CONTEXT).unwrap_or_default();
    let terms = base.get("@context").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    terms.filter(|term| !term.starts_with('@')).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(context: Value) -> Result<(), String> {
        let vocabulary = "https://a.example/#";
        check_context(
            &json!({"@context": context}),
            ("ACredential", "https://a.example/#ACredential"),
            vocabulary,
            ["colour"].into_iter(),
        )
    }

    fn good() -> Value {
        json!({"@version": 1.1, "@protected": true, "ACredential": "https://a.example/#ACredential",
            "colour": {"@id": "https://a.example/#colour"}})
    }

    #[test]
    fn the_base_context_is_read() {
        assert!(protected_terms().contains("name"));
        assert!(protected_terms().contains("iss"));
    }

    #[test]
    fn a_context_defines_the_type_and_its_claims_and_nothing_else() {
        assert_eq!(check(good()), Ok(()));
        for (member, value) in [
            ("@protected", json!(false)),
            ("@version", json!(1.0)),
            ("@vocab", json!("https://a.example/#")),
            ("@import", json!("https://b.example/context")),
            ("colour", json!("https://b.example/#colour")),
            ("colour", json!(null)),
            (
                "colour",
                json!({"@id": "https://a.example/#colour", "@context": {"@vocab": "https://b.example/#"}}),
            ),
            ("colour", json!({"@id": "https://a.example/#colour", "@context": "https://b.example/context"})),
            ("shape", json!("https://a.example/#shape")),
            ("name", json!("https://a.example/#name")),
        ] {
            let mut context = good();
            context[member] = value;
            assert!(check(context).is_err(), "{member}");
        }
        assert!(check(json!([good()])).is_err());
        assert!(check(json!("https://b.example/context")).is_err());
    }
}
