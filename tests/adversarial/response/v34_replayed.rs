//! V-34: the same response twice in sequence; two valid responses at the same instant to two replicas.

use std::path::Path;

use portage_catalog::Catalog;
use portage_storage::verifier::SqliteSessions;
use portage_testkit::{
    RunningVerifier, VerifierSetup,
    world::{MemorySources, World},
};
use portage_verifier::ports::SessionStore;
use serde_json::json;

use super::{AGE, Scene};

#[tokio::test]
async fn v34_the_same_response_again_is_refused_and_changes_nothing() {
    let scene = Scene::new().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let form = scene.sound(&scene.verifier.open(&uri).await);
    assert_eq!(scene.verifier.post(form.clone()).await.status, 200);
    let first = scene.verifier.decided(&transaction).await;
    assert_eq!(first["decision"], "accepted");

    let again = scene.verifier.post(form).await;
    assert_eq!((again.status, again.json()), (400, json!({ "error": "invalid_request" })));
    assert_eq!(again.cache_control, "no-store");
    assert_eq!(scene.verifier.decided(&transaction).await, first);
    assert_eq!(scene.verifier.service.verifier.store.events().await.unwrap().len(), 1);
}

#[tokio::test]
async fn v34_another_sound_response_to_the_same_request_is_refused() {
    let scene = Scene::new().await;
    let (_, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    assert_eq!(scene.verifier.post(scene.sound(&request)).await.status, 200);
    // Another credential of the same holder, for the same nonce.
    assert_eq!(scene.verifier.post(scene.sound(&request)).await.status, 400);
}

/// A second process's view of the service: its own connection to the same file, behind the same public address.
async fn replica(
    scene: &Scene<SqliteSessions>,
    path: &Path,
) -> RunningVerifier<SqliteSessions, MemorySources> {
    RunningVerifier::start(VerifierSetup {
        seed: 7,
        trust: scene.world.trust.clone(),
        catalog: Catalog::bundled(),
        store: SqliteSessions::open(path).unwrap(),
        sources: World::new().sources,
        clock: scene.clock.clone(),
        url: Some(scene.verifier.url.clone()),
        asking: Default::default(),
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn v34_of_two_responses_at_once_to_two_replicas_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("verifier.sqlite");
    let scene = Scene::on(SqliteSessions::create(&path).unwrap()).await;
    let other = replica(&scene, &path).await;
    const ROUNDS: usize = 20;
    for _ in 0..ROUNDS {
        let (transaction, uri) = scene.verifier.ask(AGE, false).await;
        let request = scene.verifier.open(&uri).await;
        let (one, two) = (scene.sound(&request), scene.sound(&request));
        let (one, two) = tokio::join!(scene.verifier.post(one), other.post(two));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
        let result = other.decided(&transaction).await;
        assert_eq!(result["decision"], "accepted");
        assert_eq!(result, scene.verifier.decided(&transaction).await);
    }
    assert_eq!(scene.verifier.service.verifier.store.events().await.unwrap().len(), ROUNDS);
}
