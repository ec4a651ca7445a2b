use portage_strict_json::Limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    CNonce, MessageError,
    message::{read, write},
};

/// A Nonce Response (§7.2). The request is an empty POST.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceResponse {
    /// `c_nonce`: for every key proof of the next request.
    pub c_nonce: CNonce,
}

impl NonceResponse {
    /// Reads the JSON of a response.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        read(bytes, Limits::METADATA, "not a Nonce Response")
    }

    /// Its JSON.
    pub fn to_value(&self) -> Value {
        write(self)
    }
}
