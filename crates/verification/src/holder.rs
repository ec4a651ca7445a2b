//! What must be proved about the holder, and whether it was.

use portage_did::{Did, Relationship};
use portage_keys::VerificationKey;
use portage_reason::Reason;
use portage_sd_jwt::KeyBindingExpectation;

use crate::{
    HolderProof, LEEWAY, MAX_PROOF_AGE, issuer_key::self_evident_document, signed::Binding,
    signed::SignedCredential,
};

/// What must be proved about the holder of one credential.
#[derive(Clone, Copy)]
pub(crate) enum HolderCheck<'a> {
    /// Nothing.
    NotAsked,
    /// The issuer bound it to one of these keys.
    BoundTo(&'a [VerificationKey]),
    /// By key binding of its own: an SD-JWT shown alone.
    KeyBinding(KeyBindingExpectation<'a>),
    /// By the presentation around it, which held.
    Presented(&'a PresentationHolder),
}

/// Who signed the presentation around a credential.
#[derive(Debug, Clone)]
pub(crate) struct PresentationHolder {
    pub(crate) did: Did,
    pub(crate) key: VerificationKey,
}

impl<'a> HolderCheck<'a> {
    /// The key binding of an SD-JWT that is presented alone.
    pub(crate) fn key_binding(audience: &'a str, nonce: &'a str, now: jiff::Timestamp) -> Self {
        HolderCheck::KeyBinding(KeyBindingExpectation {
            audience,
            nonce,
            now,
            max_age: MAX_PROOF_AGE,
            leeway: LEEWAY,
        })
    }

    /// Checks; the proof, where one was asked for.
    pub(crate) fn check(self, credential: &SignedCredential) -> Result<Option<HolderProof>, Reason> {
        match self {
            HolderCheck::NotAsked => Ok(None),
            HolderCheck::BoundTo(keys) if credential.binding.is_one_of(keys) => Ok(None),
            HolderCheck::BoundTo(_) => Err(Reason::CredentialMismatch),
            HolderCheck::KeyBinding(expected) => key_binding(credential, &expected).map(Some),
            HolderCheck::Presented(holder) => Ok(Some(HolderProof {
                key: holder.key.clone(),
                is_subject: credential.binding.is_held_by(holder),
            })),
        }
    }
}

/// RFC 9901 §7.3, with the key of `cnf`. A credential that has no room for a key binding has none.
fn key_binding(
    credential: &SignedCredential,
    expected: &KeyBindingExpectation<'_>,
) -> Result<HolderProof, Reason> {
    let sd_jwt = credential.sd_jwt.as_ref().filter(|sd_jwt| sd_jwt.has_key_binding());
    let sd_jwt = sd_jwt.ok_or(Reason::HolderBindingMissing)?;
    let key = credential.binding.confirmation.as_ref().ok_or(Reason::HolderBindingInvalid)?;
    sd_jwt.verify_key_binding(key, expected).map_err(|error| error.reason())?;
    Ok(HolderProof { key: key.clone(), is_subject: true })
}

impl Binding {
    /// Whether every tie the issuer made, and at least one, leads to one of `keys`.
    fn is_one_of(&self, keys: &[VerificationKey]) -> bool {
        let subjects = self.subjects.iter().filter_map(|id| subject_key(id));
        let mut tied = self.confirmation.iter().cloned().chain(subjects).peekable();
        tied.peek().is_some() && tied.all(|key| keys.contains(&key))
    }

    /// Whether whoever signed the presentation is the one the issuer bound it to: `cnf` decides where it is there.
    fn is_held_by(&self, holder: &PresentationHolder) -> bool {
        match &self.confirmation {
            Some(key) => *key == holder.key,
            None => self.subjects.iter().any(|id| id == holder.did.as_str()),
        }
    }
}

/// The key of a subject whose identifier is one (did:key, did:jwk).
fn subject_key(id: &str) -> Option<VerificationKey> {
    let document = self_evident_document(&Did::parse(id).ok()?)?;
    document.keys_for(Relationship::Authentication).into_iter().next().map(|(_, key)| key)
}
