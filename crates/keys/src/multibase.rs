//! Multibase and Multikey (Controlled Identifiers 1.0 §2.2.2, §2.4): `z` base58btc, `u` base64url.

use crate::{KeyError, VerificationKey};

/// `z` + base58btc.
pub fn encode_base58btc(bytes: &[u8]) -> String {
    let _ = bytes;
    todo!()
}

/// Decodes a `z…` text; any other prefix is an error.
///
/// # Errors
/// [`KeyError::Malformed`].
pub fn decode_base58btc(text: &str) -> Result<Vec<u8>, KeyError> {
    let _ = text;
    todo!()
}

/// Writes a public key as a Multikey (`z6Mk…`, `zDn…`).
pub fn to_multikey(key: &VerificationKey) -> String {
    let _ = key;
    todo!()
}

/// Reads a public Multikey. Secret prefixes, unknown prefixes, wrong lengths and points off the curve are refused.
///
/// # Errors
/// [`KeyError`].
pub fn from_multikey(text: &str) -> Result<VerificationKey, KeyError> {
    let _ = text;
    todo!()
}
