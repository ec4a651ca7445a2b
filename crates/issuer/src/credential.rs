//! From checked claims to a signed credential, in each of the four formats.

use jiff::Timestamp;
use portage_catalog::{CatalogError, Contexts, CredentialType, Format};
use portage_data_integrity::{Cryptosuite, ProofError, ProofOptions, proof::add_proof};
use portage_jose::{Header, Jwk};
use portage_keys::{Entropy, Signer, SigningFailure};
use portage_oid4vci::{IssuedCredential, VerifiedKeyProof};
use portage_sd_jwt::{ClaimPath, PathStep, SdJwtBuilder};
use portage_status_list::{
    bitstring::{self, StatusPurpose},
    token,
};
use portage_vc::CredentialBuilder;
use serde_json::{Map, Value, json};

/// What is to be signed: everything but the signature.
pub struct UnsignedCredential<'a> {
    /// Its type.
    pub credential_type: &'a CredentialType,
    /// Its format.
    pub format: Format,
    /// The issuer's DID.
    pub issuer: &'a str,
    /// All claims, derived ones included.
    pub claims: Map<String, Value>,
    /// Whose it is: the key that was proved.
    pub holder: &'a VerifiedKeyProof,
    /// Addresses of the lists and the index in them.
    pub status: StatusAddresses,
    /// From when it holds: the start of a day.
    pub valid_from: Timestamp,
    /// Until when it holds.
    pub valid_until: Timestamp,
}

/// Where the status of a credential will stand.
#[derive(Debug, Clone)]
pub struct StatusAddresses {
    /// Bitstring list of purpose `revocation`.
    pub revocation: String,
    /// Bitstring list of purpose `suspension`.
    pub suspension: String,
    /// Token Status List.
    pub token: String,
    /// The index in each.
    pub index: u32,
    /// Further entries of `credentialStatus`, which refuse nothing.
    pub told: Vec<Value>,
}

/// A credential whose claims were checked against its type, ready to be signed once. Not `Clone`, private fields, one constructor: the
/// check.
pub struct CheckedCredential<'a> {
    unsigned: UnsignedCredential<'a>,
}

/// Who signs, and how.
pub(crate) struct Signing<'a> {
    pub(crate) signer: &'a dyn Signer,
    pub(crate) verification_method: &'a str,
    pub(crate) cryptosuite: Cryptosuite,
    pub(crate) contexts: &'a Contexts,
    pub(crate) entropy: &'a dyn Entropy,
}

/// Why a checked credential was not signed: a failure of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// The key.
    #[error(transparent)]
    Key(#[from] SigningFailure),
    /// A claim has a name that SD-JWT reserves.
    #[error("the credential could not be written: {0}")]
    SdJwt(#[from] portage_sd_jwt::IssueError),
    /// The type's context does not fit its claims.
    #[error("the credential could not be secured: {0}")]
    Proof(#[from] ProofError),
}

impl<'a> UnsignedCredential<'a> {
    /// Checks the claims against the type once more, as they will be signed.
    ///
    /// # Errors
    /// [`CatalogError`].
    pub fn check(self) -> Result<CheckedCredential<'a>, CatalogError> {
        self.credential_type.check_claims(&self.claims)?;
        Ok(CheckedCredential { unsigned: self })
    }
}

impl CheckedCredential<'_> {
    /// Signs it. Whoever holds the value may sign this credential, once.
    pub(crate) fn sign(self, signing: &Signing<'_>) -> Result<IssuedCredential, SigningError> {
        match self.unsigned.format {
            Format::DcSdJwt => self.sign_dc_sd_jwt(signing).map(IssuedCredential::Text),
            Format::VcSdJwt => self.sign_vc_sd_jwt(signing).map(IssuedCredential::Text),
            Format::VcJwt => self.sign_vc_jwt(signing).map(IssuedCredential::Text),
            Format::LdpVc => self.sign_ldp_vc(signing).map(IssuedCredential::Document),
        }
    }

    /// SD-JWT VC (draft-18): claims at the root, each of them disclosable.
    fn sign_dc_sd_jwt(self, signing: &Signing<'_>) -> Result<String, SigningError> {
        let registered = self.unsigned.registered_claims();
        let mut payload = self.unsigned.claims;
        // Whatever the catalogue let through: no claim takes the place of what the issuer says of the credential, or hides it.
        payload.retain(|name, _| !registered.contains_key(name));
        let disclosable = disclosable(&[], &payload);
        let decoys = decoys(self.unsigned.credential_type, &payload);
        payload.extend(registered);
        let builder = SdJwtBuilder { claims: payload, disclosable, decoys, decoys_at: Vec::new() };
        let header = Header::new("dc+sd-jwt").with("kid", signing.verification_method);
        Ok(portage_sd_jwt::issue(&builder, header, signing.signer, signing.entropy)?)
    }

    /// VCDM 2.0 secured with SD-JWT: the claims of `credentialSubject`, each of them disclosable.
    fn sign_vc_sd_jwt(self, signing: &Signing<'_>) -> Result<String, SigningError> {
        let holder_key = confirmation(self.unsigned.holder);
        let root = [PathStep::Name("credentialSubject".into())];
        let disclosable = disclosable(&root, &self.unsigned.claims);
        let decoys = decoys(self.unsigned.credential_type, &self.unsigned.claims);
        let mut payload = self.unsigned.data_model(None);
        payload.insert("cnf".into(), holder_key);
        let builder = SdJwtBuilder { claims: payload, disclosable, decoys, decoys_at: root.into() };
        let header = portage_vc::jose::sd_jwt_header(signing.verification_method);
        Ok(portage_sd_jwt::issue(&builder, header, signing.signer, signing.entropy)?)
    }

    /// VCDM 2.0 secured with JOSE (VC-JOSE-COSE §3.1.1).
    fn sign_vc_jwt(self, signing: &Signing<'_>) -> Result<String, SigningError> {
        let mut payload = self.unsigned.data_model(Some(subject_id(self.unsigned.holder)));
        payload.insert("cnf".into(), confirmation(self.unsigned.holder));
        Ok(portage_vc::jose::sign_credential(&payload, signing.verification_method, signing.signer)?)
    }

    /// VCDM 2.0 with a Data Integrity proof.
    fn sign_ldp_vc(self, signing: &Signing<'_>) -> Result<Map<String, Value>, SigningError> {
        let document = self.unsigned.data_model(Some(subject_id(self.unsigned.holder)));
        let options = ProofOptions {
            created: Some(self.unsigned.valid_from),
            ..ProofOptions::new(signing.cryptosuite, signing.verification_method, "assertionMethod")
        };
        Ok(add_proof(&document, &options, signing.signer, signing.contexts)?)
    }
}

impl UnsignedCredential<'_> {
    /// The registered claims of an SD-JWT VC (draft-18 §2.2.2.1).
    fn registered_claims(&self) -> Map<String, Value> {
        let StatusAddresses { token: list, index, .. } = &self.status;
        Map::from_iter([
            ("iss".to_owned(), self.issuer.into()),
            ("vct".to_owned(), self.credential_type.vct.as_str().into()),
            ("iat".to_owned(), self.valid_from.as_second().into()),
            ("nbf".to_owned(), self.valid_from.as_second().into()),
            ("exp".to_owned(), self.valid_until.as_second().into()),
            ("cnf".to_owned(), confirmation(self.holder)),
            ("status".to_owned(), token::entry(list, *index as usize)),
        ])
    }

    /// The members of the data model (VCDM 2.0 §4).
    fn data_model(&self, subject_id: Option<String>) -> Map<String, Value> {
        let StatusAddresses { revocation, suspension, index, told, .. } = &self.status;
        let index = *index as usize;
        let mut status = vec![
            bitstring::entry(revocation, StatusPurpose::Revocation, index),
            bitstring::entry(suspension, StatusPurpose::Suspension, index),
        ];
        status.extend(told.iter().cloned());
        CredentialBuilder {
            contexts: std::slice::from_ref(&self.credential_type.context_url),
            vc_type: &self.credential_type.vc_type,
            issuer: self.issuer,
            subject_id: subject_id.as_deref(),
            claims: &self.claims,
            valid_from: self.valid_from,
            valid_until: Some(self.valid_until),
            status: Some(status.into()),
        }
        .build()
    }
}

/// `cnf` (RFC 7800) with a minimal JWK.
fn confirmation(holder: &VerifiedKeyProof) -> Value {
    json!({ "jwk": Jwk::from_key(holder.key().clone()).to_value() })
}

/// `credentialSubject.id`: the DID of the key that was proved.
fn subject_id(holder: &VerifiedKeyProof) -> String {
    holder.holder().did().to_string()
}

/// Each claim, and within objects and arrays each part.
fn disclosable(root: &[PathStep], claims: &Map<String, Value>) -> Vec<ClaimPath> {
    let mut paths = Vec::new();
    for (name, value) in claims {
        let mut path = root.to_vec();
        path.push(PathStep::Name(name.clone()));
        collect_paths(path, value, &mut paths);
    }
    paths
}

fn collect_paths(path: ClaimPath, value: &Value, paths: &mut Vec<ClaimPath>) {
    let below = |step: PathStep| path.iter().cloned().chain([step]).collect::<ClaimPath>();
    match value {
        Value::Object(members) => {
            for (name, part) in members {
                collect_paths(below(PathStep::Name(name.clone())), part, paths);
            }
        }
        Value::Array(elements) => {
            for (index, part) in elements.iter().enumerate() {
                collect_paths(below(PathStep::Index(index)), part, paths);
            }
        }
        _ => {}
    }
    paths.push(path);
}

/// As many decoys as optional claims are absent: every credential of a type has the same number of digests.
fn decoys(credential_type: &CredentialType, claims: &Map<String, Value>) -> usize {
    credential_type.claims.len().saturating_sub(claims.len())
}

#[cfg(test)]
mod tests {
    use portage_catalog::Catalog;
    use portage_keys::{Algorithm, OsEntropy, SigningKey, base64url};
    use portage_oid4vci::{
        CNonce, IssuerIdentifier, KeyBindingForm, KeyProof, KeyProofExpectation, UnverifiedKeyProof,
    };

    use super::*;

    fn holder(now: Timestamp) -> VerifiedKeyProof {
        let key = SigningKey::generate(Algorithm::EdDsa, &OsEntropy);
        let issuer = IssuerIdentifier::parse("https://city.example").unwrap();
        let proof =
            KeyProof { issuer: &issuer, nonce: Some(&CNonce::new("n")), now, key: KeyBindingForm::Jwk };
        let expected = KeyProofExpectation {
            issuer: &issuer,
            algorithms: &[Algorithm::EdDsa],
            key_forms: &[KeyBindingForm::Jwk],
            now,
        };
        UnverifiedKeyProof::parse(&proof.sign(&key).unwrap()).unwrap().verify(&expected).unwrap()
    }

    #[test]
    fn no_claim_takes_the_place_of_what_the_issuer_says() {
        let now: Timestamp = "2026-01-15T00:00:00Z".parse().unwrap();
        let (catalog, contexts, holder) = (Catalog::bundled(), Contexts::bundled(), holder(now));
        let signer = SigningKey::generate(Algorithm::EdDsa, &OsEntropy);
        let signing = Signing {
            signer: &signer,
            verification_method: "did:web:city.example#key-1",
            cryptosuite: Cryptosuite::EddsaRdfc2022,
            contexts: &contexts,
            entropy: &OsEntropy,
        };
        let credential_type = catalog.credential_type("operator-card").unwrap();
        let payload = |claims: &Map<String, Value>| {
            let address = |name: &str| format!("https://city.example/status/{name}");
            let unsigned = UnsignedCredential {
                credential_type,
                format: Format::DcSdJwt,
                issuer: "did:web:city.example",
                claims: claims.clone(),
                holder: &holder,
                status: StatusAddresses {
                    revocation: address("r"),
                    suspension: address("s"),
                    token: address("t"),
                    index: 7,
                    told: Vec::new(),
                },
                valid_from: now,
                valid_until: "2027-01-15T00:00:00Z".parse().unwrap(),
            };
            // Past the check of the claims, which refuses such names.
            let text = CheckedCredential { unsigned }.sign_dc_sd_jwt(&signing).unwrap();
            let part = text.split('.').nth(1).unwrap();
            let payload: Value = serde_json::from_slice(&base64url::decode(part).unwrap()).unwrap();
            (payload, text.matches('~').count() - 1)
        };
        let honest = credential_type.example.clone();
        let mut forged = honest.clone();
        for name in ["iss", "vct", "iat", "nbf", "exp", "cnf", "status"] {
            forged.insert(name.into(), "attacker".into());
        }
        let ((honest, disclosures), (forged, of_forged)) = (payload(&honest), payload(&forged));
        for name in ["iss", "vct", "iat", "nbf", "exp", "cnf", "status"] {
            assert!(honest.get(name).is_some(), "{name}");
            assert_eq!(forged[name], honest[name], "{name}");
        }
        assert_eq!(disclosures, of_forged);
        assert_eq!(disclosures, credential_type.example.len());
    }

    #[test]
    fn each_claim_and_each_of_its_parts_is_disclosable() {
        let Value::Object(claims) = json!({ "a": 1, "b": { "c": [true, { "d": "x" }] } }) else { return };
        let shown = |paths: Vec<ClaimPath>| -> Vec<String> {
            let step = |step: &PathStep| match step {
                PathStep::Name(name) => name.clone(),
                PathStep::Index(index) => index.to_string(),
                PathStep::All => "*".to_owned(),
            };
            paths.iter().map(|path| path.iter().map(step).collect::<Vec<_>>().join("/")).collect()
        };
        assert_eq!(shown(disclosable(&[], &claims)), ["a", "b/c/0", "b/c/1/d", "b/c/1", "b/c", "b"]);
        let root = [PathStep::Name("credentialSubject".into())];
        assert_eq!(shown(disclosable(&root, &claims))[0], "credentialSubject/a");
    }

    #[test]
    fn claims_and_decoys_are_as_many_whatever_is_absent() {
        let catalog = Catalog::bundled();
        for credential_type in catalog.types() {
            let mut claims = credential_type.example.clone();
            while let Some(name) = claims.keys().next_back().cloned() {
                assert_eq!(decoys(credential_type, &claims) + claims.len(), credential_type.claims.len());
                claims.remove(&name);
            }
        }
    }
}
