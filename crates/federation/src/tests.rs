use portage_keys::{Algorithm, Signer, SigningKey};

use crate::{EntityId, FederationKeys};

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
