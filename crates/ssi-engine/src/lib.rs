//! The one façade over `ssi`: JSON-LD to RDF, strict and closed; in tests, second opinions.
//!
//! [`Reader`] takes a closed set of context documents, then documents, and gives quads. `ssi` processes the contexts
//! (scoped, protected, propagated: the hard part of JSON-LD 1.1); the walk over the document is ours, because the
//! one in `ssi` drops in silence what a signature then does not cover: terms mapped to null, keyword look-alikes (also
//! in the place of an identifier), `@language` beside properties, indexes. Here **every member of the document leaves
//! its trace in the quads, or there is an error**:
//!
//! - an undefined term, a relative IRI, an undefined type, an index, a null, an empty array is [`JsonLdError::DataLoss`];
//! - a context that is not in the set is [`JsonLdError::ContextNotFound`]: nothing is ever fetched;
//! - there is no base IRI, and `@base` is refused;
//! - a base direction goes into the datatype (`i18n-datatype`), so that it is signed too.
//!
//! Every function is concrete: the generic code of `ssi` is compiled in this crate and nowhere else. Its types stay
//! inside.
//!
//! **`ssi`'s `verify` is never our verdict.** It is in the module `second_opinion`, for tests alone (feature
//! `second-opinion`, switched on by dev-dependencies); what it accepts that must be refused is written down in this
//! crate's `tests/traps.rs`.
//!
//! ```
//! use portage_ssi_engine::{JsonLdError, Reader};
//!
//! let contexts = |url: &str| {
//!     (url == "https://example.org/v1").then_some(r#"{"@context": {"name": "https://schema.org/name"}}"#)
//! };
//! let mut reader = Reader::new(&contexts);
//! let document = serde_json::json!({"@context": "https://example.org/v1", "name": "Zoë"});
//! assert_eq!(reader.to_rdf(&document, 100).unwrap().len(), 1);
//! let document = serde_json::json!({"@context": "https://example.org/v1", "name": "Zoë", "isAdmin": true});
//! assert!(matches!(reader.to_rdf(&document, 100), Err(JsonLdError::DataLoss(_))));
//! ```

mod context;
mod expanded;
mod expansion;
pub mod nquads;
pub mod rdf;
#[cfg(feature = "second-opinion")]
pub mod second_opinion;
mod to_rdf;
mod value;

use serde_json::{Map, Value};

/// The closed set of context documents: URL → the document, whole.
pub type ContextDocuments<'a> = &'a dyn Fn(&str) -> Option<&'a str>;

/// Why a document has no RDF form. Says what, never which value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonLdError {
    /// A context that is not in the closed set.
    #[error("a JSON-LD context that is not in the closed set")]
    ContextNotFound,
    /// A context that breaks a rule of JSON-LD, or sets a base IRI.
    #[error("a JSON-LD context that does not hold")]
    ContextInvalid,
    /// A protected term redefined, or protected terms thrown away.
    #[error("a protected term would be redefined")]
    ProtectedTerm,
    /// Something that RDF would not keep.
    #[error("{0} would be lost")]
    DataLoss(&'static str),
    /// Not JSON-LD 1.1.
    #[error("not JSON-LD: {0}")]
    Invalid(&'static str),
    /// Over the limit of quads, contexts or depth.
    #[error("the document is over a limit")]
    TooComplex,
}

/// Reads documents with one closed set of contexts. A context is processed once for all documents that one reader
/// reads: a credential and its proof share theirs.
pub struct Reader<'a> {
    contexts: context::ContextProcessor<'a>,
}

impl<'a> Reader<'a> {
    /// A reader over that set.
    pub fn new(contexts: ContextDocuments<'a>) -> Self {
        Reader { contexts: context::ContextProcessor::new(contexts) }
    }

    /// Converts a JSON-LD document to RDF, within `max_quads`. Nothing is fetched, nothing dropped.
    ///
    /// # Errors
    /// [`JsonLdError`].
    pub fn to_rdf(&mut self, document: &Value, max_quads: usize) -> Result<Vec<rdf::Quad>, JsonLdError> {
        to_rdf::to_quads(expansion::expand(document, &mut self.contexts)?, max_quads)
    }

    /// The fully expanded types of the document's root; a type that no context defines stays as it is.
    ///
    /// # Errors
    /// [`JsonLdError`]: the contexts.
    pub fn root_types(&mut self, document: &Map<String, Value>) -> Result<Vec<String>, JsonLdError> {
        expansion::root_types(document, &mut self.contexts)
    }
}
