use portage_reason::Reason;

use crate::Algorithm;

/// A public key. Its type fixes the algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
        let _ = bytes;
        todo!()
    }

    /// A P-256 key from affine coordinates of exactly 32 bytes each; the point must be on the curve.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn p256(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let _ = (x, y);
        todo!()
    }

    /// A P-256 key from 33 compressed SEC1 bytes.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn p256_compressed(bytes: &[u8]) -> Result<Self, KeyError> {
        let _ = bytes;
        todo!()
    }

    /// The one algorithm this key is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
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
        let _ = (message, signature);
        todo!()
    }
}
