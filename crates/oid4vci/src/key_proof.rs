use jiff::{SignedDuration, Timestamp};
use portage_did::{Did, DidUrl, LoopbackOrigins, Relationship, Resolution, did_jwk, did_key};
use portage_jose::{Header, Jwk, JwtError, NumericDate, UnverifiedJwt};
use portage_keys::{Algorithm, Signer, SigningFailure, VerificationKey};
use serde_json::{Map, Value};

use crate::{CNonce, IssuerIdentifier};

/// `typ` of a `jwt` key proof (Appendix F.1).
pub const PROOF_TYP: &str = "openid4vci-proof+jwt";

/// How old a proof may be.
const MAX_AGE: SignedDuration = SignedDuration::from_secs(300);
/// How far two clocks may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// A key proof to make (Appendix F.1), for an anonymous client: without `iss`.
#[derive(Debug, Clone, Copy)]
pub struct KeyProof<'a> {
    /// `aud`: the Credential Issuer Identifier.
    pub issuer: &'a IssuerIdentifier,
    /// `nonce`: the `c_nonce`, when the issuer has a nonce endpoint.
    pub nonce: Option<&'a CNonce>,
    /// How the header names the key.
    pub key: KeyBindingForm,
    /// `iat`.
    pub now: Timestamp,
}

/// How a key proof names the key: `cryptographic_binding_methods_supported`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyBindingForm {
    /// Header `jwk`.
    Jwk,
    /// Header `kid`: a did:key DID URL.
    DidKey,
    /// Header `kid`: a did:jwk DID URL.
    DidJwk,
}

impl KeyBindingForm {
    /// The name in `cryptographic_binding_methods_supported`.
    pub const fn name(self) -> &'static str {
        match self {
            KeyBindingForm::Jwk => "jwk",
            KeyBindingForm::DidKey => "did:key",
            KeyBindingForm::DidJwk => "did:jwk",
        }
    }

    /// Reads the name; other methods are `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Jwk, Self::DidKey, Self::DidJwk].into_iter().find(|form| form.name() == name)
    }
}

impl KeyProof<'_> {
    /// Signs the proof with the key it proves.
    ///
    /// # Errors
    /// [`SigningFailure`].
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let public = signer.verification_key();
        let header = match self.key {
            KeyBindingForm::Jwk => {
                Header::new(PROOF_TYP).with("jwk", Jwk::from_key(public.clone()).to_value())
            }
            KeyBindingForm::DidKey => Header::new(PROOF_TYP).with("kid", did_key(public).1.to_string()),
            KeyBindingForm::DidJwk => Header::new(PROOF_TYP).with("kid", did_jwk(public).1.to_string()),
        };
        let mut claims = Map::new();
        claims.insert("aud".into(), self.issuer.as_str().into());
        claims.insert("iat".into(), self.now.as_second().into());
        if let Some(nonce) = self.nonce {
            claims.insert("nonce".into(), nonce.expose().into());
        }
        portage_jose::sign(header, &claims, signer)
    }
}

/// Why a key proof was refused. All of them are `invalid_proof` on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProofError {
    /// Not a JWT, an algorithm out of the question, another `typ`, or a signature that does not fit.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// Not exactly one of `kid`, `jwk` and `x5c`.
    #[error("the header must name the key in exactly one way")]
    KeyAmbiguous,
    /// The key is no public key of a kind that is taken, or not named in a way that is.
    #[error("the key is not one, or not named as the issuer takes it")]
    KeyNotAccepted,
    /// `alg` is not among `proof_signing_alg_values_supported`.
    #[error("an algorithm that this configuration does not take")]
    AlgNotAllowed,
    /// `aud` is not the Credential Issuer Identifier, as one string.
    #[error("made for somebody else")]
    AudienceMismatch,
    /// `iat` is missing, too old or ahead.
    #[error("its time is missing, too old or ahead")]
    OutOfTime,
    /// No `nonce`.
    #[error("there is no nonce in it")]
    NonceMissing,
}

/// What the issuer expects of a proof.
#[derive(Debug, Clone, Copy)]
pub struct KeyProofExpectation<'a> {
    /// `aud`.
    pub issuer: &'a IssuerIdentifier,
    /// `proof_signing_alg_values_supported`.
    pub algorithms: &'a [Algorithm],
    /// `cryptographic_binding_methods_supported`.
    pub key_forms: &'a [KeyBindingForm],
    /// The time.
    pub now: Timestamp,
}

/// A `jwt` key proof as it arrived: parsed, its key found in its own header, nothing verified.
#[derive(Debug, Clone)]
pub struct UnverifiedKeyProof {
    jwt: UnverifiedJwt,
    form: KeyBindingForm,
    key: VerificationKey,
    holder: DidUrl,
}

/// A key proof that holds: whoever sent it controls the key. Whether its nonce is good, the issuer's store says. Private fields, one
/// constructor: the check.
#[derive(Debug, Clone)]
pub struct VerifiedKeyProof {
    key: VerificationKey,
    holder: DidUrl,
    nonce: CNonce,
}

impl UnverifiedKeyProof {
    /// Parses the JWT and reads the key its header names (`jwk`, or a `kid` that is a did:key or did:jwk DID URL). Nothing is
    /// fetched; a private member in `jwk` is refused.
    ///
    /// # Errors
    /// [`KeyProofError`].
    pub fn parse(compact: &str) -> Result<Self, KeyProofError> {
        let jwt = UnverifiedJwt::parse(compact)?;
        let header = jwt.header();
        let (form, key, holder) = match (header.member("kid"), header.member("jwk"), header.member("x5c")) {
            (None, Some(jwk), None) => {
                let key = Jwk::from_value(jwk).map_err(|_| KeyProofError::KeyNotAccepted)?.key().clone();
                let (_, holder) = did_key(&key);
                (KeyBindingForm::Jwk, key, holder)
            }
            (Some(Value::String(kid)), None, None) => key_of_did_url(kid)?,
            (None, None, Some(_)) => return Err(KeyProofError::KeyNotAccepted),
            _ => return Err(KeyProofError::KeyAmbiguous),
        };
        Ok(UnverifiedKeyProof { jwt, form, key, holder })
    }

    /// Verifies `typ`, algorithm, signature, `aud`, `iat` and the presence of a nonce (Appendix F.4).
    ///
    /// # Errors
    /// [`KeyProofError`].
    pub fn verify(self, expected: &KeyProofExpectation<'_>) -> Result<VerifiedKeyProof, KeyProofError> {
        if !expected.key_forms.contains(&self.form) {
            return Err(KeyProofError::KeyNotAccepted);
        }
        if !expected.algorithms.contains(&self.key.algorithm()) {
            return Err(KeyProofError::AlgNotAllowed);
        }
        let jwt = self.jwt.verify(&self.key, &[PROOF_TYP])?;
        if jwt.string("aud") != Some(expected.issuer.as_str()) {
            return Err(KeyProofError::AudienceMismatch);
        }
        let Some(NumericDate(issued_at)) = jwt.date("iat")? else {
            return Err(KeyProofError::OutOfTime);
        };
        let age = expected.now.duration_since(issued_at);
        if age > MAX_AGE + LEEWAY || age < -LEEWAY {
            return Err(KeyProofError::OutOfTime);
        }
        let nonce =
            jwt.string("nonce").filter(|nonce| !nonce.is_empty()).ok_or(KeyProofError::NonceMissing)?;
        Ok(VerifiedKeyProof { nonce: CNonce::new(nonce), key: self.key, holder: self.holder })
    }
}

impl VerifiedKeyProof {
    /// The key that was proved.
    pub fn key(&self) -> &VerificationKey {
        &self.key
    }

    /// The DID URL of the key: as the proof named it, or the did:key of its `jwk`.
    pub fn holder(&self) -> &DidUrl {
        &self.holder
    }

    /// The nonce it carries.
    pub fn nonce(&self) -> &CNonce {
        &self.nonce
    }
}

fn key_of_did_url(kid: &str) -> Result<(KeyBindingForm, VerificationKey, DidUrl), KeyProofError> {
    let refused = |_| KeyProofError::KeyNotAccepted;
    let url = DidUrl::parse(kid).map_err(refused)?;
    let form = form_of(url.did()).ok_or(KeyProofError::KeyNotAccepted)?;
    match url.did().resolution(&LoopbackOrigins::default()).map_err(refused)? {
        Resolution::Document(document) => {
            let key = document
                .key_for(&url, Relationship::Authentication)
                .map_err(|_| KeyProofError::KeyNotAccepted)?;
            Ok((form, key, url))
        }
        Resolution::Fetch(_) | Resolution::Log(_) => Err(KeyProofError::KeyNotAccepted),
    }
}

fn form_of(did: &Did) -> Option<KeyBindingForm> {
    let method = did.as_str().split(':').nth(1)?;
    [KeyBindingForm::DidKey, KeyBindingForm::DidJwk]
        .into_iter()
        .find(|form| form.name() == format!("did:{method}"))
}
