/// One step of a claims path pointer (OpenID4VP 1.0 §7): a name, an index, or all elements.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathStep {
    /// A member of an object.
    Name(String),
    /// An element of an array.
    Index(usize),
    /// All elements of an array (`null`).
    All,
}

/// A claims path.
pub type ClaimPath = Vec<PathStep>;

/// Whether `pattern` (which may say `All`) leads to `place`, through it, or into what lies below it.
pub(crate) fn touches(pattern: &[PathStep], place: &[PathStep]) -> bool {
    pattern.iter().zip(place).all(|(asked, there)| step_matches(asked, there))
}

/// Whether `pattern` leads exactly to `place`.
pub(crate) fn leads_to(pattern: &[PathStep], place: &[PathStep]) -> bool {
    pattern.len() == place.len() && touches(pattern, place)
}

fn step_matches(asked: &PathStep, there: &PathStep) -> bool {
    asked == there || matches!((asked, there), (PathStep::All, PathStep::Index(_)))
}
