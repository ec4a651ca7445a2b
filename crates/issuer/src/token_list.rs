//! The claim `status_list` of a Token Status List (draft-20 §4): two bits an entry, first entry in the least significant bits of byte
//! 0, ZLIB, base64url without prefix.

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};
use portage_keys::base64url;
use serde_json::{Value, json};

use crate::{Status, StatusEntry};

const BITS: u32 = 2;
const PER_BYTE: u32 = 8 / BITS;

/// The list with these entries; all others are `VALID`.
pub(crate) fn claim(entries: &[(u32, Status)]) -> Value {
    let mut bytes = vec![0_u8; (StatusEntry::LIST_LENGTH / PER_BYTE) as usize];
    for (index, status) in entries {
        if let Some(byte) = bytes.get_mut((index / PER_BYTE) as usize) {
            *byte |= value(*status) << (index % PER_BYTE * BITS);
        }
    }
    json!({ "bits": BITS, "lst": base64url::encode(&compress(&bytes)) })
}

/// `VALID`, `INVALID`, `SUSPENDED`.
const fn value(status: Status) -> u8 {
    match status {
        Status::Valid => 0,
        Status::Revoked => 1,
        Status::Suspended => 2,
    }
}

#[expect(clippy::expect_used, reason = "writing into memory does not fail")]
fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a vector takes all bytes");
    encoder.finish().expect("a vector takes all bytes")
}
