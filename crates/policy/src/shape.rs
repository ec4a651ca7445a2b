//! What the values of a JSON Schema are to Cedar, cut to the paths that a query asks.

use std::collections::BTreeMap;

use portage_dcql::Step;
use serde_json::{Value, json};

/// What a value is to Cedar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    Boolean,
    Long,
    String,
    /// A day, or a day and a time.
    Datetime,
    Set(Box<Shape>),
    Record(Record),
}

/// The members of a record, by name.
pub(crate) type Record = BTreeMap<String, Member>;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) shape: Shape,
    /// Whether it is always there. What is not can only be read behind `has`.
    pub(crate) required: bool,
}

impl Member {
    pub(crate) fn always(shape: Shape) -> Self {
        Member { shape, required: true }
    }

    pub(crate) fn perhaps(shape: Shape) -> Self {
        Member { shape, required: false }
    }
}

impl Shape {
    /// The shape of what fits a JSON Schema; `None` for what Cedar has no type for, such as a number with decimals.
    pub(crate) fn of_schema(schema: &Value) -> Option<Shape> {
        match schema.get("type")?.as_str()? {
            "boolean" => Some(Shape::Boolean),
            "integer" => Some(Shape::Long),
            "string" => Some(match schema.get("format").and_then(Value::as_str) {
                Some("date" | "date-time") => Shape::Datetime,
                _ => Shape::String,
            }),
            "array" => Some(Shape::Set(Box::new(Shape::of_schema(schema.get("items")?)?))),
            "object" => Some(Shape::Record(members_of(schema))),
            _ => None,
        }
    }

    /// What is left of it when these paths are asked. What they lead to is there, if `present`; else it need not be, whatever the type requires.
    pub(crate) fn cut(&self, paths: &[&[Step]], present: bool) -> Shape {
        if paths.iter().any(|path| path.is_empty()) {
            return self.clone();
        }
        match self {
            Shape::Record(members) => {
                let asked = members.iter().filter_map(|(name, member)| {
                    let below = below(paths, |step| matches!(step, Step::Name(asked) if asked == name));
                    let shape = (!below.is_empty()).then(|| member.shape.cut(&below, present))?;
                    Some((name.clone(), Member { shape, required: present }))
                });
                Shape::Record(asked.collect())
            }
            // Some element has what was asked, not every one.
            Shape::Set(element) => {
                let below = below(paths, |step| matches!(step, Step::Index(_) | Step::All));
                Shape::Set(Box::new(element.cut(&below, false)))
            }
            other => other.clone(),
        }
    }

    /// In the JSON format of a Cedar schema.
    fn to_json(&self) -> Value {
        match self {
            Shape::Boolean => json!({ "type": "Boolean" }),
            Shape::Long => json!({ "type": "Long" }),
            Shape::String => json!({ "type": "String" }),
            Shape::Datetime => json!({ "type": "Extension", "name": "datetime" }),
            Shape::Set(element) => json!({ "type": "Set", "element": element.to_json() }),
            Shape::Record(members) => record_to_json(members),
        }
    }
}

/// A record in the JSON format of a Cedar schema.
pub(crate) fn record_to_json(members: &Record) -> Value {
    let attributes = members.iter().map(|(name, member)| {
        let mut attribute = member.shape.to_json();
        attribute["required"] = member.required.into();
        (name.clone(), attribute)
    });
    json!({ "type": "Record", "attributes": attributes.collect::<serde_json::Map<_, _>>() })
}

fn members_of(schema: &Value) -> Record {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties
        .filter_map(|(name, schema)| {
            let shape = Shape::of_schema(schema)?;
            Some((name.clone(), Member { shape, required: required.contains(&name.as_str()) }))
        })
        .collect()
}

/// What remains of the paths that begin with such a step.
fn below<'p>(paths: &[&'p [Step]], is_step: impl Fn(&Step) -> bool) -> Vec<&'p [Step]> {
    let first = paths.iter().filter_map(|path| path.split_first());
    first.filter(|(step, _)| is_step(step)).map(|(_, rest)| rest).collect()
}
