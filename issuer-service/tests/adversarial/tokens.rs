//! Access tokens and what they are good for: I-07, I-09.

use portage_keys::Algorithm;
use portage_oid4vci::KeyBindingForm;
use serde_json::json;

use crate::{
    wallet::{PERSON, Wallet, credential, key},
    world::{Settings, World},
};

#[tokio::test]
async fn i07_a_credential_needs_a_live_token_in_the_header() {
    let world = World::start().await;
    let other = World::start_with(Settings { seed: 2, ..Settings::default() }).await;
    let wallet = Wallet::of(&world);
    let holder = key(1, Algorithm::Es256);
    let token = wallet.token(&world.offer().await).await;
    let of_another_issuer = Wallet::of(&other).token(&other.offer().await).await;
    let body = |nonce| {
        let proof = wallet.proof(&world, &holder, KeyBindingForm::Jwk, nonce);
        json!({ "credential_configuration_id": PERSON, "proofs": { "jwt": [proof] } }).to_string()
    };
    let nonce = wallet.nonce().await;
    for (what, path, bearer) in [
        ("absent", "credential".to_owned(), None),
        ("of another issuer", "credential".to_owned(), Some(of_another_issuer.expose())),
        ("invented", "credential".to_owned(), Some("0123456789abcdefghijkl")),
        ("in the query", format!("credential?access_token={}", token.expose()), None),
    ] {
        let answer = wallet.post(&path, bearer, "application/json", body(&nonce)).await;
        answer.assert_refused(401, "invalid_token", what);
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{what}");
    }
    let in_the_body =
        json!({ "credential_configuration_id": PERSON, "access_token": token.expose() }).to_string();
    wallet.post("credential", None, "application/json", in_the_body).await.assert_refused(
        401,
        "invalid_token",
        "in the body",
    );
    // The refusals used up neither token nor nonce.
    let answer = wallet.post("credential", Some(token.expose()), "application/json", body(&nonce)).await;
    credential(&answer);

    let token = wallet.token(&world.offer().await).await;
    world.advance(300);
    wallet.collect(&world, &token, PERSON, &holder).await.assert_refused(401, "invalid_token", "expired");
    let token = wallet.token(&world.offer().await).await;
    world.advance(299);
    credential(&wallet.collect(&world, &token, PERSON, &key(2, Algorithm::Es256)).await);
}

#[tokio::test]
async fn i09_a_token_is_good_for_its_own_credential_alone() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    let holder = key(1, Algorithm::Es256);
    let token = wallet.token(&world.offer().await).await;
    let nonce = wallet.nonce().await;
    let proof = wallet.proof(&world, &holder, KeyBindingForm::Jwk, &nonce);
    let proofs = json!({ "jwt": [proof] });
    for (body, error) in [
        (
            json!({ "credential_configuration_id": "person_vc+sd-jwt", "proofs": proofs }),
            "unknown_credential_configuration",
        ),
        (
            json!({ "credential_configuration_id": "operator-card_ldp_vc", "proofs": proofs }),
            "unknown_credential_configuration",
        ),
        (
            json!({ "credential_configuration_id": "nothing", "proofs": proofs }),
            "unknown_credential_configuration",
        ),
        (json!({ "credential_identifier": PERSON, "proofs": proofs }), "unknown_credential_identifier"),
        (
            json!({ "credential_configuration_id": PERSON, "credential_identifier": PERSON, "proofs": proofs }),
            "invalid_credential_request",
        ),
        (json!({ "proofs": proofs }), "invalid_credential_request"),
        (json!({ "format": "dc+sd-jwt", "proofs": proofs }), "invalid_credential_request"),
        (
            json!({ "credential_configuration_id": PERSON, "proof": { "proof_type": "jwt", "jwt": proof } }),
            "invalid_proof",
        ),
        (json!({ "credential_configuration_id": PERSON }), "invalid_proof"),
        (
            json!({ "credential_configuration_id": PERSON, "proofs": proofs, "credential_response_encryption": {} }),
            "invalid_encryption_parameters",
        ),
        (
            json!({ "credential_configuration_id": PERSON, "proofs": { "jwt": [proof, proof] } }),
            "invalid_credential_request",
        ),
        (
            json!({ "credential_configuration_id": PERSON, "proofs": { "di_vp": [{}] } }),
            "invalid_credential_request",
        ),
    ] {
        let answer =
            wallet.post("credential", Some(token.expose()), "application/json", body.to_string()).await;
        answer.assert_refused(400, error, &body.to_string());
        assert!(!String::from_utf8_lossy(&answer.body).contains("nothing"), "no echo");
    }
    credential(&wallet.request(token.expose(), PERSON, vec![proof]).await);
}

#[tokio::test]
async fn what_a_wallet_says_afterwards_is_taken_when_the_issuer_wants_it_and_kept_nowhere() {
    let quiet = World::start().await;
    let world = World::start_with(Settings { notification: true, ..Settings::default() }).await;
    let (wallet, holder) = (Wallet::of(&world), key(1, Algorithm::Es256));
    let token = wallet.token(&world.offer().await).await;
    let answer = wallet.collect(&world, &token, PERSON, &holder).await;
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let id = body["notification_id"].as_str().unwrap();
    let notify = |id: &str, event: &str| {
        let body = json!({ "notification_id": id, "event": event }).to_string();
        wallet.post("notification", Some(token.expose()), "application/json", body)
    };
    assert_eq!(notify(id, "credential_accepted").await.status, 204);
    assert_eq!(notify(id, "credential_accepted").await.status, 204, "idempotent");
    notify("other", "credential_accepted").await.assert_refused(400, "invalid_notification_id", "id");
    notify(id, "stolen").await.assert_refused(400, "invalid_notification_request", "event");

    let wallet = Wallet::of(&quiet);
    let answer = wallet.post("notification", Some("x"), "application/json", "{}".into()).await;
    assert_eq!(answer.status, 404, "off by default");
}
