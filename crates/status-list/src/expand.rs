//! Decompression with a cap, in constant memory.

use std::io::{ErrorKind, Read};

use crate::{MAX_EXPANDED, StatusError};

/// What is kept of an expanded list.
pub(crate) struct Around {
    /// How long it was.
    pub(crate) length: usize,
    /// The byte asked for and the one after it; 0 past the end.
    pub(crate) bytes: [u8; 2],
}

/// Expands a list to its end and keeps the bytes at `offset` and `offset + 1`: a bomb costs the time of
/// [`MAX_EXPANDED`] bytes and the memory of one buffer.
pub(crate) fn around(mut expanding: impl Read, offset: usize) -> Result<Around, StatusError> {
    let mut around = Around { length: 0, bytes: [0; 2] };
    let mut buffer = [0_u8; 16 << 10];
    loop {
        let count = match expanding.read(&mut buffer) {
            Ok(0) => return Ok(around),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return Err(StatusError::ListInvalid("a list that does not expand")),
        };
        let expanded = buffer.get(..count).unwrap_or_default();
        for (kept, wanted) in around.bytes.iter_mut().zip([offset, offset.saturating_add(1)]) {
            if let Some(byte) = wanted.checked_sub(around.length).and_then(|at| expanded.get(at)) {
                *kept = *byte;
            }
        }
        around.length += count;
        if around.length > MAX_EXPANDED {
            return Err(StatusError::TooLarge);
        }
    }
}
