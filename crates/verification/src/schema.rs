//! Whether disclosed claims fit the type's schema. What is withheld is not missing: members are checked one by one, `required` never.

use portage_catalog::CredentialType;
use portage_reason::Reason;
use serde_json::{Map, Value};

/// Checks the claims that the type defines; members it does not know are left alone (the format's own among them).
pub(crate) fn check_claims(
    credential_type: &CredentialType,
    claims: &Map<String, Value>,
) -> Result<(), Reason> {
    let Some(properties) = credential_type.schema.get("properties").and_then(Value::as_object) else {
        return Ok(());
    };
    for definition in &credential_type.claims {
        let (Some(value), Some(schema)) = (claims.get(&definition.name), properties.get(&definition.name))
        else {
            continue;
        };
        if !fits(&credential_type.schema, schema, value) {
            return Err(Reason::SchemaMismatch);
        }
    }
    Ok(())
}

/// Whether one value fits the schema of one member; definitions of the whole schema stay in reach.
fn fits(whole: &Value, member: &Value, value: &Value) -> bool {
    let mut schema = member.clone();
    if let (Value::Object(schema), Some(definitions)) = (&mut schema, whole.get("$defs")) {
        schema.insert("$defs".into(), definitions.clone());
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema);
    validator.is_ok_and(|validator| validator.is_valid(value))
}
