use portage_reason::Reason;

/// Why a document is not a VCDM 2.0 credential or presentation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// A rule of §4 is broken: which.
    #[error("not a verifiable credential: {0}")]
    Malformed(&'static str),
    /// The base context is not the first, or a context is neither a URL nor an object.
    #[error("a context that is not allowed")]
    ContextNotAllowed,
    /// `iss` other than `issuer` or `holder`.
    #[error("the secured form does not fit: {0}")]
    Mismatch(&'static str),
    /// A credential inside a JOSE presentation that is not enveloped: nothing secures it.
    #[error("a credential that nothing secures")]
    NotEnveloped,
    /// A member that the issuer must sign in the clear is selectively disclosable.
    #[error("a member that must not be selectively disclosable")]
    Disclosable,
}

impl CredentialError {
    /// The reason of the same meaning.
    pub fn reason(&self) -> Reason {
        match self {
            CredentialError::Malformed(_) => Reason::Malformed,
            CredentialError::ContextNotAllowed => Reason::ContextNotAllowed,
            CredentialError::Mismatch(_) => Reason::KeyMismatch,
            CredentialError::NotEnveloped => Reason::ProofMissing,
            CredentialError::Disclosable => Reason::DisclosureInvalid,
        }
    }
}
