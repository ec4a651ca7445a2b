use portage_jose::JwtError;
use portage_reason::Reason;
use portage_strict_json::JsonError;

/// Why an SD-JWT was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdJwtError {
    /// Not the syntax of RFC 9901 §4.
    #[error("not an SD-JWT: {0}")]
    Malformed(&'static str),
    /// Over 512 KiB, 500 disclosures or 16 levels.
    #[error("the SD-JWT is over the limit")]
    TooLarge,
    /// The issuer's JWT, or the KB-JWT before its key matters: syntax, `alg` `none` or a MAC.
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

impl From<JsonError> for SdJwtError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::TooLarge => SdJwtError::TooLarge,
            JsonError::Malformed { what, .. } => SdJwtError::Malformed(what),
        }
    }
}
