use portage_jose::EncryptionJwk;
use portage_keys::AgreementKey;
use portage_oid4vp::ResponseMode;

use crate::Verifier;

/// How the verifier asks: what its configuration chooses among the ways that OpenID4VP has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asking {
    /// How answers come.
    pub response_mode: ResponseMode,
    /// How wallets get the request.
    pub delivery: Delivery,
    /// Whether only what HAIP 1.0 has is asked: `dc+sd-jwt`. The rest of the profile is a matter of the other choices, and of the name.
    pub haip: bool,
}

/// How wallets get a signed request (OpenID4VP 1.0 §5.7, §5.10). One that nobody signs is always in the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// From a `request_uri`, by GET.
    #[default]
    Get,
    /// From a `request_uri`, by POST: the wallet says what it takes, and its nonce comes back.
    Post,
    /// In the link itself: for the same device, a QR code rarely has room for it.
    Value,
}

/// What the key of a response is derived for.
const RESPONSE_KEY: &str = "response_key";
/// What its name is derived for.
const RESPONSE_KID: &str = "response_kid";

impl<S> Verifier<S> {
    /// The key that the answer to one request is encrypted to, where answers are encrypted: no other request has it. It follows from the secret and
    /// the `state`, so that a `request_uri` may be fetched twice and any replica opens the answer.
    pub(crate) fn encryption_of(&self, state: &str) -> Option<EncryptionJwk> {
        match self.asking.response_mode {
            ResponseMode::DirectPost => None,
            ResponseMode::DirectPostJwt => {
                let kid = self.response_kid(state);
                let key = self.response_key(&kid).public_key();
                Some(EncryptionJwk::new(key, kid))
            }
        }
    }

    /// The name of that key: by it alone the private half is found again.
    pub(crate) fn response_kid(&self, state: &str) -> String {
        self.secret.derive_name(RESPONSE_KID, state)
    }

    /// The private half of the key of this name.
    pub(crate) fn response_key(&self, kid: &str) -> AgreementKey {
        let mut attempt = 0_u32;
        loop {
            let secret = self.secret.derive_secret(RESPONSE_KEY, &format!("{attempt} {kid}"));
            // One in 2^32 is no scalar of P-256.
            if let Ok(key) = AgreementKey::from_secret_bytes(&*secret) {
                return key;
            }
            attempt = attempt.wrapping_add(1);
        }
    }
}
