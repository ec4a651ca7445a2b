//! Whether a credential is what was asked for (OpenID4VP 1.0 §6, §8.6). The query is a hint to the wallet and a check here.

use portage_dcql::{CredentialQuery, check_claims};
use portage_reason::Reason;
use serde_json::Value;

use crate::signed::SignedCredential;

/// Checks format, type, claims and values.
pub(crate) fn check_query(query: &CredentialQuery, credential: &SignedCredential) -> Result<(), Reason> {
    let claims = Value::Object(credential.claims.clone());
    let is_asked = query.format == credential.format.name()
        && is_of_type(query, &credential.types)
        && check_claims(query, &claims).is_some();
    if is_asked { Ok(()) } else { Err(Reason::QueryNotSatisfied) }
}

/// §B.1, §B.3: one of `vct_values`; all of one entry of `type_values`.
fn is_of_type(query: &CredentialQuery, types: &[String]) -> bool {
    let meta = &query.meta;
    let vct = meta.vct_values.as_ref().is_none_or(|values| values.iter().any(|vct| types.contains(vct)));
    let expanded = meta
        .type_values
        .as_ref()
        .is_none_or(|sets| sets.iter().any(|set| set.iter().all(|name| types.contains(name))));
    vct && expanded && meta.doctype_value.is_none()
}
