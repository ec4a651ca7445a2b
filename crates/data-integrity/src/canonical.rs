//! JSON-LD → canonical N-Quads (RDFC-1.0) behind one function, so that a faster engine can take its place.

use std::collections::BTreeMap;

use portage_catalog::Contexts;
use portage_reason::Reason;
use serde_json::{Map, Value};

/// The canonical form and how blank nodes were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalQuads {
    /// Canonical N-Quads, sorted, one a line.
    pub nquads: String,
    /// Input blank node label → `c14nN`.
    pub labels: BTreeMap<String, String>,
}

/// Why there is no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalizeError {
    /// A context that is not in the set, or an inline object.
    #[error("a JSON-LD context that is not allowed")]
    ContextNotAllowed,
    /// A term no context defines, a relative IRI, an undefined type: it would be lost.
    #[error("a member that no context defines")]
    DataLoss,
    /// Not JSON-LD 1.1, or a protected term redefined.
    #[error("not valid JSON-LD: {0}")]
    Malformed(&'static str),
    /// Over the work limit.
    #[error("canonicalization would cost more than the limit")]
    TooComplex,
}

impl CanonicalizeError {
    /// The reason of the same meaning.
    pub fn reason(&self) -> Reason {
        match self {
            CanonicalizeError::ContextNotAllowed => Reason::ContextNotAllowed,
            CanonicalizeError::DataLoss => Reason::DataLoss,
            CanonicalizeError::Malformed(_) => Reason::Malformed,
            CanonicalizeError::TooComplex => Reason::TooComplex,
        }
    }
}

/// Expands `document` with `contexts` only (nothing is ever fetched), converts to RDF with no base IRI, and
/// canonicalizes within a work limit. A dropped term is an error, never silence.
///
/// # Errors
/// [`CanonicalizeError`].
pub fn canonicalize(
    document: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<CanonicalQuads, CanonicalizeError> {
    let _ = (document, contexts);
    todo!()
}

/// The fully expanded type IRIs of the document's root (OpenID4VP `type_values`); a type no context defines stays as is.
///
/// # Errors
/// [`CanonicalizeError`].
pub fn expanded_types(
    document: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<Vec<String>, CanonicalizeError> {
    let _ = (document, contexts);
    todo!()
}
