//! SD-JWT (RFC 9901): issue, select, bind, verify; and the rules of SD-JWT VC (draft-18) on top.
//!
//! An [`UnverifiedSdJwt`] is parsed text. [`UnverifiedSdJwt::verify`] checks the issuer's signature and then every disclosure
//! against the digests *as received*: one that nobody references, a digest met twice, a forbidden or repeated name refuse
//! the whole. Whether key binding is needed is the caller's policy and never derived from what arrived.
//!
//! Not here: who the issuer is and whether its time has come (`verification`); the status; JSON serialization (RFC 9901 §8),
//! which is not read.
//!
//! ```
//! use jiff::{SignedDuration, Timestamp};
//! use portage_jose::{Header, Jwk};
//! use portage_keys::{Algorithm, OsEntropy, Signer as _, SigningKey};
//! use portage_sd_jwt::*;
//! use serde_json::json;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (issuer, holder) = (SigningKey::generate(Algorithm::EdDsa, &OsEntropy), SigningKey::generate(Algorithm::Es256, &OsEntropy));
//! let claims = json!({
//!     "vct": "https://province.example/person", "given_names": "Raven", "age_over_19": true,
//!     "cnf": { "jwk": Jwk::from_key(holder.verification_key().clone()).to_value() },
//! });
//! let builder = SdJwtBuilder {
//!     claims: claims.as_object().cloned().unwrap_or_default(),
//!     disclosable: ["given_names", "age_over_19"].map(|name| vec![PathStep::Name(name.into())]).into(),
//!     decoys: 0, decoys_at: vec![],
//! };
//! let issued = issue(&builder, Header::new("dc+sd-jwt"), &issuer, &OsEntropy)?;
//!
//! // The holder shows one of the two.
//! let held = UnverifiedSdJwt::parse(&issued)?.verify(issuer.verification_key(), vc::TYP)?;
//! let selected = select(&held, &[vec![PathStep::Name("age_over_19".into())]]);
//! let now: Timestamp = "2026-01-15T18:00:00Z".parse()?;
//! let presented = bind(&selected, "decentralized_identifier:did:web:market.example", "n-0S6_WzA2Mj", now, &holder)?;
//!
//! let verified = UnverifiedSdJwt::parse(&presented)?.verify(issuer.verification_key(), vc::TYP)?;
//! vc::check(&verified)?;
//! let key = verified.holder_key()?.ok_or("no cnf")?;
//! verified.verify_key_binding(&key, &KeyBindingExpectation {
//!     audience: "decentralized_identifier:did:web:market.example", nonce: "n-0S6_WzA2Mj", now,
//!     max_age: SignedDuration::from_secs(300), leeway: SignedDuration::from_secs(60),
//! })?;
//! assert_eq!(verified.claims().get("age_over_19"), Some(&json!(true)));
//! assert_eq!(verified.claims().get("given_names"), None);
//! # Ok(()) }
//! ```

mod disclosure;
mod error;
mod holder;
mod issue;
mod key_binding;
mod path;
mod processing;
mod unverified;
pub mod vc;
mod verified;

#[cfg(test)]
mod tests;

pub use disclosure::Disclosure;
pub use error::SdJwtError;
pub use holder::{Selected, bind, select};
pub use issue::{IssueError, SdJwtBuilder, issue};
pub use key_binding::{KB_JWT, KeyBinding, KeyBindingExpectation};
pub use path::{ClaimPath, PathStep};
pub use unverified::UnverifiedSdJwt;
pub use verified::VerifiedSdJwt;

/// Longest SD-JWT, in bytes.
pub const MAX_BYTES: usize = 512 << 10;
/// Most disclosures in one SD-JWT.
pub const MAX_DISCLOSURES: usize = 500;
/// Deepest nesting of disclosures in disclosures.
pub const MAX_NESTING: usize = 16;
/// Deepest nesting of objects and arrays in the processed payload, as for every JSON text.
pub const MAX_DEPTH: usize = 32;

/// The claim names of the mechanism itself (RFC 9901 §4.2.4, §4.1.1): never the name of a claim.
pub(crate) mod reserved {
    /// Digests of the object's undisclosed members.
    pub(crate) const SD: &str = "_sd";
    /// The hash function, at the root.
    pub(crate) const SD_ALG: &str = "_sd_alg";
    /// The digest of an undisclosed array element.
    pub(crate) const ELLIPSIS: &str = "...";
}
