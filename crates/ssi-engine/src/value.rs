//! Values: scalars, value objects, language maps, and their lexical forms in RDF (JSON-LD 1.1 API §5.3, §8.2.2).

use serde_json::{Map, Value};
use ssi_json_ld::{
    Type,
    syntax::{Direction, Keyword, Nullable},
};

use crate::{
    JsonLdError,
    context::{ActiveContext, Definition, Expanded},
    expanded::{Node, Object, resource},
    expansion::Member,
    rdf::{I18N, Literal, RDF_JSON, RDF_LANG_STRING, XSD_BOOLEAN, XSD_DOUBLE, XSD_INTEGER, XSD_STRING},
};

/// Value expansion: what a scalar means as a value of the term that `definition` defines.
pub(crate) fn expand_scalar(
    active: &ActiveContext,
    definition: Option<Definition<'_>>,
    scalar: &Value,
) -> Result<Object, JsonLdError> {
    let datatype = match (definition.and_then(|definition| definition.typ()), scalar) {
        (Some(Type::Id), Value::String(text)) => return reference(active.expand_id(text)),
        (Some(Type::Vocab), Value::String(text)) => return reference(active.expand_vocab(text)),
        (Some(Type::Iri(iri)), _) => Some(iri.as_str()),
        _ => None,
    };
    match (scalar, datatype) {
        (Value::String(text), None) => {
            let language = match definition.and_then(|definition| definition.language()) {
                Some(Nullable::Some(tag)) => Some(tag.as_lenient_lang_tag_ref().as_str()),
                Some(Nullable::Null) => None,
                None => active.default_language(),
            };
            let direction = direction_of(active, definition);
            string(text, language, direction).map(Object::Literal)
        }
        _ => typed(scalar, datatype).map(Object::Literal),
    }
}

fn reference(expanded: Expanded) -> Result<Object, JsonLdError> {
    Ok(Object::Node(Node { id: Some(resource(expanded)?), ..Node::default() }))
}

fn direction_of(active: &ActiveContext, definition: Option<Definition<'_>>) -> Option<Direction> {
    match definition.and_then(|definition| definition.direction()) {
        Some(Nullable::Some(direction)) => Some(direction),
        Some(Nullable::Null) => None,
        None => active.default_direction(),
    }
}

/// A value object: `@value` with `@type`, or with `@language` and `@direction`.
pub(crate) fn expand_value_object(
    type_scoped: &ActiveContext,
    members: &[Member<'_>],
) -> Result<Literal, JsonLdError> {
    let (mut value, mut datatype, mut language, mut direction) = (None, None, None, None);
    for member in members {
        let Expanded::Keyword(keyword) = member.expanded else {
            return Err(JsonLdError::Invalid("a value object with something else"));
        };
        let text =
            || member.value.as_str().ok_or(JsonLdError::Invalid("a value object's member is not a string"));
        let twice = match keyword {
            Keyword::Value => value.replace(member.value).is_some(),
            Keyword::Type => datatype.replace(text()?).is_some(),
            Keyword::Language => language.replace(text()?).is_some(),
            Keyword::Direction => direction.replace(text()?).is_some(),
            Keyword::Index => return Err(JsonLdError::DataLoss("an index")),
            _ => return Err(JsonLdError::Invalid("a value object with something else")),
        };
        if twice {
            return Err(JsonLdError::Invalid("a keyword twice"));
        }
    }
    let value = value.ok_or(JsonLdError::Invalid("a value object without a value"))?;
    let direction = direction
        .map(|name| Direction::try_from(name).map_err(|_| JsonLdError::Invalid("not a base direction")))
        .transpose()?;
    match (datatype.map(|name| type_scoped.expand_vocab(name)), value) {
        (None, Value::String(text)) => string(text, language, direction),
        _ if language.is_some() || direction.is_some() => {
            Err(JsonLdError::Invalid("a language for something that is not a plain string"))
        }
        (Some(Expanded::Keyword(Keyword::Json)), json) => Ok(Literal::typed(canonical_json(json)?, RDF_JSON)),
        (Some(Expanded::Iri(iri)), scalar) => typed(scalar, Some(&iri)),
        (Some(_), _) => Err(JsonLdError::DataLoss("a datatype that is not absolute")),
        (None, scalar) => typed(scalar, None),
    }
}

/// A map from language tags to strings (step 13.7).
pub(crate) fn expand_language_map(
    active: &ActiveContext,
    definition: Option<Definition<'_>>,
    map: &Map<String, Value>,
) -> Result<Vec<Object>, JsonLdError> {
    let direction = direction_of(active, definition);
    let mut objects = Vec::new();
    for (tag, value) in map {
        let language =
            Some(tag.as_str()).filter(|tag| active.expand_vocab(tag) != Expanded::Keyword(Keyword::None));
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in items {
            let text =
                item.as_str().ok_or(JsonLdError::Invalid("a language map of something else than strings"))?;
            objects.push(Object::Literal(string(text, language, direction)?));
        }
    }
    Ok(objects)
}

/// A string with its language and base direction.
///
/// Where the Recommendations leave a choice this takes the one of the libraries that most credentials are signed with:
/// the tag in small letters (tags are compared so anyhow), the direction in the datatype (`rdfDirection:
/// i18n-datatype`), because otherwise no signature would cover it.
fn string(text: &str, language: Option<&str>, direction: Option<Direction>) -> Result<Literal, JsonLdError> {
    if language.is_some_and(|tag| !is_language_tag(tag)) {
        return Err(JsonLdError::DataLoss("a language tag that is not well-formed"));
    }
    let language = language.map(str::to_ascii_lowercase);
    let direction = match direction {
        Some(Direction::Ltr) => "ltr",
        Some(Direction::Rtl) => "rtl",
        None => return Ok(undirected(text, language)),
    };
    Ok(Literal::typed(text, &format!("{I18N}{}_{direction}", language.unwrap_or_default())))
}

fn undirected(text: &str, language: Option<String>) -> Literal {
    let datatype = if language.is_some() { RDF_LANG_STRING } else { XSD_STRING };
    Literal { lexical: text.to_owned(), datatype: datatype.to_owned(), language }
}

/// The shape BCP 47 gives every tag: what N-Quads can write.
fn is_language_tag(tag: &str) -> bool {
    let subtag =
        |text: &str| (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    tag.split('-').all(subtag)
        && tag.split('-').next().is_some_and(|s| s.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// The lexical form of a scalar and its datatype.
fn typed(scalar: &Value, datatype: Option<&str>) -> Result<Literal, JsonLdError> {
    match scalar {
        Value::String(text) => Ok(Literal::typed(text, datatype.unwrap_or(XSD_STRING))),
        Value::Bool(truth) => Ok(Literal::typed(truth.to_string(), datatype.unwrap_or(XSD_BOOLEAN))),
        Value::Number(number) => {
            // `as_f64` is how JavaScript, and so every other implementation, reads it.
            let number = number.as_f64().ok_or(JsonLdError::Invalid("a number that is not one"))?;
            Ok(typed_number(number, datatype))
        }
        Value::Null => Err(JsonLdError::DataLoss("a null value")),
        Value::Array(_) | Value::Object(_) => Err(JsonLdError::Invalid("a value that is not a scalar")),
    }
}

fn typed_number(number: f64, datatype: Option<&str>) -> Literal {
    let is_integer = number.fract() == 0.0 && number.abs() < 1e21;
    if is_integer && datatype != Some(XSD_DOUBLE) {
        let number = if number == 0.0 { 0.0 } else { number };
        return Literal::typed(format!("{number:.0}"), datatype.unwrap_or(XSD_INTEGER));
    }
    Literal::typed(canonical_double(number), datatype.unwrap_or(XSD_DOUBLE))
}

/// Canonical `xsd:double` as the algorithm prints it: `%1.15E`, trailing zeros of the mantissa dropped.
fn canonical_double(number: f64) -> String {
    let printed = format!("{number:.15E}");
    let (mantissa, exponent) = printed.split_once('E').unwrap_or((&printed, "0"));
    let mantissa = mantissa.trim_end_matches('0');
    let digit = if mantissa.ends_with('.') { "0" } else { "" };
    format!("{mantissa}{digit}E{exponent}")
}

/// The JSON Canonicalization Scheme (RFC 8785), the lexical form of `rdf:JSON`.
pub(crate) fn canonical_json(value: &Value) -> Result<String, JsonLdError> {
    serde_json_canonicalizer::to_string(value)
        .map_err(|_| JsonLdError::Invalid("JSON that has no canonical form"))
}
