//! One-time values: codes, tokens, nonces, states. What is stored of them is a keyed hash, and what follows from another value is not
//! stored at all: a copy of the store alone redeems nothing and opens nothing.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    base64url,
    digest::{constant_time_eq, hmac_sha256},
};

/// The secret behind one-time values.
pub struct OneTimeSecret(Zeroizing<[u8; 32]>);

/// A one-time value as it is stored: HMAC-SHA-256 under the secret.
#[derive(Clone, Copy, PartialOrd, Ord)]
pub struct KeyedHash([u8; 32]);

/// What a value is for; the same text as another kind has another hash.
pub trait Kind {
    /// Its name, without a space.
    fn name(self) -> &'static str;
}

impl OneTimeSecret {
    /// From its 32 bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        OneTimeSecret(Zeroizing::new(secret))
    }

    /// What is stored of a value.
    pub fn hash(&self, kind: impl Kind, value: &str) -> KeyedHash {
        KeyedHash(self.mac(&format!("hash {} ", kind.name()), value))
    }

    /// A value that follows from another: the same again for the same `of`, not to be guessed without the secret.
    pub fn derive(&self, what: &str, of: &str) -> String {
        base64url::encode(&self.mac(&format!("derive {what} "), of))
    }

    /// 256 bits that follow from another value, to make a key of.
    pub fn derive_secret(&self, what: &str, of: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.mac(&format!("derive {what} "), of))
    }

    /// 128 bits that follow from another value, in small letters and digits: to be typed, and never to be taken for an option.
    pub fn derive_name(&self, what: &str, of: &str) -> String {
        let mac = self.mac(&format!("derive {what} "), of);
        mac.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    fn mac(&self, label: &str, value: &str) -> [u8; 32] {
        hmac_sha256(&self.0, [label, value].concat().as_bytes())
    }
}

impl KeyedHash {
    /// From the store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        KeyedHash(bytes)
    }

    /// To the store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for KeyedHash {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(&self.0, &other.0)
    }
}

impl Eq for KeyedHash {}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Kind for &'static str {
        fn name(self) -> &'static str {
            self
        }
    }

    #[test]
    fn a_hash_belongs_to_its_kind_its_value_and_its_secret() {
        let (a, b) = (OneTimeSecret::new([1; 32]), OneTimeSecret::new([2; 32]));
        assert_eq!(a.hash("code", "x"), a.hash("code", "x"));
        assert_ne!(a.hash("code", "x"), a.hash("access_token", "x"));
        assert_ne!(a.hash("code", "x"), a.hash("code", "y"));
        assert_ne!(a.hash("code", "x"), b.hash("code", "x"));
        assert_eq!(KeyedHash::from_bytes(*a.hash("code", "x").as_bytes()), a.hash("code", "x"));
        assert_eq!(format!("{:?}", a.hash("code", "x")), "KeyedHash(…)");
    }

    #[test]
    fn a_derived_value_is_the_same_again_and_no_hash() {
        let (a, b) = (OneTimeSecret::new([1; 32]), OneTimeSecret::new([2; 32]));
        assert_eq!(a.derive("link", "x"), a.derive("link", "x"));
        assert_ne!(a.derive("link", "x"), a.derive("code", "x"));
        assert_ne!(a.derive("link", "x"), b.derive("link", "x"));
        assert_ne!(a.derive("link", "x"), base64url::encode(a.hash("link", "x").as_bytes()));
        assert_eq!((a.derive("link", "x").len(), a.derive_name("link", "x").len()), (43, 32));
    }
}
