//! RDF terms and quads, as text: what the engine hands out and canonicalization takes in.

/// `http://www.w3.org/2001/XMLSchema#string`: never written in N-Quads.
pub const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";
/// The datatype of a literal with a language tag.
pub const RDF_LANG_STRING: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString";
pub(crate) const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
pub(crate) const RDF_JSON: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON";
pub(crate) const RDF_FIRST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
pub(crate) const RDF_REST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
pub(crate) const RDF_NIL: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";
pub(crate) const XSD_BOOLEAN: &str = "http://www.w3.org/2001/XMLSchema#boolean";
pub(crate) const XSD_INTEGER: &str = "http://www.w3.org/2001/XMLSchema#integer";
pub(crate) const XSD_DOUBLE: &str = "http://www.w3.org/2001/XMLSchema#double";
/// The namespace of datatypes that carry a language and a base direction (JSON-LD 1.1 §10.4.2).
pub(crate) const I18N: &str = "https://www.w3.org/ns/i18n#";

/// A node or a literal (RDF 1.1 §3.1). `Debug` shows which.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// An absolute IRI.
    Iri(String),
    /// A blank node by its label, without `_:`.
    Blank(String),
    /// A literal.
    Literal(Literal),
}

impl Term {
    /// The label of a blank node.
    pub fn as_blank(&self) -> Option<&str> {
        match self {
            Term::Blank(label) => Some(label),
            Term::Iri(_) | Term::Literal(_) => None,
        }
    }
}

/// Shows no identifier: a subject's is its holder's.
impl std::fmt::Debug for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Term::Iri(_) => "Iri(…)",
            Term::Blank(_) => "Blank(…)",
            Term::Literal(_) => "Literal(…)",
        })
    }
}

/// A literal (RDF 1.1 §3.3). `Debug` shows the length of its value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// The lexical form.
    pub lexical: String,
    /// The datatype IRI; [`RDF_LANG_STRING`] when there is a language.
    pub datatype: String,
    /// The language tag.
    pub language: Option<String>,
}

impl std::fmt::Debug for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Literal").field("length", &self.lexical.len()).finish_non_exhaustive()
    }
}

impl Literal {
    /// A literal with a datatype and no language.
    pub fn typed(lexical: impl Into<String>, datatype: &str) -> Self {
        Literal { lexical: lexical.into(), datatype: datatype.to_owned(), language: None }
    }
}

/// A statement in a graph; `None` is the default graph. `Debug` shows the kinds of its terms.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quad {
    /// IRI or blank node.
    pub subject: Term,
    /// IRI.
    pub predicate: String,
    /// Anything.
    pub object: Term,
    /// IRI or blank node.
    pub graph: Option<Term>,
}

impl std::fmt::Debug for Quad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Quad")
            .field("subject", &self.subject)
            .field("object", &self.object)
            .field("graph", &self.graph)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value() {
        let quad = |object| Quad {
            subject: Term::Iri("canary".into()),
            predicate: "canary".into(),
            object,
            graph: Some(Term::Blank("canary".into())),
        };
        let literal =
            Literal { lexical: "canary".into(), datatype: "canary".into(), language: Some("canary".into()) };
        let quads = [quad(Term::Literal(literal.clone())), quad(Term::Iri("canary".into()))];
        let shown = format!("{quads:?} {literal:?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("length: 6") && shown.contains("Iri("), "{shown}");
    }
}
