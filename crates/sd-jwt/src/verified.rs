use portage_jose::{Header, UnverifiedJwt};
use portage_keys::{VerificationKey, digest::HashAlgorithm};
use serde_json::{Map, Value};

use crate::{Disclosure, KeyBinding, KeyBindingExpectation, SdJwtError};

/// An SD-JWT whose issuer signature and disclosures hold. Private fields, one constructor: the check.
#[derive(Debug, Clone)]
pub struct VerifiedSdJwt {
    pub(crate) header: Header,
    pub(crate) issuer_payload: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) disclosures: Vec<Disclosure>,
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

    /// Whether a KB-JWT came along.
    pub fn has_key_binding(&self) -> bool {
        self.key_binding.is_some()
    }

    /// The holder's key from `cnf.jwk` (or `cnf.kid` holding a did:key / did:jwk is left to the caller: `None`).
    ///
    /// # Errors
    /// [`SdJwtError::HolderBindingInvalid`]: `cnf` is there and is not a public key.
    pub fn holder_key(&self) -> Result<Option<VerificationKey>, SdJwtError> {
        todo!()
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
        let _ = (holder, expected, self.hash, &self.without_key_binding);
        todo!()
    }
}
