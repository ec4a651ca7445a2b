//! Token Status List draft-20: first entry = least significant bit of byte 0, ZLIB, plain base64url, `ttl` in seconds.

use portage_jose::VerifiedJwt;
use serde_json::{Map, Value};

use crate::{StatusError, StatusValue};

/// `typ` of a list.
pub const TYP: &str = "statuslist+jwt";

/// A parsed `status.status_list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `uri`.
    pub uri: String,
    /// `idx`: a JSON number.
    pub index: usize,
}

impl Entry {
    /// Reads the `status` claim of a token; an empty object or an unknown mechanism alone is [`StatusError::ListInvalid`].
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn parse(status: &Value) -> Result<Self, StatusError> {
        let _ = status;
        todo!()
    }

    /// The value of this entry in a verified list: `sub` equal to `uri`, `bits`, index.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn value_in(&self, list: &VerifiedJwt) -> Result<StatusValue, StatusError> {
        let _ = list;
        todo!()
    }
}

/// The value at `index` of a raw `status_list` claim (`bits`, `lst`).
///
/// # Errors
/// [`StatusError`].
pub fn value_at(status_list: &Map<String, Value>, index: usize) -> Result<u8, StatusError> {
    let _ = (status_list, index);
    todo!()
}
