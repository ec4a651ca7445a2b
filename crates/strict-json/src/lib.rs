//! JSON from strangers.
//!
//! `serde_json` keeps the last of two members with one name; a signature library may keep the first. Here the
//! text is refused before a value exists: duplicate members, nesting over a limit, numbers outside I-JSON
//! (RFC 7493: integers beyond 2^53-1, floats that overflow), lone surrogates, trailing bytes, a byte-order mark.
//! Every byte that came from outside goes through [`parse`]; plain `serde_json::from_*` is for our own files.

use portage_reason::Reason;
use serde_json::Value;

/// What a text may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest text, in bytes.
    pub max_bytes: usize,
    /// Deepest nesting of arrays and objects.
    pub max_depth: usize,
}

impl Limits {
    /// 1 MiB, depth 32.
    pub const MESSAGE: Limits = Limits { max_bytes: 1 << 20, max_depth: 32 };
    /// 256 KiB, depth 32: metadata, DID documents.
    pub const METADATA: Limits = Limits { max_bytes: 256 << 10, max_depth: 32 };
    /// 512 KiB, depth 32: one presentation.
    pub const PRESENTATION: Limits = Limits { max_bytes: 512 << 10, max_depth: 32 };
}

/// Why the text was refused. Says where, never what stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Over [`Limits::max_bytes`] or [`Limits::max_depth`].
    #[error("the JSON text is over the limit")]
    TooLarge,
    /// Not I-JSON.
    #[error("not valid JSON at line {line}, column {column}: {what}")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong, without a value of the text.
        what: &'static str,
    },
}

impl JsonError {
    /// The verdict: `too_large` or `malformed`.
    pub fn reason(&self) -> Reason {
        match self {
            JsonError::TooLarge => Reason::TooLarge,
            JsonError::Malformed { .. } => Reason::Malformed,
        }
    }
}

/// Reads one JSON text.
///
/// # Errors
/// [`JsonError`] as described for the crate.
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Value, JsonError> {
    let _ = (bytes, limits);
    todo!()
}
