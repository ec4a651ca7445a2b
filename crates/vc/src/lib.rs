//! Verifiable Credentials Data Model 2.0: the rules every credential and presentation must keep, whatever secures it.
//!
//! [`Credential::parse`] and [`Presentation::parse`] check the data model (§4) on JSON that a proof already covers; they verify nothing.
//! [`jose`] holds the rules of VC-JOSE-COSE for `vc+jwt` and `vp+jwt`, and enveloped credentials.

mod credential;
pub mod jose;
mod presentation;

pub use credential::{Credential, CredentialBuilder, CredentialError, CredentialStatus};
pub use presentation::{Presentation, PresentedCredential};

/// The base context, which must come first.
pub const CONTEXT_V2: &str = "https://www.w3.org/ns/credentials/v2";
