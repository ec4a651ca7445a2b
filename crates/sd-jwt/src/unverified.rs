use portage_jose::UnverifiedJwt;
use portage_keys::VerificationKey;

use crate::{Disclosure, MAX_BYTES, MAX_DISCLOSURES, SdJwtError, VerifiedSdJwt, processing};

/// The parsed text of an SD-JWT or SD-JWT+KB.
#[derive(Clone)]
pub struct UnverifiedSdJwt {
    jwt: UnverifiedJwt,
    disclosures: Vec<Disclosure>,
    key_binding: Option<UnverifiedJwt>,
    /// Everything up to and including the last `~`: what `sd_hash` is taken over.
    without_key_binding: String,
}

impl UnverifiedSdJwt {
    /// Parses `<jwt>~<disclosure>~…~[<kb-jwt>]` (RFC 9901 §4).
    ///
    /// # Errors
    /// [`SdJwtError::Malformed`], [`SdJwtError::TooLarge`], [`SdJwtError::Jwt`].
    pub fn parse(text: &str) -> Result<Self, SdJwtError> {
        if text.len() > MAX_BYTES {
            return Err(SdJwtError::TooLarge);
        }
        let (before, key_binding) = text.rsplit_once('~').ok_or(SdJwtError::Malformed("no `~`"))?;
        let without_key_binding = format!("{before}~");
        let mut parts = before.split('~');
        let jwt = UnverifiedJwt::parse(parts.next().unwrap_or_default())?;
        let encoded: Vec<&str> = parts.collect();
        if encoded.len() > MAX_DISCLOSURES {
            return Err(SdJwtError::TooLarge);
        }
        let disclosures = encoded.into_iter().map(Disclosure::parse).collect::<Result<_, _>>()?;
        let key_binding =
            if key_binding.is_empty() { None } else { Some(UnverifiedJwt::parse(key_binding)?) };
        Ok(UnverifiedSdJwt { jwt, disclosures, key_binding, without_key_binding })
    }

    /// The issuer's JWT, not yet verified.
    pub fn jwt(&self) -> &UnverifiedJwt {
        &self.jwt
    }

    /// The disclosures, not yet verified.
    pub fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// Whether a KB-JWT came along. Says nothing about whether it must.
    pub fn has_key_binding(&self) -> bool {
        self.key_binding.is_some()
    }

    /// Verifies the issuer's signature (`typ` one of `expected_typ`) and processes the disclosures (RFC 9901 §7.1).
    ///
    /// # Errors
    /// [`SdJwtError`].
    pub fn verify(self, key: &VerificationKey, expected_typ: &[&str]) -> Result<VerifiedSdJwt, SdJwtError> {
        let jwt = self.jwt.verify(key, expected_typ)?;
        let processed = processing::process(jwt.claims(), &self.disclosures)?;
        Ok(VerifiedSdJwt {
            header: jwt.header().clone(),
            issuer_payload: jwt.claims().clone(),
            claims: processed.claims,
            disclosures: self.disclosures,
            places: processed.places,
            hash: processed.hash,
            without_key_binding: self.without_key_binding,
            key_binding: self.key_binding,
        })
    }
}

/// Shows no claim.
impl std::fmt::Debug for UnverifiedSdJwt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedSdJwt")
            .field("jwt", &self.jwt)
            .field("disclosures", &self.disclosures.len())
            .field("key_binding", &self.has_key_binding())
            .finish_non_exhaustive()
    }
}
