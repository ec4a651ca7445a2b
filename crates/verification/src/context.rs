//! Which JSON-LD contexts a document may name (VC-DI §4.6 Validating Contexts).

use portage_catalog::Contexts;
use portage_reason::Reason;
use serde_json::{Map, Value};

/// Every context must be one of the bundled documents (or one that the caller added, or allowed inline, by hand), and the list stands only at the root: a context
/// further down would redefine terms for a part of the document. `proof` and `verifiableCredential` are documents of their own.
pub(crate) fn check_contexts(document: &Map<String, Value>, contexts: &Contexts) -> Result<(), Reason> {
    let allowed = |value: &Value| contexts.allows(value).then_some(());
    let root = match document.get("@context") {
        Some(Value::Array(list)) if !list.is_empty() => list.iter().try_for_each(allowed),
        Some(one) => allowed(one),
        None => None,
    };
    let own_documents = ["@context", "proof", "verifiableCredential"];
    let inner = document.iter().filter(|(name, _)| !own_documents.contains(&name.as_str()));
    if root.is_none() || inner.map(|(_, value)| value).any(names_context) {
        return Err(Reason::ContextNotAllowed);
    }
    Ok(())
}

fn names_context(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("@context") || members.values().any(names_context),
        Value::Array(values) => values.iter().any(names_context),
        _ => false,
    }
}
