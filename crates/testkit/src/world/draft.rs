use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use portage_catalog::Format;
use portage_data_integrity::{Cryptosuite, ProofOptions, add_proof};
use portage_did::did_key;
use portage_jose::{Header, Jwk};
use portage_keys::{Signer, VerificationKey, base64url};
use portage_sd_jwt::{ClaimPath, PathStep, SdJwtBuilder};
use portage_status_list::{bitstring, token};
use portage_vc::CredentialBuilder;
use serde_json::{Map, Value, json};

use super::{STATUS_INDEX, TestIssuer, World};

/// A credential with everything in place and nothing signed.
#[derive(Clone)]
pub struct Draft {
    /// Its format.
    pub format: Format,
    /// Members of the JOSE header, `alg` excepted.
    pub header: Map<String, Value>,
    /// The payload, or the document without its proof.
    pub claims: Map<String, Value>,
    /// What is selectively disclosable.
    pub disclosable: Vec<ClaimPath>,
    /// The Data Integrity proof.
    pub proof: ProofDraft,
}

/// The proof to add.
#[derive(Clone)]
pub struct ProofDraft {
    /// The suite.
    pub cryptosuite: Cryptosuite,
    /// `verificationMethod`.
    pub verification_method: String,
    /// `proofPurpose`.
    pub purpose: String,
    /// `created`.
    pub created: Option<Timestamp>,
    /// `expires`.
    pub expires: Option<Timestamp>,
    /// `domain`.
    pub domain: Vec<String>,
    /// `challenge`.
    pub challenge: Option<String>,
}

impl World {
    /// A credential of the type, as its issuer in this world would make it for this holder's key.
    pub fn draft(&self, type_id: &str, format: Format, holder: &VerificationKey) -> Draft {
        let issuer = self.issuer_of(type_id);
        let kid = issuer.method("key-1");
        let claims = match format {
            Format::DcSdJwt => self.sd_jwt_vc(issuer, type_id, holder),
            _ => self.vcdm(issuer, type_id, format, holder),
        };
        let typ = if format == Format::VcJwt { "vc+jwt" } else { format.name() };
        Draft {
            format,
            header: super::object(json!({ "typ": typ, "kid": kid })),
            disclosable: self.disclosable(type_id, format),
            proof: ProofDraft {
                cryptosuite: Cryptosuite::EddsaRdfc2022,
                verification_method: kid,
                purpose: "assertionMethod".into(),
                created: Some(self.now - SignedDuration::from_hours(24)),
                expires: None,
                domain: Vec::new(),
                challenge: None,
            },
            claims,
        }
    }

    /// The draft for the holder's usual key, signed with the issuer's usual one.
    pub fn issue(&self, type_id: &str, format: Format) -> String {
        self.sign(
            &self.draft(type_id, format, self.holder_key(format).verification_key()),
            &self.issuer_of(type_id).key,
        )
    }

    /// The key the holder uses for a format: P-256 for SD-JWT, Ed25519 else.
    pub fn holder_key(&self, format: Format) -> &portage_keys::SigningKey {
        if format.is_selective() { &self.holder_p256 } else { &self.holder }
    }

    /// The claims of the type's example, derived ones included.
    pub fn example_claims(&self, type_id: &str) -> Map<String, Value> {
        let credential_type = self.credential_type(type_id);
        let today = TimeZone::UTC.to_datetime(self.now).date();
        credential_type.with_derived(&credential_type.example, today).unwrap()
    }

    fn sd_jwt_vc(&self, issuer: &TestIssuer, type_id: &str, holder: &VerificationKey) -> Map<String, Value> {
        let issued = self.now - SignedDuration::from_hours(24);
        let mut claims = super::object(json!({
            "iss": issuer.did.as_str(),
            "vct": self.credential_type(type_id).vct,
            "iat": issued.as_second(),
            "exp": (self.now + SignedDuration::from_hours(24 * 300)).as_second(),
            "cnf": { "jwk": Jwk::from_key(holder.clone()).to_value() },
            "status": token::entry(&issuer.url("/status/token"), STATUS_INDEX),
        }));
        claims.extend(self.example_claims(type_id));
        claims
    }

    fn vcdm(
        &self,
        issuer: &TestIssuer,
        type_id: &str,
        format: Format,
        holder: &VerificationKey,
    ) -> Map<String, Value> {
        let credential_type = self.credential_type(type_id);
        let subject = did_key(holder).0.to_string();
        let entry = |purpose: bitstring::StatusPurpose| {
            bitstring::entry(&issuer.url(&format!("/status/{}", purpose.name())), purpose, STATUS_INDEX)
        };
        let builder = CredentialBuilder {
            contexts: std::slice::from_ref(&credential_type.context_url),
            vc_type: &credential_type.vc_type,
            issuer: issuer.did.as_str(),
            subject_id: (format != Format::VcSdJwt).then_some(subject.as_str()),
            claims: &self.example_claims(type_id),
            valid_from: self.now - SignedDuration::from_hours(24),
            valid_until: Some(self.now + SignedDuration::from_hours(24 * 300)),
            status: Some(json!([
                entry(bitstring::StatusPurpose::Revocation),
                entry(bitstring::StatusPurpose::Suspension)
            ])),
        };
        let mut document = builder.build();
        if format != Format::LdpVc {
            document.insert("cnf".into(), json!({ "jwk": Jwk::from_key(holder.clone()).to_value() }));
        }
        document
    }

    fn disclosable(&self, type_id: &str, format: Format) -> Vec<ClaimPath> {
        let names = self.example_claims(type_id);
        let name = |name: &String| PathStep::Name(name.clone());
        match format {
            Format::DcSdJwt => names.keys().map(|claim| vec![name(claim)]).collect(),
            Format::VcSdJwt => names
                .keys()
                .map(|claim| vec![PathStep::Name("credentialSubject".into()), name(claim)])
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Signs a draft.
    pub fn sign(&self, draft: &Draft, signer: &dyn Signer) -> String {
        match draft.format {
            Format::DcSdJwt | Format::VcSdJwt => {
                let builder = SdJwtBuilder {
                    claims: draft.claims.clone(),
                    disclosable: draft.disclosable.clone(),
                    decoys: 2,
                    decoys_at: Vec::new(),
                };
                portage_sd_jwt::issue(&builder, header(&draft.header), signer, &self.entropy).unwrap()
            }
            Format::VcJwt => portage_jose::sign(header(&draft.header), &draft.claims, signer).unwrap(),
            Format::LdpVc => Value::Object(self.prove(&draft.claims, &draft.proof, signer)).to_string(),
        }
    }

    /// Adds a proof to a document.
    pub fn prove(
        &self,
        document: &Map<String, Value>,
        proof: &ProofDraft,
        signer: &dyn Signer,
    ) -> Map<String, Value> {
        let domain: Vec<&str> = proof.domain.iter().map(String::as_str).collect();
        let options = ProofOptions {
            created: proof.created,
            expires: proof.expires,
            domain: &domain,
            challenge: proof.challenge.as_deref(),
            ..ProofOptions::new(proof.cryptosuite, &proof.verification_method, &proof.purpose)
        };
        add_proof(document, &options, signer, &self.contexts).unwrap()
    }
}

/// A header with exactly these members beside `alg`.
pub(super) fn header(members: &Map<String, Value>) -> Header {
    let typ = members.get("typ").and_then(Value::as_str).unwrap_or_default();
    members.iter().fold(Header::new(typ), |header, (name, value)| header.with(name, value.clone()))
}

/// Header and payload of a compact JWS, unverified.
pub fn decode_jwt(compact: &str) -> (Value, Value) {
    let mut parts = compact.split('.').map(|part| base64url::decode(part).unwrap_or_default());
    let mut next = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (next(), next())
}
