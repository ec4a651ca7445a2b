//! Creating and verifying a proof (Data Integrity 1.0 §4, EdDSA cryptosuites §3).

use jiff::Timestamp;
use portage_catalog::Contexts;
use portage_keys::{Algorithm, Signer, SigningFailure, VerificationKey, multibase};
use portage_reason::Reason;
use serde_json::{Map, Value};

use crate::{CanonicalizeError, date_time, hash_data::hash_data};

/// Most proofs that one document may carry.
const MAX_PROOFS: usize = 8;
/// An Ed25519 signature.
const SIGNATURE_BYTES: usize = 64;
/// Longest base58btc text of [`SIGNATURE_BYTES`], with its `z`: decoding costs the square of the length.
const MAX_PROOF_VALUE: usize = 89;

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
    #[error("not a Data Integrity proof ({0})")]
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
#[derive(Clone)]
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

/// Shows neither holder nor nonce.
impl std::fmt::Debug for UnverifiedProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedProof")
            .field("cryptosuite", &self.cryptosuite)
            .field("proof_purpose", &self.proof_purpose)
            .finish_non_exhaustive()
    }
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

    /// The `@context` that was signed in the place of the document's, which may go on behind it: whoever reads the document
    /// reads it with this one (EdDSA cryptosuites §3.3.2).
    pub fn context(&self) -> Option<&Value> {
        self.proof.config.get("@context").filter(|_| self.proof.cryptosuite == Cryptosuite::EddsaJcs2022)
    }
}

impl UnverifiedProof {
    /// Reads the proofs of a document: one object or an array of at most 8 (`previousProof` is refused as unsupported in 0.1:
    /// `Malformed`). Dates need an offset.
    ///
    /// # Errors
    /// [`ProofError::Missing`], [`ProofError::Malformed`], [`ProofError::AlgNotAllowed`].
    pub fn read_all(document: &Map<String, Value>) -> Result<Vec<Self>, ProofError> {
        let proofs = match document.get("proof") {
            None => return Err(ProofError::Missing),
            Some(Value::Array(proofs)) => proofs.as_slice(),
            Some(proof) => std::slice::from_ref(proof),
        };
        match proofs.len() {
            0 => Err(ProofError::Missing),
            1..=MAX_PROOFS => proofs.iter().map(Self::read).collect(),
            _ => Err(ProofError::Malformed("more than 8 proofs")),
        }
    }

    fn read(proof: &Value) -> Result<Self, ProofError> {
        let proof = proof.as_object().ok_or(ProofError::Malformed("proof is not an object"))?;
        if required(proof, "type")? != "DataIntegrityProof" {
            return Err(ProofError::AlgNotAllowed);
        }
        let cryptosuite =
            Cryptosuite::from_name(required(proof, "cryptosuite")?).ok_or(ProofError::AlgNotAllowed)?;
        if proof.contains_key("previousProof") {
            return Err(ProofError::Malformed("previousProof is not supported"));
        }
        let verification_method = required(proof, "verificationMethod")?;
        if !verification_method.contains(':') {
            return Err(ProofError::Malformed("verificationMethod is not a URL"));
        }
        let mut config = proof.clone();
        config.remove("proofValue");
        Ok(UnverifiedProof {
            cryptosuite,
            verification_method: verification_method.to_owned(),
            proof_purpose: required(proof, "proofPurpose")?.to_owned(),
            created: date(proof, "created")?,
            expires: date(proof, "expires")?,
            domain: strings(proof, "domain")?,
            challenge: optional(proof, "challenge")?.map(str::to_owned),
            config,
            proof_value: signature(required(proof, "proofValue")?)?,
        })
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
        if key.algorithm() != Algorithm::EdDsa {
            return Err(ProofError::AlgNotAllowed);
        }
        let hash_data = hash_data(self.cryptosuite, document, &self.config, contexts)?;
        key.verify(&hash_data, &self.proof_value).map_err(|_| ProofError::SignatureInvalid)?;
        Ok(VerifiedProof { proof: self })
    }
}

/// Adds a proof: the document with its `proof` member. A document that has proofs gets one more, each over the document
/// without any (a proof set).
///
/// # Errors
/// [`ProofError`].
pub fn add_proof(
    document: &Map<String, Value>,
    options: &ProofOptions<'_>,
    signer: &dyn Signer,
    contexts: &Contexts,
) -> Result<Map<String, Value>, ProofError> {
    if signer.algorithm() != Algorithm::EdDsa {
        return Err(ProofError::AlgNotAllowed);
    }
    let mut proof = proof_config(document, options);
    let signature = signer.sign(&hash_data(options.cryptosuite, document, &proof, contexts)?)?;
    proof.insert("proofValue".into(), multibase::encode_base58btc(&signature).into());
    let mut secured = document.clone();
    let proofs = match secured.remove("proof") {
        None => Value::Object(proof),
        Some(Value::Array(mut proofs)) => {
            proofs.push(Value::Object(proof));
            Value::Array(proofs)
        }
        Some(one) => Value::Array(vec![one, Value::Object(proof)]),
    };
    secured.insert("proof".into(), proofs);
    Ok(secured)
}

/// EdDSA cryptosuites §3.2.5 and §3.3.5; the JCS suite carries the document's `@context` in the proof.
fn proof_config(document: &Map<String, Value>, options: &ProofOptions<'_>) -> Map<String, Value> {
    let mut config = Map::new();
    if let (Cryptosuite::EddsaJcs2022, Some(context)) = (options.cryptosuite, document.get("@context")) {
        config.insert("@context".into(), context.clone());
    }
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            config.insert(name.into(), value.into());
        }
    };
    set("type", Some("DataIntegrityProof".into()));
    set("cryptosuite", Some(options.cryptosuite.name().into()));
    set("created", options.created.map(date_time::write));
    set("expires", options.expires.map(date_time::write));
    set("verificationMethod", Some(options.verification_method.into()));
    set("proofPurpose", Some(options.proof_purpose.into()));
    set("domain", options.domain.map(str::to_owned));
    set("challenge", options.challenge.map(str::to_owned));
    config
}

fn signature(proof_value: &str) -> Result<Vec<u8>, ProofError> {
    const WHAT: ProofError = ProofError::Malformed("proofValue is not base58btc of 64 bytes");
    if proof_value.len() > MAX_PROOF_VALUE {
        return Err(WHAT);
    }
    let bytes = multibase::decode_base58btc(proof_value).map_err(|_| WHAT)?;
    if bytes.len() == SIGNATURE_BYTES { Ok(bytes) } else { Err(WHAT) }
}

fn required<'p>(proof: &'p Map<String, Value>, name: &'static str) -> Result<&'p str, ProofError> {
    optional(proof, name)?.ok_or(ProofError::Malformed(name))
}

fn optional<'p>(proof: &'p Map<String, Value>, name: &'static str) -> Result<Option<&'p str>, ProofError> {
    match proof.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(ProofError::Malformed(name)),
    }
}

fn date(proof: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, ProofError> {
    optional(proof, name)?.map(|text| date_time::parse(text).ok_or(ProofError::Malformed(name))).transpose()
}

fn strings(proof: &Map<String, Value>, name: &'static str) -> Result<Vec<String>, ProofError> {
    let values = match proof.get(name) {
        None => return Ok(Vec::new()),
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
    };
    values.iter().map(|value| value.as_str().map(str::to_owned).ok_or(ProofError::Malformed(name))).collect()
}
