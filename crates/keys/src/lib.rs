//! Keys, signatures, digests and the sealed vault: the only code that touches primitives.
//!
//! The key's type fixes the algorithm: a [`VerificationKey`] verifies one way and is never told which.
//! Ed25519 is verified strictly (`ed25519-dalek` `verify_strict`: small-order keys, S+L and non-canonical points
//! are refused); P-256 and P-384 are `ring`'s ECDSA over raw `r||s`. Randomness is an argument ([`Entropy`]).
//! An [`AgreementKey`] agrees on a secret with another's [`AgreementPublicKey`] and never signs; what is agreed on
//! seals one message ([`aead`]).
//!
//! ```
//! use portage_keys::{Algorithm, OsEntropy, Signer, SigningKey};
//! let key = SigningKey::generate(Algorithm::Es256, &OsEntropy);
//! let signature = key.sign(b"message")?;
//! assert!(key.verification_key().verify(b"message", &signature).is_ok());
//! assert!(key.verification_key().verify(b"massage", &signature).is_err());
//! # Ok::<(), portage_keys::SigningFailure>(())
//! ```
//!
//! Not here: JWK and JOSE (`jose`), DIDs (`did`), proofs (`data-integrity`).

pub mod aead;
mod agreement;
pub mod base64url;
pub mod digest;
mod entropy;
pub mod multibase;
pub mod one_time;
mod password;
mod signing;
pub mod vault;
mod verification;

pub use agreement::{AgreementKey, AgreementPublicKey};
pub use entropy::{Entropy, OsEntropy};
pub use password::PasswordHash;
pub use signing::{Signer, SigningFailure, SigningKey};
pub use verification::{KeyError, SignatureInvalid, VerificationKey};

/// The signature algorithms, by their JOSE names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// `EdDSA` with Ed25519 (RFC 8037). RFC 9864's name `Ed25519` is accepted on input.
    EdDsa,
    /// `ES256`: ECDSA with P-256 and SHA-256, signature as raw `r||s` (RFC 7518 §3.4).
    Es256,
    /// `ES384`: ECDSA with P-384 and SHA-384, signature as raw `r||s` (RFC 7518 §3.4).
    Es384,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Algorithm; 3] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es384];

    /// The name in a JOSE header that we write: `EdDSA`, `ES256`, `ES384`.
    pub const fn jose_name(self) -> &'static str {
        match self {
            Algorithm::EdDsa => "EdDSA",
            Algorithm::Es256 => "ES256",
            Algorithm::Es384 => "ES384",
        }
    }

    /// Reads a JOSE `alg`. Exact, case-sensitive; `none`, MACs and everything else are `None`.
    pub fn from_jose_name(name: &str) -> Option<Self> {
        match name {
            "EdDSA" | "Ed25519" => Some(Algorithm::EdDsa),
            "ES256" => Some(Algorithm::Es256),
            "ES384" => Some(Algorithm::Es384),
            _ => None,
        }
    }

    /// How long a secret is: a seed of Ed25519, a scalar of the curve.
    pub const fn secret_length(self) -> usize {
        match self {
            Algorithm::EdDsa | Algorithm::Es256 => 32,
            Algorithm::Es384 => 48,
        }
    }

    /// How long a signature is: 64 bytes, of P-384 96.
    pub const fn signature_length(self) -> usize {
        match self {
            Algorithm::EdDsa | Algorithm::Es256 => 64,
            Algorithm::Es384 => 96,
        }
    }
}
