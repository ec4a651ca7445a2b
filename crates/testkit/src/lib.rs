//! A seeded world for tests: fixed clock, seeded randomness, issuers, holders, an attacker, and documents in memory.
//!
//! [`World`] makes credentials as [`Draft`]s: everything is in place and nothing is signed yet, so that a test changes one thing and signs.
//! [`VpDraft`] does the same for presentations. What is refused is so always made from what is accepted.
//! [`faults_of_a_chain`] breaks a trust chain in each way, one at a time.
//! [`RunningVerifier`] listens on a loopback port, so that the same can be posted over HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot set its scene has failed"
)]

mod clock;
mod entropy;
mod faults;
mod http;
mod verifier;
pub mod world;

pub use clock::SteppedClock;
pub use entropy::SeededEntropy;
pub use faults::faults_of_a_chain;
pub use http::{Answer, Client};
pub use verifier::{RunningVerifier, VerifierSetup, open_request};
