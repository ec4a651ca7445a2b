//! V-37: encrypted responses, and V-33 to V-36 inside them.

use std::time::{Duration, Instant};

use portage_catalog::Format;
use portage_jose::{ContentEncryption, encrypt};
use portage_keys::{OsEntropy, base64url};
use portage_oid4vp::{
    AuthorizationResponse, ErrorCode, ErrorResponse, ResolvedRequest, ResponseEncryption, ResponseMode,
    VpToken,
};
use portage_storage::verifier::MemorySessions;
use portage_verifier::{Asking, Delivery};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{AGE, Scene, form, reasons};

const ENCRYPTED: Asking =
    Asking { response_mode: ResponseMode::DirectPostJwt, delivery: Delivery::Get, haip: false };

async fn scene() -> Scene<MemorySessions> {
    Scene::asking(ENCRYPTED).await
}

/// The form with this content in the place of the response, encrypted as was asked.
fn sealed(content: &Value, request: &ResolvedRequest) -> String {
    let encryption = request.encryption().unwrap();
    let jwe = encrypt(content.to_string().as_bytes(), &encryption.key, encryption.enc, &OsEntropy).unwrap();
    posted(&jwe)
}

fn posted(jwe: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("response", jwe).finish()
}

/// The sound response, before it is encrypted.
fn sound(scene: &Scene<MemorySessions>, request: &ResolvedRequest) -> AuthorizationResponse {
    let vp_token = VpToken::default().with("person", vec![scene.proof_of_age(request)]);
    AuthorizationResponse::Success { vp_token, state: request.state().map(|state| state.as_str().to_owned()) }
}

fn encrypted(response: &AuthorizationResponse, request: &ResolvedRequest) -> String {
    response.to_encrypted_form(request.encryption().unwrap(), &OsEntropy).unwrap()
}

/// The JWE of a form with another header.
fn with_header(form: &str, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let (_, jwe) = form_urlencoded::parse(form.as_bytes()).next().unwrap();
    let (header, rest) = jwe.split_once('.').unwrap();
    let mut header: Map<String, Value> = serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
    change(&mut header);
    posted(&format!("{}.{rest}", base64url::encode(Value::Object(header).to_string().as_bytes())))
}

#[tokio::test]
async fn an_answer_encrypted_to_the_key_of_its_request_is_accepted_with_either_cipher() {
    let scene = scene().await;
    for enc in ContentEncryption::ALL {
        let (transaction, uri) = scene.verifier.ask(AGE, false).await;
        let request = scene.verifier.open(&uri).await;
        let key = request.encryption().unwrap().key.clone();
        let response =
            sound(&scene, &request).to_encrypted_form(&ResponseEncryption { key, enc }, &OsEntropy);
        let answer = scene.verifier.post(response.unwrap()).await;
        assert_eq!((answer.status, answer.json()), (200, json!({})));
        assert_eq!(scene.verifier.decided(&transaction).await["decision"], "accepted");
    }
}

#[tokio::test]
async fn each_request_has_a_key_of_its_own_and_says_it_again() {
    let scene = scene().await;
    let (_, first) = scene.verifier.ask(AGE, false).await;
    let (_, second) = scene.verifier.ask(AGE, false).await;
    let key = async |uri: &str| scene.verifier.open(uri).await.encryption().cloned().unwrap().key;
    assert_eq!(key(&first).await, key(&first).await);
    let (first, second) = (key(&first).await, key(&second).await);
    assert!(first.key() != second.key() && first.kid() != second.kid());
}

#[tokio::test]
async fn v33_an_encrypted_response_without_what_was_asked_is_refused() {
    let scene = scene().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    let person = scene.world.issue("person", Format::DcSdJwt);
    let other = scene.show("person", &person, &["family_name"], &request);
    let vp_token = VpToken::default().with("person", vec![other]);
    let state = request.state().map(|state| state.as_str().to_owned());
    let response = AuthorizationResponse::Success { vp_token, state };
    let answer = scene.verifier.post(encrypted(&response, &request)).await;
    assert_eq!((answer.status, answer.json()), (400, json!({ "error": "invalid_request" })));
    assert_eq!(reasons(&scene.verifier.decided(&transaction).await), ["query_not_satisfied"]);
}

#[tokio::test]
async fn v34_the_same_encrypted_response_again_is_refused_and_changes_nothing() {
    let scene = scene().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    let response = encrypted(&sound(&scene, &request), &request);
    assert_eq!(scene.verifier.post(response.clone()).await.status, 200);
    let first = scene.verifier.decided(&transaction).await;
    assert_eq!(scene.verifier.post(response).await.status, 400);
    assert_eq!(scene.verifier.decided(&transaction).await, first);
}

#[tokio::test]
async fn v35_the_state_inside_counts_and_a_refusal_inside_ends_the_session() {
    let scene = scene().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let (_, other_uri) = scene.verifier.ask(AGE, false).await;
    let (request, other) = (scene.verifier.open(&uri).await, scene.verifier.open(&other_uri).await);
    let AuthorizationResponse::Success { vp_token, .. } = sound(&scene, &request) else { unreachable!() };
    let content = |state: Value| json!({ "vp_token": vp_token.to_value(), "state": state });
    let other_state = other.state().unwrap().as_str();
    for state in [Value::Null, json!(1), json!("unknown"), json!(other_state)] {
        let answer = scene.verifier.post(sealed(&content(state.clone()), &request)).await;
        assert_eq!(answer.status, 400, "{state}");
    }
    // A state in clear beside it is not looked at, and nothing was decided.
    assert_eq!(scene.verifier.decided(&transaction).await["state"], "requested");
    let said = ErrorResponse {
        error: ErrorCode::AccessDenied,
        state: request.state().map(|state| state.as_str().to_owned()),
    };
    let no = encrypted(&AuthorizationResponse::Error(said), &request);
    assert_eq!(scene.verifier.post(no).await.status, 200);
    assert_eq!(reasons(&scene.verifier.decided(&transaction).await), ["consent_required"]);
    assert_eq!(scene.verifier.post(encrypted(&sound(&scene, &request), &request)).await.status, 400);
}

#[tokio::test]
async fn v36_on_the_same_device_the_encrypted_answer_is_bound_to_the_session() {
    let scene = scene().await;
    let (transaction, uri) = scene.verifier.ask(AGE, true).await;
    let request = scene.verifier.open(&uri).await;
    let answer = scene.verifier.post(encrypted(&sound(&scene, &request), &request)).await;
    assert_eq!(answer.status, 200);
    let redirect_uri: url::Url = answer.json()["redirect_uri"].as_str().unwrap().parse().unwrap();
    let (_, code) = redirect_uri.query_pairs().next().unwrap();
    assert_eq!(scene.verifier.result(&transaction, None).await.status, 404);
    let result = scene.verifier.result(&transaction, Some(&code)).await.json();
    assert_eq!(
        (&result["decision"], &result["evidence"]["session_bound"]),
        (&json!("accepted"), &json!(true))
    );
}

#[tokio::test]
async fn v37_what_is_not_encrypted_to_the_key_of_the_request_as_it_says_is_refused_at_once() {
    let scene = scene().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let (_, other_uri) = scene.verifier.ask(AGE, false).await;
    let (request, other) = (scene.verifier.open(&uri).await, scene.verifier.open(&other_uri).await);
    let response = sound(&scene, &request);
    let good = encrypted(&response, &request);
    let header = |name: &'static str, value: Value| {
        with_header(&good, |header| drop(header.insert(name.into(), value)))
    };
    // 10 KB that would be 1 GB if anything were unpacked.
    let bomb = format!("{}A{}", &good[..good.len() - 1], "A".repeat(10 << 10));
    let pbes2 = with_header(&good, |header| {
        header.insert("alg".into(), json!("PBES2-HS256+A128KW"));
        header.insert("p2c".into(), json!(2_147_483_647_u32));
        header.insert("p2s".into(), json!("AAAAAAAAAAAAAAAAAAAAAA"));
    });
    let off_curve = with_header(&good, |header| header["epk"]["y"] = header["epk"]["x"].clone());
    for (what, form) in [
        ("zip", with_header(&bomb, |header| drop(header.insert("zip".into(), json!("DEF"))))),
        ("longer", bomb.clone()),
        ("pbes2", pbes2),
        ("dir", header("alg", json!("dir"))),
        ("rsa", header("alg", json!("RSA1_5"))),
        ("off the curve", off_curve),
        ("another key's name", header("kid", json!("0".repeat(32)))),
        ("no key's name", with_header(&good, |header| drop(header.remove("kid")))),
        ("key of another session", encrypted(&response, &other)),
        ("not a JWE", posted("a.b.c")),
        ("beside a vp_token", format!("{good}&vp_token=%7B%7D")),
        ("over the limit", posted(&"A".repeat(900 << 10))),
    ] {
        let start = Instant::now();
        let answer = scene.verifier.post(form).await;
        assert_eq!((answer.status, answer.json()), (400, json!({ "error": "invalid_request" })), "{what}");
        // 100 ms on a machine of its own; tests share theirs.
        assert!(start.elapsed() < Duration::from_secs(2), "{what}");
    }
    assert_eq!(scene.verifier.decided(&transaction).await["state"], "requested");
    assert_eq!(scene.verifier.post(good).await.status, 200);
    assert_eq!(scene.verifier.decided(&transaction).await["decision"], "accepted");
}

#[tokio::test]
async fn what_was_to_be_encrypted_is_refused_in_clear() {
    let scene = scene().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    let AuthorizationResponse::Success { vp_token, .. } = sound(&scene, &request) else { unreachable!() };
    assert_eq!(scene.verifier.post(form(&request, vp_token)).await.status, 400);
    assert_eq!(reasons(&scene.verifier.decided(&transaction).await), ["request_invalid"]);
}
