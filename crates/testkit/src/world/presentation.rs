use jiff::SignedDuration;
use portage_catalog::Format;
use portage_data_integrity::Cryptosuite;
use portage_did::did_key;
use portage_jose::Header;
use portage_keys::{Signer, SigningKey, base64url, digest::sha256};
use portage_sd_jwt::{ClaimPath, PathStep, UnverifiedSdJwt};
use portage_vc::Presentation;
use serde_json::{Map, Value, json};

use super::{AUDIENCE, NONCE, ProofDraft, World, draft};

/// A presentation with everything in place and nothing signed: `vp+jwt` when its header has a `typ`, else a document with a proof.
#[derive(Clone)]
pub struct VpDraft {
    /// Members of the JOSE header; empty for a document.
    pub header: Map<String, Value>,
    /// The payload, or the document without its proof.
    pub claims: Map<String, Value>,
    /// The Data Integrity proof.
    pub proof: ProofDraft,
}

impl World {
    /// Presents a credential with the holder's usual key for [`AUDIENCE`] and [`NONCE`]; SD-JWTs disclose everything.
    pub fn present(&self, credential: &str, format: Format) -> String {
        let holder = self.holder_key(format);
        match format {
            Format::DcSdJwt | Format::VcSdJwt => self.bind(credential, holder),
            _ => self.sign_vp(&self.vp_draft(&[credential], format, holder), holder),
        }
    }

    /// Appends a key binding.
    pub fn bind(&self, sd_jwt: &str, holder: &dyn Signer) -> String {
        let claims = self.key_binding_claims(sd_jwt);
        self.bind_with(sd_jwt, Header::new("kb+jwt"), &claims, holder)
    }

    /// The claims of a key binding over `sd_jwt`, which ends with `~`.
    pub fn key_binding_claims(&self, sd_jwt: &str) -> Map<String, Value> {
        super::object(json!({
            "iat": self.now.as_second(),
            "aud": AUDIENCE,
            "nonce": NONCE,
            "sd_hash": base64url::encode(&sha256(sd_jwt.as_bytes())),
        }))
    }

    /// Appends a key binding of the test's own making.
    pub fn bind_with(
        &self,
        sd_jwt: &str,
        header: Header,
        claims: &Map<String, Value>,
        holder: &dyn Signer,
    ) -> String {
        format!("{sd_jwt}{}", portage_jose::sign(header, claims, holder).unwrap())
    }

    /// Keeps the disclosures of these claims: names at the root (`dc+sd-jwt`), or of the subject (`vc+sd-jwt`).
    pub fn select(&self, sd_jwt: &str, issuer: &SigningKey, names: &[&str]) -> String {
        let verified = UnverifiedSdJwt::parse(sd_jwt).unwrap();
        let verified = verified.verify(issuer.verification_key(), &["dc+sd-jwt", "vc+sd-jwt"]).unwrap();
        let paths: Vec<ClaimPath> = names
            .iter()
            .map(|name| name.split('.').map(|step| PathStep::Name(step.to_owned())).collect())
            .collect();
        portage_sd_jwt::select(&verified, &paths).into_string()
    }

    /// A presentation of these credentials, `vc+jwt` enveloped or `ldp_vc` embedded.
    pub fn vp_draft(&self, credentials: &[&str], format: Format, holder: &SigningKey) -> VpDraft {
        let (did, method) = did_key(holder.verification_key());
        let enveloped = format != Format::LdpVc;
        let entry = |credential: &&str| match enveloped {
            true => Presentation::enveloped(&format!("application/{}", format.name()), credential),
            false => serde_json::from_str(credential).unwrap(),
        };
        let mut claims = Presentation::build(Some(did.as_str()), credentials.iter().map(entry).collect());
        let mut header = Map::new();
        if enveloped {
            header = super::object(json!({ "typ": "vp+jwt", "kid": method.to_string() }));
            claims.extend(super::object(
                json!({ "aud": AUDIENCE, "nonce": NONCE, "iat": self.now.as_second() }),
            ));
        }
        let proof = ProofDraft {
            cryptosuite: Cryptosuite::EddsaRdfc2022,
            verification_method: method.to_string(),
            purpose: "authentication".into(),
            created: Some(self.now - SignedDuration::from_secs(1)),
            expires: None,
            domain: vec![AUDIENCE.into()],
            challenge: Some(NONCE.into()),
        };
        VpDraft { header, claims, proof }
    }

    /// Signs a presentation.
    pub fn sign_vp(&self, draft: &VpDraft, holder: &dyn Signer) -> String {
        if draft.header.is_empty() {
            Value::Object(self.prove(&draft.claims, &draft.proof, holder)).to_string()
        } else {
            portage_jose::sign(draft::header(&draft.header), &draft.claims, holder).unwrap()
        }
    }
}
