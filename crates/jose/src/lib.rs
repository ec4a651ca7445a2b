//! JWK, JWS and JWT (RFC 7515, 7517, 7519) with one allowed algorithm per key.
//!
//! A token that came from outside is an [`UnverifiedJwt`]: its header can be read, its claims only under a name
//! that says so. [`UnverifiedJwt::verify`] with a key somebody trusted makes a [`VerifiedJwt`]. The algorithm
//! follows from the key; a header that says otherwise, `none` first of all, is refused. `jwk`, `jku`, `x5u`, `x5c`
//! in a header never select a key here. `crit` with any name and `b64` are refused. Compact serialization only.

mod jwk;
mod jwt;

pub use jwk::{Jwk, JwkError, private_jwk, signing_key_from_private_jwk};
pub use jwt::{Header, JwtError, NumericDate, UnverifiedJwt, VerifiedJwt, sign};
