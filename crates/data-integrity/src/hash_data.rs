//! What is signed: `SHA-256(canonical proof configuration) || SHA-256(canonical document)`
//! (EdDSA cryptosuites §3.2.4, §3.3.4).

use portage_catalog::Contexts;
use portage_keys::digest::sha256;
use serde_json::{Map, Value};

use crate::{
    CanonicalizeError, Cryptosuite, ProofError,
    canonical::{canonicalize_each, check_contexts},
    spelling,
};

/// The hash data of `document` (its `proof` is left aside) and of a proof without its `proofValue`.
pub(crate) fn hash_data(
    cryptosuite: Cryptosuite,
    document: &Map<String, Value>,
    proof_config: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<[u8; 64], ProofError> {
    let mut document = document.clone();
    document.remove("proof");
    let (config, document) = match cryptosuite {
        Cryptosuite::EddsaRdfc2022 => rdfc(document, proof_config.clone(), contexts)?,
        Cryptosuite::EddsaJcs2022 => jcs(document, proof_config, contexts)?,
    };
    let mut hash_data = [0; 64];
    let (first, second) = hash_data.split_at_mut(32);
    first.copy_from_slice(&sha256(config.as_bytes()));
    second.copy_from_slice(&sha256(document.as_bytes()));
    Ok(hash_data)
}

/// The proof configuration is read with the document's `@context`, whatever its own says (which is then not signed, and
/// must at least be known). What other members would say the same is refused.
fn rdfc(
    document: Map<String, Value>,
    mut config: Map<String, Value>,
    contexts: &Contexts,
) -> Result<(String, String), ProofError> {
    check_contexts(&config, contexts)?;
    config.remove("@context");
    if let Some(context) = document.get("@context") {
        config.insert("@context".into(), context.clone());
    }
    spelling::check(&config)?;
    spelling::check(&document)?;
    let [config, document] = canonicalize_each([&config, &document], contexts)?;
    Ok((config.nquads, document.nquads))
}

/// The document's `@context` must begin with the proof's, which then takes its place. Contexts are checked here too:
/// those behind the proof's are not signed, and what a member means is said by all of them.
fn jcs(
    mut document: Map<String, Value>,
    config: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<(String, String), ProofError> {
    check_contexts(&document, contexts)?;
    if let Some(signed) = config.get("@context") {
        let begins =
            document.get("@context").is_some_and(|context| as_array(context).starts_with(as_array(signed)));
        if !begins {
            return Err(ProofError::ContextMismatch);
        }
        document.insert("@context".into(), signed.clone());
    }
    Ok((canonical_json(config)?, canonical_json(&document)?))
}

fn as_array(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// The JSON Canonicalization Scheme (RFC 8785).
fn canonical_json(object: &Map<String, Value>) -> Result<String, CanonicalizeError> {
    serde_json_canonicalizer::to_string(object)
        .map_err(|_| CanonicalizeError::Malformed("JSON that has no canonical form"))
}
