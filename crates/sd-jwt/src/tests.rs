//! What the tests share: fixed keys, seeded salts, and a forger who can sign whatever he likes as the issuer.

mod disclosures;
mod key_binding;
mod properties;
mod selecting;
mod vc;

use std::sync::atomic::{AtomicU64, Ordering};

use portage_jose::{Header, Jwk};
use portage_keys::{Algorithm, Entropy, Signer, SigningKey, base64url, digest::HashAlgorithm};
use portage_reason::Reason;
use serde_json::{Map, Value, json};

use crate::{
    ClaimPath, PathStep, SdJwtBuilder, SdJwtError, UnverifiedSdJwt, VerifiedSdJwt, issue,
    processing::digest_text,
};

const TYP: &[&str] = &["dc+sd-jwt"];

fn issuer() -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[7; 32]).expect("a key")
}

fn holder() -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::Es256, &[9; 32]).expect("a key")
}

fn cnf(key: &SigningKey) -> Value {
    json!({ "jwk": Jwk::from_key(key.verification_key().clone()).to_value() })
}

/// Different bytes each time, the same in each run.
#[derive(Default)]
struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let block = HashAlgorithm::Sha256.digest(&count.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => panic!("not an object"),
    }
}

/// A path of names.
fn names(path: &[&str]) -> ClaimPath {
    path.iter().map(|name| PathStep::Name((*name).to_owned())).collect()
}

/// Issues with the members of the root that are named made disclosable.
fn issued(claims: Value, disclosable: &[ClaimPath]) -> String {
    let builder = SdJwtBuilder {
        claims: object(claims),
        disclosable: disclosable.to_vec(),
        decoys: 0,
        decoys_at: vec![],
    };
    issue(&builder, Header::new("dc+sd-jwt"), &issuer(), &Seeded::default()).expect("issued")
}

/// Signs any payload as the issuer and appends any disclosures.
fn forged(payload: Value, disclosures: &[&str]) -> String {
    let jwt = portage_jose::sign(Header::new("dc+sd-jwt"), &object(payload), &issuer()).expect("signed");
    let mut text = jwt + "~";
    for disclosure in disclosures {
        text += disclosure;
        text += "~";
    }
    text
}

/// The base64url text of a disclosure, whatever it holds.
fn disclosure(content: Value) -> String {
    base64url::encode(content.to_string().as_bytes())
}

fn digest(disclosure: &str) -> String {
    digest_text(HashAlgorithm::Sha256, disclosure)
}

fn verify(text: &str) -> Result<VerifiedSdJwt, SdJwtError> {
    UnverifiedSdJwt::parse(text)?.verify(issuer().verification_key(), TYP)
}

fn accepted(text: &str) -> VerifiedSdJwt {
    verify(text).expect("accepted")
}

fn claims_of(text: &str) -> Value {
    Value::Object(accepted(text).claims().clone())
}

fn refused(text: &str) -> Reason {
    verify(text).expect_err("refused").reason()
}
