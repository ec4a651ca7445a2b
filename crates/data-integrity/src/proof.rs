//! Creating and verifying a proof (Data Integrity 1.0 §4, EdDSA cryptosuites §3).

use jiff::Timestamp;
use portage_catalog::Contexts;
use portage_keys::{Signer, SigningFailure, VerificationKey};
use portage_reason::Reason;
use serde_json::{Map, Value};

use crate::CanonicalizeError;

/// The cryptosuites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cryptosuite {
    /// `eddsa-rdfc-2022`.
    EddsaRdfc2022,
    /// `eddsa-jcs-2022`.
    EddsaJcs2022,
}

impl Cryptosuite {
    /// The identifier.
    pub const fn name(self) -> &'static str {
        match self {
            Cryptosuite::EddsaRdfc2022 => "eddsa-rdfc-2022",
            Cryptosuite::EddsaJcs2022 => "eddsa-jcs-2022",
        }
    }

    /// Reads the identifier.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::EddsaRdfc2022, Self::EddsaJcs2022].into_iter().find(|suite| suite.name() == name)
    }
}

/// What to put into a new proof.
#[derive(Debug, Clone)]
pub struct ProofOptions<'a> {
    /// Which suite.
    pub cryptosuite: Cryptosuite,
    /// The DID URL of the signer's key.
    pub verification_method: &'a str,
    /// `assertionMethod` for credentials, `authentication` for presentations.
    pub proof_purpose: &'a str,
    /// `created`.
    pub created: Option<Timestamp>,
    /// `expires`.
    pub expires: Option<Timestamp>,
    /// `domain`: for a presentation, the Client Identifier.
    pub domain: Option<&'a str>,
    /// `challenge`: for a presentation, the nonce.
    pub challenge: Option<&'a str>,
}

/// Why there is no proof, or why it does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is none.
    #[error("there is no proof")]
    Missing,
    /// Members missing or of the wrong shape; `proofValue` not base58btc of 64 bytes.
    #[error("not a Data Integrity proof: {0}")]
    Malformed(&'static str),
    /// A `type` or `cryptosuite` that is not on the list, or a key of another kind.
    #[error("a cryptosuite that is not allowed here")]
    AlgNotAllowed,
    /// The JCS suites' `@context` rule.
    #[error("the proof's context is not the document's")]
    ContextMismatch,
    /// The canonical form could not be had.
    #[error(transparent)]
    Canonicalize(#[from] CanonicalizeError),
    /// The signature does not fit.
    #[error("the signature does not fit the document and the key")]
    SignatureInvalid,
    /// The signer failed.
    #[error(transparent)]
    Signing(#[from] SigningFailure),
}

impl ProofError {
    /// The reason of the same meaning.
    pub fn reason(&self) -> Reason {
        match self {
            ProofError::Missing => Reason::ProofMissing,
            ProofError::Malformed(_) => Reason::Malformed,
            ProofError::AlgNotAllowed => Reason::AlgNotAllowed,
            ProofError::ContextMismatch | ProofError::SignatureInvalid | ProofError::Signing(_) => {
                Reason::SignatureInvalid
            }
            ProofError::Canonicalize(error) => error.reason(),
        }
    }
}

/// One proof of a document, read and nothing more.
#[derive(Debug, Clone)]
pub struct UnverifiedProof {
    /// Which suite.
    pub cryptosuite: Cryptosuite,
    /// `verificationMethod`, not yet anybody's.
    pub verification_method: String,
    /// `proofPurpose`.
    pub proof_purpose: String,
    /// `created`.
    pub created: Option<Timestamp>,
    /// `expires`.
    pub expires: Option<Timestamp>,
    /// `domain`, as a set.
    pub domain: Vec<String>,
    /// `challenge`.
    pub challenge: Option<String>,
    /// The proof as it stands, without `proofValue`.
    config: Map<String, Value>,
    proof_value: Vec<u8>,
}

/// A proof that held: which, and over what. Private constructor.
#[derive(Debug, Clone)]
pub struct VerifiedProof {
    proof: UnverifiedProof,
}

impl VerifiedProof {
    /// What was verified.
    pub fn proof(&self) -> &UnverifiedProof {
        &self.proof
    }
}

impl UnverifiedProof {
    /// Reads the proofs of a document: one object or an array of at most 8 (`previousProof` is refused as unsupported in 0.1:
    /// `Malformed`). Dates need an offset.
    ///
    /// # Errors
    /// [`ProofError::Missing`], [`ProofError::Malformed`], [`ProofError::AlgNotAllowed`].
    pub fn read_all(document: &Map<String, Value>) -> Result<Vec<Self>, ProofError> {
        let _ = document;
        todo!()
    }

    /// Verifies this proof over `document` (given whole; `proof` is removed here) with the key somebody found for
    /// `verification_method`. Purpose, domain, challenge and dates are the caller's.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn verify(
        self,
        document: &Map<String, Value>,
        key: &VerificationKey,
        contexts: &Contexts,
    ) -> Result<VerifiedProof, ProofError> {
        let _ = (document, key, contexts, &self.config, &self.proof_value);
        todo!()
    }
}

/// Adds a proof: the document with its `proof` member.
///
/// # Errors
/// [`ProofError`].
pub fn add_proof(
    document: &Map<String, Value>,
    options: &ProofOptions<'_>,
    signer: &dyn Signer,
    contexts: &Contexts,
) -> Result<Map<String, Value>, ProofError> {
    let _ = (document, options, signer, contexts);
    todo!()
}
