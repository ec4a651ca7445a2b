use std::sync::{Arc, Mutex};

use jiff::ToSpan as _;
use portage_federation::{
    EntityConfiguration, EntityId, FEDERATION_ENTITY, FederationKeys, Jurisdiction, MemoryLog, Metadata,
    OPENID_CREDENTIAL_VERIFIER, Rights, Role, SubordinateStatement, TrustAnchor,
};
use portage_keys::{Algorithm, Signer as _, SigningKey};
use portage_storage::KeyFolder;
use portage_testkit::{SeededEntropy, world::MemorySources};
use serde_json::json;

use super::*;

const REGISTRY: &str = "https://registry.example";

fn key() -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[3; 32]).unwrap()
}

fn keys() -> FederationKeys {
    FederationKeys::of([key().verification_key().clone()])
}

fn log() -> MemoryLog {
    MemoryLog::new(&EntityId::parse(REGISTRY).unwrap(), key()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A market below a registry that is pinned, and a clock that a test moves.
struct Scene {
    folder: tempfile::TempDir,
    member: FederationMember,
    anchors: TrustAnchors,
    loopback: LoopbackOrigins,
    now: Arc<Mutex<Timestamp>>,
    clock: Clock,
    chain: CarriedChain,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = "https://market.example".parse().unwrap();
        let registry = EntityId::parse(REGISTRY).unwrap();
        let keys_folder = KeyFolder::at(folder.path().join("keys"));
        let entropy = SeededEntropy::new(3);
        let member = FederationMember::open(&url, std::slice::from_ref(&registry), &keys_folder, &entropy)
            .unwrap()
            .unwrap();
        let member = member.being(OPENID_CREDENTIAL_VERIFIER, &json!({}));
        let rights = Rights::all_in(Jurisdiction::parse("CA-BC").unwrap());
        let log = Some(log().address().clone());
        let anchor = TrustAnchor { id: registry, keys: keys(), name: None, rights, log };
        let now = Arc::new(Mutex::new(at(0)));
        let shown = now.clone();
        Scene {
            folder,
            member,
            anchors: TrustAnchors::from_iter([anchor]),
            loopback: LoopbackOrigins::default(),
            now,
            clock: Clock::from_fn(move || *shown.lock().unwrap()),
            chain: CarriedChain::default(),
        }
    }

    /// What the registry answers: statements that live 100 s.
    fn registry(&self) -> MemorySources {
        let now = self.clock.now();
        let end = now + 100.seconds();
        let registry = EntityId::parse(REGISTRY).unwrap();
        let mut own = EntityConfiguration::new(registry.clone(), keys(), now, end);
        let fetch = json!(format!("{REGISTRY}/fetch"));
        own.metadata = Metadata::new().with(FEDERATION_ENTITY, [("federation_fetch_endpoint", fetch)]);
        let compact = self.member.entity_configuration(now).unwrap();
        let read = portage_federation::UnverifiedStatement::parse(&compact).unwrap();
        let keys_of_market = read.unverified().keys().clone();
        let mut said =
            SubordinateStatement::new(registry, self.member.id().clone(), keys_of_market, now, end);
        said.rights =
            Some(Rights::none_in(Jurisdiction::parse("CA-BC").unwrap()).acting_as([Role::Verifier]));
        log().publish(&mut said).unwrap();
        let mut sources = MemorySources::default();
        let address = format!("{REGISTRY}/.well-known/openid-federation");
        sources.documents.insert(address, own.sign(&key()).unwrap().into_bytes());
        let address = format!("{REGISTRY}/fetch?sub=https%3A%2F%2Fmarket.example");
        sources.documents.insert(address, said.sign(&keys(), &key()).unwrap().into_bytes());
        sources
    }

    async fn renew(&self, sources: &MemorySources) {
        let renewal = Renewal {
            chain: self.chain.clone(),
            dir: self.folder.path(),
            member: Some(&self.member),
            anchors: &self.anchors,
            loopback: &self.loopback,
            sources,
            clock: &self.clock,
        };
        renewal.renew().await;
    }

    fn wait_until(&self, second: i64) {
        *self.now.lock().unwrap() = at(second);
    }

    fn carried(&self) -> usize {
        self.chain.statements(self.clock.now()).len()
    }
}

#[tokio::test]
async fn the_chain_is_renewed_half_way_and_the_old_one_is_carried_until_it_ends() {
    let scene = Scene::new();
    let nobody = MemorySources::default();
    scene.renew(&nobody).await;
    assert_eq!(scene.carried(), 0);
    let registry = scene.registry();
    scene.renew(&registry).await;
    assert_eq!(scene.carried(), 3, "its own, the registry's about it, the registry's own");
    assert_eq!(scene.chain.renewal_due(), at(50));

    // Before it is due nobody is asked.
    registry.take_asked();
    scene.wait_until(49);
    scene.renew(&registry).await;
    assert!(registry.take_asked().is_empty());

    // The registry does not answer: the old one is good until its end.
    scene.wait_until(60);
    scene.renew(&nobody).await;
    assert_eq!((scene.carried(), scene.chain.renewal_due()), (3, at(50)));
    scene.wait_until(100);
    scene.renew(&nobody).await;
    assert_eq!(scene.carried(), 0, "over: none is carried");
    assert_eq!(scene.chain.carrying(at(100)), Carrying::Over { since: at(100) });

    // It answers again.
    scene.renew(&scene.registry()).await;
    assert_eq!((scene.carried(), scene.chain.renewal_due()), (3, at(150)));
}

#[tokio::test]
async fn a_chain_that_does_not_hold_up_to_a_pinned_anchor_is_not_taken() {
    let mut scene = Scene::new();
    let registry = scene.registry();
    let pinned = std::mem::take(&mut scene.anchors);
    scene.renew(&registry).await;
    assert!(registry.take_asked().is_empty(), "nobody is pinned: nobody is asked");
    let other = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[4; 32]).unwrap();
    let other_key = |anchor: &TrustAnchor| TrustAnchor {
        keys: FederationKeys::of([other.verification_key().clone()]),
        ..anchor.clone()
    };
    scene.anchors = pinned.iter().map(other_key).collect();
    scene.renew(&registry).await;
    assert_eq!(scene.carried(), 0);
    scene.anchors = pinned;
    scene.renew(&registry).await;
    assert_eq!(scene.carried(), 3);
}

#[tokio::test]
async fn a_file_that_an_operator_replaced_is_taken_when_it_lasts_longer() {
    let scene = Scene::new();
    scene.renew(&scene.registry()).await;
    let old = scene.chain.statements(at(0));
    scene.wait_until(60);
    let file = scene.folder.path().join("trust-chain.json");
    let nobody = MemorySources::default();
    std::fs::write(&file, json!(old).to_string()).unwrap();
    scene.renew(&nobody).await;
    assert_eq!(scene.chain.renewal_due(), at(50), "no later than what is there");
    std::fs::write(&file, "nothing").unwrap();
    scene.renew(&nobody).await;
    assert_eq!(scene.carried(), 3, "a file that is no chain harms nothing");
    let other = Scene { now: scene.now.clone(), clock: scene.clock.clone(), ..Scene::new() };
    other.renew(&other.registry()).await;
    std::fs::write(&file, json!(other.chain.statements(at(60))).to_string()).unwrap();
    scene.renew(&nobody).await;
    assert_eq!((scene.carried(), scene.chain.renewal_due()), (3, at(110)));
}
