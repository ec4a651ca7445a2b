use std::sync::{Arc, Mutex};

use jiff::ToSpan as _;
use portage_federation::{
    EntityConfiguration, FEDERATION_ENTITY, FederationKeys, Metadata, PURPOSES_ENDPOINT,
};
use portage_keys::{Algorithm, Signer as _, SigningKey};
use portage_storage::KeyFolder;
use portage_testkit::{SeededEntropy, world::MemorySources};
use serde_json::{Value, json};

use super::*;

const REGISTRY: &str = "https://registry.example";
const PURPOSE: &str = "age-restricted-sale";

fn key() -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[3; 32]).unwrap()
}

fn keys() -> FederationKeys {
    FederationKeys::of([key().verification_key().clone()])
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn id() -> PurposeId {
    PurposeId(PURPOSE.to_owned())
}

/// A market below a registry, and a clock that a test moves.
struct Scene {
    _folder: tempfile::TempDir,
    catalog: Catalog,
    member: FederationMember,
    now: Arc<Mutex<Timestamp>>,
    clock: Clock,
    statements: CarriedStatements,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = "https://market.example".parse().unwrap();
        let registry = EntityId::parse(REGISTRY).unwrap();
        let keys_folder = KeyFolder::at(folder.path().join("keys"));
        let member = FederationMember::open(&url, &[registry], &keys_folder, &SeededEntropy::new(3));
        let now = Arc::new(Mutex::new(at(0)));
        let shown = now.clone();
        Scene {
            _folder: folder,
            catalog: Catalog::bundled(),
            member: member.unwrap().unwrap(),
            now,
            clock: Clock::from_fn(move || *shown.lock().unwrap()),
            statements: CarriedStatements::default(),
        }
    }

    fn purpose(&self) -> Value {
        serde_json::to_value(self.catalog.purpose(&id()).unwrap()).unwrap()
    }

    /// What the registry answers now: it lets the market ask for these, for 100 s.
    fn registry(&self, purposes: &[Value]) -> MemorySources {
        let (now, end) = (self.clock.now(), self.clock.now() + 100.seconds());
        let registry = EntityId::parse(REGISTRY).unwrap();
        let mut own = EntityConfiguration::new(registry.clone(), keys(), now, end);
        let endpoint = json!(format!("{REGISTRY}/purposes"));
        own.metadata = Metadata::new().with(FEDERATION_ENTITY, [(PURPOSES_ENDPOINT, endpoint)]);
        let sign = |purpose: &Value| {
            let statement = PurposeStatement {
                issuer: registry.clone(),
                subject: self.member.id().clone(),
                issued_at: now,
                expires_at: end,
                purpose: purpose.clone(),
                log_evidence: None,
            };
            statement.sign(&keys(), &key()).unwrap()
        };
        let listed: Value = purposes.iter().map(sign).collect();
        let mut sources = MemorySources::default();
        let address = format!("{REGISTRY}/.well-known/openid-federation");
        sources.documents.insert(address, own.sign(&key()).unwrap().into_bytes());
        let address = format!("{REGISTRY}/purposes?sub=https%3A%2F%2Fmarket.example");
        sources.documents.insert(address, listed.to_string().into_bytes());
        sources
    }

    async fn renew(&self, sources: &MemorySources) {
        let renewal = PurposeRenewal {
            statements: self.statements.clone(),
            catalog: &self.catalog,
            member: Some(&self.member),
            sources,
            clock: &self.clock,
        };
        renewal.renew().await;
    }

    fn wait_until(&self, second: i64) {
        *self.now.lock().unwrap() = at(second);
    }

    fn is_carried(&self) -> bool {
        self.statements.statement(&id(), self.clock.now()).is_some()
    }
}

#[tokio::test]
async fn a_running_service_renews_its_statements_and_one_that_was_withdrawn_ends() {
    let scene = Scene::new();
    scene.renew(&scene.registry(&[])).await;
    assert!(!scene.is_carried(), "nothing is registered");
    scene.renew(&scene.registry(&[scene.purpose()])).await;
    assert!(scene.is_carried(), "registered meanwhile: found without a new start");
    assert_eq!(scene.statements.renewal_due(), at(50));

    // Before it is due nobody is asked.
    let registry = scene.registry(&[scene.purpose()]);
    scene.wait_until(49);
    scene.renew(&registry).await;
    assert!(registry.take_asked().is_empty());

    scene.wait_until(60);
    scene.renew(&MemorySources::default()).await;
    assert!(scene.is_carried(), "the registry does not answer: the old one is good until its end");
    scene.renew(&scene.registry(&[scene.purpose()])).await;
    assert_eq!(scene.statements.renewal_due(), at(110));

    // Withdrawn: the last statement is carried until it ends, and no longer.
    scene.wait_until(120);
    scene.renew(&scene.registry(&[])).await;
    assert!(scene.is_carried(), "at the latest until its end");
    scene.wait_until(160);
    scene.renew(&scene.registry(&[])).await;
    assert!(!scene.is_carried());
    assert_eq!(scene.statements.to_value(at(160))[PURPOSE]["state"], "over");
    scene.renew(&scene.registry(&[scene.purpose()])).await;
    assert!(scene.is_carried(), "the twin: registered again");
}

#[tokio::test]
async fn a_statement_of_other_words_than_the_services_own_is_not_carried() {
    let scene = Scene::new();
    let mut longer = scene.purpose();
    longer["retention_days"] = json!(90);
    let mut unknown = scene.purpose();
    unknown["id"] = json!("no-purpose-of-the-service");
    scene.renew(&scene.registry(&[longer, unknown])).await;
    assert!(!scene.is_carried() && scene.statements.carrying(at(0)).is_empty());
    scene.renew(&scene.registry(&[scene.purpose()])).await;
    assert!(scene.is_carried());
}
