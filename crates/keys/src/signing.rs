use ed25519_dalek::Signer as _;
use p256::{elliptic_curve::sec1::ToSec1Point, pkcs8::DecodePrivateKey};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
};
use zeroize::Zeroizing;

use crate::{Algorithm, Entropy, KeyError, VerificationKey};

/// Something that signs and never shows its key: a file today, a hardware module tomorrow.
pub trait Signer: Send + Sync {
    /// The public half.
    fn verification_key(&self) -> &VerificationKey;

    /// Signs `message`: 64 bytes, for ECDSA raw `r||s` (P-384: 96).
    ///
    /// # Errors
    /// [`SigningFailure`] when the key's keeper does not answer.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailure>;

    /// The one algorithm of the key.
    fn algorithm(&self) -> Algorithm {
        self.verification_key().algorithm()
    }
}

/// The key's keeper did not sign. A failure of ours, never a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key could not be used")]
pub struct SigningFailure;

/// A private key in memory, zeroed on drop. Has no `Debug` of its secret, no `Serialize`.
pub struct SigningKey {
    public: VerificationKey,
    /// Ed25519: the 32-byte seed. P-256, P-384: the scalar, 32 or 48 bytes.
    secret: Zeroizing<Vec<u8>>,
}

impl SigningKey {
    /// Makes a new key.
    pub fn generate(algorithm: Algorithm, entropy: &dyn Entropy) -> Self {
        loop {
            let mut secret = Zeroizing::new(vec![0_u8; algorithm.secret_length()]);
            entropy.fill(&mut secret);
            // Every seed is an Ed25519 key; about one scalar in 2^32 is none of P-256: draw again (FIPS 186-5 A.2.2).
            if let Ok(key) = Self::from_secret_bytes(algorithm, &secret) {
                return key;
            }
        }
    }

    /// A key from its secret bytes: a seed, or a scalar, of exactly [`Algorithm::secret_length`].
    ///
    /// # Errors
    /// [`KeyError::Malformed`]: another length, a scalar out of range.
    pub fn from_secret_bytes(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() != algorithm.secret_length() {
            return Err(KeyError::Malformed("a secret of another length"));
        }
        let public = match algorithm {
            Algorithm::EdDsa => VerificationKey::ed25519(ed25519(secret)?.verifying_key().as_bytes())?,
            Algorithm::Es256 => {
                let secret = p256::SecretKey::from_slice(secret)
                    .map_err(|_| KeyError::Malformed("not a scalar of P-256"))?;
                VerificationKey::p256_compressed(secret.public_key().to_sec1_point(true).as_bytes())?
            }
            Algorithm::Es384 => {
                let secret = p384::SecretKey::from_slice(secret)
                    .map_err(|_| KeyError::Malformed("not a scalar of P-384"))?;
                VerificationKey::p384_compressed(secret.public_key().to_sec1_point(true).as_bytes())?
            }
        };
        Ok(SigningKey { public, secret: Zeroizing::new(secret.to_vec()) })
    }

    /// A key of P-256 from PKCS#8 in DER, as `openssl` writes it.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = p256::SecretKey::from_pkcs8_der(der)
            .map_err(|_| KeyError::Malformed("not a key of P-256 in PKCS#8"))?;
        let secret = Zeroizing::new(key.to_bytes().to_vec());
        Self::from_secret_bytes(Algorithm::Es256, &secret)
    }

    /// The secret, for the sealed vault and the key file only.
    pub fn dangerous_secret_bytes(&self) -> &[u8] {
        &self.secret
    }

    fn sign_ecdsa(
        &self,
        algorithm: &'static EcdsaSigningAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, SigningFailure> {
        // ring draws the nonce from the system and mixes in the key and the message.
        let random = ring::rand::SystemRandom::new();
        let key = EcdsaKeyPair::from_private_key_and_public_key(
            algorithm,
            &self.secret,
            self.public.as_bytes(),
            &random,
        )
        .map_err(|_| SigningFailure)?;
        let signature = key.sign(&random, message).map_err(|_| SigningFailure)?;
        Ok(signature.as_ref().to_vec())
    }
}

fn ed25519(seed: &[u8]) -> Result<ed25519_dalek::SigningKey, KeyError> {
    let seed = seed.try_into().map_err(|_| KeyError::Malformed("a seed of Ed25519 has 32 bytes"))?;
    Ok(ed25519_dalek::SigningKey::from_bytes(seed))
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl Signer for SigningKey {
    fn verification_key(&self) -> &VerificationKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailure> {
        match self.public.algorithm() {
            Algorithm::EdDsa => {
                let key = ed25519(&self.secret).map_err(|_| SigningFailure)?;
                Ok(key.sign(message).to_bytes().to_vec())
            }
            Algorithm::Es256 => self.sign_ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, message),
            Algorithm::Es384 => self.sign_ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    #[test]
    fn what_a_new_key_signs_its_public_half_verifies() {
        for algorithm in Algorithm::ALL {
            let key = SigningKey::generate(algorithm, &OsEntropy);
            let again = SigningKey::from_secret_bytes(algorithm, key.dangerous_secret_bytes()).unwrap();
            assert_eq!(again.verification_key(), key.verification_key());
            assert_eq!(key.algorithm(), algorithm);

            let signature = again.sign(b"message").unwrap();
            assert_eq!(signature.len(), algorithm.signature_length());
            assert_eq!(key.verification_key().verify(b"message", &signature), Ok(()));
            assert!(key.verification_key().verify(b"massage", &signature).is_err());
        }
    }

    #[test]
    fn a_scalar_out_of_range_is_no_key_and_is_drawn_again() {
        struct ZeroFirst(std::sync::atomic::AtomicU8);
        impl Entropy for ZeroFirst {
            fn fill(&self, out: &mut [u8]) {
                out.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
            }
        }
        for algorithm in [Algorithm::Es256, Algorithm::Es384] {
            let length = algorithm.secret_length();
            for secret in [vec![0; length], vec![0xff; length]] {
                assert!(SigningKey::from_secret_bytes(algorithm, &secret).is_err());
            }
            let key = SigningKey::generate(algorithm, &ZeroFirst(0.into()));
            assert_eq!(key.dangerous_secret_bytes(), vec![1; length]);
        }
    }

    #[test]
    fn a_secret_of_another_length_is_no_key() {
        for algorithm in Algorithm::ALL {
            let length = algorithm.secret_length();
            assert!(SigningKey::from_secret_bytes(algorithm, &vec![7; length]).is_ok());
            for other in [0, length - 1, length + 1, if length == 32 { 48 } else { 32 }] {
                let refused = SigningKey::from_secret_bytes(algorithm, &vec![7; other]);
                assert!(matches!(refused, Err(KeyError::Malformed(_))), "{algorithm:?} {other}");
            }
        }
    }

    #[test]
    fn the_secret_does_not_print() {
        let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[0xa5; 32]).unwrap();
        let printed = format!("{key:?}");
        assert!(!printed.contains("165, 165") && !printed.contains("a5a5"), "{printed}");
    }
}
