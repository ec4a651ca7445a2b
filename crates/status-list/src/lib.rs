//! Bitstring Status List 1.0 and Token Status List draft-20: publish and read.
//!
//! The two differ in everything that is easy to swap: bit order, compression, units of `ttl`. One file each.
//! Reading: the entry of a credential, then the list's unverified bytes, then (after its signature was checked by the caller's
//! pipeline) one value. Decompression is capped at 32 MiB and keeps two bytes of them. Anything but "found, and 0" is
//! never read as valid.
//!
//! ```
//! use portage_status_list::{StatusValue, bitstring::{Bitstring, Entry, StatusPurpose, entry, list_credential}};
//!
//! let (url, at) = ("https://issuer.example/status/1", "2026-01-01T00:00:00Z".parse().unwrap());
//! let mut bits = Bitstring::new();
//! bits.set(8672, true).unwrap();
//! let list = list_credential(url, "did:web:issuer.example", StatusPurpose::Revocation, &bits, at, at, 60_000);
//! let read = Entry::parse(entry(url, StatusPurpose::Revocation, 8672).as_object().unwrap()).unwrap();
//! assert_eq!(read.value_in(&list), Ok(StatusValue::Revoked));
//! ```

pub mod bitstring;
mod expand;
pub mod token;

use portage_reason::Reason;

/// What an entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusValue {
    /// 0.
    Valid,
    /// A revocation entry that is set (or `INVALID` of a token list).
    Revoked,
    /// A suspension entry that is set (or `SUSPENDED`).
    Suspended,
    /// A value without a meaning we know: `status_unavailable`.
    Unknown(u8),
    /// `refresh` and `message` entries: evidence, never a refusal.
    Informative(u8),
}

/// Why a status could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// The entry or the list breaks a rule: purpose, length, `id`/`sub`, type, encoding.
    #[error("the status list does not hold: {0}")]
    ListInvalid(&'static str),
    /// The index is not one, or past the end.
    #[error("the place in the status list is not one")]
    IndexInvalid,
    /// Over 8 MiB packed or 32 MiB expanded.
    #[error("the status list is over the limit")]
    TooLarge,
}

impl StatusError {
    /// The reason of the same meaning.
    pub fn reason(&self) -> Reason {
        match self {
            StatusError::ListInvalid(_) => Reason::StatusListInvalid,
            StatusError::IndexInvalid => Reason::StatusIndexInvalid,
            StatusError::TooLarge => Reason::TooLarge,
        }
    }
}

/// Longest list as it travels.
pub const MAX_PACKED: usize = 8 << 20;
/// Longest list when opened.
pub const MAX_EXPANDED: usize = 32 << 20;
