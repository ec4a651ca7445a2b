//! Metadata policies (§6.1): what superiors demand of the metadata of all below them.
//!
//! A policy is read ([`MetadataPolicy::from_value`]), merged from the anchor downwards ([`MetadataPolicy::merge`]) and applied to the
//! metadata of the subject ([`MetadataPolicy::apply`]). Each step can only restrict. An array is a set here: neither order nor repetition
//! tells two apart.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::Metadata;

/// `metadata_policy`: entity type → parameter → operators.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetadataPolicy(BTreeMap<String, BTreeMap<String, ParameterPolicy>>);

/// Why a policy does not hold, or metadata does not satisfy it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The policy itself: an operator of a wrong shape, operators that cannot be combined, or two policies that contradict.
    #[error("the metadata policy for {parameter} does not hold: {what}")]
    Policy {
        /// The parameter.
        parameter: String,
        /// What is wrong.
        what: &'static str,
    },
    /// The metadata does not satisfy it.
    #[error("the metadata parameter {parameter} does not satisfy the policy: {what}")]
    Metadata {
        /// The parameter.
        parameter: String,
        /// What is wrong.
        what: &'static str,
    },
}

/// The standard operators for one parameter. Others are ignored; a statement that calls one critical is refused before.
#[derive(Debug, Clone, PartialEq, Default)]
struct ParameterPolicy {
    value: Option<Value>,
    add: Option<Vec<Value>>,
    default: Option<Value>,
    one_of: Option<Vec<Value>>,
    subset_of: Option<Vec<Value>>,
    superset_of: Option<Vec<Value>>,
    essential: Option<bool>,
}

/// A string of words separated by spaces, which policies see as an array (§6.1.3.1.8).
const SCOPE: &str = "scope";

impl MetadataPolicy {
    /// Reads the claim and checks that the operators of each parameter can be combined.
    ///
    /// # Errors
    /// [`PolicyError::Policy`].
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        let types = value.as_object().ok_or_else(|| malformed("metadata_policy", "not an object"))?;
        let mut policy = BTreeMap::new();
        for (entity_type, parameters) in types {
            let parameters = parameters.as_object().ok_or_else(|| malformed(entity_type, "not an object"))?;
            let read = |(name, operators): (&String, &Value)| {
                let read =
                    ParameterPolicy::from_value(name, operators).map_err(|what| malformed(name, what))?;
                Ok((name.clone(), read))
            };
            policy.insert(entity_type.clone(), parameters.iter().map(read).collect::<Result<_, _>>()?);
        }
        Ok(MetadataPolicy(policy))
    }

    /// The claim.
    pub fn to_value(&self) -> Value {
        let parameters = |parameters: &BTreeMap<String, ParameterPolicy>| {
            Value::Object(parameters.iter().map(|(name, policy)| (name.clone(), policy.to_value())).collect())
        };
        Value::Object(self.0.iter().map(|(name, policies)| (name.clone(), parameters(policies))).collect())
    }

    /// Merges the policy of the next subordinate into this one.
    ///
    /// # Errors
    /// [`PolicyError::Policy`]: they contradict.
    pub fn merge(mut self, subordinate: &MetadataPolicy) -> Result<Self, PolicyError> {
        for (entity_type, parameters) in &subordinate.0 {
            let known = self.0.entry(entity_type.clone()).or_default();
            for (name, policy) in parameters {
                let merged = match known.remove(name) {
                    None => policy.clone(),
                    Some(superior) => superior.merge(policy).map_err(|what| malformed(name, what))?,
                };
                known.insert(name.clone(), merged);
            }
        }
        Ok(self)
    }

    /// Applies it to the metadata of the chain's subject, for the entity types that the subject has.
    ///
    /// # Errors
    /// [`PolicyError::Metadata`].
    pub fn apply(&self, mut metadata: Metadata) -> Result<Metadata, PolicyError> {
        for (entity_type, parameters) in &self.0 {
            let Some(known) = metadata.of_mut(entity_type) else { continue };
            for (name, policy) in parameters {
                policy
                    .apply(name, known)
                    .map_err(|what| PolicyError::Metadata { parameter: name.clone(), what })?;
            }
        }
        Ok(metadata)
    }
}

fn malformed(parameter: &str, what: &'static str) -> PolicyError {
    PolicyError::Policy { parameter: parameter.to_owned(), what }
}

impl ParameterPolicy {
    fn from_value(parameter: &str, operators: &Value) -> Result<Self, &'static str> {
        let operators = operators.as_object().ok_or("its operators are not an object")?;
        let scalar = |name: &str| operators.get(name).map(|value| as_seen(parameter, value));
        let set = |name: &str| match operators.get(name) {
            None => Ok(None),
            Some(value) => match as_seen(parameter, value) {
                Value::Array(values) if !values.iter().any(Value::is_null) => Ok(Some(as_set(values))),
                _ => Err("an operator that takes an array has none"),
            },
        };
        let essential = match operators.get("essential") {
            None => None,
            Some(value) => Some(value.as_bool().ok_or("essential is not a boolean")?),
        };
        let policy = ParameterPolicy {
            value: scalar("value"),
            add: set("add")?,
            default: scalar("default"),
            one_of: set("one_of")?,
            subset_of: set("subset_of")?,
            superset_of: set("superset_of")?,
            essential,
        };
        if policy.default.as_ref().is_some_and(Value::is_null) {
            return Err("default is null");
        }
        policy.check_combination()?;
        Ok(policy)
    }

    fn to_value(&self) -> Value {
        let set = |values: &Option<Vec<Value>>| values.as_ref().map(|values| json!(values));
        let operators = [
            ("value", self.value.clone()),
            ("add", set(&self.add)),
            ("default", self.default.clone()),
            ("one_of", set(&self.one_of)),
            ("subset_of", set(&self.subset_of)),
            ("superset_of", set(&self.superset_of)),
            ("essential", self.essential.map(Value::from)),
        ];
        let there = operators.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(there.collect())
    }

    /// "Combination with other operators" of each operator (§6.1.3.1).
    fn check_combination(&self) -> Result<(), &'static str> {
        if let Some(value) = &self.value {
            self.check_beside_value(value)?;
        }
        if self.one_of.is_some()
            && (self.add.is_some() || self.subset_of.is_some() || self.superset_of.is_some())
        {
            return Err("one_of beside an operator of arrays");
        }
        if let (Some(add), Some(subset_of)) = (&self.add, &self.subset_of)
            && !is_subset(add, subset_of)
        {
            return Err("add names what subset_of does not");
        }
        if let (Some(superset_of), Some(subset_of)) = (&self.superset_of, &self.subset_of)
            && !is_subset(superset_of, subset_of)
        {
            return Err("superset_of demands what subset_of does not allow");
        }
        Ok(())
    }

    fn check_beside_value(&self, value: &Value) -> Result<(), &'static str> {
        if value.is_null() && (self.default.is_some() || self.essential == Some(true)) {
            return Err("value removes what another operator demands");
        }
        if self.one_of.as_ref().is_some_and(|allowed| !holds(allowed, value)) {
            return Err("value is none of one_of");
        }
        let values = match value {
            Value::Array(values) => values.as_slice(),
            _ if self.add.is_none() && self.subset_of.is_none() && self.superset_of.is_none() => {
                return Ok(());
            }
            Value::Null => &[],
            _ => return Err("value is no array, beside an operator of arrays"),
        };
        if self.add.as_ref().is_some_and(|add| !is_subset(add, values)) {
            return Err("add names what value does not");
        }
        if self.subset_of.as_ref().is_some_and(|allowed| !is_subset(values, allowed)) {
            return Err("value names what subset_of does not");
        }
        if self.superset_of.as_ref().is_some_and(|demanded| !is_subset(demanded, values)) {
            return Err("value lacks what superset_of demands");
        }
        Ok(())
    }

    /// "Operator value merge" of each operator.
    fn merge(self, subordinate: &ParameterPolicy) -> Result<Self, &'static str> {
        let one_of = either(self.one_of, &subordinate.one_of, intersection);
        if one_of.as_ref().is_some_and(Vec::is_empty) {
            return Err("one_of leaves nothing");
        }
        let merged = ParameterPolicy {
            value: equal(self.value, &subordinate.value).ok_or("value contradicts the superior's")?,
            add: either(self.add, &subordinate.add, union),
            default: equal(self.default, &subordinate.default).ok_or("default contradicts the superior's")?,
            one_of,
            subset_of: either(self.subset_of, &subordinate.subset_of, intersection),
            superset_of: either(self.superset_of, &subordinate.superset_of, union),
            essential: match (self.essential, subordinate.essential) {
                (Some(a), Some(b)) => Some(a || b),
                (a, b) => a.or(b),
            },
        };
        merged.check_combination()?;
        Ok(merged)
    }

    /// The operators in their order (§6.1.3.1): `value`, `add`, `default`, `one_of`, `subset_of`, `superset_of`, `essential`.
    fn apply(&self, parameter: &str, metadata: &mut Map<String, Value>) -> Result<(), &'static str> {
        let mut found = metadata.get(parameter).map(|value| as_seen(parameter, value));
        match &self.value {
            None => {}
            Some(Value::Null) => found = None,
            Some(value) => found = Some(value.clone()),
        }
        if let Some(add) = &self.add {
            found = Some(match found {
                None => Value::Array(add.clone()),
                Some(Value::Array(values)) => Value::Array(union(values, add)),
                Some(_) => return Err("add is for arrays"),
            });
        }
        if found.is_none() {
            found.clone_from(&self.default);
        }
        if let (Some(one_of), Some(value)) = (&self.one_of, &found)
            && !holds(one_of, value)
        {
            return Err("none of one_of");
        }
        if let (Some(subset_of), Some(value)) = (&self.subset_of, &mut found) {
            let values = value.as_array_mut().ok_or("subset_of is for arrays")?;
            values.retain(|value| holds(subset_of, value));
        }
        if let (Some(superset_of), Some(value)) = (&self.superset_of, &found) {
            let values = value.as_array().ok_or("superset_of is for arrays")?;
            if !is_subset(superset_of, values) {
                return Err("lacks what superset_of demands");
            }
        }
        match found {
            None if self.essential == Some(true) => return Err("essential and not there"),
            None => metadata.remove(parameter),
            Some(value) => metadata.insert(parameter.to_owned(), as_written(parameter, value)?),
        };
        Ok(())
    }
}

/// `scope` is an array of its words.
fn as_seen(parameter: &str, value: &Value) -> Value {
    match value {
        Value::String(words) if parameter == SCOPE => words.split_ascii_whitespace().collect(),
        other => other.clone(),
    }
}

/// `scope` is written as its words.
fn as_written(parameter: &str, value: Value) -> Result<Value, &'static str> {
    match value {
        Value::Array(words) if parameter == SCOPE => {
            let words: Option<Vec<_>> = words.iter().map(Value::as_str).collect();
            Ok(words.ok_or("a scope that is no word")?.join(" ").into())
        }
        other => Ok(other),
    }
}

fn as_set(values: Vec<Value>) -> Vec<Value> {
    union(Vec::new(), &values)
}

fn union(mut values: Vec<Value>, more: &[Value]) -> Vec<Value> {
    for value in more {
        if !holds(&values, value) {
            values.push(value.clone());
        }
    }
    values
}

fn intersection(mut values: Vec<Value>, others: &[Value]) -> Vec<Value> {
    values.retain(|value| holds(others, value));
    values
}

fn holds(values: &[Value], value: &Value) -> bool {
    values.iter().any(|known| same(known, value))
}

fn is_subset(values: &[Value], of: &[Value]) -> bool {
    values.iter().all(|value| holds(of, value))
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => is_subset(a, b) && is_subset(b, a),
        (a, b) => a == b,
    }
}

fn either(
    superior: Option<Vec<Value>>,
    subordinate: &Option<Vec<Value>>,
    merge: fn(Vec<Value>, &[Value]) -> Vec<Value>,
) -> Option<Vec<Value>> {
    match (superior, subordinate) {
        (Some(superior), Some(subordinate)) => Some(merge(superior, subordinate)),
        (superior, subordinate) => superior.or_else(|| subordinate.clone()),
    }
}

/// `None`: both are there and differ.
#[expect(
    clippy::option_option,
    reason = "the outer one says whether they agree, the inner one whether there is any"
)]
fn equal(superior: Option<Value>, subordinate: &Option<Value>) -> Option<Option<Value>> {
    match (superior, subordinate) {
        (Some(superior), Some(subordinate)) => same(&superior, subordinate).then_some(Some(superior)),
        (superior, subordinate) => Some(superior.or_else(|| subordinate.clone())),
    }
}

#[cfg(test)]
mod tests;
