//! The harness over TLS, with a few requests of the kinds that the suites make.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot set its scene has failed")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use reqwest::{StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

/// A running harness, ended when it is dropped.
struct Harness {
    process: Child,
    url: String,
    did: String,
    client: reqwest::Client,
}

impl Harness {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_vc-api-harness"))
            .args(["--port", "0", "--tls"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the harness starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("JSON");
        let text = |name: &str| ready[name].as_str().expect("a text").to_owned();
        Harness { process, url: text("ready"), did: text("did"), client: client() }
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request =
            self.client.post(format!("{}{path}", self.url)).header(CONTENT_TYPE, "application/json");
        let response = request.body(body.to_string()).send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}")))
    }

    async fn get(&self, path: &str) -> String {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.expect("a body")
    }

    fn credential(&self) -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "issuer": self.did,
            "credentialSubject": { "id": "did:example:subject", "name": "Alice" },
        })
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        // Err: it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The certificate is signed by nobody: it is not looked at, the encryption is real.
fn client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // Err: another test of this process installed it.
    let _ = rustls::crypto::CryptoProvider::install_default((*provider).clone());
    reqwest::Client::builder().danger_accept_invalid_certs(true).no_proxy().build().expect("a client")
}

fn reasons(answer: &Value) -> Vec<&str> {
    answer["errors"].as_array().into_iter().flatten().filter_map(|error| error["title"].as_str()).collect()
}

#[tokio::test]
async fn what_it_issues_it_verifies_and_refuses_when_it_was_changed() {
    let harness = Harness::start();
    assert_eq!(harness.get("/did").await, harness.did);
    for path in ["", "/jcs", "/p256", "/p384", "/p256/jcs", "/p384/jcs", "/env"] {
        let body = json!({ "credential": harness.credential() });
        let (status, secured) = harness.post(&format!("{path}/credentials/issue"), &body).await;
        assert_eq!(status, StatusCode::CREATED, "{path}: {secured}");

        let body = json!({ "verifiableCredential": secured });
        let (status, verdict) = harness.post("/credentials/verify", &body).await;
        assert_eq!((status, &verdict["verified"]), (StatusCode::OK, &json!(true)), "{path}: {verdict}");

        let mut changed = secured.clone();
        if path == "/env" {
            changed["id"] = json!(secured["id"].as_str().expect("a text").replace(".e", ".f"));
        } else {
            changed["credentialSubject"]["name"] = json!("Mallory");
        }
        let (status, verdict) =
            harness.post("/credentials/verify", &json!({ "verifiableCredential": changed })).await;
        assert!(status.is_client_error(), "{path}: {verdict}");
        let expected = if path == "/env" { "malformed" } else { "signature_invalid" };
        assert_eq!(reasons(&verdict), [expected], "{path}");
    }
}

/// VCDM 2.0 §7.2, VC-DI 1.0 §4.7, Bitstring Status List §3.5.
#[tokio::test]
async fn a_refusal_names_its_problem_by_a_url() {
    let harness = Harness::start();
    let body = json!({ "credential": harness.credential() });
    let (_, sound) = harness.post("/credentials/issue", &body).await;
    let (status, verdict) =
        harness.post("/credentials/verify", &json!({ "verifiableCredential": sound })).await;
    assert_eq!((status, &verdict["errors"]), (StatusCode::OK, &json!([])));
    let changed = |member: &str, value: Value| {
        let mut changed = sound.clone();
        *changed.pointer_mut(member).expect("a member") = value;
        json!({ "verifiableCredential": changed })
    };
    for (member, value, problem) in [
        ("/type", json!(1), "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR"),
        ("/credentialSubject/name", json!("Eve"), "https://w3id.org/security#PROOF_VERIFICATION_ERROR"),
        (
            "/credentialSubject",
            json!({ "isAdmin": true }),
            "https://w3id.org/security#DATA_LOSS_DETECTION_ERROR",
        ),
    ] {
        let (status, verdict) = harness.post("/credentials/verify", &changed(member, value)).await;
        assert!(status.is_client_error());
        assert_eq!(verdict["verified"], false);
        assert_eq!(verdict["errors"][0]["type"], problem, "{verdict}");
    }
}

#[tokio::test]
async fn what_breaks_the_data_model_or_names_another_issuer_is_not_issued() {
    let harness = Harness::start();
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut credential = harness.credential();
        change(&mut credential);
        let (status, answer) = harness.post("/credentials/issue", &json!({ "credential": credential })).await;
        assert!(status.is_client_error(), "{answer}");
        reasons(&answer).join(" ")
    };
    assert_eq!(refused(&|credential| credential["credentialSubject"] = json!({})).await, "malformed");
    assert_eq!(refused(&|credential| credential["issuer"] = json!("did:example:else")).await, "key_mismatch");
    assert_eq!(refused(&|credential| credential["undefined"] = json!("x")).await, "data_loss");
    let inline = json!(["https://www.w3.org/ns/credentials/v2", { "name": "https://example.org/#family" }]);
    assert_eq!(refused(&|credential| credential["@context"] = inline.clone()).await, "context_not_allowed");
}

#[tokio::test]
async fn a_credential_has_a_place_in_a_list_that_is_published() {
    let harness = Harness::start();
    let (_, secured) =
        harness.post("/credentials/issue", &json!({ "credential": harness.credential() })).await;
    let list = secured["credentialStatus"]["statusListCredential"].as_str().expect("an address");
    let path = list.strip_prefix(&harness.url).expect("its own address");
    let list: Value = serde_json::from_str(&harness.get(path).await).expect("JSON");
    assert_eq!(list["credentialSubject"]["statusPurpose"], "revocation");
    assert_eq!(list["proof"]["cryptosuite"], "eddsa-rdfc-2022");
    let document = harness.get(&format!("/1.0/identifiers/{}", harness.did)).await;
    assert!(document.contains(&format!("\"id\":\"{}\"", harness.did)), "{document}");
}

#[tokio::test]
async fn text_in_the_place_of_an_object_is_refused() {
    let harness = Harness::start();
    let (_, secured) =
        harness.post("/credentials/issue", &json!({ "credential": harness.credential() })).await;
    let body = json!({ "verifiableCredential": secured.to_string() });
    let (status, answer) = harness.post("/credentials/verify", &body).await;
    assert_eq!((status, reasons(&answer)), (StatusCode::BAD_REQUEST, vec!["malformed"]));
}

/// The key of RFC 8037 Appendix A.
const METHOD: &str = r#"{
    "id": "https://issuer.example/keys#1", "type": "JsonWebKey", "controller": "https://issuer.example/keys",
    "publicKeyJwk": { "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    "secretKeyJwk": { "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A" }
}"#;

#[test]
fn the_command_secures_a_credential_and_verifies_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    let run = |what: &str, feature: &str, input: &str, sd: &[&str]| {
        let (input_file, key, output) = (file("input"), file("key"), file("output"));
        std::fs::write(&input_file, input).expect("the input");
        std::fs::write(&key, METHOD).expect("the key");
        let status = Command::new(env!("CARGO_BIN_EXE_vc-api-harness"))
            .args(["jose-cose", what, "--feature", feature])
            .args(["--input".as_ref(), input_file.as_os_str(), "--key".as_ref(), key.as_os_str()])
            .args(["--output".as_ref(), output.as_os_str()])
            .args(sd)
            .status()
            .expect("the command runs");
        assert!(status.success());
        let result = std::fs::read_to_string(output).expect("a result");
        serde_json::from_str::<Value>(&result).expect("JSON")
    };
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": "https://issuer.example/keys",
        "credentialSubject": { "id": "did:example:subject", "name": "Alice" },
    });
    let sd = ["--sd", r#"["credentialSubject.name"]"#];
    // An SD-JWT has more parts than a JWT.
    for (feature, sd, as_presentation) in
        [("credential_jose", &[][..], "type_mismatch"), ("credential_sdjwt", &sd[..], "malformed")]
    {
        let issued = run("issue", feature, &credential.to_string(), sd);
        assert_eq!(issued["result"], "success", "{issued}");
        let secured = issued["data"].as_str().expect("text");
        let verified = run("verify", feature, secured, &[]);
        assert_eq!(verified["data"]["credentialSubject"]["name"], "Alice", "{verified}");
        let changed = run("verify", feature, &secured.replacen(".e", ".f", 1), &[]);
        assert_eq!(changed["result"], "failure");
        assert_eq!(run("verify", "presentation_jose", secured, &[])["data"], as_presentation);
    }
}
