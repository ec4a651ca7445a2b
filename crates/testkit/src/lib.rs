//! A seeded world for tests: fixed clock, seeded randomness, issuers, holders, an attacker, and documents in memory.
//!
//! [`World`] makes credentials as [`Draft`]s: everything is in place and nothing is signed yet, so that a test changes one thing and signs.
//! [`VpDraft`] does the same for presentations. What is refused is so always made from what is accepted.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot set its scene has failed"
)]

mod entropy;
pub mod world;

pub use entropy::SeededEntropy;
