//! V-07: somebody else's credential, soundly presented by whoever holds a copy of it.

use portage_catalog::Format;
use portage_keys::SigningKey;
use portage_oid4vp::{Presentation, VpToken};
use portage_storage::verifier::MemorySessions;
use portage_testkit::world::World;
use serde_json::{Value, json};

use super::{Scene, form, reasons};

/// A purpose that asks for a card as linked data.
const BOAT: &str = "boat-rental";

/// Status code and result for the holder's card, presented by this key in its own name.
async fn shown_by(who: impl FnOnce(&World) -> &SigningKey) -> (u16, Value) {
    let scene = Scene::<MemorySessions>::new().await;
    let (transaction, uri) = scene.verifier.ask(BOAT, false).await;
    let request = scene.verifier.open(&uri).await;
    let card = scene.world.issue("operator-card", Format::LdpVc);
    let presenter = who(&scene.world);
    let mut draft = scene.world.vp_draft(&[&card], Format::LdpVc, presenter);
    draft.proof.domain = vec![request.client_id().as_str().to_owned()];
    draft.proof.challenge = Some(request.nonce().as_str().to_owned());
    let signed = serde_json::from_str(&scene.world.sign_vp(&draft, presenter)).unwrap();
    let token = VpToken::default().with("card", vec![Presentation::Object(signed)]);
    let posted = scene.verifier.post(form(&request, token)).await;
    (posted.status, scene.verifier.decided(&transaction).await)
}

#[tokio::test]
async fn v07_whoever_presents_must_be_the_subject() {
    let (status, twin) = shown_by(|world| &world.holder).await;
    assert_eq!((status, &twin["decision"]), (200, &json!("accepted")), "{twin}");
    assert!(twin["claims"]["card"]["credentialSubject"]["card_class"].is_string());

    let (status, result) = shown_by(|world| &world.thief).await;
    assert_eq!((status, reasons(&result)), (400, vec!["holder_binding_invalid"]));
    assert!(result.get("claims").is_none());
}
