use jiff::Timestamp;
use portage_keys::{Signer, SigningFailure};

use crate::{ClaimPath, VerifiedSdJwt};

/// Keeps the disclosures needed for `paths` (and for their parents), drops the others: `<jwt>~…~` without key binding.
pub fn select(sd_jwt: &VerifiedSdJwt, paths: &[ClaimPath]) -> String {
    let _ = (sd_jwt, paths);
    todo!()
}

/// Appends a KB-JWT over `selected` (which ends with `~`) for this audience and nonce.
///
/// # Errors
/// [`SigningFailure`].
pub fn bind(
    selected: &str,
    audience: &str,
    nonce: &str,
    now: Timestamp,
    signer: &dyn Signer,
) -> Result<String, SigningFailure> {
    let _ = (selected, audience, nonce, now, signer);
    todo!()
}
