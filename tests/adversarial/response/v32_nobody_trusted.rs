//! V-32: a verifier with an empty trust list.

use portage_storage::verifier::MemorySessions;
use portage_trust::TrustList;
use serde_json::json;

use super::{AGE, Scene, reasons};

async fn result_of(trust: impl FnOnce(&portage_testkit::world::World) -> TrustList) -> serde_json::Value {
    let scene = Scene::trusting(MemorySessions::new(), trust).await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    // The response is sound, so the wallet hears nothing of it.
    assert_eq!(scene.verifier.post(scene.sound(&request)).await.status, 200);
    scene.verifier.decided(&transaction).await
}

#[tokio::test]
async fn v32_a_verifier_that_trusts_nobody_accepts_nothing() {
    let twin = result_of(|world| world.trust.clone()).await;
    assert_eq!(twin["decision"], "accepted");
    let result = result_of(|_| TrustList::default()).await;
    assert_eq!((&result["decision"], reasons(&result)), (&json!("rejected"), vec!["issuer_not_trusted"]));
    assert!(result.get("claims").is_none());
}
