//! Data Integrity 1.0 proofs (`eddsa-rdfc-2022`, `eddsa-jcs-2022`, `ecdsa-rdfc-2019`, `ecdsa-jcs-2019`) over JSON and a key.
//!
//! Two public doors: [`canonicalize`], the one function from JSON-LD to canonical N-Quads, bounded; and
//! [`proof`], creating and verifying a proof, alone, in a set or in a chain. Finding the key, and tying it to issuer or holder, is the caller's:
//! the proof algorithm does not do it.

pub mod canonical;
mod chain;
pub mod cryptosuite;
mod date_time;
mod hash_data;
mod json_proof;
pub mod proof;
mod rdfc10;
mod spelling;

pub use canonical::{CanonicalQuads, CanonicalizeError, canonicalize, canonicalize_quads, expanded_types};
pub use cryptosuite::Cryptosuite;
pub use json_proof::{JsonProof, canonical_json, prove_json, verify_json};
pub use proof::{ProofError, ProofOptions, UnverifiedProof, VerifiedProof, add_proof};
