use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// What a KB-JWT must say.
#[derive(Debug, Clone, Copy)]
pub struct KeyBindingExpectation<'a> {
    /// `aud`: one string, the full Client Identifier.
    pub audience: &'a str,
    /// `nonce`.
    pub nonce: &'a str,
    /// The verifier's clock.
    pub now: Timestamp,
    /// Oldest `iat`: 300 s.
    pub max_age: SignedDuration,
    /// Clock leeway: 60 s.
    pub leeway: SignedDuration,
}

/// A KB-JWT that held.
#[derive(Debug, Clone)]
pub struct KeyBinding {
    /// When the holder signed.
    pub issued_at: Timestamp,
    /// All its claims (`transaction_data_hashes` later).
    pub claims: Map<String, Value>,
}
