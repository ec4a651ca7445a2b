use std::collections::BTreeMap;

/// The JSON-LD contexts that may be used: bundled bytes, pinned by SHA-256, and what the caller adds.
///
/// Bundled: credentials v2 and v1, data-integrity v1 and v2, multikey v1, jwk v1, cid v1, did v1, bitstring-status-list v1 (inside v2),
/// undefined-terms v2, and one for each type of `specs/credentials`. `credentials/examples/v2` is never bundled.
#[derive(Debug, Clone, Default)]
pub struct Contexts {
    documents: BTreeMap<String, String>,
}

/// A context that cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// Not an `https:` URL.
    #[error("the address of a context must be an https URL")]
    Url,
    /// Not a JSON object with `@context`.
    #[error("not a JSON-LD context document")]
    Malformed,
    /// A bundled context is never replaced.
    #[error("this context is in the box and is not replaced")]
    Bundled,
}

impl Contexts {
    /// The bundled set.
    pub fn bundled() -> Self {
        todo!()
    }

    /// Adds one (`verifier check --context URL=FILE`).
    ///
    /// # Errors
    /// [`ContextError`].
    pub fn add(&mut self, url: &str, bytes: &[u8]) -> Result<(), ContextError> {
        let _ = (url, bytes);
        todo!()
    }

    /// The document, whole (`{"@context": …}`).
    pub fn document(&self, url: &str) -> Option<&str> {
        self.documents.get(url).map(String::as_str)
    }

    /// Every URL.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }
}
