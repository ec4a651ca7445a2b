use portage_jose::{JwtError, UnverifiedJwt};
use portage_keys::VerificationKey;
use portage_reason::Reason;
use serde_json::Value;

use crate::VerifiedSdJwt;

/// A disclosure as it arrived: the base64url text (what digests are taken over) and what it says.
#[derive(Debug, Clone)]
pub struct Disclosure {
    /// The text between two `~`.
    pub encoded: String,
    /// The name; `None` for an array element.
    pub name: Option<String>,
    /// The value.
    pub value: Value,
}

/// Why an SD-JWT was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdJwtError {
    /// Not the syntax of RFC 9901 §4.
    #[error("not an SD-JWT: {0}")]
    Malformed(&'static str),
    /// Over 512 KiB, 500 disclosures or 16 levels.
    #[error("the SD-JWT is over the limit")]
    TooLarge,
    /// The issuer's JWT.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// `_sd_alg` unknown, weak, or not at the root.
    #[error("a hash function that is not allowed")]
    HashNotAllowed,
    /// RFC 9901 §7.1 (3) to (5), or a registered claim of SD-JWT VC in a disclosure.
    #[error("a disclosure that the issuer's digests do not allow: {0}")]
    DisclosureInvalid(&'static str),
    /// No KB-JWT where one is required.
    #[error("no proof that the holder shows it")]
    HolderBindingMissing,
    /// The KB-JWT: key, signature, `sd_hash`, form.
    #[error("the proof that the holder shows it does not hold: {0}")]
    HolderBindingInvalid(&'static str),
    /// The KB-JWT has another `typ`.
    #[error("another kind of token in the place of the key binding")]
    KeyBindingType,
    /// `aud` of the KB-JWT.
    #[error("made for somebody else")]
    AudienceMismatch,
    /// `nonce` of the KB-JWT.
    #[error("made for another session")]
    NonceMismatch,
    /// `iat` of the KB-JWT is too old.
    #[error("the key binding is too old")]
    Expired,
    /// `iat` of the KB-JWT lies ahead.
    #[error("the key binding lies in the future")]
    NotYetValid,
}

impl SdJwtError {
    /// The reason of the same meaning. The KB-JWT's `none`/MAC algorithm is `alg_not_allowed`, its signature `holder_binding_invalid`.
    pub fn reason(&self) -> Reason {
        match self {
            SdJwtError::Malformed(_) => Reason::Malformed,
            SdJwtError::TooLarge => Reason::TooLarge,
            SdJwtError::Jwt(error) => error.reason(),
            SdJwtError::HashNotAllowed => Reason::AlgNotAllowed,
            SdJwtError::DisclosureInvalid(_) => Reason::DisclosureInvalid,
            SdJwtError::HolderBindingMissing => Reason::HolderBindingMissing,
            SdJwtError::HolderBindingInvalid(_) => Reason::HolderBindingInvalid,
            SdJwtError::KeyBindingType => Reason::TypeMismatch,
            SdJwtError::AudienceMismatch => Reason::AudienceMismatch,
            SdJwtError::NonceMismatch => Reason::NonceMismatch,
            SdJwtError::Expired => Reason::Expired,
            SdJwtError::NotYetValid => Reason::NotYetValid,
        }
    }
}

/// The parsed text of an SD-JWT or SD-JWT+KB.
#[derive(Debug, Clone)]
pub struct UnverifiedSdJwt {
    pub(crate) jwt: UnverifiedJwt,
    pub(crate) disclosures: Vec<Disclosure>,
    pub(crate) key_binding: Option<UnverifiedJwt>,
    /// Everything up to and including the last `~`: what `sd_hash` is taken over.
    pub(crate) without_key_binding: String,
}

impl UnverifiedSdJwt {
    /// Parses `<jwt>~<disclosure>~…~[<kb-jwt>]`.
    ///
    /// # Errors
    /// [`SdJwtError::Malformed`], [`SdJwtError::TooLarge`], [`SdJwtError::Jwt`].
    pub fn parse(text: &str) -> Result<Self, SdJwtError> {
        let _ = text;
        todo!()
    }

    /// The issuer's JWT, not yet verified.
    pub fn jwt(&self) -> &UnverifiedJwt {
        &self.jwt
    }

    /// The disclosures, not yet verified.
    pub fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// Whether a KB-JWT came along. Says nothing about whether it must.
    pub fn has_key_binding(&self) -> bool {
        self.key_binding.is_some()
    }

    /// Verifies the issuer's signature (`typ` one of `expected_typ`) and processes the disclosures (RFC 9901 §7.1).
    ///
    /// # Errors
    /// [`SdJwtError`].
    pub fn verify(self, key: &VerificationKey, expected_typ: &[&str]) -> Result<VerifiedSdJwt, SdJwtError> {
        let _ = (key, expected_typ);
        todo!()
    }
}
