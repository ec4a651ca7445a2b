//! What is signed: `hash(canonical proof configuration) || hash(canonical document)`
//! (EdDSA cryptosuites §3.2.4, §3.3.4; ECDSA cryptosuites §3.2.4, §3.3.4).

use portage_catalog::Contexts;
use portage_keys::digest::HashAlgorithm;
use serde_json::{Map, Value};

use crate::{
    ProofError,
    canonical::{canonicalize_each, check_contexts},
    cryptosuite::CanonicalForm,
    json_proof::canonical_json,
    spelling,
};

/// What one proof signs.
pub(crate) struct Signed<'d> {
    /// The document; its own `proof` is left aside.
    pub(crate) document: &'d Map<String, Value>,
    /// The proofs that are signed with it, as the document has them.
    pub(crate) previous_proofs: Vec<Value>,
    /// The proof without its `proofValue`.
    pub(crate) proof_config: &'d Map<String, Value>,
}

impl Signed<'_> {
    /// The hash data: of the configuration, then of the document.
    pub(crate) fn hash_data(
        self,
        form: CanonicalForm,
        hash: HashAlgorithm,
        contexts: &Contexts,
    ) -> Result<Vec<u8>, ProofError> {
        let mut document = self.document.clone();
        document.remove("proof");
        // Without a previous proof there is no member, not an empty list.
        if !self.previous_proofs.is_empty() {
            document.insert("proof".into(), self.previous_proofs.into());
        }
        let (config, document) = match form {
            CanonicalForm::Rdfc => rdfc(document, self.proof_config.clone(), hash, contexts)?,
            CanonicalForm::Jcs => jcs(document, self.proof_config, contexts)?,
        };
        Ok(hash_of_both(&config, &document, hash))
    }
}

/// The hash of the configuration, then that of the document.
pub(crate) fn hash_of_both(config: &str, document: &str, hash: HashAlgorithm) -> Vec<u8> {
    [hash.digest(config.as_bytes()), hash.digest(document.as_bytes())].concat()
}

/// The proof configuration is read with the document's `@context`, whatever its own says (which is then not signed, and
/// must at least be known). What other members would say the same is refused.
fn rdfc(
    document: Map<String, Value>,
    mut config: Map<String, Value>,
    hash: HashAlgorithm,
    contexts: &Contexts,
) -> Result<(String, String), ProofError> {
    check_contexts(&config, contexts)?;
    config.remove("@context");
    if let Some(context) = document.get("@context") {
        config.insert("@context".into(), context.clone());
    }
    spelling::check(&config)?;
    spelling::check(&document)?;
    let [config, document] = canonicalize_each([&config, &document], contexts, hash)?;
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
