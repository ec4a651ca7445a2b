//! What the JSON-LD context of a type must and must not say.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::meanings::iri_of;

/// Terms of the base context of the W3C data model, which protects them: no later context may give them a meaning.
const BASE_CONTEXT: &str = include_str!("../../../../specs/contexts/credentials-v2.jsonld");

/// Claims that the base context itself gives a meaning: no later context may give them another, nor needs to.
const OF_THE_BASE: [(&str, &str); 2] =
    [("description", "https://schema.org/description"), ("name", "https://schema.org/name")];

/// The IRI that the base context gives a claim of that name.
pub(crate) fn base_iri(claim: &str) -> Option<&'static str> {
    OF_THE_BASE.iter().find(|(name, _)| *name == claim).map(|(_, iri)| *iri)
}

/// Keywords that would give a misspelt member a meaning, bring another document in, or let a relative IRI resolve.
const REFUSED_KEYWORDS: [&str; 5] = ["@vocab", "@base", "@import", "@language", "@propagate"];

/// What a definition may say. With more than these one thing could be written in two ways (`@reverse`, `@nest`, maps), or a compact IRI as a name.
const OF_A_DEFINITION: [&str; 5] = ["@id", "@type", "@container", "@context", "@protected"];
const CONTAINERS: [&str; 2] = ["@set", "@list"];

/// Checks that a context defines the type and every claim, each with its IRI, and nothing else. `name` and `description` are those of the
/// base context, and are left out.
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
    check_definitions(context)?;
    let mut expected = BTreeSet::from([vc_type]);
    check_term(context, vc_type, type_iri)?;
    for claim in claims.filter(|claim| base_iri(claim).is_none()) {
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
    if context.get(term).and_then(iri_of) == Some(iri) {
        Ok(())
    } else {
        Err(format!("must define {term} as {iri}"))
    }
}

/// Every term, also within, stands for an IRI written in full: never for a keyword.
fn check_definitions(context: &Map<String, Value>) -> Result<(), String> {
    for (term, definition) in context.iter().filter(|(term, _)| !term.starts_with('@')) {
        if !iri_of(definition).is_some_and(|iri| iri.starts_with("https://") || iri.starts_with("http://")) {
            return Err(format!("the term {term} must stand for an IRI that is written in full"));
        }
        let Some(members) = definition.as_object() else { continue };
        if let Some(member) = members.keys().find(|member| !OF_A_DEFINITION.contains(&member.as_str())) {
            return Err(format!("the term {term}: {member} is not allowed"));
        }
        let container = members.get("@container");
        if container.is_some_and(|container| !container.as_str().is_some_and(|c| CONTAINERS.contains(&c))) {
            return Err(format!("the term {term}: @container may be @set or @list"));
        }
        if let Some(Value::Object(scoped)) = members.get("@context") {
            check_definitions(scoped)?;
        }
    }
    Ok(())
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
        let base: Value = serde_json::from_str(BASE_CONTEXT).unwrap();
        for (name, iri) in OF_THE_BASE {
            assert_eq!(base["@context"][name], iri);
        }
        assert!(protected_terms().contains("name"));
        assert!(protected_terms().contains("iss"));
    }

    #[test]
    fn a_context_defines_the_type_and_its_claims_and_nothing_else() {
        assert_eq!(check(good()), Ok(()));
        let mut scoped = good();
        scoped["colour"] = json!({"@id": "https://a.example/#colour", "@container": "@set", "@protected": true,
            "@context": {"hue": {"@id": "https://a.example/#hue", "@type": "@id"}}});
        assert_eq!(check(scoped), Ok(()));
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
            ("colour", json!({"@id": "https://a.example/#colour", "@context": {"me": "@id"}})),
            ("colour", json!({"@id": "https://a.example/#colour", "@context": {"me": {"@id": "@type"}}})),
            ("colour", json!({"@id": "https://a.example/#colour", "@context": {"me": null}})),
            ("colour", json!({"@id": "https://a.example/#colour", "@context": {"me": {"@type": "@id"}}})),
            ("colour", json!({"@id": "https://a.example/#colour", "@context": {"me": "colour:x"}})),
            ("colour", json!({"@id": "https://a.example/#colour", "@container": "@id"})),
            ("colour", json!({"@id": "https://a.example/#colour", "@nest": "hue"})),
            ("colour", json!({"@id": "https://a.example/#colour", "@prefix": true})),
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
