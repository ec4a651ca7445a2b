//! OpenID for Verifiable Credential Issuance 1.0: every message of the pre-authorized code flow as a type, read and
//! written, without IO.
//!
//! One file per object of the specification, named as it names them. A wallet reads what an issuer writes with the same
//! types: [`CredentialOffer`] (§4), [`CredentialIssuerMetadata`] (§12.2), [`AuthorizationServerMetadata`] (RFC 8414, §12.3),
//! [`TokenRequest`] and [`TokenResponse`] (§6), [`NonceResponse`] (§7), [`CredentialRequest`] and [`CredentialResponse`] (§8),
//! [`NotificationRequest`] (§11), and the `jwt` key proof (Appendix F.1): an [`UnverifiedKeyProof`] becomes a
//! [`VerifiedKeyProof`] by one function. So does the assertion by which a client that is known says who it is (RFC 7523):
//! an [`UnverifiedClientAssertion`] becomes a [`VerifiedClientAssertion`].
//!
//! Foreign bytes go through `portage_strict_json`; members that the specification does not know are ignored, as it asks.
//! An error names what is wrong and never repeats what stood there. The codes, tokens and nonces have types of their own
//! ([`PreAuthorizedCode`], [`AccessToken`], …) that do not print.
//!
//! Not here: the authorization code flow, encryption of requests and responses, signed metadata, `di_vp` and `attestation`
//! proofs. Metadata that announces them is read, and what it says about them is kept where a wallet needs it to say no.
//!
//! ```
//! use portage_oid4vci::{CredentialOfferUri, IssuerIdentifier};
//! let uri = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fcity.example%2Foffers%2F1";
//! assert!(matches!(CredentialOfferUri::parse(uri), Ok(CredentialOfferUri::ByReference(_))));
//! let city = IssuerIdentifier::parse("https://city.example/permits").unwrap();
//! assert_eq!(
//!     city.well_known("openid-credential-issuer").as_str(),
//!     "https://city.example/.well-known/openid-credential-issuer/permits"
//! );
//! ```

mod authorization_server_metadata;
mod client_assertion;
mod credential_configuration;
mod credential_offer;
mod credential_request;
mod credential_response;
mod error_response;
mod identifier;
mod issuer_metadata;
mod key_proof;
mod message;
mod nonce;
mod notification;
mod one_time;
mod token;

pub use authorization_server_metadata::AuthorizationServerMetadata;
pub use client_assertion::{
    CLIENT_ASSERTION_TYP, CLIENT_ASSERTION_TYPE, ClientAssertion, ClientAssertionError, PRIVATE_KEY_JWT,
    RegisteredClient, UnverifiedClientAssertion, VerifiedClientAssertion,
};
pub use credential_configuration::{
    ClaimDescription, ClaimDisplay, ClaimPathStep, CredentialConfiguration, CredentialDefinition,
    CredentialDisplay, CredentialMetadata, Image, ProofType,
};
pub use credential_offer::{
    CredentialOffer, CredentialOfferUri, Grants, InputMode, PRE_AUTHORIZED_CODE, PreAuthorizedCodeGrant,
    TxCode,
};
pub use credential_request::{CredentialRequest, Proofs, RequestedCredential};
pub use credential_response::{CredentialResponse, DeferredResponse, IssuedCredential, IssuedResponse};
pub use error_response::{CredentialErrorCode, ErrorResponse, NotificationErrorCode, TokenErrorCode};
pub use identifier::{EndpointUrl, IssuerIdentifier};
pub use issuer_metadata::{
    BatchCredentialIssuance, CredentialIssuerMetadata, IssuerDisplay, JwkSet, RequestEncryption,
    ResponseEncryption,
};
pub use key_proof::{
    KeyBindingForm, KeyProof, KeyProofError, KeyProofExpectation, PROOF_TYP, UnverifiedKeyProof,
    VerifiedKeyProof,
};
pub use message::MessageError;
pub use nonce::NonceResponse;
pub use notification::{NotificationEvent, NotificationRequest};
pub use one_time::{AccessToken, CNonce, ClientAssertionJwt, PreAuthorizedCode, TxCodeValue};
pub use token::{AuthorizationDetail, TokenRequest, TokenResponse};
