//! OpenID for Verifiable Presentations 1.0: every message, parsed and written, without IO.
//!
//! A request passes through three types (§5, §8.2): [`UnverifiedRequest`] is what arrived, [`AuthenticatedRequest`] is
//! whose it is proved to be, [`ResolvedRequest`] is what we agree to act on. Keys are never fetched here: where a DID
//! document, or what a trust chain says, is needed, [`AuthenticationStep`] says which.
//!
//! Spoken: `response_type` `vp_token`, `response_mode` `direct_post` and `direct_post.jwt`, DCQL, Request Objects signed under the Client
//! Identifier Prefixes `decentralized_identifier:`, `openid_federation:`, `x509_san_dns:` and `x509_hash:` (by `request_uri`, `GET` or `POST`, or
//! `request`), unsigned requests under `redirect_uri:`. Recognised and refused: every other prefix, `scope`, `transaction_data`, the
//! parameters of drafts before 1.0 (`presentation_definition`, `client_id_scheme`): no older form is tried after a failure.
//!
//! ```
//! use portage_oid4vp::{AuthorizationRequest, ClientId};
//!
//! let client_id = ClientId::parse("decentralized_identifier:did:web:market.example")?;
//! let request = AuthorizationRequest::by_reference(client_id, "https://market.example/request/1".parse()?);
//! assert_eq!(AuthorizationRequest::parse(&request.to_uri())?, request);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authenticate;
mod authorization_request;
mod authorization_response;
mod certificates;
mod client_id;
mod direct_post;
mod error;
mod haip;
mod openid_federation;
mod purpose_info;
mod request_object;
mod request_uri_post;
mod resolve;
mod response_mode;
mod values;
mod vp_formats;

pub use authenticate::{AuthenticatedRequest, AuthenticationStep, PendingDidDocument, UnverifiedRequest};
pub use authorization_request::{AuthorizationRequest, RequestUriMethod};
pub use authorization_response::{
    AuthorizationResponse, ErrorResponse, Presentation, ResponseError, VpToken, encrypted_response,
};
pub use certificates::PendingCertificates;
pub use client_id::{ClientId, ClientIdPrefix};
pub use direct_post::DirectPostAnswer;
pub use error::{ErrorCode, RequestError};
pub use haip::Haip;
pub use openid_federation::PendingVerifierMetadata;
pub use purpose_info::{PURPOSE_FORMAT, PURPOSE_STATEMENT_FORMAT, PurposeInfo};
pub use request_object::RequestObject;
pub use request_uri_post::RequestUriPost;
pub use resolve::ResolvedRequest;
pub use response_mode::{ResponseEncryption, ResponseMode};
pub use values::{Nonce, State};
pub use vp_formats::VpFormats;

/// `typ` of a Request Object (§5; RFC 9101 §10.8).
pub const REQUEST_OBJECT_TYP: &str = "oauth-authz-req+jwt";
/// Media type of a Request Object in the answer of a `request_uri`.
pub const REQUEST_OBJECT_MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";
/// `aud` of a Request Object under static discovery (§5.8).
pub const SELF_ISSUED_V2: &str = "https://self-issued.me/v2";
/// `response_type` (§5.4).
pub const RESPONSE_TYPE: &str = "vp_token";
