use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use crate::MessageError;

/// One entry of `credential_configurations_supported` (§12.2.4, Appendix A).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CredentialConfiguration {
    /// The Credential Format Identifier.
    pub format: String,
    /// The scope that asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// How it is signed: JOSE names, cryptosuites, or (mdoc) COSE numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credential_signing_alg_values_supported: Vec<Value>,
    /// How the holder's key is named: `jwk`, `did:key`, … Absent: not bound to a key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cryptographic_binding_methods_supported: Vec<String>,
    /// Which key proofs are taken.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proof_types_supported: BTreeMap<String, ProofType>,
    /// How it looks and what it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_metadata: Option<CredentialMetadata>,
    /// `dc+sd-jwt`: the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vct: Option<String>,
    /// `mso_mdoc`: the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doctype: Option<String>,
    /// W3C formats: the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_definition: Option<CredentialDefinition>,
}

/// One entry of `proof_types_supported`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProofType {
    /// The algorithms of the proof.
    pub proof_signing_alg_values_supported: Vec<String>,
    /// There: a key attestation is required. As it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_attestations_required: Option<Value>,
}

/// `credential_definition` of the W3C formats (Appendix A.1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CredentialDefinition {
    /// `@context`, of `ldp_vc`.
    #[serde(default, rename = "@context", skip_serializing_if = "Option::is_none")]
    pub context: Option<Vec<Value>>,
    /// `type`: all of them, `VerifiableCredential` too.
    #[serde(rename = "type")]
    pub types: Vec<String>,
}

/// `credential_metadata`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CredentialMetadata {
    /// One per language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<CredentialDisplay>,
    /// Its claims, in the order they are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimDescription>,
}

/// How a credential looks in one language. Untrusted text and links.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CredentialDisplay {
    /// Its name.
    pub name: String,
    /// BCP 47 language tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Its logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Image>,
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_color: Option<String>,
    /// A picture behind the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_image: Option<Image>,
    /// `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_color: Option<String>,
}

/// A logo or a background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Where it stands: `https:` or `data:`. Untrusted.
    pub uri: String,
    /// What it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
}

/// A claims description (Appendix B.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimDescription {
    /// Where it stands in the credential.
    pub path: Vec<ClaimPathStep>,
    /// The issuer will always put it in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mandatory: bool,
    /// One per language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<ClaimDisplay>,
}

/// How a claim is called in one language. Untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimDisplay {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// BCP 47 language tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

/// One step of a claims path pointer (Appendix C).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClaimPathStep {
    /// A string: a member.
    Name(String),
    /// A number: an element.
    Index(u64),
    /// `null`: all elements.
    All,
}

impl Serialize for ClaimPathStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ClaimPathStep::Name(name) => serializer.serialize_str(name),
            ClaimPathStep::Index(index) => serializer.serialize_u64(*index),
            ClaimPathStep::All => serializer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for ClaimPathStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(name) => Ok(ClaimPathStep::Name(name)),
            Value::Null => Ok(ClaimPathStep::All),
            Value::Number(number) => {
                number.as_u64().map(ClaimPathStep::Index).ok_or_else(|| D::Error::custom("not an index"))
            }
            _ => Err(D::Error::custom("not a step of a claims path")),
        }
    }
}

impl CredentialConfiguration {
    /// The rules that shape alone does not say.
    pub(crate) fn check(&self) -> Result<(), MessageError> {
        for proof_type in self.proof_types_supported.values() {
            if proof_type.proof_signing_alg_values_supported.is_empty() {
                return Err(MessageError::Malformed("a proof type without an algorithm"));
            }
        }
        self.credential_metadata.as_ref().map_or(Ok(()), |metadata| check_claims(&metadata.claims))
    }

    /// The algorithms it takes in a `jwt` key proof, by their JOSE names.
    pub fn jwt_proof_algorithms(&self) -> &[String] {
        self.proof_types_supported
            .get("jwt")
            .map_or(&[], |proof_type| proof_type.proof_signing_alg_values_supported.as_slice())
    }
}

/// The same claim twice, or an index and `null` on one array, ends the reading (Appendix B.2).
fn check_claims(claims: &[ClaimDescription]) -> Result<(), MessageError> {
    for (at, claim) in claims.iter().enumerate() {
        if claim.path.is_empty() {
            return Err(MessageError::Malformed("an empty claims path"));
        }
        for before in claims.iter().take(at) {
            if before.path == claim.path {
                return Err(MessageError::Malformed("a claim described twice"));
            }
            let differ = before.path.iter().zip(&claim.path).find(|(one, other)| one != other);
            if let Some(
                (ClaimPathStep::All, ClaimPathStep::Index(_)) | (ClaimPathStep::Index(_), ClaimPathStep::All),
            ) = differ
            {
                return Err(MessageError::Malformed("an index and null on one array"));
            }
        }
    }
    Ok(())
}
