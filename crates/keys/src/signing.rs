use zeroize::Zeroizing;

use crate::{Algorithm, Entropy, KeyError, VerificationKey};

/// Something that signs and never shows its key: a file today, a hardware module tomorrow.
pub trait Signer: Send + Sync {
    /// The public half.
    fn verification_key(&self) -> &VerificationKey;

    /// Signs `message`: 64 bytes, for ECDSA raw `r||s`.
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
    /// Ed25519: the 32-byte seed. P-256: the 32-byte scalar.
    secret: Zeroizing<[u8; 32]>,
}

impl SigningKey {
    /// Makes a new key.
    pub fn generate(algorithm: Algorithm, entropy: &dyn Entropy) -> Self {
        let _ = (algorithm, entropy);
        todo!()
    }

    /// A key from its 32 secret bytes (seed or scalar).
    ///
    /// # Errors
    /// [`KeyError::Malformed`]: a scalar out of range.
    pub fn from_secret_bytes(algorithm: Algorithm, secret: &[u8; 32]) -> Result<Self, KeyError> {
        let _ = (algorithm, secret);
        todo!()
    }

    /// The secret, for the sealed vault and the key file only.
    pub fn dangerous_secret_bytes(&self) -> &[u8; 32] {
        &self.secret
    }
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
        let _ = message;
        todo!()
    }
}
