//! The contexts that the suites use and the product does not bundle, allowed by hand as anybody could allow them.

use portage_catalog::{Catalog, Contexts};
use serde_json::json;

/// Gives every misspelt member a meaning, which is why the product never bundles it.
const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";
const EXAMPLES_DOCUMENT: &[u8] =
    br#"{"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}"#;

/// One term and its IRI: the inline contexts of the data model suite's documents.
const INLINE_TERMS: [(&str, &str); 12] = [
    ("CredentialManagerPresentation", "https://example.org/examples#CredentialManagerPresentation"),
    ("CredentialStatusList2017", "https://example.org/examples#CredentialStatusList2017"),
    ("DocumentVerification2018", "https://example.org/examples#DocumentVerification2018"),
    ("ExampleCredential1", "https://example.org/#ExampleCredential1"),
    ("ExampleCredential2", "https://example.org/#ExampleCredential2"),
    ("ExampleJsonSchema", "https://example.org/examples#ExampleJsonSchema"),
    ("ExampleRefreshService", "https://example.org/examples#ExampleRefreshService"),
    ("ExampleTestCredential", "https://example.org/#ExampleTestCredential"),
    ("ExampleVerifiableCredential", "https://example.org/#ExampleVerifiableCredential"),
    ("ExampleVerifiablePresentation", "https://example.org/#ExampleVerifiablePresentation"),
    ("OdrlPolicy2017", "https://example.org/examples#OdrlPolicy2017"),
    // Redefines a protected term: allowed, so that it is the redefinition that is refused.
    ("VerifiableCredential", "https://example.org/#BadVerifiableCredential"),
];

/// The bundled contexts and these.
///
/// # Panics
/// Never: the constants above hold.
pub(crate) fn of_the_suites(catalog: &Catalog) -> Contexts {
    let mut contexts = catalog.contexts();
    // Err: it is in the box already.
    let _ = contexts.add(EXAMPLES, EXAMPLES_DOCUMENT);
    for (term, iri) in INLINE_TERMS {
        contexts.allow_inline(json!({ term: iri }));
    }
    contexts.allow_inline(
        json!({ "name": "https://schema.org/name", "description": "https://schema.org/description" }),
    );
    // The documents with proof chains: an alumnus.
    contexts.allow_inline(json!({ "@context": {
        "AlumniCredential": "https://www.example.org/AlumniCredential",
        "alumniOf": "https://www.example.org/alumniOf",
        "description": "https://schema.org/description",
        "name": "https://schema.org/name",
    } }));
    contexts.allow_inline(json!({ "@context": {
        "AlumniCredential": "https://www.example.org/AlumniCredential",
        "alumniOf": "https://www.example.org/alumniOf",
    } }));
    // What stands in documents that must be refused, for what they make of the document.
    contexts.allow_inline(json!({ "@vocab": null }));
    let example = |name: &str| format!("https://example.org/#{name}");
    contexts.allow_inline(
        json!({ "@protected": true, "ExampleVerifiableCredential": example("ExampleVerifiableCredential") }),
    );
    contexts
        .allow_inline(json!({ "ExampleVerifiableCredential": example("ExampleBadVerifiableCredential") }));
    contexts
}
