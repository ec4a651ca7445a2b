//! Whether disclosed claims fit the type's schema. What is withheld is not missing: `required` is never checked here. And whether a credential
//! fits the schemas that it names itself, of those that were given: a schema is never fetched.

use portage_catalog::{Catalog, CredentialType};
use portage_reason::Reason;
use portage_vc::RelatedResource;
use serde_json::{Map, Value};

use crate::{InputFormat, SchemaEvidence, input::strings, signed::SignedCredential};

/// Checks the claims that each type defines; members that it does not know are left alone (the format's own among them).
pub(crate) fn check_claims(types: &[&CredentialType], claims: &Map<String, Value>) -> Result<(), Reason> {
    types.iter().try_for_each(|known| known.check_disclosed(claims).map_err(|_| Reason::SchemaMismatch))
}

/// `JsonSchema` of VC JSON Schema: holds for the credential whole.
const JSON_SCHEMA: &str = "JsonSchema";

/// VCDM 2.0 §4.11: the credential must fit each schema that it names and that is here. A schema under another digest than the one it names is
/// not the one it names.
pub(crate) fn check_named(signed: &SignedCredential, catalog: &Catalog) -> Result<SchemaEvidence, Reason> {
    let named = match signed.claims.get("credentialSchema") {
        Some(_) if signed.format == InputFormat::DcSdJwt => return Ok(SchemaEvidence::None),
        None => return Ok(SchemaEvidence::None),
        Some(Value::Array(several)) => several.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let withheld = signed.sd_jwt.as_ref().is_some_and(|one| one.issuer_payload().contains_key("_sd_alg"));
    let mut evidence = SchemaEvidence::Matched;
    for schema in named.iter().filter_map(Value::as_object) {
        let id = schema.get("id").and_then(Value::as_str).unwrap_or_default();
        let is_json_schema = strings(schema.get("type")).any(|name| name == JSON_SCHEMA);
        let Some(given) = catalog.schema(id).filter(|_| is_json_schema && !withheld) else {
            evidence = SchemaEvidence::NotChecked;
            continue;
        };
        if schema.contains_key("digestSRI") || schema.contains_key("digestMultibase") {
            let digests = RelatedResource::read(schema).map_err(|error| error.reason())?;
            if !digests.fits(given.bytes()) {
                return Err(Reason::SchemaMismatch);
            }
        }
        if !given.fits(&Value::Object(signed.claims.clone())) {
            return Err(Reason::SchemaMismatch);
        }
    }
    Ok(evidence)
}
