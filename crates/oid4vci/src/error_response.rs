use portage_strict_json::Limits;
use serde::{Deserialize, Serialize};

use crate::{MessageError, message::read};

macro_rules! error_codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        pub enum $name {
            $($(#[$variant_doc])* #[error($code)] $variant,)*
        }

        impl $name {
            /// The code on the wire.
            pub const fn code(self) -> &'static str {
                match self { $($name::$variant => $code,)* }
            }

            /// Reads a code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some($name::$variant),)* _ => None }
            }
        }
    };
}

error_codes! {
    /// The error codes of the token endpoint (§6.3, RFC 6749 §5.2).
    TokenErrorCode {
        /// A parameter missing, twice or malformed; `tx_code` missing when required, or there when not.
        InvalidRequest "invalid_request",
        /// The client is unknown or did not prove who it is, by no method or by one that is not taken; anonymous access is not taken.
        InvalidClient "invalid_client",
        /// Code or `tx_code` wrong, expired, used.
        InvalidGrant "invalid_grant",
        /// This client may not use this grant.
        UnauthorizedClient "unauthorized_client",
        /// Another grant.
        UnsupportedGrantType "unsupported_grant_type",
        /// A scope that does not exist.
        InvalidScope "invalid_scope",
    }
}

error_codes! {
    /// The error codes of the credential endpoint (§8.3.1.2).
    CredentialErrorCode {
        /// A parameter missing, malformed, unsupported or twice.
        InvalidCredentialRequest "invalid_credential_request",
        /// No such configuration, or not for this token.
        UnknownCredentialConfiguration "unknown_credential_configuration",
        /// No such identifier, or not for this token.
        UnknownCredentialIdentifier "unknown_credential_identifier",
        /// No proof, a proof that does not hold, or one without a nonce.
        InvalidProof "invalid_proof",
        /// A proof with a nonce that is not, or no longer, good: fetch a new one.
        InvalidNonce "invalid_nonce",
        /// Encryption that is not understood or not supported.
        InvalidEncryptionParameters "invalid_encryption_parameters",
        /// The issuer does not issue it; asking again does not help.
        CredentialRequestDenied "credential_request_denied",
    }
}

error_codes! {
    /// The error codes of the notification endpoint (§11.3).
    NotificationErrorCode {
        /// No such `notification_id`.
        InvalidNotificationId "invalid_notification_id",
        /// Malformed.
        InvalidNotificationRequest "invalid_notification_request",
    }
}

/// An error answer as a wallet reads it (RFC 6749 §5.2). Untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// The code.
    pub error: String,
    /// For a developer's eyes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

impl ErrorResponse {
    /// Reads the JSON of an error answer.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        read(bytes, Limits::METADATA, "not an error answer")
    }
}
