use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use portage_catalog::Catalog;
use portage_did::{DidDocument, LoopbackOrigins, Relationship, did_web};
use portage_keys::{Algorithm, Signer, SigningKey};
use portage_oid4vp::{
    AuthenticationStep, AuthorizationRequest, ClientId, ResolvedRequest, UnverifiedRequest,
};
use portage_policy::Policies;
use portage_storage::{staff::StaffStore, verifier::MemorySessions};
use portage_trust::TrustList;
use portage_verification::Sources;
use portage_verifier::{Addresses, Asking, Identity, OneTimeSecret, Verifier, Vouched, ports::SessionStore};
use portage_web::Readiness;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;
use verifier_service::{ApiToken, Counter, Service};

use crate::{
    Answer, Client, SeededEntropy, SteppedClock,
    world::{MemorySources, World},
};

/// Bearer token of every test's verifier.
const TOKEN: &str = "a-token-of-the-test-world-and-nowhere-else";

/// What a verifier is made of. Verifiers with the same seed on one store are replicas of one service.
pub struct VerifierSetup<S, Q> {
    /// Seeds its key.
    pub seed: u64,
    /// Whom it trusts.
    pub trust: TrustList,
    /// Types and purposes.
    pub catalog: Catalog,
    /// Its sessions.
    pub store: S,
    /// Where documents come from.
    pub sources: Q,
    /// Its time.
    pub clock: SteppedClock,
    /// The public address, when it is not the one this replica listens on.
    pub url: Option<Url>,
    /// How it asks.
    pub asking: Asking,
}

impl VerifierSetup<MemorySessions, MemorySources> {
    /// A verifier of the world: it trusts whom the world trusts, takes the world's sources with it, and keeps its sessions in memory.
    pub fn of(world: &mut World, clock: &SteppedClock, catalog: Catalog) -> Self {
        VerifierSetup {
            seed: 7,
            trust: world.trust.clone(),
            catalog,
            store: MemorySessions::new(),
            sources: std::mem::take(&mut world.sources),
            clock: clock.clone(),
            url: None,
            asking: Asking::default(),
        }
    }
}

/// A verifier that listens on a loopback port until it is dropped.
pub struct RunningVerifier<S, Q> {
    /// The service, to look inside.
    pub service: Arc<Service<S, Q>>,
    /// Where this replica listens.
    pub url: Url,
    loopback: LoopbackOrigins,
    clock: SteppedClock,
    client: Client,
    task: JoinHandle<()>,
}

impl<S, Q> Drop for RunningVerifier<S, Q> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<S, Q> RunningVerifier<S, Q>
where
    S: SessionStore + 'static,
    Q: Sources + 'static,
{
    /// Starts it.
    pub async fn start(setup: VerifierSetup<S, Q>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let url: Url = format!("http://localhost:{port}").parse().expect("a URL");
        let public = setup.url.unwrap_or_else(|| url.clone());
        let loopback = LoopbackOrigins::parse([
            public.as_str().trim_end_matches('/'),
            url.as_str().trim_end_matches('/'),
        ])
        .expect("loopback origins");
        let key = SigningKey::generate(Algorithm::EdDsa, &SeededEntropy::new(setup.seed));
        let did = did_web(&public).expect("a did:web");
        let relationships = [Relationship::Authentication];
        let document = DidDocument::of_keys(&did, &[("key-1", key.verification_key(), &relationships)]);
        let kid = did.with_fragment("key-1").expect("a DID URL");
        let clock = (setup.clock.clock(), TimeZone::UTC);
        let staff = StaffStore::in_memory().expect("a store in memory");
        let counter = Counter::new(staff, &public, clock, Vec::new());
        let service = Arc::new(Service {
            verifier: Verifier {
                identity: Identity {
                    client_id: ClientId::of_did(&did),
                    kid: kid.to_string(),
                    certificates: Vec::new(),
                    signer: Arc::new(key),
                },
                asking: setup.asking,
                addresses: Addresses::of(public),
                policies: Arc::new(
                    Policies::compile(&setup.catalog, &TimeZone::UTC)
                        .expect("policies that fit their purposes"),
                ),
                contexts: Arc::new(setup.catalog.contexts()),
                catalog: Arc::new(setup.catalog),
                vouched: Vouched::default(),
                authority: Arc::new(setup.trust),
                loopback: loopback.clone(),
                secret: OneTimeSecret::new([42; 32]),
                // By port: two replicas must not draw the same values.
                entropy: Arc::new(SeededEntropy::new(u64::from(port))),
                store: setup.store,
            },
            sources: setup.sources,
            clock: setup.clock.clock(),
            api_token: ApiToken::new(TOKEN.to_owned()),
            did_document: document.to_value().clone(),
            federation: None,
            counter: Some(Arc::new(counter)),
        });
        let routes = verifier_service::routes(service.clone(), Readiness::ready());
        let task = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("the listener works");
        });
        RunningVerifier { service, url, loopback, clock: setup.clock, client: Client::new(), task }
    }

    /// An address of this replica.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url.as_str().trim_end_matches('/'))
    }

    /// Asks as the relying party: `transaction` and `request_uri`.
    pub async fn ask(&self, purpose: &str, same_device: bool) -> (String, String) {
        let order = json!({ "purpose": purpose, "same_device": same_device });
        let answer = self.client.post_json(&self.at("/api/requests"), &order, Some(TOKEN)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let text = |name: &str| answer.json()[name].as_str().expect("a string").to_owned();
        (text("transaction"), text("request_uri"))
    }

    /// Asks for the result as the relying party.
    pub async fn result(&self, transaction: &str, response_code: Option<&str>) -> Answer {
        let query = response_code.map(|code| format!("?response_code={code}")).unwrap_or_default();
        self.client.get(&self.at(&format!("/api/requests/{transaction}{query}")), Some(TOKEN)).await
    }

    /// The result of a transaction that is there.
    pub async fn decided(&self, transaction: &str) -> Value {
        let answer = self.result(transaction, None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// Opens a request as a wallet: fetches, authenticates and resolves it.
    pub async fn open(&self, request_uri: &str) -> ResolvedRequest {
        open_request(&self.client, request_uri, &self.loopback, self.clock.now()).await
    }

    /// Posts a response to this replica.
    pub async fn post(&self, form: String) -> Answer {
        self.client.post_form(&self.at(Addresses::RESPONSE_PATH), form).await
    }

    /// Who looks at pages.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

/// Opens a request by reference as a wallet: fetches, authenticates and resolves it.
pub async fn open_request(
    client: &Client,
    request_uri: &str,
    loopback: &LoopbackOrigins,
    now: Timestamp,
) -> ResolvedRequest {
    let request = AuthorizationRequest::parse(request_uri).expect("an authorization request");
    let AuthorizationRequest::ByReference { client_id, request_uri, .. } = request else {
        panic!("not by reference")
    };
    let object = client.get(request_uri.as_str(), None).await;
    assert_eq!(object.status, 200, "{}", object.body);
    let unverified = UnverifiedRequest::signed(client_id, &object.body).expect("a Request Object");
    let authenticated = match unverified.authenticate(loopback).expect("a supported request") {
        AuthenticationStep::Authenticated(authenticated) => authenticated,
        AuthenticationStep::NeedDidDocument(pending) => {
            let document = client.get(pending.url().as_str(), None).await;
            pending.supply(document.body.as_bytes()).expect("the verifier's request")
        }
        AuthenticationStep::NeedVerifierMetadata(_) | AuthenticationStep::NeedCertificateAnchors(_) => {
            panic!("a request of a DID")
        }
    };
    authenticated.resolve(now, loopback).expect("a request that holds")
}
