use portage_reason::Reason;
use portage_strict_json::{JsonError, Limits};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why a message was not read. Says which rule, never what stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Not JSON, or over a limit.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A required member is missing, or a member has the wrong shape.
    #[error("{0}")]
    Malformed(&'static str),
}

impl MessageError {
    /// The reason of the same meaning: `malformed` or `too_large`.
    pub fn reason(&self) -> Reason {
        match self {
            MessageError::Json(error) => error.reason(),
            MessageError::Malformed(_) => Reason::Malformed,
        }
    }
}

/// Reads a type from foreign JSON text. The text of serde's own error may repeat a value, so it is dropped.
pub(crate) fn read<T: DeserializeOwned>(
    bytes: &[u8],
    limits: Limits,
    otherwise: &'static str,
) -> Result<T, MessageError> {
    read_value(portage_strict_json::parse(bytes, limits)?, otherwise)
}

/// Reads a type from JSON that was parsed strictly.
pub(crate) fn read_value<T: DeserializeOwned>(
    value: Value,
    otherwise: &'static str,
) -> Result<T, MessageError> {
    serde_json::from_value(value).map_err(|_| MessageError::Malformed(otherwise))
}

/// JSON of a message of ours. Its members are strings, numbers, lists and maps with string keys, which always serialize.
pub(crate) fn write<T: serde::Serialize>(message: &T) -> Value {
    serde_json::to_value(message).unwrap_or(Value::Null)
}
