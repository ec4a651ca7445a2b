//! Five small servers on loopback ports: three issuers, an attacker, a market that asks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, Uri},
};
use portage_keys::{Algorithm, SigningKey};
use portage_testkit::{
    SeededEntropy,
    world::{Draft, StatusLists, World},
};
use serde_json::{Map, Value};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{issuer_side, verifier_side};

/// The servers, what they were asked, and what a test changes.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) market: Market,
    /// What is different in this test.
    pub(crate) twist: Mutex<Twist>,
    seen: Mutex<Vec<Seen>>,
}

/// The service that asks.
pub(crate) struct Market {
    pub(crate) origin: String,
    pub(crate) did: String,
    pub(crate) key: SigningKey,
    pub(crate) thief: SigningKey,
}

/// What one test changes, in one place.
#[derive(Default)]
pub(crate) struct Twist {
    /// Answers of these paths instead of the usual ones: status, headers, body.
    pub(crate) answers: BTreeMap<String, FixedAnswer>,
    /// Changes JSON that a path answers.
    pub(crate) json: BTreeMap<String, Change<Value>>,
    /// Changes a credential before it is signed.
    pub(crate) draft: Option<Change<Draft>>,
    /// Changes a credential after it was signed.
    pub(crate) issued: Option<Change<String>>,
    /// Signs credentials with the attacker's key.
    pub(crate) forged: bool,
    /// Changes a request before it is signed: header and claims.
    pub(crate) request: Option<Change<RequestDraft>>,
    /// Changes a request after it was signed.
    pub(crate) signed_request: Option<Change<String>>,
    /// Signs requests with somebody else's key.
    pub(crate) forged_request: bool,
    /// Asks for a `tx_code`.
    pub(crate) tx_code: Option<String>,
    /// What the market asks: the query; a person's age else.
    pub(crate) query: Option<Value>,
    /// What the market carries as the city's word about its other purpose, instead of the city's word.
    pub(crate) statement: Option<String>,
    /// The chain that the market carries instead of the one that holds; an empty one is left out.
    pub(crate) chain: Option<Vec<String>>,
    /// The market carries nobody's word.
    pub(crate) unvouched: bool,
    /// Says that what is asked is for the usual purpose.
    pub(crate) beyond_purpose: bool,
    /// Revoked places of every list.
    pub(crate) revoked: Vec<usize>,
}

/// Status, headers, body.
pub(crate) type FixedAnswer = (u16, Vec<(&'static str, String)>, String);

/// One test case's change.
pub(crate) type Case = Box<dyn FnOnce(&mut Twist)>;

/// A change of one thing.
pub(crate) type Change<T> = Box<dyn Fn(&mut T) + Send + Sync>;

/// A request before it is signed.
pub(crate) struct RequestDraft {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
}

/// A request that a server got.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// `http://localhost:PORT/path`.
    pub(crate) url: String,
    pub(crate) body: String,
}

/// The address of one server and the stage it belongs to.
#[derive(Clone)]
struct Server {
    origin: String,
    stage: Arc<Stage>,
}

/// A stage whose servers stop when it is dropped.
pub(crate) struct Running {
    pub(crate) stage: Arc<Stage>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl std::ops::Deref for Running {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl Running {
    /// Starts all servers.
    pub(crate) async fn start() -> Self {
        Self::start_in(|_| ()).await
    }

    /// The same in a world that is changed first.
    pub(crate) async fn start_in(change: impl FnOnce(&mut World)) -> Self {
        let mut listeners = Vec::new();
        for _ in 0..5 {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
            listeners.push((origin, listener));
        }
        let origins: Vec<&str> = listeners.iter().map(|(origin, _)| origin.as_str()).collect();
        let mut world = World::at([origins[0], origins[1], origins[2], origins[3]]);
        change(&mut world);
        let entropy = SeededEntropy::new(77);
        let market = Market {
            origin: origins[4].to_owned(),
            did: portage_did::did_web(&origins[4].parse().unwrap()).unwrap().to_string(),
            key: SigningKey::generate(Algorithm::EdDsa, &entropy),
            thief: SigningKey::generate(Algorithm::EdDsa, &entropy),
        };
        let stage = Arc::new(Stage { world, market, twist: Mutex::default(), seen: Mutex::default() });
        let tasks = listeners
            .into_iter()
            .map(|(origin, listener)| {
                let server = Server { origin, stage: stage.clone() };
                let routes = Router::new().fallback(serve).with_state(server);
                tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() })
            })
            .collect();
        Running { stage, tasks }
    }
}

impl Stage {
    /// Changes something from here on.
    pub(crate) fn twist(&self, change: impl FnOnce(&mut Twist)) {
        change(&mut self.twist.lock().unwrap());
    }

    /// Everything as usual again.
    pub(crate) fn untwist(&self) {
        self.twist(|twist| *twist = Twist::default());
    }

    /// What was asked since the last call.
    pub(crate) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen())
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap()
    }

    /// The lists as they stand now.
    pub(crate) fn lists(&self) -> StatusLists {
        StatusLists { revoked: self.twist.lock().unwrap().revoked.clone(), ..StatusLists::default() }
    }
}

async fn serve(
    State(server): State<Server>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let stage = &server.stage;
    let body = String::from_utf8(body.to_vec()).unwrap();
    let path = uri.path().to_owned();
    stage.seen().push(Seen {
        method: method.to_string(),
        url: format!("{}{path}", server.origin),
        body: body.clone(),
    });
    if let Some((status, headers, body)) = stage.twist.lock().unwrap().answers.get(&path).cloned() {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        return response.body(Body::from(body)).unwrap();
    }
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
    let (status, content_type, text) = if server.origin == stage.market.origin {
        verifier_side::answer(stage, &path, &body)
    } else {
        issuer_side::answer(stage, &server.origin, &path, &body, bearer)
    };
    let text = match stage.twist.lock().unwrap().json.get(&path) {
        Some(change) => {
            let mut value: Value = serde_json::from_str(&text).unwrap();
            change(&mut value);
            value.to_string()
        }
        None => text,
    };
    Response::builder().status(status).header("content-type", content_type).body(Body::from(text)).unwrap()
}
