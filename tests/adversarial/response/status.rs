//! What the status of a credential does to a decision over HTTP: revoked, suspended, not to be found out.

use portage_oid4vp::VpToken;
use portage_storage::verifier::MemorySessions;
use portage_testkit::world::{MemorySources, STATUS_INDEX, StatusLists};
use portage_verification::Unavailable;
use serde_json::{Value, json};

use super::{AGE, Scene, form, reasons};
use crate::{kinds::DC_SD_JWT, lists::naming, silence::SilentListener};

/// The result for a sound response in a world that publishes this.
async fn result_of(publish: impl FnOnce(&mut portage_testkit::world::World)) -> Value {
    let scene = Scene::prepared(MemorySessions::new(), publish, |world| world.trust.clone()).await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    let answer = scene.verifier.post(scene.sound(&request)).await;
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    scene.verifier.decided(&transaction).await
}

fn unreachable(sources: &mut MemorySources) {
    for list in sources.lists.keys() {
        sources.failing.insert(list.clone(), Unavailable::Unreachable);
    }
}

#[tokio::test]
async fn a_revoked_credential_is_rejected_and_the_wallet_hears_only_that_its_answer_arrived() {
    let twin = result_of(|_| ()).await;
    assert_eq!(twin["decision"], "accepted");
    assert_eq!(twin["evidence"]["credentials"]["person"]["status"], "valid");
    let result = result_of(|world| {
        world.publish(&StatusLists { revoked: vec![STATUS_INDEX], ..StatusLists::default() })
    })
    .await;
    assert_eq!((&result["decision"], reasons(&result)), (&json!("rejected"), vec!["revoked"]));
    assert_eq!(result["evidence"]["credentials"]["person"]["reasons"], json!(["revoked"]));
    let result = result_of(|world| {
        world.publish(&StatusLists { suspended: vec![STATUS_INDEX], ..StatusLists::default() })
    })
    .await;
    assert_eq!(reasons(&result), ["suspended"]);
}

#[tokio::test]
async fn s06_a_status_that_cannot_be_found_out_is_indeterminate_and_grants_nothing() {
    let result = result_of(|world| unreachable(&mut world.sources)).await;
    assert_eq!(
        (&result["decision"], reasons(&result)),
        (&json!("indeterminate"), vec!["status_unavailable"])
    );
    assert!(result.get("claims").is_none());
}

#[tokio::test]
async fn s07_a_list_on_loopback_that_no_setting_allows_is_not_asked_for() {
    let listener = SilentListener::new();
    let scene = Scene::new().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    let person = naming(&scene.world, DC_SD_JWT, &listener.url("/status"), |_| {});
    let shown = scene.show("person", &person, &["age_over_19"], &request);
    let token = VpToken::default().with("person", vec![shown]);
    assert_eq!(scene.verifier.post(form(&request, token)).await.status, 400);
    let result = scene.verifier.decided(&transaction).await;
    assert_eq!((&result["decision"], reasons(&result)), (&json!("rejected"), vec!["address_not_allowed"]));
    listener.assert_silence();
}
