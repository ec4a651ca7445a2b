//! Claims path pointers (OpenID4VP 1.0 §7).

use serde_json::Value;

use crate::DcqlError;

/// A step of a claims path pointer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A member.
    Name(String),
    /// An element.
    Index(usize),
    /// All elements.
    All,
}

/// A selected element and where it stands: names and indexes, no [`Step::All`].
pub(crate) type Located<'v> = (Vec<Step>, &'v Value);

/// Selects by a claims path pointer (§7.1): the elements, or an error when the container is of the wrong type; empty is an error.
///
/// # Errors
/// [`DcqlError`].
pub fn select_path<'v>(value: &'v Value, path: &[Step]) -> Result<Vec<&'v Value>, DcqlError> {
    Ok(locate(value, path)?.into_iter().map(|(_, element)| element).collect())
}

/// Selects, and says where each element stands.
pub(crate) fn locate<'v>(value: &'v Value, path: &[Step]) -> Result<Vec<Located<'v>>, DcqlError> {
    if path.is_empty() {
        return Err(DcqlError("an empty path"));
    }
    let mut selected: Vec<Located<'v>> = vec![(Vec::new(), value)];
    for step in path {
        let mut next = Vec::new();
        for (place, element) in selected {
            descend(step, &place, element, &mut next)?;
        }
        selected = next;
    }
    if selected.is_empty() { Err(DcqlError("a path that selects nothing")) } else { Ok(selected) }
}

/// One step from one element: what is missing is dropped, a container of the wrong type is an error.
fn descend<'v>(
    step: &Step,
    place: &[Step],
    element: &'v Value,
    next: &mut Vec<Located<'v>>,
) -> Result<(), DcqlError> {
    let below = |step: Step| place.iter().cloned().chain([step]).collect();
    match (step, element) {
        (Step::Name(name), Value::Object(members)) => {
            next.extend(members.get(name).map(|member| (below(step.clone()), member)));
        }
        (Step::Index(index), Value::Array(elements)) => {
            next.extend(elements.get(*index).map(|element| (below(step.clone()), element)));
        }
        (Step::All, Value::Array(elements)) => {
            next.extend(elements.iter().enumerate().map(|(i, element)| (below(Step::Index(i)), element)));
        }
        (Step::Name(_), _) => return Err(DcqlError("a path into something that is not an object")),
        (Step::Index(_) | Step::All, _) => {
            return Err(DcqlError("a path into something that is not an array"));
        }
    }
    Ok(())
}
