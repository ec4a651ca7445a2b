use p256::{
    ecdh::diffie_hellman,
    elliptic_curve::sec1::{Coordinates, ToSec1Point},
};
use zeroize::Zeroizing;

use crate::{Entropy, KeyError};

/// A private key of P-256 that agrees on secrets and does nothing else, zeroed on drop. Has no `Debug` of its secret, no `Serialize`.
pub struct AgreementKey {
    secret: p256::SecretKey,
}

/// The public half of an [`AgreementKey`]: a point of P-256.
#[derive(Clone, PartialEq, Eq)]
pub struct AgreementPublicKey {
    point: p256::PublicKey,
}

impl AgreementKey {
    /// Makes a new key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        loop {
            let mut secret = Zeroizing::new([0_u8; 32]);
            entropy.fill(&mut *secret);
            // About one scalar in 2^32 is none of P-256: draw again (FIPS 186-5 A.2.2).
            if let Ok(key) = Self::from_secret_bytes(&*secret) {
                return key;
            }
        }
    }

    /// A key from its scalar.
    ///
    /// # Errors
    /// [`KeyError::Malformed`]: out of range, or not 32 bytes.
    pub fn from_secret_bytes(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() != 32 {
            return Err(KeyError::Malformed("a secret of another length"));
        }
        let secret =
            p256::SecretKey::from_slice(secret).map_err(|_| KeyError::Malformed("not a scalar of P-256"))?;
        Ok(AgreementKey { secret })
    }

    /// The public half.
    pub fn public_key(&self) -> AgreementPublicKey {
        AgreementPublicKey { point: self.secret.public_key() }
    }

    /// Agrees with another's key (ECDH) and derives `length` bytes by the Concat KDF with SHA-256 (NIST SP 800-56A §5.8.1, RFC 7518 §4.6.2);
    /// `info` is its `OtherInfo`. `None` for a length that the function does not give.
    pub fn derive(
        &self,
        other: &AgreementPublicKey,
        info: &[u8],
        length: usize,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let shared = diffie_hellman(self.secret.to_nonzero_scalar(), other.point.as_affine());
        let mut key = Zeroizing::new(vec![0; length]);
        let secret = shared.raw_secret_bytes();
        concat_kdf::derive_key_into::<sha2_010::Sha256>(secret, info, &mut key).ok()?;
        Some(key)
    }
}

impl AgreementPublicKey {
    /// A key from affine coordinates of exactly 32 bytes each; the point must be on the curve, and is not the one at infinity.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_coordinates(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        if x.len() != 32 || y.len() != 32 {
            return Err(KeyError::Malformed("a coordinate of P-256 has 32 bytes"));
        }
        let point = p256::PublicKey::from_sec1_bytes(&[&[0x04], x, y].concat())
            .map_err(|_| KeyError::Malformed("not a point of P-256"))?;
        Ok(AgreementPublicKey { point })
    }

    /// Its affine coordinates.
    pub fn coordinates(&self) -> (Vec<u8>, Vec<u8>) {
        match self.point.to_sec1_point(false).coordinates() {
            Coordinates::Uncompressed { x, y } => (x.to_vec(), y.to_vec()),
            // Asked for uncompressed, and a public key is not the point at infinity.
            _ => (Vec::new(), Vec::new()),
        }
    }
}

impl std::fmt::Debug for AgreementKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgreementKey(..)")
    }
}

impl std::fmt::Debug for AgreementPublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgreementPublicKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    #[test]
    fn both_sides_derive_the_same_and_other_info_derives_another() {
        let (ours, theirs) = (AgreementKey::generate(&OsEntropy), AgreementKey::generate(&OsEntropy));
        let (x, y) = theirs.public_key().coordinates();
        let read = AgreementPublicKey::from_coordinates(&x, &y).unwrap();
        assert_eq!(read, theirs.public_key());
        let key = ours.derive(&read, b"info", 32).unwrap();
        assert_eq!(theirs.derive(&ours.public_key(), b"info", 32).unwrap(), key);
        assert_ne!(theirs.derive(&ours.public_key(), b"other", 32).unwrap(), key);
        assert_ne!(&key[..16], ours.derive(&read, b"other", 16).unwrap().as_slice());
    }

    #[test]
    fn v37_a_point_that_is_not_on_the_curve_is_no_key() {
        let (x, y) = AgreementKey::generate(&OsEntropy).public_key().coordinates();
        assert!(AgreementPublicKey::from_coordinates(&x, &y).is_ok());
        let mut off = y.clone();
        off[31] ^= 1;
        for (x, y) in [(&x, &off), (&x, &vec![0; 32]), (&vec![0; 32], &vec![0; 32]), (&x[1..].to_vec(), &y)] {
            assert!(AgreementPublicKey::from_coordinates(x, y).is_err());
        }
        for secret in [vec![0; 32], vec![0xff; 32], vec![7; 31]] {
            assert!(AgreementKey::from_secret_bytes(&secret).is_err());
        }
    }

    #[test]
    fn the_secret_does_not_print() {
        let key = AgreementKey::from_secret_bytes(&[0x25; 32]).unwrap();
        assert_eq!(format!("{key:?} {:?}", key.public_key()), "AgreementKey(..) AgreementPublicKey(..)");
    }
}
