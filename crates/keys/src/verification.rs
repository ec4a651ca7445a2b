use p256::elliptic_curve::sec1::ToSec1Point;
use portage_reason::Reason;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm, UnparsedPublicKey,
};

use crate::Algorithm;

/// A public key. Its type fixes the algorithm. `Debug` shows the algorithm alone: a holder's key is a trail, too.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VerificationKey {
    algorithm: Algorithm,
    /// Ed25519: 32 bytes. P-256: 65 bytes, P-384: 97 bytes, `04 || x || y`.
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

    /// A P-384 key from affine coordinates of exactly 48 bytes each; the point must be on the curve.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn p384(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        if x.len() != 48 || y.len() != 48 {
            return Err(KeyError::Malformed("a coordinate of P-384 has 48 bytes"));
        }
        Self::p384_sec1(&[&[0x04], x, y].concat())
    }

    /// A P-384 key from 49 compressed SEC1 bytes.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn p384_compressed(bytes: &[u8]) -> Result<Self, KeyError> {
        match bytes {
            [0x02 | 0x03, x @ ..] if x.len() == 48 => Self::p384_sec1(bytes),
            _ => Err(KeyError::Malformed("a compressed point of P-384 has 49 bytes")),
        }
    }

    fn p384_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        let key = p384::PublicKey::from_sec1_bytes(bytes)
            .map_err(|_| KeyError::Malformed("not a point of P-384"))?;
        let bytes = key.to_sec1_point(false).as_bytes().to_vec();
        Ok(VerificationKey { algorithm: Algorithm::Es384, bytes })
    }

    /// A key from the SubjectPublicKeyInfo of a certificate (RFC 5480, RFC 8410), whose DER has one form for each kind of key.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for every other kind, [`KeyError::Malformed`] for no point of its curve.
    pub fn from_subject_public_key_info(der: &[u8]) -> Result<Self, KeyError> {
        /// id-Ed25519; id-ecPublicKey with prime256v1; id-ecPublicKey with secp384r1.
        const ED25519: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        const P256: &[u8] = &[
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
            0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        const P384: &[u8] = &[
            0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
            0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
        ];
        if let Some(key) = der.strip_prefix(ED25519) {
            return Self::ed25519(key);
        }
        match (der.strip_prefix(P256), der.strip_prefix(P384)) {
            (Some([0x04, point @ ..]), _) if point.len() == 64 => Self::p256_sec1(&[&[0x04], point].concat()),
            (_, Some([0x04, point @ ..])) if point.len() == 96 => Self::p384_sec1(&[&[0x04], point].concat()),
            _ => Err(KeyError::Unsupported),
        }
    }

    /// The one algorithm this key is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// P-256, P-384: the affine coordinates `x` and `y`, 32 or 48 bytes each; Ed25519 has none.
    pub fn coordinates(&self) -> Option<(&[u8], &[u8])> {
        match self.algorithm {
            Algorithm::EdDsa => None,
            Algorithm::Es256 => self.bytes.get(1..)?.split_at_checked(32),
            Algorithm::Es384 => self.bytes.get(1..)?.split_at_checked(48),
        }
    }

    /// Ed25519: 32 bytes; P-256: 33, P-384: 49 bytes of compressed SEC1.
    pub fn to_compressed_bytes(&self) -> Vec<u8> {
        match self.coordinates() {
            None => self.bytes.clone(),
            Some((x, y)) => {
                let odd = y.last().is_some_and(|byte| byte & 1 == 1);
                [&[if odd { 0x03 } else { 0x02 }], x].concat()
            }
        }
    }

    /// Ed25519: 32 bytes; P-256: 65, P-384: 97 bytes `04 || x || y`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Verifies `signature` over `message`: 64 bytes, for ECDSA raw `r||s` (P-384: 96).
    ///
    /// # Errors
    /// [`SignatureInvalid`], for every cause alike.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureInvalid> {
        match self.algorithm {
            Algorithm::EdDsa => verify_ed25519(&self.bytes, message, signature),
            Algorithm::Es256 => verify_ecdsa(&ECDSA_P256_SHA256_FIXED, &self.bytes, message, signature),
            Algorithm::Es384 => verify_ecdsa(&ECDSA_P384_SHA384_FIXED, &self.bytes, message, signature),
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

fn verify_ecdsa(
    algorithm: &'static EcdsaVerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureInvalid> {
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).map_err(|_| SignatureInvalid)
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

    /// The order of the P-384 group, big-endian.
    const P384_ORDER: [u8; 48] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a,
        0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
    ];

    /// The order of the Ed25519 group, little-endian.
    const ED25519_ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    fn signed(algorithm: Algorithm) -> (VerificationKey, Vec<u8>) {
        let key = SigningKey::from_secret_bytes(algorithm, &vec![7; algorithm.secret_length()]).unwrap();
        let signature = key.sign(b"message").unwrap();
        assert_eq!(key.verification_key().verify(b"message", &signature), Ok(()));
        (key.verification_key().clone(), signature)
    }

    #[test]
    fn v14_ecdsa_refuses_numbers_out_of_range_and_other_encodings() {
        for (algorithm, order) in [(Algorithm::Es256, &P256_ORDER[..]), (Algorithm::Es384, &P384_ORDER[..])] {
            let (key, signature) = signed(algorithm);
            let length = signature.len() / 2;
            let (r, s) = signature.split_at(length);
            let (zero, ones) = (vec![0; length], vec![0xff; length]);
            let short = u8::try_from(length).unwrap();
            let der = [&[0x30, 2 * short + 4, 0x02, short], r, &[0x02, short], s].concat();
            for forged in [
                [&zero[..], &zero].concat(),
                [&zero, s].concat(),
                [r, &zero].concat(),
                [order, s].concat(),
                [r, order].concat(),
                [r, &ones].concat(),
                der,
                signature[..2 * length - 1].to_vec(),
                [&signature, &[0][..]].concat(),
                Vec::new(),
            ] {
                assert_eq!(key.verify(b"message", &forged), Err(SignatureInvalid), "{forged:02x?}");
            }
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
        let (x, y) = key.coordinates().unwrap();
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

        let (key, _) = signed(Algorithm::Es384);
        let (x, y) = key.coordinates().unwrap();
        assert_eq!(VerificationKey::p384(x, y), Ok(key.clone()));
        assert_eq!(VerificationKey::p384_compressed(&key.to_compressed_bytes()), Ok(key.clone()));
        for (x, y) in [(y, x), (x, &[0; 48][..]), (&x[1..], y), (&[0xff; 48], y), (&x[..32], &y[..32])] {
            assert!(VerificationKey::p384(x, y).is_err());
            assert!(VerificationKey::p256(x, y).is_err());
        }
        for bytes in [key.as_bytes(), x, &[&[0x02], &[0xff; 48][..]].concat(), &[&[0x02], &x[..32]].concat()]
        {
            assert!(VerificationKey::p384_compressed(bytes).is_err());
        }
    }

    #[test]
    fn a_key_of_one_kind_does_not_verify_for_the_other() {
        for algorithm in Algorithm::ALL {
            let (key, _) = signed(algorithm);
            for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
                assert!(key.verify(b"message", &signed(other).1).is_err(), "{algorithm:?} {other:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_read_as_keys_and_signatures_without_a_panic(
            key in prop::collection::vec(any::<u8>(), 30..52),
            signature in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let (x, y) = key.split_at(key.len() / 2);
            let read = [
                VerificationKey::ed25519(&key),
                VerificationKey::p256_compressed(&[&[0x02], &key[..key.len() - 1]].concat()),
                VerificationKey::p256(x, y),
                VerificationKey::p384_compressed(&[&[0x03], &key[..key.len() - 1]].concat()),
                VerificationKey::p384(&[x, x].concat(), &[y, y].concat()),
            ];
            for key in read.into_iter().flatten() {
                prop_assert_eq!(key.verify(b"message", &signature), Err(SignatureInvalid));
            }
        }
    }
}
