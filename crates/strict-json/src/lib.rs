//! JSON from strangers.
//!
//! `serde_json` keeps the last of two members with one name; a signature library may keep the first. Here the
//! text is refused before a value exists: duplicate members, nesting over a limit, numbers outside I-JSON
//! (RFC 7493: integers beyond 2^53-1, floats that overflow), lone surrogates, trailing bytes, a byte-order mark.
//! Every byte that came from outside goes through [`parse`]; plain `serde_json::from_*` is for our own files.
//!
//! The grammar of RFC 8259 is read here by hand and not by a visitor on `serde_json`: with its feature
//! `arbitrary_precision`, which one dependency switches on for the whole program, a visitor sees a number as an object with
//! the one member `$serde_json::private::Number`, and could not tell it from the same object written by a stranger. Members
//! with such a name are refused however they are escaped, so that no later reading makes a number of them. The result is the same with
//! that feature and without.

mod reader;

use portage_reason::Reason;
use serde_json::{Map, Value};

use reader::{Reader, Refusal};

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
    /// 8 MiB, depth 32: a status list as it is published, still packed.
    pub const STATUS_LIST: Limits = Limits { max_bytes: 8 << 20, max_depth: 32 };
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
/// ```
/// use portage_strict_json::{Limits, parse};
/// assert!(parse(br#"{"exp": 1}"#, Limits::MESSAGE).is_ok());
/// assert!(parse(br#"{"exp": 1, "exp": 2}"#, Limits::MESSAGE).is_err());
/// ```
///
/// # Errors
/// [`JsonError`] as described for the crate.
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Value, JsonError> {
    if bytes.len() > limits.max_bytes {
        return Err(JsonError::TooLarge);
    }
    let text = str::from_utf8(bytes)
        .map_err(|error| malformed_at(bytes, error.valid_up_to(), "bytes that are not UTF-8"))?;
    Reader::new(text, limits.max_depth).read_text().map_err(|refusal| match refusal {
        Refusal::TooDeep => JsonError::TooLarge,
        Refusal::Malformed { at, what } => malformed_at(bytes, at, what),
    })
}

/// Reads one JSON text that is an object, as headers, claims, metadata and documents are.
///
/// # Errors
/// [`JsonError`] as for [`parse`]; a text that is something else is malformed.
pub fn parse_object(bytes: &[u8], limits: Limits) -> Result<Map<String, Value>, JsonError> {
    match parse(bytes, limits)? {
        Value::Object(members) => Ok(members),
        _ => Err(malformed_at(bytes, 0, "not an object")),
    }
}

/// Where something stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// The members of the object at `path` (member names, and numbers of array elements), in the order of the text, and where each begins:
/// for a message about a file that somebody wrote. Nothing stands there, or no object, or the text is none that [`parse`] reads: no members.
///
/// ```
/// use portage_strict_json::{Limits, Position, members_at};
/// let text = b"[{\"b\": {\n  \"z\": 1, \"a\": 2}}]";
/// let members = members_at(text, Limits::MESSAGE, &["0", "b"]);
/// assert_eq!(members[1], ("a".to_owned(), Position { line: 2, column: 11 }));
/// ```
pub fn members_at(bytes: &[u8], limits: Limits, path: &[&str]) -> Vec<(String, Position)> {
    if parse(bytes, limits).is_err() {
        return Vec::new();
    }
    let text = str::from_utf8(bytes).unwrap_or_default();
    let members = Reader::new(text, limits.max_depth).members_at(path).unwrap_or_default();
    let (names, starts): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    names.into_iter().zip(positions(text, &starts)).collect()
}

/// Where each element of the array that the text is begins; for a text that [`parse`] read. It is no array: no elements. Holds one
/// element at a time.
///
/// ```
/// use portage_strict_json::{Limits, Position, elements_at};
/// let elements = elements_at(b"[1,\n  {}]", Limits::MESSAGE);
/// assert_eq!(elements[1], Position { line: 2, column: 3 });
/// ```
pub fn elements_at(bytes: &[u8], limits: Limits) -> Vec<Position> {
    let text = str::from_utf8(bytes).unwrap_or_default();
    let starts = Reader::new(text, limits.max_depth).elements_at().unwrap_or_default();
    positions(text, &starts)
}

/// Lines and columns of these places, which rise.
fn positions(text: &str, starts: &[usize]) -> Vec<Position> {
    let mut place = Position { line: 1, column: 1 };
    let mut counted = 0;
    let mut placed = Vec::with_capacity(starts.len());
    for at in starts {
        // From one to the next: what lies before is counted once.
        for character in text.get(counted..*at).unwrap_or_default().chars() {
            place = match character {
                '\n' => Position { line: place.line + 1, column: 1 },
                _ => Position { line: place.line, column: place.column + 1 },
            };
        }
        counted = *at;
        placed.push(place);
    }
    placed
}

/// The error for what stands at byte `at`; columns count characters.
fn malformed_at(bytes: &[u8], at: usize, what: &'static str) -> JsonError {
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or(bytes));
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    JsonError::Malformed { line, column, what }
}

#[cfg(test)]
mod tests;
