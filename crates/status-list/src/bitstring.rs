//! Bitstring Status List 1.0: first entry = most significant bit of byte 0, GZIP, multibase `u`, `ttl` in milliseconds.

use jiff::Timestamp;
use portage_keys::Entropy;
use serde_json::{Map, Value};

use crate::{StatusError, StatusValue};

/// Entries of a list: 2^17.
pub const ENTRIES: usize = 131_072;

/// What a list speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusPurpose {
    /// `revocation`.
    Revocation,
    /// `suspension`.
    Suspension,
    /// `refresh`.
    Refresh,
    /// `message`.
    Message,
}

impl StatusPurpose {
    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            StatusPurpose::Revocation => "revocation",
            StatusPurpose::Suspension => "suspension",
            StatusPurpose::Refresh => "refresh",
            StatusPurpose::Message => "message",
        }
    }
}

/// A list in memory, all entries default 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitstring {
    bits: Vec<u8>,
}

impl Bitstring {
    /// [`ENTRIES`] zeros.
    pub fn new() -> Self {
        Bitstring { bits: vec![0; ENTRIES / 8] }
    }

    /// Sets or clears one entry.
    ///
    /// # Errors
    /// [`StatusError::IndexInvalid`].
    pub fn set(&mut self, index: usize, value: bool) -> Result<(), StatusError> {
        let _ = (index, value, &mut self.bits);
        todo!()
    }

    /// `encodedList`.
    pub fn encode(&self) -> String {
        todo!()
    }
}

impl Default for Bitstring {
    fn default() -> Self {
        Self::new()
    }
}

/// A random index that `taken` does not hold; `None` when the list is three quarters full.
pub fn allocate(taken: &dyn Fn(usize) -> bool, count_taken: usize, entropy: &dyn Entropy) -> Option<usize> {
    let _ = (taken, count_taken, entropy);
    todo!()
}

/// `credentialStatus` for one entry (no `id`, no `statusMessage`).
pub fn entry(list_url: &str, purpose: StatusPurpose, index: usize) -> Value {
    let _ = (list_url, purpose, index);
    todo!()
}

/// The unsecured `BitstringStatusListCredential`.
pub fn list_credential(
    list_url: &str,
    issuer: &str,
    purpose: StatusPurpose,
    bits: &Bitstring,
    valid_from: Timestamp,
    valid_until: Timestamp,
    ttl_milliseconds: u64,
) -> Map<String, Value> {
    let _ = (list_url, issuer, purpose, bits, valid_from, valid_until, ttl_milliseconds);
    todo!()
}

/// A parsed `BitstringStatusListEntry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `statusListCredential`.
    pub list_url: String,
    /// `statusPurpose`.
    pub purpose: StatusPurpose,
    /// `statusListIndex`: a decimal string, nothing else.
    pub index: usize,
    /// `statusSize`, 1 by default.
    pub size: u8,
}

impl Entry {
    /// Reads one `credentialStatus` object of type `BitstringStatusListEntry`.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn parse(object: &Map<String, Value>) -> Result<Self, StatusError> {
        let _ = object;
        todo!()
    }

    /// The value of this entry in a list whose signature, issuer and validity the caller has checked: `id` equal to the URL asked (an absent `id`
    /// is refused), type, purpose, length, index.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn value_in(&self, list: &Map<String, Value>) -> Result<StatusValue, StatusError> {
        let _ = list;
        todo!()
    }
}

/// `credentialSubject.ttl` in milliseconds, if there.
pub fn ttl_milliseconds(list: &Map<String, Value>) -> Option<u64> {
    let _ = list;
    todo!()
}
