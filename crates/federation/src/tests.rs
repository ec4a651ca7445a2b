use portage_keys::{Algorithm, Signer, SigningKey};
use serde_json::Value;

use crate::{EntityId, FederationKeys};

/// A JSON file of the published vectors, which stand beside the project; without it the test says so and passes.
pub(crate) fn vectors(path: &str) -> Option<Value> {
    let file = format!("{}/../../../shared/vectors/openid-federation-1.0/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).ok();
    if text.is_none() {
        println!("left out: {file} is not there");
    }
    text.map(|text| serde_json::from_str(&text).unwrap())
}

/// The key of this number.
pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[number; 32]).unwrap()
}

pub(crate) fn keys(number: u8) -> FederationKeys {
    FederationKeys::of([key(number).verification_key().clone()])
}

pub(crate) fn id(text: &str) -> EntityId {
    EntityId::parse(text).unwrap()
}

pub(crate) fn now() -> jiff::Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}
