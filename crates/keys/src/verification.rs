use p256::elliptic_curve::sec1::ToSec1Point;
use portage_reason::Reason;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use crate::Algorithm;

/// A public key. Its type fixes the algorithm. `Debug` shows the algorithm alone: a holder's key is a trail, too.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VerificationKey {
    algorithm: Algorithm,
    /// Ed25519: 32 bytes. P-256: 65 bytes, `04 || x || y`.
    bytes: Vec<u8>,
}

/// The signature does not fit; there is nothing more to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit the bytes and the key")]
pub struct SignatureInvalid;

/// Why key material was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not an encoding of a key of this kind: length, prefix, point off the curve, private material.
    #[error("not a public key of a known kind: {0}")]
    Malformed(&'static str),
    /// A kind of key that Portage does not use.
    #[error("a kind of key that is not supported")]
    Unsupported,
}

impl KeyError {
    /// `malformed` or `alg_not_allowed`.
    pub fn reason(&self) -> Reason {
        match self {
            KeyError::Malformed(_) => Reason::Malformed,
            KeyError::Unsupported => Reason::AlgNotAllowed,
        }
    }
}

impl VerificationKey {
    /// An Ed25519 key from its 32 bytes; small-order points are refused.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn ed25519(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: &[u8; 32] =
            bytes.try_into().map_err(|_| KeyError::Malformed("an Ed25519 key has 32 bytes"))?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes)
            .map_err(|_| KeyError::Malformed("not a point of edwards25519"))?;
        if key.is_weak() {
            return Err(KeyError::Malformed("a point of small order"));
        }
        // The decoder takes y of p and above, too: two texts for one key.
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyError::Malformed("not the canonical encoding of a point"));
        }
        Ok(VerificationKey { algorithm: Algorithm::EdDsa, bytes: bytes.to_vec() })
    }

    /// A P-256 key from affine coordinates of exactly 32 bytes each; the point must be on the curve.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn p256(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        if x.len() != 32 || y.len() != 32 {
            return Err(KeyError::Malformed("a coordinate of P-256 has 32 bytes"));
        }
        Self::p256_sec1(&[&[0x04], x, y].concat())
    }

    /// A P-256 key from 33 compressed SEC1 bytes.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn p256_compressed(bytes: &[u8]) -> Result<Self, KeyError> {
        match bytes {
            [0x02 | 0x03, x @ ..] if x.len() == 32 => Self::p256_sec1(bytes),
            _ => Err(KeyError::Malformed("a compressed point of P-256 has 33 bytes")),
        }
    }

    fn p256_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        let key = p256::PublicKey::from_sec1_bytes(bytes)
            .map_err(|_| KeyError::Malformed("not a point of P-256"))?;
        let bytes = key.to_sec1_point(false).as_bytes().to_vec();
        Ok(VerificationKey { algorithm: Algorithm::Es256, bytes })
    }

    /// The one algorithm this key is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// P-256: the affine coordinates `x` and `y`, 32 bytes each; Ed25519 has none.
    pub fn p256_coordinates(&self) -> Option<(&[u8], &[u8])> {
        match self.algorithm {
            Algorithm::EdDsa => None,
            Algorithm::Es256 => self.bytes.get(1..)?.split_at_checked(32),
        }
    }

    /// Ed25519: 32 bytes; P-256: 33 bytes of compressed SEC1.
    pub fn to_compressed_bytes(&self) -> Vec<u8> {
        match self.p256_coordinates() {
            None => self.bytes.clone(),
            Some((x, y)) => {
                let odd = y.last().is_some_and(|byte| byte & 1 == 1);
                [&[if odd { 0x03 } else { 0x02 }], x].concat()
            }
        }
    }

    /// Ed25519: 32 bytes; P-256: 65 bytes `04 || x || y`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Verifies `signature` over `message`: 64 bytes, for ECDSA raw `r||s`.
    ///
    /// # Errors
    /// [`SignatureInvalid`], for every cause alike.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureInvalid> {
        match self.algorithm {
            Algorithm::EdDsa => verify_ed25519(&self.bytes, message, signature),
            Algorithm::Es256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.bytes)
                .verify(message, signature)
                .map_err(|_| SignatureInvalid),
        }
    }
}

impl std::fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerificationKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn verify_ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), SignatureInvalid> {
    let key = key.try_into().map_err(|_| SignatureInvalid)?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|_| SignatureInvalid)?;
    let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| SignatureInvalid)?;
    key.verify_strict(message, &signature).map_err(|_| SignatureInvalid)
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;
    use crate::{Signer, SigningKey};

    /// The order of the P-256 group, big-endian.
    const P256_ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
        0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    /// The order of the Ed25519 group, little-endian.
    const ED25519_ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    fn signed(algorithm: Algorithm) -> (VerificationKey, Vec<u8>) {
        let key = SigningKey::from_secret_bytes(algorithm, &[7; 32]).unwrap();
        let signature = key.sign(b"message").unwrap();
        assert_eq!(key.verification_key().verify(b"message", &signature), Ok(()));
        (key.verification_key().clone(), signature)
    }

    #[test]
    fn v14_ecdsa_refuses_numbers_out_of_range_and_other_encodings() {
        let (key, signature) = signed(Algorithm::Es256);
        let (r, s) = signature.split_at(32);
        let zero = [0; 32];
        let der = [&[0x30, 0x44, 0x02, 0x20], r, &[0x02, 0x20], s].concat();
        for forged in [
            [zero, zero].concat(),
            [&zero, s].concat(),
            [r, &zero].concat(),
            [&P256_ORDER, s].concat(),
            [r, &P256_ORDER].concat(),
            [r, &[0xff; 32]].concat(),
            der,
            signature[..63].to_vec(),
            [&signature, &[0][..]].concat(),
            Vec::new(),
        ] {
            assert_eq!(key.verify(b"message", &forged), Err(SignatureInvalid), "{forged:02x?}");
        }
    }

    #[test]
    fn v15_ed25519_refuses_a_signature_plus_the_group_order() {
        let (key, signature) = signed(Algorithm::EdDsa);
        let mut forged = signature.clone();
        let mut carry = 0;
        for (byte, order) in forged[32..].iter_mut().zip(ED25519_ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = u8::try_from(sum & 0xff).unwrap();
            carry = sum >> 8;
        }
        assert_eq!(key.verify(b"message", &forged), Err(SignatureInvalid));
        for forged in [&signature[..63], &[&signature, &[0][..]].concat(), &[]] {
            assert_eq!(key.verify(b"message", forged), Err(SignatureInvalid));
        }
    }

    #[test]
    fn v15_small_order_and_non_canonical_ed25519_keys_are_malformed() {
        let with_sign = |mut bytes: [u8; 32]| {
            bytes[31] |= 0x80;
            bytes
        };
        let little = |low: u8| {
            let mut bytes = [0; 32];
            bytes[0] = low;
            bytes
        };
        // p + n for small n: the same point as n, written another way.
        let above_p = |n: u8| {
            let mut bytes = [0xff; 32];
            bytes[0] = 0xed + n;
            bytes[31] = 0x7f;
            bytes
        };
        let mut refused = vec![little(0), little(1), with_sign(little(1))];
        for n in 0..19 {
            refused.extend([above_p(n), with_sign(above_p(n))]);
        }
        for bytes in refused {
            assert!(matches!(VerificationKey::ed25519(&bytes), Err(KeyError::Malformed(_))), "{bytes:02x?}");
        }
    }

    #[test]
    fn a_point_off_the_curve_or_of_another_length_is_malformed() {
        let (key, _) = signed(Algorithm::Es256);
        let (x, y) = key.p256_coordinates().unwrap();
        assert_eq!(VerificationKey::p256(x, y), Ok(key.clone()));
        assert_eq!(VerificationKey::p256_compressed(&key.to_compressed_bytes()), Ok(key.clone()));
        assert!(VerificationKey::p256(y, x).is_err());
        assert!(VerificationKey::p256(x, &[0; 32]).is_err());
        assert!(VerificationKey::p256(&x[1..], y).is_err());
        assert!(VerificationKey::p256(&[&[0], x].concat(), y).is_err());
        assert!(VerificationKey::p256(&[0xff; 32], y).is_err());
        for bytes in
            [key.as_bytes(), x, &[&[0x04], x].concat(), &[&[0x02], &[0xff; 32][..]].concat(), &[0], &[]]
        {
            assert!(VerificationKey::p256_compressed(bytes).is_err());
        }
    }

    #[test]
    fn a_key_of_one_kind_does_not_verify_for_the_other() {
        let (ed25519, eddsa) = signed(Algorithm::EdDsa);
        let (p256, es256) = signed(Algorithm::Es256);
        assert!(ed25519.verify(b"message", &es256).is_err());
        assert!(p256.verify(b"message", &eddsa).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_read_as_keys_and_signatures_without_a_panic(
            key in prop::collection::vec(any::<u8>(), 30..36),
            signature in prop::collection::vec(any::<u8>(), 0..70),
        ) {
            let (x, y) = key.split_at(key.len() / 2);
            let read = [
                VerificationKey::ed25519(&key),
                VerificationKey::p256_compressed(&[&[0x02], &key[..key.len() - 1]].concat()),
                VerificationKey::p256(x, y),
            ];
            for key in read.into_iter().flatten() {
                prop_assert_eq!(key.verify(b"message", &signature), Err(SignatureInvalid));
            }
        }
    }
}
