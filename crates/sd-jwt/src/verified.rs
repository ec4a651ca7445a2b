use portage_jose::{Header, Jwk, UnverifiedJwt};
use portage_keys::{VerificationKey, digest::HashAlgorithm};
use serde_json::{Map, Value};

use crate::{ClaimPath, Disclosure, KeyBinding, KeyBindingExpectation, SdJwtError, key_binding};

/// An SD-JWT whose issuer signature and disclosures hold. Private fields, one constructor: the check
/// ([`UnverifiedSdJwt::verify`](crate::UnverifiedSdJwt::verify)).
#[derive(Clone)]
pub struct VerifiedSdJwt {
    pub(crate) header: Header,
    pub(crate) issuer_payload: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) disclosures: Vec<Disclosure>,
    /// Where each of `disclosures` stands in `claims`.
    pub(crate) places: Vec<ClaimPath>,
    pub(crate) hash: HashAlgorithm,
    pub(crate) without_key_binding: String,
    pub(crate) key_binding: Option<UnverifiedJwt>,
}

impl VerifiedSdJwt {
    /// The issuer's header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload as the issuer signed it, digests and all.
    pub fn issuer_payload(&self) -> &Map<String, Value> {
        &self.issuer_payload
    }

    /// The processed payload: disclosed claims in place, `_sd`, `_sd_alg` and undisclosed elements gone.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The disclosures that came along.
    pub fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// Where the disclosed claims stand in [`claims`](Self::claims), in the order of [`disclosures`](Self::disclosures): what a holder may
    /// withhold. Array indexes count the elements of the processed payload.
    pub fn disclosed_places(&self) -> &[ClaimPath] {
        &self.places
    }

    /// Whether a KB-JWT came along.
    pub fn has_key_binding(&self) -> bool {
        self.key_binding.is_some()
    }

    /// The holder's key from `cnf.jwk` (or `cnf.kid` holding a did:key / did:jwk is left to the caller: `None`).
    ///
    /// # Errors
    /// [`SdJwtError::HolderBindingInvalid`]: `cnf` is there and is not a public key.
    pub fn holder_key(&self) -> Result<Option<VerificationKey>, SdJwtError> {
        let Some(cnf) = self.claims.get("cnf") else { return Ok(None) };
        let cnf = cnf.as_object().ok_or(SdJwtError::HolderBindingInvalid("`cnf` is not an object"))?;
        let Some(jwk) = cnf.get("jwk") else { return Ok(None) };
        match Jwk::from_value(jwk) {
            Ok(jwk) => Ok(Some(jwk.key().clone())),
            Err(_) => Err(SdJwtError::HolderBindingInvalid("`cnf.jwk` is not a public key")),
        }
    }

    /// Requires and checks the KB-JWT (RFC 9901 §7.3): `typ`, key, signature, `aud`, `nonce`, `iat`, `sd_hash`.
    ///
    /// # Errors
    /// [`SdJwtError::HolderBindingMissing`] and the other key binding variants.
    pub fn verify_key_binding(
        &self,
        holder: &VerificationKey,
        expected: &KeyBindingExpectation<'_>,
    ) -> Result<KeyBinding, SdJwtError> {
        let kb_jwt = self.key_binding.clone().ok_or(SdJwtError::HolderBindingMissing)?;
        key_binding::verify(
            kb_jwt,
            holder,
            &key_binding::sd_hash(self.hash, &self.without_key_binding),
            expected,
        )
    }
}

/// Shows no claim.
impl std::fmt::Debug for VerifiedSdJwt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedSdJwt")
            .field("disclosures", &self.disclosures.len())
            .field("key_binding", &self.has_key_binding())
            .finish_non_exhaustive()
    }
}
