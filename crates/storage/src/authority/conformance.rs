//! What every registry must do. One suite, every back end.

use portage_authority::{
    Kept, NewEntry, OwnKeys, Proves, Recorded, Recording, RegisteredPurpose, Registration, RegistryStore,
    Standing,
};
use portage_catalog::Text;
use portage_federation::{EntityId, FederationKeys, Jurisdiction, MemoryLog, Rights, Role};
use portage_keys::{Algorithm, Signer, SigningKey};
use portage_transparency_log::{Checkpoint, MemoryTree, NoteSigner};
use serde_json::json;

use super::{MemoryRegistry, SqliteRegistry};

fn id(name: &str) -> EntityId {
    EntityId::parse(&format!("https://{name}.example")).unwrap()
}

fn registration(name: &str) -> Registration {
    let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[7; 32]).unwrap();
    let rights = Rights::none_in(Jurisdiction::parse("CA-BC").unwrap()).acting_as([Role::Issuer]);
    Registration {
        id: id(name),
        name: Text { en: "City".into(), fr: "Ville".into() },
        keys: FederationKeys::of([key.verification_key().clone()]),
        rights: rights.issuing(["business-licence"]).unwrap().identified_by("did:web:city.example").unwrap(),
        log: Some(MemoryLog::new(&id(name), key).unwrap().address().clone()),
        standing: Standing::Active,
        purposes: Vec::new(),
        marks: Vec::new(),
        rights_entry: None,
    }
}

fn recording(version: u32, registration: Registration, proves: Proves) -> Recording {
    let bytes = format!("entry after {version}").into_bytes();
    Recording { version, registration, entries: vec![NewEntry { bytes, proves }] }
}

async fn a_change_is_based_on_what_is_there(store: &impl RegistryStore) {
    assert_eq!(store.registration(&id("city")).await, Ok(None));
    let first = recording(0, registration("city"), Proves::Rights);
    assert_eq!(store.record(first.clone()).await, Ok(Recorded::Done));
    assert_eq!(store.record(first).await, Ok(Recorded::Overtaken), "it is at version 1 now");

    let kept = store.registration(&id("city")).await.unwrap().unwrap();
    let expected = Registration { rights_entry: Some(0), ..registration("city") };
    assert_eq!(kept, Kept { version: 1, registration: expected });

    let mut suspended = kept.registration;
    suspended.standing = Standing::Suspended {
        since: "2026-06-01T00:00:00Z".parse().unwrap(),
        why: Text { en: "Why".into(), fr: "Pourquoi".into() },
    };
    assert_eq!(store.record(recording(1, suspended.clone(), Proves::Nothing)).await, Ok(Recorded::Done));
    let kept = store.registration(&id("city")).await.unwrap().unwrap();
    assert_eq!((kept.version, &kept.registration), (2, &suspended), "its rights stand where they stood");

    let later = recording(7, registration("town"), Proves::Rights);
    assert_eq!(store.record(later).await, Ok(Recorded::Overtaken), "it never was at version 7");
    assert_eq!(store.registration(&id("town")).await, Ok(None));
}

async fn purposes_note_their_place_and_all_are_listed_by_id(store: &impl RegistryStore) {
    for name in ["b", "a", "c"] {
        store.record(recording(0, registration(name), Proves::Rights)).await.unwrap();
    }
    let mut asks = store.registration(&id("a")).await.unwrap().unwrap().registration;
    for name in ["one", "two"] {
        let purpose = json!({ "id": name, "query": { "credentials": [] } });
        asks.purposes.push(RegisteredPurpose { id: name.into(), purpose, entry: None });
    }
    store.record(recording(1, asks, Proves::Purpose("two".into()))).await.unwrap();
    let all = store.registrations().await.unwrap();
    assert_eq!(all.iter().map(|one| one.id.clone()).collect::<Vec<_>>(), [id("a"), id("b"), id("c")]);
    let places: Vec<_> = all[0].purposes.iter().map(|purpose| purpose.entry).collect();
    assert_eq!((all[0].rights_entry, places), (Some(1), vec![None, Some(3)]));
}

async fn an_entry_is_proved_under_a_checkpoint_that_has_it(store: &impl RegistryStore) {
    for name in ["a", "b", "c"] {
        store.record(recording(0, registration(name), Proves::Rights)).await.unwrap();
    }
    let log = store.log(0).await.unwrap();
    assert_eq!(store.log(1).await.as_deref(), Ok(&log[1..]), "from there on");
    assert_eq!((store.log(3).await, store.log(9).await), (Ok(Vec::new()), Ok(Vec::new())));
    let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[9; 32]).unwrap();
    let signer = NoteSigner::new("bc.example/log", &key).unwrap();
    let tree = MemoryTree::over(&log);
    let checkpoint = |size| {
        let head = tree.head_at(size);
        Checkpoint::new("bc.example/log", head.size, head.root).sign(&signer).unwrap()
    };
    let evidence = store.evidence(2, &checkpoint(3)).await.unwrap().unwrap();
    assert_eq!(evidence.entry, log[2]);
    assert!(evidence.proof.verify(&evidence.entry, signer.verifier_key()).is_ok());
    assert_eq!(store.evidence(2, &checkpoint(2)).await, Ok(None), "not published yet");
}

async fn own_keys_change_with_their_entry_and_from_one_version_to_the_next(store: &impl RegistryStore) {
    assert_eq!(store.own_keys().await, Ok(None));
    let key = |number| {
        let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[number; 32]).unwrap();
        OwnKeys::beginning_with(key.verification_key().clone())
    };
    assert_eq!(store.record_own_keys(0, key(1), b"one".to_vec()).await, Ok(Recorded::Done));
    assert_eq!(store.record_own_keys(0, key(2), b"two".to_vec()).await, Ok(Recorded::Overtaken));
    assert_eq!(store.record_own_keys(1, key(3), b"three".to_vec()).await, Ok(Recorded::Done));
    assert_eq!(store.own_keys().await, Ok(Some((2, key(3)))));
    assert_eq!(store.log(0).await, Ok(vec![b"one".to_vec(), b"three".to_vec()]));
}

macro_rules! on_every_store {
    ($($name:ident),*) => {
        mod memory { $(#[tokio::test] async fn $name() { super::$name(&super::MemoryRegistry::default()).await })* }
        mod sqlite { $(#[tokio::test] async fn $name() { super::$name(&super::SqliteRegistry::in_memory()).await })* }
    };
}

on_every_store!(
    a_change_is_based_on_what_is_there,
    purposes_note_their_place_and_all_are_listed_by_id,
    own_keys_change_with_their_entry_and_from_one_version_to_the_next,
    an_entry_is_proved_under_a_checkpoint_that_has_it
);
