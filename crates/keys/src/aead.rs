//! AES-GCM with a 96-bit IV and a 128-bit tag (NIST SP 800-38D), by `ring`.

use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::Entropy;

/// Bytes of an IV.
pub const IV: usize = 12;
/// Bytes of a tag.
pub const TAG: usize = 16;

/// A message that is sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The IV.
    pub iv: [u8; IV],
    /// The ciphertext, as long as the message.
    pub ciphertext: Vec<u8>,
    /// The tag.
    pub tag: [u8; TAG],
}

/// The message could not be sealed, or what was sealed is not opened by this key: there is nothing more to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes do not fit the key")]
pub struct AeadFailure;

/// Seals one message under a key of 16 or 32 bytes that seals no other: the IV is random.
///
/// # Errors
/// [`AeadFailure`]: a key of another length.
pub fn seal(
    key: &[u8],
    associated_data: &[u8],
    message: &[u8],
    entropy: &dyn Entropy,
) -> Result<Sealed, AeadFailure> {
    let mut iv = [0; IV];
    entropy.fill(&mut iv);
    let mut ciphertext = message.to_vec();
    let tag = cipher(key)?
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(iv),
            Aad::from(associated_data),
            &mut ciphertext,
        )
        .map_err(|_| AeadFailure)?;
    let tag = tag.as_ref().try_into().map_err(|_| AeadFailure)?;
    Ok(Sealed { iv, ciphertext, tag })
}

/// Opens what was sealed.
///
/// # Errors
/// [`AeadFailure`]: another key, other associated data, one changed bit.
pub fn open(key: &[u8], associated_data: &[u8], sealed: &Sealed) -> Result<Vec<u8>, AeadFailure> {
    let mut bytes = [sealed.ciphertext.as_slice(), &sealed.tag].concat();
    let length = cipher(key)?
        .open_in_place(Nonce::assume_unique_for_key(sealed.iv), Aad::from(associated_data), &mut bytes)
        .map_err(|_| AeadFailure)?
        .len();
    bytes.truncate(length);
    Ok(bytes)
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, AeadFailure> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        32 => &AES_256_GCM,
        _ => return Err(AeadFailure),
    };
    UnboundKey::new(algorithm, key).map(LessSafeKey::new).map_err(|_| AeadFailure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    #[test]
    fn what_is_sealed_is_opened_by_its_key_and_unchanged_alone() {
        for length in [16, 32] {
            let key = vec![7; length];
            let sealed = seal(&key, b"header", b"message", &OsEntropy).unwrap();
            assert_eq!(open(&key, b"header", &sealed).unwrap(), b"message");
            assert_ne!(sealed.ciphertext, b"message");
            assert_eq!(open(&key, b"other", &sealed), Err(AeadFailure));
            assert_eq!(open(&vec![8; length], b"header", &sealed), Err(AeadFailure));
            for change in [
                |sealed: &mut Sealed| sealed.iv[0] ^= 1,
                |sealed: &mut Sealed| sealed.ciphertext[0] ^= 1,
                |sealed: &mut Sealed| sealed.tag[15] ^= 1,
                |sealed: &mut Sealed| sealed.ciphertext.clear(),
            ] {
                let mut other = sealed.clone();
                change(&mut other);
                assert_eq!(open(&key, b"header", &other), Err(AeadFailure));
            }
        }
        assert!(seal(&[7; 24], b"", b"", &OsEntropy).is_err());
    }
}
