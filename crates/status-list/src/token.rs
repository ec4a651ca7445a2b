//! Token Status List draft-20: first entry = least significant bit of byte 0, ZLIB, plain base64url, `ttl` in seconds.

use std::io::Write as _;

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use jiff::Timestamp;
use portage_jose::{Header, VerifiedJwt};
use portage_keys::{Signer, SigningFailure, base64url};
use serde_json::{Map, Value, json};

use crate::{MAX_PACKED, StatusError, StatusValue, bitstring::ENTRIES, expand};

/// `typ` of a list.
pub const TYP: &str = "statuslist+jwt";

/// Bits of an entry in the lists that we publish: room for suspension.
const BITS: u8 = 2;

/// The status of a token, of those we publish (§7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStatus {
    /// `VALID`, 0x00.
    Valid,
    /// `INVALID`, 0x01: revoked, for ever.
    Invalid,
    /// `SUSPENDED`, 0x02.
    Suspended,
}

/// A list in memory: [`ENTRIES`] entries of 2 bits, all valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenList {
    bytes: Vec<u8>,
}

/// What a published list says of itself.
#[derive(Debug, Clone)]
pub struct TokenListClaims<'a> {
    /// `sub`: the address at which it is published.
    pub uri: &'a str,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `ttl`, in seconds.
    pub ttl_seconds: u64,
    /// `kid`: the DID URL of the signing key.
    pub kid: &'a str,
}

impl TokenList {
    /// [`ENTRIES`] valid entries.
    pub fn new() -> Self {
        TokenList { bytes: vec![0; ENTRIES * usize::from(BITS) / 8] }
    }

    /// Sets one entry.
    ///
    /// # Errors
    /// [`StatusError::IndexInvalid`].
    pub fn set(&mut self, index: usize, status: TokenStatus) -> Result<(), StatusError> {
        if index >= ENTRIES {
            return Err(StatusError::IndexInvalid);
        }
        let byte = self.bytes.get_mut(index / 4).ok_or(StatusError::IndexInvalid)?;
        let shift = index % 4 * 2;
        let value: u8 = match status {
            TokenStatus::Valid => 0,
            TokenStatus::Invalid => 1,
            TokenStatus::Suspended => 2,
        };
        *byte = *byte & !(0b11 << shift) | value << shift;
        Ok(())
    }

    /// The `status_list` claim: `bits` and `lst`.
    pub fn encode(&self) -> Value {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        // Writing to a `Vec` does not fail.
        let packed = zlib.write_all(&self.bytes).and_then(|()| zlib.finish()).unwrap_or_default();
        json!({ "bits": BITS, "lst": base64url::encode(&packed) })
    }

    /// The Status List Token (§5.1): `typ` `statuslist+jwt`.
    ///
    /// # Errors
    /// [`SigningFailure`].
    pub fn sign(&self, claims: &TokenListClaims<'_>, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let header = Header::new(TYP).with("kid", claims.kid);
        let members = [
            ("sub", Value::from(claims.uri)),
            ("iat", claims.issued_at.as_second().into()),
            ("exp", claims.expires_at.as_second().into()),
            ("ttl", claims.ttl_seconds.into()),
            ("status_list", self.encode()),
        ];
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        portage_jose::sign(header, &members, signer)
    }
}

impl Default for TokenList {
    fn default() -> Self {
        Self::new()
    }
}

/// The `status` claim of a token with this entry.
pub fn entry(uri: &str, index: usize) -> Value {
    json!({ "status_list": { "idx": index, "uri": uri } })
}

/// A parsed `status.status_list`.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// `uri`.
    pub uri: String,
    /// `idx`: a JSON number.
    pub index: usize,
}

/// Shows no index: list and place together are a name for somebody.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}

impl Entry {
    /// Reads the `status` claim of a token; an empty object or an unknown mechanism alone is [`StatusError::ListInvalid`].
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn parse(status: &Value) -> Result<Self, StatusError> {
        let reference = status
            .get("status_list")
            .and_then(Value::as_object)
            .ok_or(StatusError::ListInvalid("no status_list in status"))?;
        let uri = reference
            .get("uri")
            .and_then(Value::as_str)
            .filter(|uri| uri.contains(':'))
            .ok_or(StatusError::ListInvalid("uri"))?;
        let index = reference
            .get("idx")
            .and_then(Value::as_u64)
            .and_then(|index| usize::try_from(index).ok())
            .ok_or(StatusError::IndexInvalid)?;
        Ok(Entry { uri: uri.to_owned(), index })
    }

    /// The value of this entry in a verified list: `sub` equal to `uri`, `iat`, `bits`, index. Whether it is expired is the caller's.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn value_in(&self, list: &VerifiedJwt) -> Result<StatusValue, StatusError> {
        if list.string("sub") != Some(&self.uri) {
            return Err(StatusError::ListInvalid("sub is not the address asked"));
        }
        if !matches!(list.date("iat"), Ok(Some(_))) {
            return Err(StatusError::ListInvalid("iat"));
        }
        let status_list = list
            .claims()
            .get("status_list")
            .and_then(Value::as_object)
            .ok_or(StatusError::ListInvalid("status_list"))?;
        Ok(match value_at(status_list, self.index)? {
            0x00 => StatusValue::Valid,
            0x01 => StatusValue::Revoked,
            0x02 => StatusValue::Suspended,
            other => StatusValue::Unknown(other),
        })
    }
}

/// The value at `index` of a raw `status_list` claim (`bits`, `lst`).
///
/// # Errors
/// [`StatusError`].
pub fn value_at(status_list: &Map<String, Value>, index: usize) -> Result<u8, StatusError> {
    let bits = match status_list.get("bits").and_then(Value::as_u64) {
        Some(bits @ (1 | 2 | 4 | 8)) => {
            usize::try_from(bits).map_err(|_| StatusError::ListInvalid("bits"))?
        }
        _ => return Err(StatusError::ListInvalid("bits")),
    };
    let lst = status_list.get("lst").and_then(Value::as_str).ok_or(StatusError::ListInvalid("lst"))?;
    if lst.len() > MAX_PACKED / 3 * 4 {
        return Err(StatusError::TooLarge);
    }
    let packed = base64url::decode(lst).map_err(|_| StatusError::ListInvalid("lst"))?;
    let first_bit = index.checked_mul(bits).ok_or(StatusError::IndexInvalid)?;
    let expanded = expand::around(ZlibDecoder::new(packed.as_slice()), first_bit / 8)?;
    if first_bit / 8 >= expanded.length {
        return Err(StatusError::IndexInvalid);
    }
    let [byte, _] = expanded.bytes;
    let mask = 0xff_u8 >> (8 - bits);
    Ok(byte >> (first_bit % 8) & mask)
}

/// `ttl` in seconds, if there.
pub fn ttl_seconds(list: &VerifiedJwt) -> Option<u64> {
    list.claims().get("ttl")?.as_u64()
}

#[cfg(test)]
mod tests;
