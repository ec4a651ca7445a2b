//! Issuers of three tiers, a holder, an attacker, and everything they publish.

mod draft;
mod issuer;
mod presentation;
mod sources;
mod status;

use jiff::{SignedDuration, Timestamp};
use portage_catalog::{Catalog, Contexts, CredentialType, Format};
use portage_did::LoopbackOrigins;
use portage_keys::{Algorithm, SigningKey, VerificationKey};
use portage_trust::TrustList;
use portage_verification::{
    Expectations, HolderExpectation, Outcome, StatusPolicy, VerifiedCredential, begin,
};
use serde_json::{Value, json};

pub use draft::{Draft, ProofDraft, decode_jwt};
pub use issuer::TestIssuer;
pub use presentation::VpDraft;
pub use sources::{MemorySources, drive};
pub use status::{ListForm, StatusLists};

use crate::SeededEntropy;

/// The Client Identifier that presentations are made for.
pub const AUDIENCE: &str = "decentralized_identifier:did:web:market.example";
/// The nonce that presentations are made for.
pub const NONCE: &str = "q1w2e3r4t5y6u7i8o9p0";
/// The place of every credential in its status lists.
pub const STATUS_INDEX: usize = 4_242;

/// A small world at one instant.
pub struct World {
    /// Its clock.
    pub now: Timestamp,
    /// Types and purposes.
    pub catalog: Catalog,
    /// JSON-LD contexts.
    pub contexts: Contexts,
    /// Who is trusted: the three issuers, each for its type.
    pub trust: TrustList,
    /// Randomness.
    pub entropy: SeededEntropy,
    /// Issues `person`.
    pub province: TestIssuer,
    /// Issues `business-licence`.
    pub city: TestIssuer,
    /// Issues `operator-card`.
    pub federal: TestIssuer,
    /// Trusted by nobody.
    pub attacker: TestIssuer,
    /// The holder's Ed25519 key.
    pub holder: SigningKey,
    /// The holder's P-256 key.
    pub holder_p256: SigningKey,
    /// Somebody else's key.
    pub thief: SigningKey,
    /// The holder's key of P-384.
    pub holder_p384: SigningKey,
    /// What the issuers publish.
    pub sources: MemorySources,
    loopback: LoopbackOrigins,
}

impl World {
    /// The world on 15 January 2026 at noon, everything valid, nothing revoked.
    pub fn new() -> Self {
        let https = |host: &str| format!("https://{host}.example");
        Self::at(["province", "city", "federal", "attacker"].map(https).each_ref().map(String::as_str))
    }

    /// The same world with its issuers at these origins: Province, City, federal tier, attacker. Loopback origins use http.
    pub fn at(origins: [&str; 4]) -> Self {
        let entropy = SeededEntropy::new(1);
        let key = |algorithm| SigningKey::generate(algorithm, &entropy);
        let issuer = |origin: &str| TestIssuer::new(origin, &entropy);
        let [province, city, federal, attacker] = origins;
        let catalog = Catalog::bundled();
        let mut world = World {
            now: "2026-01-15T12:00:00Z".parse().unwrap(),
            contexts: catalog.contexts(),
            catalog,
            trust: TrustList::default(),
            province: issuer(province),
            city: issuer(city),
            federal: issuer(federal),
            attacker: issuer(attacker),
            holder: key(Algorithm::EdDsa),
            holder_p256: key(Algorithm::Es256),
            thief: key(Algorithm::EdDsa),
            holder_p384: SigningKey::generate(Algorithm::Es384, &SeededEntropy::new(384)),
            sources: MemorySources::default(),
            loopback: LoopbackOrigins::parse(
                origins.into_iter().filter(|origin| origin.starts_with("http:")),
            )
            .unwrap(),
            entropy,
        };
        world.trust_issuers();
        for issuer in [&world.province, &world.city, &world.federal, &world.attacker] {
            world.sources.documents.insert(issuer.did.to_string(), issuer.document_bytes());
        }
        world.publish(&StatusLists::default());
        world
    }

    /// Trusts the three issuers, by the DIDs that they have now.
    pub fn trust_issuers(&mut self) {
        self.trust = self.trust_list();
    }

    fn trust_list(&self) -> TrustList {
        let issuer = |issuer: &TestIssuer, tier: &str, name: &str| {
            let names = json!({ "en": issuer.host, "fr": issuer.host });
            json!({ "id": issuer.did.as_str(), "name": names, "tier": tier, "types": [name] })
        };
        let list = json!({ "issuers": [
            issuer(&self.province, "provincial", "person"),
            issuer(&self.city, "municipal", "business-licence"),
            issuer(&self.federal, "federal", "operator-card"),
        ], "verifiers": [] });
        TrustList::parse(list.to_string().as_bytes()).unwrap()
    }

    /// A type of the catalogue.
    pub fn credential_type(&self, id: &str) -> &CredentialType {
        self.catalog.credential_type(id).unwrap()
    }

    /// What a verifier of this world checks against.
    pub fn expectations<'w>(&'w self, holder: HolderExpectation<'w>) -> Expectations<'w> {
        Expectations {
            now: self.now,
            catalog: &self.catalog,
            contexts: &self.contexts,
            authority: &self.trust,
            loopback: &self.loopback,
            issuer_key: None,
            holder,
            query: None,
            status: StatusPolicy::Required { max_age: SignedDuration::from_secs(300) },
            format: None,
        }
    }

    /// A credential alone, looked at.
    pub fn check(&self, credential: &str) -> Outcome {
        self.run(credential, &self.expectations(HolderExpectation::NotAsked))
    }

    /// A presentation for [`AUDIENCE`] and [`NONCE`].
    pub fn check_presented(&self, presentation: &str) -> Outcome {
        self.run(presentation, &self.expectations(PRESENTED))
    }

    /// A credential just issued to the holder's keys.
    pub fn check_issued(&self, credential: &str, keys: &[VerificationKey]) -> Outcome {
        self.run(credential, &self.expectations(HolderExpectation::IssuedTo(keys)))
    }

    /// Any check.
    pub fn run(&self, input: &str, expectations: &Expectations<'_>) -> Outcome {
        drive(begin(input.as_bytes(), expectations), expectations, &self.sources)
    }

    /// The issuer of a type in this world.
    pub fn issuer_of(&self, type_id: &str) -> &TestIssuer {
        match type_id {
            "person" => &self.province,
            "business-licence" => &self.city,
            _ => &self.federal,
        }
    }

    /// The four formats, with a type of the issuer that signs it.
    pub const EVERY_FORMAT: [(Format, &'static str); 4] = [
        (Format::DcSdJwt, "person"),
        (Format::VcSdJwt, "business-licence"),
        (Format::VcJwt, "business-licence"),
        (Format::LdpVc, "operator-card"),
    ];
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// The session of [`AUDIENCE`] and [`NONCE`].
pub const PRESENTED: HolderExpectation<'static> =
    HolderExpectation::Presented { audience: AUDIENCE, nonce: NONCE };

/// The one credential of an accepted outcome.
pub fn accepted(outcome: Outcome) -> VerifiedCredential {
    match outcome.decision {
        portage_verification::Decision::Accepted(mut credentials) if credentials.len() == 1 => {
            credentials.remove(0)
        }
        decision => panic!("not one accepted credential: {} {:?}", decision.name(), decision.reasons()),
    }
}

/// `decision reason reason…` of an outcome, as tests compare it.
pub fn verdict(outcome: &Outcome) -> String {
    let reasons = outcome.decision.reasons().iter().map(|reason| format!(" {reason}"));
    format!("{}{}", outcome.decision.name(), reasons.collect::<String>())
}

/// A JSON object out of `json!`.
pub fn object(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => panic!("not an object"),
    }
}
