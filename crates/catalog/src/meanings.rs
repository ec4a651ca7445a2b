//! One term for one meaning.
//!
//! A signature over RDF holds whichever term of its contexts a document uses for an IRI. Whoever reads `credentialStatus` or `validUntil` by
//! its name must be sure that no other name says the same; so no two contexts in use have two terms for one IRI, and a keyword has no other
//! alias than `id` and `type`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// IRI (or keyword) → the one term that contexts, scoped ones included, define for it.
#[derive(Debug, Default)]
pub(crate) struct Meanings(BTreeMap<String, String>);

/// Two terms for one IRI.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the term {term} has the meaning of {other}: {iri}")]
pub(crate) struct SecondTerm {
    term: String,
    other: String,
    iri: String,
}

impl Meanings {
    /// Reads what a context document (`{"@context": …}`) defines.
    pub(crate) fn read(&mut self, document: &Value) -> Result<(), SecondTerm> {
        let context = document.get("@context").unwrap_or(&Value::Null);
        self.read_context(context, &mut Vec::new())
    }

    fn read_context<'d>(
        &mut self,
        context: &'d Value,
        scopes: &mut Vec<&'d Map<String, Value>>,
    ) -> Result<(), SecondTerm> {
        for part in context.as_array().map_or(std::slice::from_ref(context), Vec::as_slice) {
            let Some(part) = part.as_object() else { continue };
            scopes.push(part);
            for (term, definition) in part.iter().filter(|(term, _)| !term.starts_with('@')) {
                if let Some(iri) = iri_of(definition) {
                    self.name(&expand(iri, scopes), term)?;
                }
                if let Some(scoped) = definition.get("@context") {
                    self.read_context(scoped, scopes)?;
                }
            }
            scopes.pop();
        }
        Ok(())
    }

    fn name(&mut self, iri: &str, term: &str) -> Result<(), SecondTerm> {
        let other = self.0.entry(iri.to_owned()).or_insert_with(|| term.to_owned());
        if other == term {
            return Ok(());
        }
        Err(SecondTerm { term: term.to_owned(), other: other.clone(), iri: iri.to_owned() })
    }
}

/// What a term definition says the term stands for.
pub(crate) fn iri_of(definition: &Value) -> Option<&str> {
    definition.as_str().or_else(|| definition.get("@id")?.as_str())
}

/// A compact IRI in full (JSON-LD 1.1 §4.1.5).
fn expand(iri: &str, scopes: &[&Map<String, Value>]) -> String {
    let prefix = iri.split_once(':').filter(|(_, rest)| !rest.starts_with("//"));
    let full = prefix.and_then(|(prefix, rest)| {
        let namespace = scopes.iter().rev().find_map(|scope| iri_of(scope.get(prefix)?))?;
        Some(format!("{namespace}{rest}"))
    });
    full.unwrap_or_else(|| iri.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Contexts;

    #[test]
    fn no_context_in_the_box_has_two_terms_for_one_meaning() {
        let contexts = Contexts::bundled();
        let mut meanings = Meanings::default();
        for url in contexts.urls() {
            let document = serde_json::from_str(contexts.document(url).unwrap()).unwrap();
            assert_eq!(meanings.read(&document), Ok(()), "{url}");
        }
        let keywords: Vec<_> = meanings.0.iter().filter(|(iri, _)| iri.starts_with('@')).collect();
        assert_eq!(keywords.iter().map(|(_, term)| term.as_str()).collect::<Vec<_>>(), ["id", "type"]);
        let until = "https://www.w3.org/2018/credentials#validUntil";
        assert_eq!(meanings.0[until], "validUntil");
    }

    #[test]
    fn a_second_term_is_found_however_it_is_written() {
        let read = |context: Value| {
            let mut meanings = Meanings::default();
            meanings.read(&json!({ "@context": { "until": "https://a.example/#until" } })).unwrap();
            meanings.read(&json!({ "@context": context }))
        };
        assert_eq!(read(json!({ "until": { "@id": "https://a.example/#until" } })), Ok(()));
        assert_eq!(read(json!({ "ends": "https://a.example/#ends" })), Ok(()));
        for context in [
            json!({ "ends": "https://a.example/#until" }),
            json!({ "a": "https://a.example/#", "ends": "a:until" }),
            json!({ "a": "https://a.example/#", "x": { "@id": "a:x", "@context": { "ends": "a:until" } } }),
            json!([{}, { "x": { "@id": "https://a.example/#x", "@context": [{ "ends": "https://a.example/#until" }] } }]),
            json!({ "id": "@id", "me": "@id" }),
        ] {
            assert!(read(context.clone()).is_err(), "{context}");
        }
    }
}
