//! JSON-LD → canonical N-Quads (RDFC-1.0) behind one function, so that a faster engine can take its place.

use std::collections::BTreeMap;

use portage_catalog::Contexts;
use portage_keys::digest::HashAlgorithm;
use portage_reason::Reason;
use portage_ssi_engine::{JsonLdError, Reader, rdf::Quad};
use serde_json::{Map, Value};

use crate::rdfc10;

/// The canonical form and how blank nodes were named. `Debug` shows how much there is, no value.
#[derive(Clone, PartialEq, Eq)]
pub struct CanonicalQuads {
    /// Canonical N-Quads, sorted, one a line.
    pub nquads: String,
    /// Input blank node label → `c14nN`.
    pub labels: BTreeMap<String, String>,
}

impl std::fmt::Debug for CanonicalQuads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quads = self.nquads.lines().count();
        f.debug_struct("CanonicalQuads").field("quads", &quads).finish_non_exhaustive()
    }
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

/// Most quads a document may have.
const MAX_QUADS: usize = 20_000;

/// Expands `document` with `contexts` only (nothing is ever fetched), converts to RDF with no base IRI, and
/// canonicalizes within a work limit. A dropped term is an error, never silence.
///
/// # Errors
/// [`CanonicalizeError`].
pub fn canonicalize(
    document: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<CanonicalQuads, CanonicalizeError> {
    let [canonical] = canonicalize_each([document], contexts, HashAlgorithm::Sha256)?;
    Ok(canonical)
}

/// As [`canonicalize`], for documents that share their contexts, with the hash function of a cryptosuite.
pub(crate) fn canonicalize_each<const N: usize>(
    documents: [&Map<String, Value>; N],
    contexts: &Contexts,
    hash: HashAlgorithm,
) -> Result<[CanonicalQuads; N], CanonicalizeError> {
    let find = |url: &str| contexts.document(url);
    let mut reader = Reader::new(&find);
    let mut results = Vec::with_capacity(N);
    for document in documents {
        check_contexts(document, contexts)?;
        // The reader wants a `Value`; the clone is small beside what follows.
        let quads = reader.to_rdf(&Value::Object(document.clone()), MAX_QUADS)?;
        results.push(canonicalize_quads(&quads, hash)?);
    }
    results.try_into().map_err(|_| CanonicalizeError::TooComplex)
}

/// Canonicalizes a dataset (RDFC-1.0), within the same limits. The hash function changes which label a blank node
/// gets: SHA-256 unless a cryptosuite says otherwise.
///
/// # Errors
/// [`CanonicalizeError::TooComplex`].
pub fn canonicalize_quads(quads: &[Quad], hash: HashAlgorithm) -> Result<CanonicalQuads, CanonicalizeError> {
    if quads.len() > MAX_QUADS {
        return Err(CanonicalizeError::TooComplex);
    }
    rdfc10::canonicalize(quads, hash).map_err(|rdfc10::TooComplex| CanonicalizeError::TooComplex)
}

/// The fully expanded type IRIs of the document's root (OpenID4VP `type_values`); a type no context defines stays as is.
///
/// # Errors
/// [`CanonicalizeError`].
pub fn expanded_types(
    document: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<Vec<String>, CanonicalizeError> {
    check_contexts(document, contexts)?;
    Ok(Reader::new(&|url| contexts.document(url)).root_types(document)?)
}

/// Every `@context` in the document, at any depth (inside JSON literals too), is a URL of the set or an array of such: an
/// inline object could give a signed member another name, unless whoever reads allowed that very object.
pub(crate) fn check_contexts(
    document: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<(), CanonicalizeError> {
    let known = |value: &Value| contexts.allows(value);
    for (name, value) in document {
        let is_context = name == "@context";
        let allowed = match value {
            _ if !is_context => true,
            Value::Array(items) => items.iter().all(known),
            one => known(one),
        };
        if !allowed {
            return Err(CanonicalizeError::ContextNotAllowed);
        }
        if !is_context {
            check_contexts_below(value, contexts)?;
        }
    }
    Ok(())
}

fn check_contexts_below(value: &Value, contexts: &Contexts) -> Result<(), CanonicalizeError> {
    match value {
        Value::Object(members) => check_contexts(members, contexts),
        Value::Array(items) => items.iter().try_for_each(|item| check_contexts_below(item, contexts)),
        _ => Ok(()),
    }
}

impl From<JsonLdError> for CanonicalizeError {
    fn from(error: JsonLdError) -> Self {
        match error {
            JsonLdError::ContextNotFound => CanonicalizeError::ContextNotAllowed,
            JsonLdError::ContextInvalid => CanonicalizeError::Malformed("a context that does not hold"),
            JsonLdError::ProtectedTerm => CanonicalizeError::Malformed("a protected term redefined"),
            JsonLdError::DataLoss(_) => CanonicalizeError::DataLoss,
            JsonLdError::Invalid(what) => CanonicalizeError::Malformed(what),
            JsonLdError::TooComplex => CanonicalizeError::TooComplex,
        }
    }
}
