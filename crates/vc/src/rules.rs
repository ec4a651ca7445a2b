//! Rules that several members share.

use serde_json::{Map, Value};
use url::Url;

use crate::{CONTEXT_V2, CredentialError};

type Object = Map<String, Value>;
type Checked = Result<(), CredentialError>;

/// §4.3: an array, the base context first, then URLs and objects. Which of them may be used is decided where contexts are known
/// (`verification`, `data-integrity`): inline objects could rename what was signed, and none is known unless it was allowed.
pub(crate) fn context(document: &Object) -> Checked {
    context_after(document, CONTEXT_V2)
}

/// As [`context`], with the base context of another version.
pub(crate) fn context_after(document: &Object, base: &str) -> Checked {
    let Some(Value::Array(contexts)) = document.get("@context") else {
        return Err(CredentialError::ContextNotAllowed);
    };
    let base_first = contexts.first().and_then(Value::as_str) == Some(base);
    let is_context = |context: &Value| context.is_object() || context.as_str().is_some_and(is_url);
    if base_first && contexts.iter().all(is_context) {
        Ok(())
    } else {
        Err(CredentialError::ContextNotAllowed)
    }
}

/// §4.5: one or more names, `required` among them.
pub(crate) fn types(document: &Object, required: &'static str) -> Checked {
    match type_names(document) {
        Some(names) if names.contains(&required) => Ok(()),
        _ => Err(CredentialError::Malformed("`type` lacks its name, or holds something else than names")),
    }
}

/// `type` as a list; `None` when it is not one or more terms or URLs.
pub(crate) fn type_names(object: &Object) -> Option<Vec<&str>> {
    let names: Vec<&str> = match object.get("type")? {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().map(Value::as_str).collect::<Option<_>>()?,
        _ => return None,
    };
    let is_name = |name: &&str| !name.is_empty() && !name.contains(char::is_whitespace);
    (!names.is_empty() && names.iter().all(is_name)).then_some(names)
}

/// §4.4: `id`, where there is one, is a single URL.
pub(crate) fn optional_id(object: &Object) -> Checked {
    match object.get("id") {
        None => Ok(()),
        Some(id) if id.as_str().is_some_and(is_url) => Ok(()),
        Some(_) => Err(CredentialError::Malformed("an `id` that is not one URL")),
    }
}

/// A URL, or an object whose `id` is one (`issuer`, `holder`).
pub(crate) fn identified(value: &Value) -> Option<&str> {
    let id = match value {
        Value::String(id) => id,
        Value::Object(object) => object.get("id")?.as_str()?,
        _ => return None,
    };
    is_url(id).then_some(id)
}

/// A member that is absent, one object, or one or more objects.
pub(crate) fn objects<'d>(document: &'d Object, name: &str) -> Result<Vec<&'d Object>, CredentialError> {
    const NOT_OBJECTS: CredentialError =
        CredentialError::Malformed("a member that is not one or more objects");
    match document.get(name) {
        None => Ok(Vec::new()),
        Some(Value::Object(object)) => Ok(vec![object]),
        Some(Value::Array(objects)) if !objects.is_empty() => {
            objects.iter().map(|object| object.as_object().ok_or(NOT_OBJECTS)).collect()
        }
        Some(_) => Err(NOT_OBJECTS),
    }
}

/// Objects that all need a `type`, and whose `id` is a URL (`credentialStatus`, `evidence`, …).
pub(crate) fn typed_objects<'d>(
    document: &'d Object,
    name: &str,
) -> Result<Vec<&'d Object>, CredentialError> {
    let objects = objects(document, name)?;
    for object in &objects {
        if type_names(object).is_none() {
            return Err(CredentialError::Malformed("an object without its `type`"));
        }
        optional_id(object)?;
    }
    Ok(objects)
}

/// §4.6, §11.1: `name` and `description` are a string, a language value object, or several of the latter.
pub(crate) fn texts(object: &Object) -> Checked {
    let is_text = |value: &Value| match value {
        Value::String(_) => true,
        Value::Array(values) => values.iter().all(is_language_value),
        value => is_language_value(value),
    };
    if ["name", "description"].into_iter().filter_map(|name| object.get(name)).all(is_text) {
        Ok(())
    } else {
        Err(CredentialError::Malformed("`name` or `description` is not a text with its language"))
    }
}

fn is_language_value(value: &Value) -> bool {
    value.as_object().is_some_and(|object| {
        object.contains_key("@value")
            && object.iter().all(|(name, value)| match (name.as_str(), value) {
                ("@value" | "@language", Value::String(_)) => true,
                ("@direction", Value::String(direction)) => direction == "ltr" || direction == "rtl",
                _ => false,
            })
    })
}

/// An absolute URL: the URL Standard's own parser takes more than may stand in an identifier.
pub(crate) fn is_url(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || c.is_control()) && Url::parse(text).is_ok()
}
