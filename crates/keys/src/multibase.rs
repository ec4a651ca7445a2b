//! Multibase and Multikey (Controlled Identifiers 1.0 §2.2.2, §2.4): `z` base58btc, `u` base64url.

use crate::{Algorithm, KeyError, VerificationKey, base64url};

/// `z` + base58btc.
pub fn encode_base58btc(bytes: &[u8]) -> String {
    format!("z{}", bs58::encode(bytes).into_string())
}

/// Decodes a `z…` text; any other prefix is an error, and so is a text longer than any key or signature.
///
/// # Errors
/// [`KeyError::Malformed`].
pub fn decode_base58btc(text: &str) -> Result<Vec<u8>, KeyError> {
    if text.len() > MAX_BASE58_LENGTH {
        return Err(KeyError::Malformed("a base58btc text over the limit"));
    }
    let digits = text.strip_prefix('z').ok_or(KeyError::Malformed("not multibase base58btc"))?;
    bs58::decode(digits).into_vec().map_err(|_| KeyError::Malformed("not base58btc"))
}

/// `u` + base64url without padding.
pub fn encode_base64url(bytes: &[u8]) -> String {
    format!("u{}", base64url::encode(bytes))
}

/// Decodes a `u…` text; any other prefix is an error.
///
/// # Errors
/// [`KeyError::Malformed`].
pub fn decode_base64url(text: &str) -> Result<Vec<u8>, KeyError> {
    let digits = text.strip_prefix('u').ok_or(KeyError::Malformed("not multibase base64url"))?;
    base64url::decode(digits).map_err(|_| KeyError::Malformed("not canonical base64url"))
}

/// Writes a public key as a Multikey (`z6Mk…`, `zDn…`, `z82…`).
pub fn to_multikey(key: &VerificationKey) -> String {
    let prefix = match key.algorithm() {
        Algorithm::EdDsa => ED25519_PUBLIC,
        Algorithm::Es256 => P256_PUBLIC,
        Algorithm::Es384 => P384_PUBLIC,
    };
    encode_base58btc(&[prefix.as_slice(), &key.to_compressed_bytes()].concat())
}

/// Reads a public Multikey. Secret prefixes, unknown prefixes, wrong lengths and points off the curve are refused.
///
/// # Errors
/// [`KeyError`].
pub fn from_multikey(text: &str) -> Result<VerificationKey, KeyError> {
    let bytes = decode_base58btc(text)?;
    let (prefix, key) =
        bytes.split_first_chunk().ok_or(KeyError::Malformed("a Multikey begins with two bytes of prefix"))?;
    match *prefix {
        ED25519_PUBLIC => VerificationKey::ed25519(key),
        P256_PUBLIC => VerificationKey::p256_compressed(key),
        P384_PUBLIC => VerificationKey::p384_compressed(key),
        ED25519_SECRET | P256_SECRET | P384_SECRET | BLS12_381_SECRET => {
            Err(KeyError::Malformed("a private key in the place of a public one"))
        }
        P521_PUBLIC | SECP256K1_PUBLIC | BLS12_381_G2_PUBLIC | X25519_PUBLIC => Err(KeyError::Unsupported),
        _ => Err(KeyError::Malformed("an unknown Multikey prefix")),
    }
}

/// Decoding base58 takes time in the square of the length.
const MAX_BASE58_LENGTH: usize = 512;

// Multicodec prefixes, as varints (Controlled Identifiers 1.0 §2.2.2).
const ED25519_PUBLIC: [u8; 2] = [0xed, 0x01];
const ED25519_SECRET: [u8; 2] = [0x80, 0x26];
const X25519_PUBLIC: [u8; 2] = [0xec, 0x01];
const P256_PUBLIC: [u8; 2] = [0x80, 0x24];
const P256_SECRET: [u8; 2] = [0x86, 0x26];
const P384_PUBLIC: [u8; 2] = [0x81, 0x24];
const P521_PUBLIC: [u8; 2] = [0x82, 0x24];
const SECP256K1_PUBLIC: [u8; 2] = [0xe7, 0x01];
const P384_SECRET: [u8; 2] = [0x87, 0x26];
const BLS12_381_G2_PUBLIC: [u8; 2] = [0xeb, 0x01];
const BLS12_381_SECRET: [u8; 2] = [0x80, 0x30];

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;

    /// The first key of did:key v0.9 §3.1.1.
    const ED25519: &str = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
    const P256: &str = "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv";
    const P384: &str = "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9";

    #[test]
    fn a_public_multikey_reads_and_writes() {
        for (text, algorithm) in
            [(ED25519, Algorithm::EdDsa), (P256, Algorithm::Es256), (P384, Algorithm::Es384)]
        {
            let key = from_multikey(text).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            assert_eq!(to_multikey(&key), text);
        }
    }

    #[test]
    fn a_private_key_in_the_place_of_a_public_one_is_malformed() {
        for prefix in [ED25519_SECRET, P256_SECRET, P384_SECRET, BLS12_381_SECRET] {
            let text = encode_base58btc(&[prefix.as_slice(), &[7; 32]].concat());
            let error = from_multikey(&text).unwrap_err();
            assert_eq!(error, KeyError::Malformed("a private key in the place of a public one"));
        }
    }

    #[test]
    fn other_kinds_of_key_are_unsupported_and_other_prefixes_malformed() {
        for prefix in [P521_PUBLIC, SECP256K1_PUBLIC, BLS12_381_G2_PUBLIC, X25519_PUBLIC] {
            let text = encode_base58btc(&[prefix.as_slice(), &[7; 48]].concat());
            assert_eq!(from_multikey(&text), Err(KeyError::Unsupported));
        }
        let unknown = encode_base58btc(&[0x12, 0x20, 1, 2, 3]);
        assert!(matches!(from_multikey(&unknown), Err(KeyError::Malformed(_))));
    }

    #[test]
    fn a_byte_more_or_less_is_malformed() {
        for text in [ED25519, P256, P384] {
            let bytes = decode_base58btc(text).unwrap();
            let longer = encode_base58btc(&[bytes.as_slice(), &[0]].concat());
            let shorter = encode_base58btc(&bytes[..bytes.len() - 1]);
            for text in [longer, shorter, format!("{text}1"), format!(" {text}"), format!("{text}\n")] {
                assert!(matches!(from_multikey(&text), Err(KeyError::Malformed(_))), "{text}");
            }
        }
        for text in ["", "z", "z1", "u7QE", "Z6Mk", "zO", &format!("z{}", "1".repeat(1 << 20))] {
            assert!(matches!(from_multikey(text), Err(KeyError::Malformed(_))));
        }
    }

    #[test]
    fn base64url_is_the_other_base() {
        assert_eq!(encode_base64url(&[0xd9, 0x5d]), "u2V0");
        assert_eq!(decode_base64url("u2V0").unwrap(), [0xd9, 0x5d]);
        for text in ["", "z2V0", "u2V0=", "U2V0=", "2V0"] {
            assert!(decode_base64url(text).is_err(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_without_a_panic(text in "z?.{0,80}") {
            let _ = (from_multikey(&text), decode_base58btc(&text), decode_base64url(&text));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(key) = from_multikey(&encode_base58btc(&bytes)) {
                prop_assert_eq!(to_multikey(&key), encode_base58btc(&bytes));
            }
        }
    }
}
