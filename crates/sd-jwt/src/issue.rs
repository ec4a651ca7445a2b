use portage_jose::Header;
use portage_keys::{Entropy, Signer, SigningFailure};
use serde_json::{Map, Value};

use crate::ClaimPath;

/// What to sign and what to make selectively disclosable.
#[derive(Debug, Clone)]
pub struct SdJwtBuilder {
    /// The whole payload, in the clear.
    pub claims: Map<String, Value>,
    /// Paths to make disclosable, children before or after parents alike (recursive disclosures result).
    pub disclosable: Vec<ClaimPath>,
    /// Decoy digests to add at the root.
    pub decoys: usize,
}

/// Signs: `<jwt>~<disclosure>~…~`. Salts of 128 bits from `entropy`, digests sorted, SHA-256; no `_sd` without a disclosable claim.
///
/// # Errors
/// [`SigningFailure`]. A path that leads nowhere is skipped.
pub fn issue(
    builder: &SdJwtBuilder,
    header: Header,
    signer: &dyn Signer,
    entropy: &dyn Entropy,
) -> Result<String, SigningFailure> {
    let _ = (builder, header, signer, entropy);
    todo!()
}
