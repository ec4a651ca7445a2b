//! SD-JWT (RFC 9901): issue, select, bind, verify; and the rules of SD-JWT VC (draft-18) on top.
//!
//! An [`UnverifiedSdJwt`] is parsed text. [`UnverifiedSdJwt::verify`] checks the issuer's signature and then every disclosure
//! against the digests *as received*: one that nobody references, a digest met twice, a forbidden or repeated name refuse
//! the whole. Whether key binding is needed is the caller's policy and never derived from what arrived.
//! JSON serialization is not read.

mod holder;
mod issue;
mod key_binding;
mod unverified;
pub mod vc;
mod verified;

pub use holder::{bind, select};
pub use issue::{SdJwtBuilder, issue};
pub use key_binding::{KeyBinding, KeyBindingExpectation};
pub use unverified::{Disclosure, SdJwtError, UnverifiedSdJwt};
pub use verified::VerifiedSdJwt;

use serde_json::Value;

/// One step of a claims path pointer (OpenID4VP 1.0 §7): a name, an index, or all elements.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathStep {
    /// A member of an object.
    Name(String),
    /// An element of an array.
    Index(usize),
    /// All elements of an array (`null`).
    All,
}

/// A claims path.
pub type ClaimPath = Vec<PathStep>;

/// Every leaf path of `claims` under `value`, as the wallet shows them.
pub fn leaf_paths(value: &Value) -> Vec<ClaimPath> {
    let _ = value;
    todo!()
}
