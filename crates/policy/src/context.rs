//! From what was found to the `context` that rules read, by its shape.

use std::collections::BTreeMap;

use cedar_policy::RestrictedExpression;
use jiff::{Timestamp, civil::Date};
use portage_verification::{PolicyFacts, Presented};
use serde_json::{Map, Value, json};

use crate::shape::{Record, Shape};

/// The members of `context`. What does not fit its shape is left out: the request is then held against the schema, which says no.
pub(crate) fn pairs(
    facts: &PolicyFacts<'_>,
    today: Date,
    shape: &Record,
) -> Vec<(String, RestrictedExpression)> {
    let mut found = Map::from_iter([
        ("now".to_owned(), json!(facts.now.to_string())),
        ("today".to_owned(), json!(today.to_string())),
        ("session_bound".to_owned(), facts.session_bound.into()),
        ("same_holder".to_owned(), facts.same_holder.into()),
    ]);
    for (query, presented) in &facts.credentials {
        found.insert((*query).to_owned(), credential(presented));
    }
    members(&found, shape).into_iter().collect()
}

/// What is known of a credential, under the names that rules have for it.
fn credential(presented: &Presented<'_>) -> Value {
    let evidence = presented.evidence;
    let issuer = evidence.get("issuer").cloned().unwrap_or_default();
    let mut known = Map::new();
    for name in ["status_age_seconds", "valid_from", "valid_until"] {
        known.insert(name.to_owned(), evidence.get(name).cloned().unwrap_or_default());
    }
    known.insert(
        "holder_is_subject".to_owned(),
        evidence.get("holder_is_subject").is_some_and(|is| is == "proved").into(),
    );
    known.insert(
        "chain_age_seconds".to_owned(),
        issuer.pointer("/chain/age_seconds").cloned().unwrap_or_default(),
    );
    // The issuer stands first in its chain.
    let jurisdiction = issuer.pointer("/chain/links/0/jurisdiction");
    known.insert(
        "issuer".to_owned(),
        json!({ "id": issuer.get("id"), "source": issuer.get("source"), "tier": issuer.get("tier"), "jurisdiction": jurisdiction }),
    );
    known.insert("type".to_owned(), json!(presented.credential_type));
    // In the W3C formats the claims stand below their subject.
    let claims = presented.claims.get("credentialSubject").unwrap_or(presented.claims);
    known.insert("claims".to_owned(), claims.clone());
    Value::Object(known)
}

fn members(found: &Map<String, Value>, shape: &Record) -> BTreeMap<String, RestrictedExpression> {
    let known = shape
        .iter()
        .filter_map(|(name, member)| Some((name.clone(), expression(found.get(name)?, &member.shape)?)));
    known.collect()
}

/// A value as its shape has it; `None` when it is not of that shape.
fn expression(value: &Value, shape: &Shape) -> Option<RestrictedExpression> {
    match (shape, value) {
        (Shape::Boolean, Value::Bool(value)) => Some(RestrictedExpression::new_bool(*value)),
        (Shape::Long, Value::Number(value)) => value.as_i64().map(RestrictedExpression::new_long),
        (Shape::String, Value::String(value)) => Some(RestrictedExpression::new_string(value.clone())),
        (Shape::Datetime, Value::String(value)) => datetime(value).map(RestrictedExpression::new_datetime),
        (Shape::Set(shape), Value::Array(elements)) => {
            let elements: Option<Vec<_>> =
                elements.iter().map(|element| expression(element, shape)).collect();
            elements.map(RestrictedExpression::new_set)
        }
        (Shape::Record(shape), Value::Object(found)) => {
            RestrictedExpression::new_record(members(found, shape)).ok()
        }
        _ => None,
    }
}

/// A day, or an instant, as Cedar writes it: to the millisecond, in UTC.
fn datetime(text: &str) -> Option<String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string());
    }
    text.parse::<Date>().ok().map(|day| day.to_string())
}
