use std::fmt;

use jiff::Timestamp;
use portage_keys::Entropy;

/// The wallet's own name for a credential: random, never shown to anybody else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct CredentialId(pub String);

impl CredentialId {
    /// A new one, ten characters that are easy to read out and to type.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        CredentialId(readable(entropy))
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of an entry of the history: sorts by time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct EventId(pub String);

impl EventId {
    /// A new one.
    pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Self {
        EventId(format!("{:015}-{}", now.as_millisecond().max(0), readable(entropy)))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Ten random characters (50 bits) of an alphabet without `i`, `l`, `o`, `u`.
fn readable(entropy: &dyn Entropy) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bytes = [0_u8; 10];
    entropy.fill(&mut bytes);
    bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 31))).map(|&c| char::from(c)).collect()
}
