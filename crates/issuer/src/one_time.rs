use std::fmt;

use portage_keys::{
    base64url,
    digest::{constant_time_eq, hmac_sha256},
};
use zeroize::Zeroizing;

/// The secret behind one-time values: what is stored of them is a keyed hash, and what follows from another value is not stored
/// at all. A copy of the store alone redeems nothing and opens no offer.
pub struct OneTimeSecret(Zeroizing<[u8; 32]>);

/// A one-time value as it is stored: HMAC-SHA-256 under the secret.
#[derive(Clone, Copy, PartialOrd, Ord)]
pub struct KeyedHash([u8; 32]);

/// What a value is for; the same text as another kind has another hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    OfferLink,
    Code,
    TxCode,
    AccessToken,
    CNonce,
    HolderKey,
    Content,
}

impl OneTimeSecret {
    /// From its 32 bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        OneTimeSecret(Zeroizing::new(secret))
    }

    pub(crate) fn hash(&self, kind: Kind, value: &str) -> KeyedHash {
        let kind = match kind {
            Kind::OfferLink => "hash offer_link ",
            Kind::Code => "hash code ",
            Kind::TxCode => "hash tx_code ",
            Kind::AccessToken => "hash access_token ",
            Kind::CNonce => "hash c_nonce ",
            Kind::HolderKey => "hash holder_key ",
            Kind::Content => "hash content ",
        };
        KeyedHash(self.mac(kind, value))
    }

    /// A value that follows from another: the same again for the same `of`, not to be guessed without the secret.
    pub(crate) fn derive(&self, what: &str, of: &str) -> String {
        base64url::encode(&self.mac(&format!("derive {what} "), of))
    }

    /// 128 bits that follow from another value, in small letters and digits: to be typed, and never to be taken for an option.
    pub(crate) fn derive_name(&self, what: &str, of: &str) -> String {
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

    #[test]
    fn a_hash_belongs_to_its_kind_its_value_and_its_secret() {
        let (a, b) = (OneTimeSecret::new([1; 32]), OneTimeSecret::new([2; 32]));
        assert_eq!(a.hash(Kind::Code, "x"), a.hash(Kind::Code, "x"));
        assert_ne!(a.hash(Kind::Code, "x"), a.hash(Kind::AccessToken, "x"));
        assert_ne!(a.hash(Kind::Code, "x"), a.hash(Kind::Code, "y"));
        assert_ne!(a.hash(Kind::Code, "x"), b.hash(Kind::Code, "x"));
        assert_eq!(a.derive("offer link", "x").len(), 43);
    }
}
