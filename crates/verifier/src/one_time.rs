use portage_keys::{
    Entropy, base64url,
    digest::{constant_time_eq, hmac_sha256},
};
use zeroize::Zeroizing;

/// The secret behind one-time values: what is stored of them is a keyed hash, and what follows from another value is not
/// stored at all. A copy of the store alone opens no session.
pub struct OneTimeSecret(Zeroizing<[u8; 32]>);

/// A one-time value as it is stored: HMAC-SHA-256 under the secret.
#[derive(Clone, Copy)]
pub struct KeyedHash([u8; 32]);

/// What a value is for; the same text as another kind has another hash.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Transaction,
    Request,
    State,
    ResponseCode,
}

/// A random value that people may type into a command: the letter in front keeps it from looking like an option.
pub(crate) fn typeable_token(letter: char, entropy: &dyn Entropy) -> String {
    format!("{letter}{}", entropy.token())
}

impl OneTimeSecret {
    /// From its 32 bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        OneTimeSecret(Zeroizing::new(secret))
    }

    /// By what a session is found when its `state` comes back.
    pub fn state_hash(&self, state: &str) -> KeyedHash {
        self.hash(Kind::State, state)
    }

    pub(crate) fn hash(&self, kind: Kind, value: &str) -> KeyedHash {
        let kind = match kind {
            Kind::Transaction => "hash transaction ",
            Kind::Request => "hash request ",
            Kind::State => "hash state ",
            Kind::ResponseCode => "hash response_code ",
        };
        KeyedHash(self.mac(kind, value))
    }

    /// `state` follows from the request's id, so that a `request_uri` may be fetched twice.
    pub(crate) fn state_of_request(&self, request_id: &str) -> String {
        base64url::encode(&self.mac("state of ", request_id))
    }

    /// `nonce` follows from the `state` that the wallet sends back.
    pub(crate) fn nonce_of_state(&self, state: &str) -> String {
        base64url::encode(&self.mac("nonce of ", state))
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

impl std::fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyedHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_differ_by_kind_value_and_secret_and_values_follow_from_each_other() {
        let (a, b) = (OneTimeSecret::new([1; 32]), OneTimeSecret::new([2; 32]));
        assert_eq!(a.hash(Kind::State, "x"), a.hash(Kind::State, "x"));
        assert_ne!(a.hash(Kind::State, "x"), a.hash(Kind::Request, "x"));
        assert_ne!(a.hash(Kind::State, "x"), a.hash(Kind::State, "y"));
        assert_ne!(a.hash(Kind::State, "x"), b.hash(Kind::State, "x"));
        assert_eq!(a.state_of_request("x"), a.state_of_request("x"));
        assert_ne!(a.state_of_request("x"), a.nonce_of_state("x"));
        assert_eq!(a.nonce_of_state("x").len(), 43);
    }
}
