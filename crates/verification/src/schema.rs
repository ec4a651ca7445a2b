//! Whether disclosed claims fit the type's schema. What is withheld is not missing: `required` is never checked here.

use portage_catalog::CredentialType;
use portage_reason::Reason;
use serde_json::{Map, Value};

/// Checks the claims that each type defines; members that it does not know are left alone (the format's own among them).
pub(crate) fn check_claims(types: &[&CredentialType], claims: &Map<String, Value>) -> Result<(), Reason> {
    types.iter().try_for_each(|known| known.check_disclosed(claims).map_err(|_| Reason::SchemaMismatch))
}
