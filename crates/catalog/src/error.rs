use portage_reason::Reason;
use portage_strict_json::{JsonError, Limits};
use serde::de::DeserializeOwned;

/// Why a type or a purpose is not one, or claims do not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// A file of the catalogue is not what it should be.
    #[error("{file}: {what}")]
    Invalid {
        /// Which file.
        file: String,
        /// What is wrong, without a claim value.
        what: String,
    },
    /// A claim does not fit: names the claim, never the value.
    #[error("claim {claim}: {what}")]
    Claim {
        /// The claim.
        claim: String,
        /// `value_missing`, `value_invalid`, `schema_mismatch`.
        reason: Reason,
        /// What is wrong.
        what: String,
    },
}

impl CatalogError {
    /// The verdict: that of the claim, or `malformed` for a file.
    pub fn reason(&self) -> Reason {
        match self {
            CatalogError::Invalid { .. } => Reason::Malformed,
            CatalogError::Claim { reason, .. } => *reason,
        }
    }

    pub(crate) fn invalid(file: &str, what: impl Into<String>) -> Self {
        CatalogError::Invalid { file: file.to_owned(), what: what.into() }
    }

    pub(crate) fn claim(claim: &str, reason: Reason, what: impl Into<String>) -> Self {
        CatalogError::Claim { claim: claim.to_owned(), reason, what: what.into() }
    }
}

/// Reads a file of the catalogue: strict JSON first (line and column), then its shape (which member).
pub(crate) fn read_file<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, CatalogError> {
    let value = portage_strict_json::parse(bytes, Limits::MESSAGE)
        .map_err(|error: JsonError| CatalogError::invalid(file, error.to_string()))?;
    serde_json::from_value(value).map_err(|error| CatalogError::invalid(file, error.to_string()))
}
