use portage_keys::{
    Entropy,
    one_time::{self, KeyedHash},
};

use crate::Verifier;

/// What a one-time value of a verifier is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Transaction,
    Request,
    State,
    ResponseCode,
}

impl one_time::Kind for Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Transaction => "transaction",
            Kind::Request => "request",
            Kind::State => "state",
            Kind::ResponseCode => "response_code",
        }
    }
}

/// A random value that people may type into a command: the letter in front keeps it from looking like an option.
pub(crate) fn typeable_token(letter: char, entropy: &dyn Entropy) -> String {
    format!("{letter}{}", entropy.token())
}

impl<S> Verifier<S> {
    /// By what a session is found when its `state` comes back.
    pub fn state_hash(&self, state: &str) -> KeyedHash {
        self.secret.hash(Kind::State, state)
    }

    /// `state` follows from the request's id, so that a `request_uri` may be fetched twice.
    pub(crate) fn state_of_request(&self, request_id: &str) -> String {
        self.secret.derive("state", request_id)
    }

    /// `nonce` follows from the `state` that the wallet sends back.
    pub(crate) fn nonce_of_state(&self, state: &str) -> String {
        self.secret.derive("nonce", state)
    }
}
