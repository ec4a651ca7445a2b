//! Whether disclosed claims fit the type's schema. What is withheld is not missing.

use portage_catalog::CredentialType;
use portage_reason::Reason;
use serde_json::{Map, Value};

/// Checks the claims that the type defines; members it does not know are left alone (the format's own among them, and what nobody can ask for
/// by this type).
pub(crate) fn check_claims(
    credential_type: &CredentialType,
    members: &Map<String, Value>,
) -> Result<(), Reason> {
    let defined = credential_type.claims.iter().filter_map(|definition| {
        let value = members.get(&definition.name)?;
        Some((definition.name.clone(), value.clone()))
    });
    credential_type.check_disclosed(&defined.collect()).map_err(|_| Reason::SchemaMismatch)
}
