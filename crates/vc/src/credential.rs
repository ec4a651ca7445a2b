use jiff::Timestamp;
use portage_reason::Reason;
use serde_json::{Map, Value};

/// Why a document is not a VCDM 2.0 credential or presentation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// A rule of §4 is broken: which.
    #[error("not a verifiable credential: {0}")]
    Malformed(&'static str),
    /// The base context is not the first, or a context is an inline object.
    #[error("a context that is not allowed")]
    ContextNotAllowed,
    /// A credential inside a JOSE presentation that is not enveloped; a `vc`/`vp` claim; `iss` other than `issuer`.
    #[error("the secured form does not fit: {0}")]
    Mismatch(&'static str),
}

impl CredentialError {
    /// The reason of the same meaning.
    pub fn reason(&self) -> Reason {
        match self {
            CredentialError::Malformed(_) => Reason::Malformed,
            CredentialError::ContextNotAllowed => Reason::ContextNotAllowed,
            CredentialError::Mismatch(_) => Reason::KeyMismatch,
        }
    }
}

/// One `credentialStatus` object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialStatus {
    /// `type`.
    pub kind: String,
    /// The object as it stands.
    pub object: Map<String, Value>,
}

/// A credential that keeps the data model. Says nothing about who signed it.
#[derive(Debug, Clone)]
pub struct Credential {
    document: Map<String, Value>,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
}

impl Credential {
    /// Checks the data model (VCDM 2.0 §4): contexts, types, `id`s, issuer, subjects, dates, status, schema, names. Unknown members are kept.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn parse(document: Map<String, Value>) -> Result<Self, CredentialError> {
        let _ = document;
        todo!()
    }

    /// The document.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// `issuer`, or its `id`.
    pub fn issuer(&self) -> &str {
        todo!()
    }

    /// `type`, without `VerifiableCredential`.
    pub fn types(&self) -> Vec<&str> {
        todo!()
    }

    /// The subjects: one or more objects.
    pub fn subjects(&self) -> Vec<&Map<String, Value>> {
        todo!()
    }

    /// The `id` of the first subject.
    pub fn subject_id(&self) -> Option<&str> {
        self.subjects().first().and_then(|subject| subject.get("id")).and_then(Value::as_str)
    }

    /// `validFrom`.
    pub fn valid_from(&self) -> Option<Timestamp> {
        self.valid_from
    }

    /// `validUntil`.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }

    /// `credentialStatus`: none, one or several.
    pub fn statuses(&self) -> Vec<CredentialStatus> {
        todo!()
    }
}

/// What to put into a new credential.
#[derive(Debug, Clone)]
pub struct CredentialBuilder<'a> {
    /// Further contexts after the base one.
    pub contexts: &'a [String],
    /// The type beside `VerifiableCredential`.
    pub vc_type: &'a str,
    /// `issuer`.
    pub issuer: &'a str,
    /// `credentialSubject.id`: the holder's DID.
    pub subject_id: Option<&'a str>,
    /// Claims of the subject.
    pub claims: &'a Map<String, Value>,
    /// `validFrom`.
    pub valid_from: Timestamp,
    /// `validUntil`.
    pub valid_until: Option<Timestamp>,
    /// `credentialStatus`.
    pub status: Option<Value>,
}

impl CredentialBuilder<'_> {
    /// The unsecured credential.
    pub fn build(&self) -> Map<String, Value> {
        todo!()
    }
}
