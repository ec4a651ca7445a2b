//! From what was found to the `context` that rules read, by its shape.

use std::collections::BTreeMap;

use cedar_policy::RestrictedExpression;
use jiff::{Timestamp, civil::Date};
use portage_verification::{PolicyFacts, Presented};
use serde_json::{Map, Value, json};

use crate::shape::{Record, Shape};

/// The members of `context`; `None` when something is of another shape, needed or not: a rule that forbids when it is there must not pass it by.
/// What is not there is left out: the request is then held against the schema, which says whether it may be.
pub(crate) fn pairs(
    facts: &PolicyFacts<'_>,
    today: Date,
    shape: &Record,
) -> Option<Vec<(String, RestrictedExpression)>> {
    let mut found = Map::from_iter([
        ("now".to_owned(), json!(facts.now.to_string())),
        ("today".to_owned(), json!(today.to_string())),
        ("session_bound".to_owned(), facts.session_bound.into()),
        ("same_holder".to_owned(), facts.same_holder.into()),
    ]);
    for (query, presented) in &facts.credentials {
        found.insert((*query).to_owned(), credential(presented));
    }
    Some(members(&found, shape)?.into_iter().collect())
}

/// What is known of a credential, under the names that rules have for it. In the evidence `null` is what is not there.
fn credential(presented: &Presented<'_>) -> Value {
    let evidence = presented.evidence;
    let issuer = evidence.get("issuer").cloned().unwrap_or_default();
    let is_subject = evidence.get("holder_is_subject").is_some_and(|is| is == "proved");
    let issuer_known = present([
        ("id", issuer.get("id")),
        ("source", issuer.get("source")),
        ("tier", issuer.get("tier")),
        // The issuer stands first in its chain.
        ("jurisdiction", issuer.pointer("/chain/links/0/jurisdiction")),
    ]);
    let mut known = present([
        ("status_age_seconds", evidence.get("status_age_seconds")),
        ("valid_from", evidence.get("valid_from")),
        ("valid_until", evidence.get("valid_until")),
        ("chain_age_seconds", issuer.pointer("/chain/age_seconds")),
    ]);
    known.insert("holder_is_subject".to_owned(), is_subject.into());
    known.insert("issuer".to_owned(), issuer_known.into());
    known.insert("type".to_owned(), json!(presented.credential_type));
    // In the W3C formats the claims stand below their subject.
    let claims = presented.claims.get("credentialSubject").unwrap_or(presented.claims);
    known.insert("claims".to_owned(), claims.clone());
    Value::Object(known)
}

fn present<const N: usize>(members: [(&str, Option<&Value>); N]) -> Map<String, Value> {
    let there = |(name, value): (&str, Option<&Value>)| {
        Some((name.to_owned(), value.filter(|value| !value.is_null())?.clone()))
    };
    members.into_iter().filter_map(there).collect()
}

fn members(found: &Map<String, Value>, shape: &Record) -> Option<BTreeMap<String, RestrictedExpression>> {
    let there = shape.iter().filter_map(|(name, member)| Some((name, found.get(name)?, &member.shape)));
    there.map(|(name, value, shape)| Some((name.clone(), expression(value, shape)?))).collect()
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
            RestrictedExpression::new_record(members(found, shape)?).ok()
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
