//! base64url without padding (RFC 4648 §5), canonical only.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// Not canonical base64url: padding, whitespace, `+` or `/`, non-zero trailing bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not canonical base64url")]
pub struct NotBase64Url;

/// Encodes without padding.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes; refuses everything that [`encode`] would not have written.
///
/// # Errors
/// [`NotBase64Url`].
pub fn decode(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

/// Encodes in the standard alphabet with padding (RFC 4648 §4), as `x5c` has it.
pub fn encode_standard(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes the standard alphabet with padding, canonical only.
///
/// # Errors
/// [`NotBase64Url`].
pub fn decode_standard(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    STANDARD.decode(text).map_err(|_| NotBase64Url)
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_read_and_write() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn padding_whitespace_the_other_alphabet_and_trailing_bits_are_refused() {
        for text in
            ["Zg==", "Zm8=", "Zg ", " Zg", "Zm\n8", "+_8", "-/8", "Zh", "Zm9", "Z", "Zg\0", "Zgé", "Zg.", "="]
        {
            assert_eq!(decode(text), Err(NotBase64Url), "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn what_is_accepted_is_what_would_have_been_written(text in "[A-Za-z0-9_=+/-]{0,12}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
