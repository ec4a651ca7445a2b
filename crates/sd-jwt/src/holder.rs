use std::fmt;

use jiff::Timestamp;
use portage_keys::{Signer, SigningFailure, digest::HashAlgorithm};

use crate::{ClaimPath, VerifiedSdJwt, key_binding, path::touches};

/// What the holder chose to show: `<jwt>~<disclosure>~…~`, without key binding.
#[derive(Clone, PartialEq, Eq)]
pub struct Selected {
    text: String,
    hash: HashAlgorithm,
}

/// Keeps the disclosures needed for `paths` (and for their parents, and whatever lies below them), drops the others.
///
/// Paths count array elements as [`VerifiedSdJwt::claims`] does. A path that leads nowhere keeps nothing.
pub fn select(sd_jwt: &VerifiedSdJwt, paths: &[ClaimPath]) -> Selected {
    let jwt = sd_jwt.without_key_binding.split('~').next().unwrap_or_default();
    let mut text = format!("{jwt}~");
    for (disclosure, place) in sd_jwt.disclosures.iter().zip(&sd_jwt.places) {
        if paths.iter().any(|path| touches(path, place)) {
            text.push_str(&disclosure.encoded);
            text.push('~');
        }
    }
    Selected { text, hash: sd_jwt.hash }
}

/// Appends a KB-JWT over `selected` for this audience and nonce (RFC 9901 §4.3).
///
/// # Errors
/// [`SigningFailure`].
pub fn bind(
    selected: &Selected,
    audience: &str,
    nonce: &str,
    now: Timestamp,
    signer: &dyn Signer,
) -> Result<String, SigningFailure> {
    let sd_hash = key_binding::sd_hash(selected.hash, &selected.text);
    let kb_jwt = key_binding::sign(sd_hash, audience, nonce, now, signer)?;
    Ok(format!("{}{kb_jwt}", selected.text))
}

impl Selected {
    /// The text; ends with `~`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text; ends with `~`.
    pub fn into_string(self) -> String {
        self.text
    }
}

/// Shows no claim.
impl fmt::Debug for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selected").finish_non_exhaustive()
    }
}
