use portage_catalog::plain_up_to;
use portage_reason::Reason;
use portage_strict_json::{JsonError, Position};

/// Why a file is no bundle that could be a type: at least one problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcaError {
    /// Each of them, in the order of the file.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {what}", place.line, place.column)]
pub struct Problem {
    /// The verdict: `malformed`, `too_large`, `unsupported`.
    pub reason: Reason,
    /// Where it begins.
    pub place: Position,
    /// What is wrong.
    pub what: String,
}

impl OcaError {
    /// The verdict: that of the first problem.
    pub fn reason(&self) -> Reason {
        self.problems.first().map_or(Reason::Malformed, |problem| problem.reason)
    }

    pub(crate) fn one(reason: Reason, place: Position, what: impl Into<String>) -> Self {
        OcaError { problems: vec![Problem { reason, place, what: what.into() }] }
    }
}

impl std::fmt::Display for OcaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let problems: Vec<String> = self.problems.iter().map(Problem::to_string).collect();
        f.write_str(&problems.join("; "))
    }
}

impl std::error::Error for OcaError {}

impl From<JsonError> for OcaError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::TooLarge => {
                let what = "the file is over the limit: 1 MiB, 32 levels deep";
                OcaError::one(Reason::TooLarge, START, what)
            }
            JsonError::Malformed { line, column, what } => {
                let place = Position { line, column };
                OcaError::one(Reason::Malformed, place, format!("not valid JSON: {what}"))
            }
        }
    }
}

/// The beginning of the file, for what is said of all of it.
pub(crate) const START: Position = Position { line: 1, column: 1 };

/// A name out of a bundle, as it may stand in a message.
pub(crate) fn shown(name: &str) -> String {
    plain_up_to(name, 64)
}
