//! What was asked and nothing else.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::{CredentialQuery, Step, matching::satisfy};

/// A nested object with exactly the asked paths of the `satisfied` claims (indexes from [`check_claims`](crate::check_claims)): what a decision's
/// `claims` holds. Of an array it keeps the selected elements. `{}` when the query has no `claims`.
pub fn project(query: &CredentialQuery, claims: &Value, satisfied: &[usize]) -> Value {
    let mut kept = Kept::default();
    for index in satisfied {
        let asked = query.claims.as_ref().and_then(|asked| asked.get(*index));
        for (path, _) in asked.and_then(|asked| satisfy(asked, claims)).unwrap_or_default() {
            kept.keep(&path);
        }
    }
    if kept.below.is_empty() { Value::Object(Map::new()) } else { kept.of(claims) }
}

/// The tree of the paths to keep.
#[derive(Default)]
struct Kept {
    /// A path ends here: everything below is kept.
    whole: bool,
    below: HashMap<Step, Kept>,
}

impl Kept {
    fn keep(&mut self, path: &[Step]) {
        match path.split_first() {
            None => self.whole = true,
            Some((step, rest)) => self.below.entry(step.clone()).or_default().keep(rest),
        }
    }

    fn of(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) if !self.whole => {
                let kept = members.iter().filter_map(|(name, member)| {
                    let below = self.below.get(&Step::Name(name.clone()))?;
                    Some((name.clone(), below.of(member)))
                });
                Value::Object(kept.collect())
            }
            Value::Array(elements) if !self.whole => {
                let kept = elements
                    .iter()
                    .enumerate()
                    .filter_map(|(index, element)| Some(self.below.get(&Step::Index(index))?.of(element)));
                Value::Array(kept.collect())
            }
            whole => whole.clone(),
        }
    }
}
