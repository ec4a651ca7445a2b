//! JWK, JWS and JWT (RFC 7515, 7517, 7519) with one allowed algorithm per key.
//!
//! A token that came from outside is an [`UnverifiedJwt`]: its header can be read, its claims only under a name
//! that says so. [`UnverifiedJwt::verify`] with a key somebody trusted makes a [`VerifiedJwt`]. The algorithm
//! follows from the key; a header that says otherwise, `none` first of all, is refused. `jwk`, `jku`, `x5u`, `x5c`
//! in a header never select a key here. `crit` with any name and `b64` are refused. Compact serialization only.
//!
//! ```
//! use portage_jose::{Header, UnverifiedJwt, sign};
//! use portage_keys::{Algorithm, OsEntropy, Signer, SigningKey};
//!
//! let key = SigningKey::generate(Algorithm::EdDsa, &OsEntropy);
//! let claims = serde_json::json!({"iss": "did:web:city.example", "exp": 1_790_000_000});
//! let compact = sign(Header::new("vc+jwt"), claims.as_object().ok_or("claims")?, &key)?;
//!
//! let jwt = UnverifiedJwt::parse(&compact)?.verify(key.verification_key(), &["vc+jwt"])?;
//! assert_eq!(jwt.string("iss"), Some("did:web:city.example"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encryption_jwk;
mod header;
mod jwe;
mod jwk;
mod jws;
mod jwt;
mod numeric_date;
mod private_jwk;
#[cfg(test)]
mod tests;

pub use encryption_jwk::{EncryptionJwk, read_encryption_jwk_set};
pub use header::{Header, certificates_of_header, header_of_certificates};
pub use jwe::{ContentEncryption, EncryptedMessage, JweError, encrypt};
pub use jwk::{Jwk, JwkError, read_jwk_set};
pub use jws::verify_jws;
pub use jwt::{JwtError, UnverifiedJwt, VerifiedJwt, sign};
pub use numeric_date::NumericDate;
pub use private_jwk::{private_jwk, signing_key_from_private_jwk};
