//! Verifiable Credentials Data Model 2.0: the rules every credential and presentation must keep, whatever secures it.
//!
//! [`Credential::parse`] and [`Presentation::parse`] check the data model (§4) on JSON that a proof already covers; they verify nothing.
//! [`jose`] holds the rules of VC-JOSE-COSE for `vc+jwt`, `vp+jwt` and `vc+sd-jwt`, and enveloped credentials.
//!
//! [`Envelope`] is an object around a secured credential or presentation. Credentials of VCDM 1.1 ([`v1`]) are read where a caller asks for either
//! version ([`Credential::parse_either`]) and never written.
//!
//! Not here: whether a context is one of the bundled ones, and what a type means in it (`data-integrity`, `verification`); whether a date has
//! come (`verification`).
//!
//! ```
//! use portage_vc::{Credential, CredentialBuilder};
//! use serde_json::{Map, json};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let unsecured = CredentialBuilder {
//!     contexts: &[], vc_type: "BusinessLicence", issuer: "did:web:city.example", subject_id: None,
//!     claims: &Map::from_iter([("trade_name".to_owned(), json!("Salt & Cedar"))]),
//!     valid_from: "2026-01-15T18:00:00Z".parse()?, valid_until: None, status: None,
//! }.build();
//! let credential = Credential::parse(unsecured)?;
//! assert_eq!((credential.issuer(), credential.types()), ("did:web:city.example", vec!["BusinessLicence"]));
//! # Ok(()) }
//! ```

mod builder;
mod credential;
mod date;
mod error;
pub mod jose;
mod presentation;
mod related;
mod rules;
pub mod v1;

#[cfg(test)]
mod tests;

pub use builder::CredentialBuilder;
pub use credential::{Credential, CredentialStatus};
pub use error::CredentialError;
pub use presentation::{Content, Envelope, MAX_CREDENTIALS, Presentation, PresentedCredential};
pub use related::RelatedResource;

/// The base context of version 1.1, by which its credentials are told.
pub const CONTEXT_V1: &str = "https://www.w3.org/2018/credentials/v1";
/// The base context, which must come first.
pub const CONTEXT_V2: &str = "https://www.w3.org/ns/credentials/v2";
