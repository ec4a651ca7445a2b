//! V-34 with two processes of the program on one folder.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use portage_catalog::Format;
use portage_clock::Clock;
use portage_did::{LoopbackOrigins, did_key};
use portage_jose::Header;
use portage_keys::Signer;
use portage_oid4vp::{AuthorizationResponse, Presentation, ResolvedRequest, VpToken};
use portage_testkit::{Client, open_request, world::World};
use serde_json::{Value, json};

/// A process that serves until it is dropped.
struct Serving(Child);

impl Serving {
    fn start(dir: &Path, more: &[&str]) -> Self {
        let mut child = program(dir)
            .args(["serve", "--json"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("{\"ready\""), "{line}");
        Serving(child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Err: it has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verifier"));
    command.arg("--dir").arg(dir);
    command
}

fn object(command: &mut Command) -> Value {
    let output = command.arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The world now, with the Province as a did:key, so that nothing has to be fetched.
fn world() -> World {
    let mut world = World::new();
    world.now = Clock::system().now();
    world
}

fn trust(world: &World) -> Value {
    let (did, _) = did_key(world.province.key.verification_key());
    let name = json!({ "en": "Province", "fr": "Province" });
    json!({ "issuers": [{ "id": did.as_str(), "name": name, "tier": "provincial", "types": ["person"] }],
            "verifiers": [] })
}

/// A sound response to a request for proof of age.
fn sound(world: &World, request: &ResolvedRequest) -> String {
    let mut draft = world.draft("person", Format::DcSdJwt, world.holder_p256.verification_key());
    let (did, kid) = did_key(world.province.key.verification_key());
    draft.claims.insert("iss".into(), did.as_str().into());
    draft.claims.shift_remove("status");
    draft.header.insert("kid".into(), kid.to_string().into());
    let person = world.sign(&draft, &world.province.key);
    let shown = world.select(&person, &world.province.key, &["age_over_19"]);
    let mut binding = world.key_binding_claims(&shown);
    binding.insert("aud".into(), request.client_id().as_str().into());
    binding.insert("nonce".into(), request.nonce().as_str().into());
    let shown = world.bind_with(&shown, Header::new("kb+jwt"), &binding, &world.holder_p256);
    let vp_token = VpToken::default().with("person", vec![Presentation::Text(shown)]);
    let state = request.state().map(|state| state.as_str().to_owned());
    AuthorizationResponse::Success { vp_token, state }.to_form()
}

#[tokio::test(flavor = "multi_thread")]
async fn v34_of_two_responses_at_once_to_two_processes_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (free_address(), free_address());
    let made = object(program(folder.path()).args(["init", "--demo", "--listen", &one]));
    let world = world();
    std::fs::write(folder.path().join("trust.json"), trust(&world).to_string()).unwrap();
    let _first = Serving::start(folder.path(), &[]);
    let _second = Serving::start(folder.path(), &["--listen", &two]);
    let loopback = LoopbackOrigins::parse([made["url"].as_str().unwrap()]).unwrap();
    let client = Client::new();
    for _ in 0..5 {
        let created = object(program(folder.path()).args(["request", "--purpose", "age-restricted-sale"]));
        let uri = created["request_uri"].as_str().unwrap();
        let request = open_request(&client, uri, &loopback, Clock::system().now()).await;
        let at = |address: &str| format!("http://{address}{}", request.response_uri().path());
        let (at_one, at_two) = (at(&one), at(&two));
        let (first, second) = tokio::join!(
            client.post_form(&at_one, sound(&world, &request)),
            client.post_form(&at_two, sound(&world, &request)),
        );
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
        let transaction = created["transaction"].as_str().unwrap();
        let result = object(program(folder.path()).args(["result", transaction]));
        assert_eq!(result["decision"], "accepted", "{result}");
        assert_eq!(result["claims"], json!({ "person": { "age_over_19": true } }));
    }
}
