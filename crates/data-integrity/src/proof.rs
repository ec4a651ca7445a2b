//! Creating and verifying a proof (Data Integrity 1.0 §4, EdDSA and ECDSA cryptosuites §3).

use jiff::Timestamp;
use portage_catalog::Contexts;
use portage_keys::{Algorithm, Signer, SigningFailure, VerificationKey, multibase};
use portage_reason::Reason;
use serde_json::{Map, Value};

use crate::{
    CanonicalizeError, Cryptosuite,
    chain::{self, Link},
    cryptosuite::{CanonicalForm, hash_algorithm},
    date_time,
    hash_data::Signed,
};

/// Most proofs that one document may carry.
const MAX_PROOFS: usize = 8;
const TOO_MANY: ProofError = ProofError::Malformed("more than 8 proofs");
/// Longest text that is decoded, with its `z`: decoding costs the square of the length. 96 bytes take 132.
const MAX_PROOF_VALUE: usize = 160;

/// What to put into a new proof.
#[derive(Debug, Clone)]
pub struct ProofOptions<'a> {
    /// `id`, by which another proof can name this one.
    pub id: Option<&'a str>,
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
    /// `domain`: for a presentation, the Client Identifier. Several are a list.
    pub domain: &'a [&'a str],
    /// `challenge`: for a presentation, the nonce.
    pub challenge: Option<&'a str>,
    /// `previousProof`: the `id`s of proofs that the document has and that this one signs as well. Several are a list.
    pub previous_proof: &'a [&'a str],
}

impl<'a> ProofOptions<'a> {
    /// A proof that stands alone and tells nothing but whose it is and what for.
    pub const fn new(cryptosuite: Cryptosuite, verification_method: &'a str, proof_purpose: &'a str) -> Self {
        ProofOptions {
            id: None,
            cryptosuite,
            verification_method,
            proof_purpose,
            created: None,
            expires: None,
            domain: &[],
            challenge: None,
            previous_proof: &[],
        }
    }
}

/// Why there is no proof, or why it does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is none.
    #[error("there is no proof")]
    Missing,
    /// `previousProof` names one that is not there.
    #[error("a proof that another one follows on is not there")]
    PreviousProofMissing,
    /// Members missing or of the wrong shape; `proofValue` not base58btc, or of EdDSA not of 64 bytes; proofs in no order.
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
            ProofError::Missing | ProofError::PreviousProofMissing => Reason::ProofMissing,
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
    /// `id`.
    pub id: Option<String>,
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
    /// `previousProof`, as a list: each names a proof of the same document.
    pub previous_proof: Vec<String>,
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
    /// reads it with this one (EdDSA and ECDSA cryptosuites §3.3.2).
    pub fn context(&self) -> Option<&Value> {
        let is_signed = self.proof.cryptosuite.canonical_form() == CanonicalForm::Jcs;
        self.proof.config.get("@context").filter(|_| is_signed)
    }
}

impl UnverifiedProof {
    /// Reads the proofs of a document: one object or an array of at most 8, a set or a chain. Dates need an offset. A proof that
    /// `previousProof` names must be there, an `id` be that of one proof, and none may stand before itself.
    ///
    /// # Errors
    /// [`ProofError::Missing`], [`ProofError::PreviousProofMissing`], [`ProofError::Malformed`], [`ProofError::AlgNotAllowed`].
    pub fn read_all(document: &Map<String, Value>) -> Result<Vec<Self>, ProofError> {
        let proofs = chain::all_proofs(document);
        let proofs: Vec<Self> = match proofs.len() {
            0 => return Err(ProofError::Missing),
            1..=MAX_PROOFS => proofs.iter().map(Self::read).collect::<Result<_, _>>()?,
            _ => return Err(TOO_MANY),
        };
        let links =
            proofs.iter().map(|proof| Link { id: proof.id.as_deref(), previous: &proof.previous_proof });
        chain::check(&links.collect::<Vec<_>>())?;
        Ok(proofs)
    }

    fn read(proof: &Value) -> Result<Self, ProofError> {
        let proof = proof.as_object().ok_or(ProofError::Malformed("proof is not an object"))?;
        if required(proof, "type")? != "DataIntegrityProof" {
            return Err(ProofError::AlgNotAllowed);
        }
        let cryptosuite =
            Cryptosuite::from_name(required(proof, "cryptosuite")?).ok_or(ProofError::AlgNotAllowed)?;
        let verification_method = required(proof, "verificationMethod")?;
        if !is_url(verification_method) {
            return Err(ProofError::Malformed("verificationMethod is not a URL"));
        }
        let id = optional(proof, "id")?;
        if id.is_some_and(|id| !is_url(id)) {
            return Err(ProofError::Malformed("the id of a proof is not a URL"));
        }
        let mut config = proof.clone();
        config.remove("proofValue");
        Ok(UnverifiedProof {
            id: id.map(str::to_owned),
            cryptosuite,
            verification_method: verification_method.to_owned(),
            proof_purpose: required(proof, "proofPurpose")?.to_owned(),
            created: date(proof, "created")?,
            expires: date(proof, "expires")?,
            domain: strings(proof, "domain")?,
            challenge: optional(proof, "challenge")?.map(str::to_owned),
            previous_proof: chain::previous_proof(proof)?,
            config,
            proof_value: signature(cryptosuite, required(proof, "proofValue")?)?,
        })
    }

    /// Verifies this proof over `document` (given whole: of its `proof` those stay that this one names) with the key somebody found
    /// for `verification_method`. Purpose, domain, challenge and dates are the caller's, and so is to verify every proof of the
    /// document: one that follows on others says nothing about whether those hold.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn verify(
        self,
        document: &Map<String, Value>,
        key: &VerificationKey,
        contexts: &Contexts,
    ) -> Result<VerifiedProof, ProofError> {
        if !self.cryptosuite.takes(key.algorithm()) {
            return Err(ProofError::AlgNotAllowed);
        }
        let signed = Signed {
            document,
            previous_proofs: chain::matching_proofs(document, &self.previous_proof)?,
            proof_config: &self.config,
        };
        let hash = hash_algorithm(key.algorithm());
        let hash_data = signed.hash_data(self.cryptosuite.canonical_form(), hash, contexts)?;
        key.verify(&hash_data, &self.proof_value).map_err(|_| ProofError::SignatureInvalid)?;
        Ok(VerifiedProof { proof: self })
    }
}

/// Adds a proof: the document with its `proof` member. A document that has proofs gets one more (a proof set), over the document
/// and those of its proofs that [`ProofOptions::previous_proof`] names (a proof chain).
///
/// # Errors
/// [`ProofError`].
pub fn add_proof(
    document: &Map<String, Value>,
    options: &ProofOptions<'_>,
    signer: &dyn Signer,
    contexts: &Contexts,
) -> Result<Map<String, Value>, ProofError> {
    if !options.cryptosuite.takes(signer.algorithm()) {
        return Err(ProofError::AlgNotAllowed);
    }
    // Data Integrity §4.2: what nobody would take for a proof is not made.
    if !is_url(options.verification_method)
        || options.proof_purpose.is_empty()
        || options.id.is_some_and(|id| !is_url(id))
    {
        return Err(ProofError::Malformed("a proof without its verificationMethod or proofPurpose"));
    }
    let there = chain::all_proofs(document);
    if there.len() >= MAX_PROOFS {
        return Err(TOO_MANY);
    }
    if options.id.is_some_and(|id| there.iter().any(|proof| proof.get("id").is_some_and(|other| other == id)))
    {
        return Err(ProofError::Malformed("two proofs with one id"));
    }
    let previous: Vec<String> = options.previous_proof.iter().map(|id| (*id).to_owned()).collect();
    let mut proof = proof_config(document, options);
    let signed = Signed {
        document,
        previous_proofs: chain::matching_proofs(document, &previous)?,
        proof_config: &proof,
    };
    let hash = hash_algorithm(signer.algorithm());
    let hash_data = signed.hash_data(options.cryptosuite.canonical_form(), hash, contexts)?;
    let signature = signer.sign(&hash_data)?;
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

/// EdDSA and ECDSA cryptosuites §3.2.5 and §3.3.5; the JCS suites carry the document's `@context` in the proof.
pub(crate) fn proof_config(document: &Map<String, Value>, options: &ProofOptions<'_>) -> Map<String, Value> {
    let mut config = Map::new();
    if let (CanonicalForm::Jcs, Some(context)) =
        (options.cryptosuite.canonical_form(), document.get("@context"))
    {
        config.insert("@context".into(), context.clone());
    }
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            config.insert(name.into(), value);
        }
    };
    set("id", options.id.map(Value::from));
    set("type", Some("DataIntegrityProof".into()));
    set("cryptosuite", Some(options.cryptosuite.name().into()));
    set("created", options.created.map(|at| date_time::write(at).into()));
    set("expires", options.expires.map(|at| date_time::write(at).into()));
    set("verificationMethod", Some(options.verification_method.into()));
    set("proofPurpose", Some(options.proof_purpose.into()));
    set("domain", one_or_several(options.domain));
    set("challenge", options.challenge.map(Value::from));
    set("previousProof", one_or_several(options.previous_proof));
    config
}

/// An absolute URL: a scheme, and something behind it, in printable characters without a blank. Where it leads is for others to say.
fn is_url(text: &str) -> bool {
    let scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    text.split_once(':').is_some_and(|(name, rest)| scheme(name) && !rest.is_empty())
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn one_or_several(texts: &[&str]) -> Option<Value> {
    match texts {
        [] => None,
        [one] => Some((*one).into()),
        several => Some(several.into()),
    }
}

/// The bytes of `proofValue`. A signature of ECDSA in another encoding, or cut, is one that does not fit its key.
pub(crate) fn signature(cryptosuite: Cryptosuite, proof_value: &str) -> Result<Vec<u8>, ProofError> {
    const WHAT: ProofError = ProofError::Malformed("proofValue is not a signature in base58btc");
    if proof_value.len() > MAX_PROOF_VALUE {
        return Err(WHAT);
    }
    let bytes = multibase::decode_base58btc(proof_value).map_err(|_| WHAT)?;
    let fits = !cryptosuite.takes(Algorithm::EdDsa) || bytes.len() == Algorithm::EdDsa.signature_length();
    if fits { Ok(bytes) } else { Err(WHAT) }
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

pub(crate) fn date(proof: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, ProofError> {
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
