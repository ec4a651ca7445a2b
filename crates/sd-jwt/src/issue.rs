use std::fmt;

use portage_jose::Header;
use portage_keys::{Entropy, Signer, SigningFailure, base64url, digest::HashAlgorithm};
use serde_json::{Map, Value, json};

use crate::{
    ClaimPath, Disclosure, PathStep,
    path::leads_to,
    processing::digest_text,
    reserved::{ELLIPSIS, SD, SD_ALG},
};

/// What to sign and what to make selectively disclosable.
#[derive(Clone)]
pub struct SdJwtBuilder {
    /// The whole payload, in the clear.
    pub claims: Map<String, Value>,
    /// Paths to make disclosable, children before or after parents alike (recursive disclosures result).
    pub disclosable: Vec<ClaimPath>,
    /// Decoy digests to add, so that their number does not tell which claims there are (RFC 9901 §4.2.5).
    pub decoys: usize,
    /// The object that the decoys are added to; empty: the root.
    pub decoys_at: ClaimPath,
}

/// Shows no claim.
impl fmt::Debug for SdJwtBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SdJwtBuilder").field("disclosable", &self.disclosable).finish_non_exhaustive()
    }
}

/// Why nothing was issued. A failure of ours, never a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// A claim is named `_sd`, `_sd_alg` or `...`: every verifier would refuse the result.
    #[error("a claim has a name that SD-JWT reserves")]
    ReservedName,
    /// The key.
    #[error(transparent)]
    Signing(#[from] SigningFailure),
}

/// Signs: `<jwt>~<disclosure>~…~`. Salts of 128 bits from `entropy`, digests sorted, SHA-256; no `_sd` without a disclosable claim.
///
/// # Errors
/// [`IssueError`]. A path that leads nowhere is skipped.
pub fn issue(
    builder: &SdJwtBuilder,
    header: Header,
    signer: &dyn Signer,
    entropy: &dyn Entropy,
) -> Result<String, IssueError> {
    let mut concealer = Concealer { builder, entropy, path: Vec::new(), disclosures: Vec::new() };
    let mut payload = concealer.object(&builder.claims)?;
    if builder.decoys > 0 || !concealer.disclosures.is_empty() {
        payload.insert(SD_ALG.to_owned(), "sha-256".into());
    }
    let mut text = portage_jose::sign(header, &payload, signer)?;
    text.push('~');
    for disclosure in &concealer.disclosures {
        text.push_str(&disclosure.encoded);
        text.push('~');
    }
    Ok(text)
}

/// Copies claims and puts digests in the place of the disclosable ones, innermost first.
struct Concealer<'a> {
    builder: &'a SdJwtBuilder,
    entropy: &'a dyn Entropy,
    path: ClaimPath,
    disclosures: Vec<Disclosure>,
}

impl Concealer<'_> {
    fn value(&mut self, value: &Value) -> Result<Value, IssueError> {
        match value {
            Value::Object(members) => self.object(members).map(Value::Object),
            Value::Array(elements) => self.array(elements).map(Value::Array),
            scalar => Ok(scalar.clone()),
        }
    }

    fn object(&mut self, members: &Map<String, Value>) -> Result<Map<String, Value>, IssueError> {
        let mut open = Map::new();
        let decoys = if self.path == self.builder.decoys_at { self.builder.decoys } else { 0 };
        let mut digests: Vec<String> = (0..decoys).map(|_| self.decoy()).collect();
        for (name, value) in members {
            if [SD, SD_ALG, ELLIPSIS].contains(&name.as_str()) {
                return Err(IssueError::ReservedName);
            }
            self.path.push(PathStep::Name(name.clone()));
            let value = self.value(value)?;
            if self.is_disclosable() {
                digests.push(self.conceal(Some(name), value));
            } else {
                open.insert(name.clone(), value);
            }
            self.path.pop();
        }
        if !digests.is_empty() {
            // Sorted, so that the order says nothing about the claims (RFC 9901 §4.2.4.1).
            digests.sort_unstable();
            open.insert(SD.to_owned(), digests.into());
        }
        Ok(open)
    }

    fn array(&mut self, elements: &[Value]) -> Result<Vec<Value>, IssueError> {
        let mut open = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            self.path.push(PathStep::Index(index));
            let value = self.value(element)?;
            open.push(if self.is_disclosable() {
                json!({ ELLIPSIS: self.conceal(None, value) })
            } else {
                value
            });
            self.path.pop();
        }
        Ok(open)
    }

    fn is_disclosable(&self) -> bool {
        self.builder.disclosable.iter().any(|path| leads_to(path, &self.path))
    }

    fn conceal(&mut self, name: Option<&str>, value: Value) -> String {
        let disclosure = Disclosure::new(self.entropy.token(), name, value);
        let digest = digest_text(HashAlgorithm::Sha256, &disclosure.encoded);
        self.disclosures.push(disclosure);
        digest
    }

    /// Looks like any digest and belongs to nothing (RFC 9901 §4.2.5).
    fn decoy(&self) -> String {
        let mut bytes = [0_u8; 32];
        self.entropy.fill(&mut bytes);
        base64url::encode(&HashAlgorithm::Sha256.digest(&bytes))
    }
}
