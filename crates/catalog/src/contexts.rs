use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use portage_strict_json::Limits;
use serde_json::Value;

/// `specs/`, as it was when this crate was built.
pub(crate) static SPECS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../specs");

/// The JSON-LD contexts that may be used: bundled bytes, pinned by SHA-256, and what the caller adds.
///
/// Bundled: credentials v2 and v1, data-integrity v1 and v2, multikey v1, jwk v1, cid v1, did v1, bitstring-status-list v1 (inside v2),
/// undefined-terms v2, and one for each type of `specs/credentials`. `credentials/examples/v2` is never bundled: its
/// `@vocab` gives every misspelt member a meaning.
#[derive(Debug, Clone, Default)]
pub struct Contexts {
    bundled: BTreeMap<String, &'static str>,
    added: BTreeMap<String, String>,
    inline: Vec<Value>,
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
    /// The bundled set. A file that cannot be read is left out, so that documents using it are refused; a test of
    /// this crate checks that there is none.
    pub fn bundled() -> Self {
        Contexts { bundled: published().chain(of_credential_types()).collect(), ..Contexts::default() }
    }

    /// Adds one (`verifier check --context URL=FILE`).
    ///
    /// # Errors
    /// [`ContextError`].
    pub fn add(&mut self, url: &str, bytes: &[u8]) -> Result<(), ContextError> {
        if url.strip_prefix("https://").is_none_or(str::is_empty) {
            return Err(ContextError::Url);
        }
        if self.bundled.contains_key(url) {
            return Err(ContextError::Bundled);
        }
        let document =
            portage_strict_json::parse(bytes, Limits::METADATA).map_err(|_| ContextError::Malformed)?;
        if document.get("@context").is_none() {
            return Err(ContextError::Malformed);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ContextError::Malformed)?;
        self.added.insert(url.to_owned(), text.to_owned());
        Ok(())
    }

    /// Allows one inline context object (VCDM 2.0 §4.3): documents may then hold exactly this one. Whoever allows it vouches for what it makes
    /// of every document that carries it; none is in the box.
    pub fn allow_inline(&mut self, context: Value) {
        self.inline.push(context);
    }

    /// Whether an entry of an `@context` may be used: the URL of a document of this set, or an inline object that was allowed as it stands.
    pub fn allows(&self, entry: &Value) -> bool {
        match entry {
            Value::String(url) => self.document(url).is_some(),
            Value::Object(_) => self.inline.contains(entry),
            _ => false,
        }
    }

    /// The document, whole (`{"@context": …}`).
    pub fn document(&self, url: &str) -> Option<&str> {
        self.bundled.get(url).copied().or_else(|| self.added.get(url).map(String::as_str))
    }

    /// Every URL.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.bundled.keys().chain(self.added.keys()).map(String::as_str)
    }
}

/// A row of `specs/contexts/index.json`.
#[derive(serde::Deserialize)]
struct Published {
    url: String,
    file: String,
    #[cfg(test)]
    sha256: String,
}

/// What standards bodies publish: `specs/contexts`.
fn published() -> impl Iterator<Item = (String, &'static str)> {
    index().into_iter().filter_map(|row| {
        let text = SPECS.get_file(format!("contexts/{}", row.file))?.contents_utf8()?;
        Some((row.url, text))
    })
}

fn index() -> Vec<Published> {
    SPECS
        .get_file("contexts/index.json")
        .and_then(|file| serde_json::from_slice(file.contents()).ok())
        .unwrap_or_default()
}

/// Our own: `specs/credentials/<type>/context.jsonld`, at the `context_url` of the `type.json` beside it.
fn of_credential_types() -> impl Iterator<Item = (String, &'static str)> {
    SPECS.get_dir("credentials").into_iter().flat_map(Dir::dirs).filter_map(|folder| {
        let definition = folder.get_file(folder.path().join("type.json"))?;
        let definition: serde_json::Value = serde_json::from_slice(definition.contents()).ok()?;
        let url = definition.get("context_url")?.as_str()?.to_owned();
        let text = folder.get_file(folder.path().join("context.jsonld"))?.contents_utf8()?;
        Some((url, text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed in the Recommendations themselves.
    const PINNED: [(&str, &str); 5] = [
        (
            "https://www.w3.org/ns/credentials/v2",
            "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        ),
        (
            "https://www.w3.org/2018/credentials/v1",
            "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
        ),
        (
            "https://w3id.org/security/data-integrity/v2",
            "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        ),
        (
            "https://w3id.org/security/multikey/v1",
            "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
        ),
        (
            "https://w3id.org/security/jwk/v1",
            "0f14b62f6071aafe00df265770ea0c7508e118247d79b7d861a406d2aa00bece",
        ),
    ];

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn v10_an_inline_context_is_allowed_as_it_stands_or_not_at_all() {
        let allowed = serde_json::json!({ "a": "https://example.org/#a", "b": "https://example.org/#b" });
        let mut contexts = Contexts::bundled();
        assert!(!contexts.allows(&allowed));
        contexts.allow_inline(allowed.clone());
        let swapped = serde_json::json!({ "a": "https://example.org/#b", "b": "https://example.org/#a" });
        assert!(contexts.allows(&allowed) && !contexts.allows(&swapped));
        assert!(contexts.allows(&"https://www.w3.org/ns/credentials/v2".into()));
        for entry in
            ["https://a.example".into(), serde_json::json!({}), serde_json::json!([allowed]), 1.into()]
        {
            assert!(!contexts.allows(&entry), "{entry}");
        }
    }

    #[test]
    fn every_published_context_has_the_bytes_its_publisher_pinned() {
        let contexts = Contexts::bundled();
        let index = index();
        assert_eq!(index.len(), 10);
        for row in &index {
            let text = contexts.document(&row.url).unwrap_or_else(|| panic!("{} is missing", row.file));
            assert_eq!(hex(&portage_keys::digest::sha256(text.as_bytes())), row.sha256, "{}", row.file);
        }
        for (url, sha256) in PINNED {
            let row = index.iter().find(|row| row.url == url).unwrap();
            assert_eq!(row.sha256, sha256, "{url}");
        }
    }

    #[test]
    fn every_credential_type_brings_its_context() {
        let contexts = Contexts::bundled();
        let folders = SPECS.get_dir("credentials").map_or(0, |dir| dir.dirs().count());
        assert_eq!(of_credential_types().count(), folders);
        for (url, text) in of_credential_types() {
            assert!(url.starts_with("https://"), "{url}");
            assert_eq!(contexts.document(&url), Some(text));
            let document: serde_json::Value = serde_json::from_str(text).unwrap();
            assert!(document.get("@context").is_some(), "{url}");
        }
    }

    #[test]
    fn the_examples_context_is_not_in_the_box() {
        assert!(Contexts::bundled().urls().all(|url| !url.contains("/examples/")));
    }

    #[test]
    fn a_context_is_added_once_its_address_and_its_shape_are_right() {
        let mut contexts = Contexts::bundled();
        let bytes = br#"{"@context": {"@vocab": "https://example.org/#"}}"#;
        assert_eq!(contexts.add("http://example.org/v1", bytes), Err(ContextError::Url));
        assert_eq!(contexts.add("https://www.w3.org/ns/credentials/v2", bytes), Err(ContextError::Bundled));
        assert_eq!(contexts.add("https://example.org/v1", b"[]"), Err(ContextError::Malformed));
        assert_eq!(contexts.add("https://example.org/v1", b"{}"), Err(ContextError::Malformed));
        assert_eq!(contexts.add("https://example.org/v1", bytes), Ok(()));
        assert_eq!(contexts.document("https://example.org/v1").map(str::as_bytes), Some(&bytes[..]));
        assert!(contexts.urls().any(|url| url == "https://example.org/v1"));
    }
}
