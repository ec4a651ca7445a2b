//! Answers that the wallet encrypts (OpenID4VP 1.0 §8.3).

use portage_jose::EncryptionJwk;
use portage_keys::AgreementKey;
use portage_oid4vp::{AuthorizationResponse, encrypted_response};
use serde_json::{Value, json};

use crate::{
    citizen::Citizen,
    stage::{RequestDraft, Running},
    story::check,
    verifier_side::request,
};

fn key() -> AgreementKey {
    AgreementKey::from_secret_bytes(&[9; 32]).unwrap()
}

/// The market asks for an encrypted answer, with this metadata.
fn ask_encrypted(stage: &Running, metadata: Value) {
    stage.twist(|twist| {
        twist.request = Some(Box::new(move |draft: &mut RequestDraft| {
            draft.claims.insert("response_mode".into(), "direct_post.jwt".into());
            draft.claims.insert("client_metadata".into(), metadata.clone());
        }));
    });
}

#[tokio::test]
async fn an_answer_is_encrypted_to_the_key_of_the_request_and_nothing_of_it_is_in_clear() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let jwk = EncryptionJwk::new(key().public_key(), "k-1").to_value();
    for encs in [json!(["A128GCM"]), json!(["A128GCM", "A256GCM"])] {
        let keys = json!({ "keys": [{ "kty": "RSA" }, jwk] });
        ask_encrypted(&stage, json!({ "jwks": keys, "encrypted_response_enc_values_supported": encs }));
        let answer = citizen.run(&["present", &request(&stage), "--yes"]).await;
        assert_eq!(answer.code, 0, "{answer:?}");
        let posted = stage.take_seen().into_iter().find(|seen| seen.method == "POST").unwrap();
        assert!(posted.body.starts_with("response=") && !posted.body.contains('&'), "{}", posted.body);
        let message = encrypted_response(posted.body.as_bytes()).unwrap().unwrap();
        let preferred = encs.as_array().unwrap().last().unwrap();
        assert_eq!((message.kid(), json!(message.enc().name())), (Some("k-1"), preferred.clone()));
        let opened = AuthorizationResponse::parse_decrypted(&message.decrypt(&key()).unwrap()).unwrap();
        assert_eq!(opened.state(), Some("s-0123456789"));
        let AuthorizationResponse::Success { vp_token, .. } = opened else { panic!("not an answer") };
        let outcome = check(&stage, &vp_token.to_value()["person"][0]);
        assert_eq!((outcome.decision.name(), outcome.decision.reasons()), ("accepted", &[][..]));
    }
}

#[tokio::test]
async fn a_request_for_an_encrypted_answer_without_a_key_that_can_be_used_is_refused() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let sound = json!({ "jwks": { "keys": [EncryptionJwk::new(key().public_key(), "k-1").to_value()] } });
    let changed = |change: fn(&mut Value)| {
        let mut metadata = sound.clone();
        change(&mut metadata);
        metadata
    };
    for metadata in [
        json!({}),
        changed(|metadata| metadata["jwks"]["keys"] = json!([])),
        changed(|metadata| metadata["jwks"]["keys"][0]["alg"] = json!("RSA-OAEP")),
        changed(|metadata| metadata["jwks"]["keys"][0]["use"] = json!("sig")),
        changed(|metadata| metadata["jwks"]["keys"][0]["y"] = metadata["jwks"]["keys"][0]["x"].clone()),
        changed(|metadata| metadata["encrypted_response_enc_values_supported"] = json!(["A128CBC-HS256"])),
    ] {
        ask_encrypted(&stage, metadata.clone());
        let answer = citizen.run(&["present", &request(&stage), "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), (1, "request_invalid"), "{metadata}");
        assert!(stage.take_seen().iter().all(|seen| seen.method == "GET"), "nothing is sent");
    }
    ask_encrypted(&stage, sound);
    assert_eq!(citizen.run(&["present", &request(&stage), "--yes"]).await.code, 0);
}
