use portage_did::{Did, DidDocument, Relationship, did_web};
use portage_keys::{Algorithm, Entropy, Signer, SigningKey};
use url::Url;

use crate::SeededEntropy;

/// An issuer: a did:web and its keys.
pub struct TestIssuer {
    /// Its host.
    pub host: String,
    /// Where its service is: `https://<host>`, or a loopback origin.
    pub origin: Url,
    /// The did:web of the origin.
    pub did: Did,
    /// `#key-1`, Ed25519, for assertions.
    pub key: SigningKey,
    /// `#key-2`, P-256, for assertions.
    pub key_p256: SigningKey,
    /// `#key-3`, Ed25519, for authentication alone.
    pub authentication_key: SigningKey,
    /// `#key-4`, P-384, for assertions.
    pub key_p384: SigningKey,
}

impl TestIssuer {
    pub(super) fn new(origin: &str, entropy: &dyn Entropy) -> Self {
        let origin: Url = origin.parse().unwrap();
        TestIssuer {
            host: origin.host_str().unwrap().to_owned(),
            did: did_web(&origin).unwrap(),
            key: SigningKey::generate(Algorithm::EdDsa, entropy),
            key_p256: SigningKey::generate(Algorithm::Es256, entropy),
            authentication_key: SigningKey::generate(Algorithm::EdDsa, entropy),
            // From a generator of its own, so that what the others draw stays what it was.
            key_p384: SigningKey::generate(Algorithm::Es384, &SeededEntropy::new(seed_of(origin.as_str()))),
            origin,
        }
    }

    /// Its key for assertions of this algorithm, and the fragment of its DID URL.
    pub fn signing_key(&self, algorithm: Algorithm) -> (&SigningKey, &'static str) {
        match algorithm {
            Algorithm::EdDsa => (&self.key, "key-1"),
            Algorithm::Es256 => (&self.key_p256, "key-2"),
            Algorithm::Es384 => (&self.key_p384, "key-4"),
        }
    }

    /// The DID URL of one of its keys.
    pub fn method(&self, fragment: &str) -> String {
        format!("{}#{fragment}", self.did)
    }

    /// Its document.
    pub fn document(&self) -> DidDocument {
        let assertion: &[Relationship] = &[Relationship::AssertionMethod];
        let authentication: &[Relationship] = &[Relationship::Authentication];
        DidDocument::of_keys(
            &self.did,
            &[
                ("key-1", self.key.verification_key(), assertion),
                ("key-2", self.key_p256.verification_key(), assertion),
                ("key-3", self.authentication_key.verification_key(), authentication),
                ("key-4", self.key_p384.verification_key(), assertion),
            ],
        )
    }

    /// The bytes it publishes.
    pub fn document_bytes(&self) -> Vec<u8> {
        self.document().to_value().to_string().into_bytes()
    }

    /// An address of its service.
    pub fn url(&self, path: &str) -> String {
        self.origin.join(path).unwrap().into()
    }
}

fn seed_of(text: &str) -> u64 {
    text.bytes().fold(384, |seed, byte| seed.wrapping_mul(257).wrapping_add(byte.into()))
}
