use portage_dcql::DcqlError;
use portage_did::DocumentError;
use portage_jose::JwtError;
use portage_reason::Reason;
use portage_x509::X509Error;

/// Why a request is not acted on. Says which rule, never a value of the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not an Authorization Request URI: no URL, a parameter twice, neither `request_uri` nor `request` nor parameters.
    #[error("not an authorization request: {0}")]
    Malformed(&'static str),
    /// A Client Identifier Prefix that is missing, unknown, reserved or not supported (§5.9).
    #[error("a kind of client identifier that is not supported")]
    ClientIdPrefix,
    /// `client_id` inside the Request Object is not the one outside.
    #[error("the request names two different verifiers")]
    ClientIdMismatch,
    /// A parameter is missing or has a value that is not allowed: which.
    #[error("the parameter {0} is missing or not allowed as it stands")]
    Parameter(&'static str),
    /// A parameter of a draft before 1.0: which. No older form is tried.
    #[error("the parameter {0} belongs to an older protocol")]
    LegacyParameter(&'static str),
    /// `transaction_data`: none is understood.
    #[error("transaction data that is not understood")]
    TransactionData,
    /// The query.
    #[error(transparent)]
    Query(#[from] DcqlError),
    /// The Request Object is not a JWT, has another `typ`, or its signature does not hold.
    #[error("the signed request does not hold: {0}")]
    RequestObject(#[from] JwtError),
    /// The key that should have signed is not the verifier's, or not for this.
    #[error("the verifier's key does not hold: {0}")]
    Key(#[from] DocumentError),
    /// No trust chain of the verifier holds up to an authority that is trusted here.
    #[error("nobody who is trusted here vouches for the verifier")]
    TrustChain,
    /// The certificates of a request.
    #[error(transparent)]
    Certificates(#[from] X509Error),
    /// What HAIP 1.0 does not allow, where it is switched on: which.
    #[error("HAIP 1.0 does not allow {0}")]
    Haip(&'static str),
    /// `kid` is not a DID URL of the Client Identifier's DID, or no key of the verifier's metadata.
    #[error("the request is signed with a key of somebody else")]
    KeyMismatch,
    /// `exp` is past.
    #[error("the request is over")]
    Expired,
    /// `nbf` or `iat` lies ahead.
    #[error("the request is not yet valid")]
    NotYetValid,
    /// An address in the request that must not be contacted.
    #[error("the request names an address that must not be contacted")]
    AddressNotAllowed,
}

impl RequestError {
    /// The verdict: `request_invalid` unless time, an address, a trust chain or transaction data is the cause.
    pub fn reason(&self) -> Reason {
        match self {
            RequestError::TransactionData => Reason::InvalidTransactionData,
            RequestError::Expired => Reason::Expired,
            RequestError::NotYetValid => Reason::NotYetValid,
            RequestError::AddressNotAllowed => Reason::AddressNotAllowed,
            RequestError::TrustChain => Reason::TrustChainInvalid,
            _ => Reason::RequestInvalid,
        }
    }

    /// The protocol's code for it (§8.5).
    pub fn code(&self) -> ErrorCode {
        match self {
            RequestError::TransactionData => ErrorCode::InvalidTransactionData,
            RequestError::Parameter("scope") => ErrorCode::InvalidScope,
            RequestError::Parameter("request_uri_method") => ErrorCode::InvalidRequestUriMethod,
            _ => ErrorCode::InvalidRequest,
        }
    }
}

/// `error` of an Authorization Error Response (§8.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// `invalid_request`.
    InvalidRequest,
    /// `invalid_scope`.
    InvalidScope,
    /// `invalid_client`.
    InvalidClient,
    /// `access_denied`: no match, no consent, no user authentication alike.
    AccessDenied,
    /// `vp_formats_not_supported`.
    VpFormatsNotSupported,
    /// `invalid_request_uri_method`.
    InvalidRequestUriMethod,
    /// `invalid_transaction_data`.
    InvalidTransactionData,
    /// `wallet_unavailable`.
    WalletUnavailable,
    /// A code of OAuth 2.0 or of an extension that makes no difference here; its text is not kept.
    Other,
}

impl ErrorCode {
    const NAMED: [ErrorCode; 8] = [
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidScope,
        ErrorCode::InvalidClient,
        ErrorCode::AccessDenied,
        ErrorCode::VpFormatsNotSupported,
        ErrorCode::InvalidRequestUriMethod,
        ErrorCode::InvalidTransactionData,
        ErrorCode::WalletUnavailable,
    ];

    /// The code on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorCode::InvalidRequest => "invalid_request",
            ErrorCode::InvalidScope => "invalid_scope",
            ErrorCode::InvalidClient => "invalid_client",
            ErrorCode::AccessDenied => "access_denied",
            ErrorCode::VpFormatsNotSupported => "vp_formats_not_supported",
            ErrorCode::InvalidRequestUriMethod => "invalid_request_uri_method",
            ErrorCode::InvalidTransactionData => "invalid_transaction_data",
            ErrorCode::WalletUnavailable => "wallet_unavailable",
            ErrorCode::Other => "server_error",
        }
    }

    /// Reads a code; unknown ones are [`ErrorCode::Other`].
    pub fn from_name(name: &str) -> Self {
        Self::NAMED.into_iter().find(|code| code.name() == name).unwrap_or(ErrorCode::Other)
    }
}
