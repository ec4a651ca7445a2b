//! From JSON to a [`Query`]. Unknown members are ignored; a known member of the wrong shape refuses the query.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::{ClaimQuery, CredentialQuery, CredentialSetQuery, DcqlError, MAX_ITEMS, Meta, Query, Step};

type Object = Map<String, Value>;

/// `dcql_query`.
pub(crate) fn query(value: &Value) -> Result<Query, DcqlError> {
    let query = object(value)?;
    let credentials = required_list(query, "credentials", credential_query)?;
    let ids: HashSet<&str> = credentials.iter().map(|query| query.id.as_str()).collect();
    if ids.len() != credentials.len() {
        return Err(DcqlError("two Credential Queries with one `id`"));
    }
    let credential_sets = list(query, "credential_sets", credential_set_query)?;
    let mut named = credential_sets.iter().flatten().flat_map(|set| set.options.iter().flatten());
    if !named.all(|id| ids.contains(id.as_str())) {
        return Err(DcqlError("an option names a Credential Query that is not there"));
    }
    Ok(Query { credentials, credential_sets })
}

/// §6.1.
fn credential_query(value: &Value) -> Result<CredentialQuery, DcqlError> {
    let query = object(value)?;
    let format = non_empty_string(query.get("format").ok_or(DcqlError("no `format`"))?)?;
    let claims = list(query, "claims", |claim| claim_query(claim, &format))?;
    let claim_sets = list(query, "claim_sets", |set| elements(set, identifier))?;
    check_claim_sets(claims.as_deref(), claim_sets.as_deref())?;
    Ok(CredentialQuery {
        id: identifier(query.get("id").ok_or(DcqlError("no `id`"))?)?,
        meta: meta(object(query.get("meta").ok_or(DcqlError("no `meta`"))?)?)?,
        multiple: boolean(query, "multiple", false)?,
        holder_binding: boolean(query, "require_cryptographic_holder_binding", true)?,
        trusted_authorities: trusted_authorities(query)?,
        format,
        claims,
        claim_sets,
    })
}

/// The ids of claims are unique; sets need claims, and name them by their ids.
fn check_claim_sets(
    claims: Option<&[ClaimQuery]>,
    claim_sets: Option<&[Vec<String>]>,
) -> Result<(), DcqlError> {
    let claims = match (claims, claim_sets) {
        (None, Some(_)) => return Err(DcqlError("`claim_sets` without `claims`")),
        (claims, _) => claims.unwrap_or_default(),
    };
    let mut ids = HashSet::new();
    for claim in claims {
        match &claim.id {
            Some(id) if !ids.insert(id.as_str()) => {
                return Err(DcqlError("two Claims Queries with one `id`"));
            }
            None if claim_sets.is_some() => {
                return Err(DcqlError("a Claims Query without the `id` that `claim_sets` need"));
            }
            _ => {}
        }
    }
    let mut named = claim_sets.unwrap_or_default().iter().flatten();
    if named.all(|id| ids.contains(id.as_str())) {
        Ok(())
    } else {
        Err(DcqlError("a claim set names a Claims Query that is not there"))
    }
}

/// Appendix B. A member that is absent constrains nothing.
fn meta(meta: &Object) -> Result<Meta, DcqlError> {
    Ok(Meta {
        vct_values: list(meta, "vct_values", non_empty_string)?,
        type_values: list(meta, "type_values", |types| elements(types, non_empty_string))?,
        doctype_value: meta.get("doctype_value").map(non_empty_string).transpose()?,
    })
}

/// §6.3.
fn claim_query(value: &Value, format: &str) -> Result<ClaimQuery, DcqlError> {
    let claim = object(value)?;
    let path = required_list(claim, "path", step)?;
    if format == "mso_mdoc" && !matches!(path.as_slice(), [Step::Name(_), Step::Name(_)]) {
        return Err(DcqlError("a path of an mdoc is namespace and element"));
    }
    Ok(ClaimQuery {
        id: claim.get("id").map(identifier).transpose()?,
        path,
        values: list(claim, "values", claim_value)?,
    })
}

/// §7: a string, a non-negative integer, or null.
fn step(value: &Value) -> Result<Step, DcqlError> {
    match value {
        Value::String(name) => Ok(Step::Name(name.clone())),
        Value::Null => Ok(Step::All),
        Value::Number(index) => index
            .as_u64()
            .and_then(|index| usize::try_from(index).ok())
            .map(Step::Index)
            .ok_or(DcqlError("an index that is not a non-negative integer")),
        _ => Err(DcqlError("a path step is a string, a non-negative integer or null")),
    }
}

fn claim_value(value: &Value) -> Result<Value, DcqlError> {
    match value {
        Value::String(_) | Value::Bool(_) => Ok(value.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Ok(value.clone()),
        _ => Err(DcqlError("`values` holds strings, integers and booleans")),
    }
}

/// §6.2.
fn credential_set_query(value: &Value) -> Result<CredentialSetQuery, DcqlError> {
    let set = object(value)?;
    Ok(CredentialSetQuery {
        options: required_list(set, "options", |option| elements(option, identifier))?,
        required: boolean(set, "required", true)?,
    })
}

/// §6.1.1: the shape only; matching it is left to whoever can.
fn trusted_authorities(query: &Object) -> Result<Option<Value>, DcqlError> {
    list(query, "trusted_authorities", |authority| {
        let authority = object(authority)?;
        non_empty_string(authority.get("type").ok_or(DcqlError("a trusted authority without `type`"))?)?;
        required_list(authority, "values", non_empty_string)
    })?;
    Ok(query.get("trusted_authorities").cloned())
}

fn object(value: &Value) -> Result<&Object, DcqlError> {
    value.as_object().ok_or(DcqlError("an object was expected"))
}

fn required_list<T>(
    object: &Object,
    name: &str,
    read: impl Fn(&Value) -> Result<T, DcqlError>,
) -> Result<Vec<T>, DcqlError> {
    list(object, name, read)?.ok_or(DcqlError("a required list is missing"))
}

fn list<T>(
    object: &Object,
    name: &str,
    read: impl Fn(&Value) -> Result<T, DcqlError>,
) -> Result<Option<Vec<T>>, DcqlError> {
    object.get(name).map(|value| elements(value, read)).transpose()
}

/// A list is never empty in DCQL, and here never longer than [`MAX_ITEMS`].
fn elements<T>(value: &Value, read: impl Fn(&Value) -> Result<T, DcqlError>) -> Result<Vec<T>, DcqlError> {
    match value.as_array().map(Vec::as_slice) {
        None => Err(DcqlError("an array was expected")),
        Some([]) => Err(DcqlError("an empty array")),
        Some(elements) if elements.len() > MAX_ITEMS => Err(DcqlError("an array that is too long")),
        Some(elements) => elements.iter().map(read).collect(),
    }
}

fn non_empty_string(value: &Value) -> Result<String, DcqlError> {
    match value.as_str() {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(DcqlError("a non-empty string was expected")),
    }
}

/// Alphanumeric, underscore or hyphen.
fn identifier(value: &Value) -> Result<String, DcqlError> {
    let id = non_empty_string(value)?;
    if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        Ok(id)
    } else {
        Err(DcqlError("an `id` with a character that is not allowed"))
    }
}

fn boolean(object: &Object, name: &str, default: bool) -> Result<bool, DcqlError> {
    match object.get(name) {
        None => Ok(default),
        Some(value) => value.as_bool().ok_or(DcqlError("a boolean was expected")),
    }
}
