//! What the service answers.

mod api;
mod openid4vp;
mod page;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use portage_clock::Clock;
use portage_federation::WELL_KNOWN;
use portage_service::FederationMember;
use portage_verification::Sources;
use portage_verifier::{Addresses, Carrying, KeyedHash, Verifier, ports::SessionStore};
use portage_web::{Audience, Limits, Readiness, Refusal, harden_within, health_routes_telling};
use serde_json::{Map, Value};

use crate::counter::{self, Counter};

/// What the routes need: the verifier, where documents come from, the time, who may use the API.
pub struct Service<S, Q> {
    /// The use cases.
    pub verifier: Verifier<S>,
    /// Where DID documents and status lists come from.
    pub sources: Q,
    /// The time.
    pub clock: Clock,
    /// Bearer token of the relying party.
    pub api_token: ApiToken,
    /// The verifier's DID document.
    pub did_document: Value,
    /// What it says of itself in a federation; none where its address cannot be an Entity Identifier.
    pub federation: Option<FederationMember>,
    /// The counter of its staff; none where it has none.
    pub counter: Option<Arc<Counter>>,
}

impl<S, Q> Service<S, Q> {
    /// What `/readyz` tells beside `status`: how it stands with the trust chain and with the purpose statements, where authorities stand above the
    /// service or it has some.
    fn tell_health(&self) -> Map<String, Value> {
        let now = self.clock.now();
        let (carrying, statements) =
            (self.verifier.vouched.trust_chain.carrying(now), self.verifier.vouched.statements.to_value(now));
        let is_member = self.federation.as_ref().is_some_and(FederationMember::has_superiors);
        let mut told = Map::new();
        if is_member || carrying != Carrying::Nothing {
            told.insert("trust_chain".to_owned(), carrying.to_value());
        }
        if is_member || statements.as_object().is_some_and(|statements| !statements.is_empty()) {
            told.insert("purposes".to_owned(), statements);
        }
        told
    }
}

/// The bearer token of the API. Does not print.
pub struct ApiToken(String);

impl ApiToken {
    /// From the configuration. An empty one admits nobody.
    pub fn new(token: String) -> Self {
        ApiToken(token)
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

/// The service's routes with everything [`harden_within`] puts around them.
pub fn routes<S, Q>(service: Arc<Service<S, Q>>, readiness: Readiness) -> Router
where
    S: SessionStore + 'static,
    Q: Sources + 'static,
{
    let request = format!("{}{{id}}", Addresses::REQUEST_PATH);
    let store = service.clone();
    let check = move || {
        let service = store.clone();
        async move { service.verifier.store.by_transaction(KeyedHash::from_bytes([0; 32])).await.is_ok() }
    };
    let told = service.clone();
    let health = health_routes_telling(readiness, check, move || told.tell_health());
    let routes = Router::new()
        .route("/api/requests", post(api::create::<S, Q>))
        .route("/api/requests/{transaction}", get(api::result::<S, Q>))
        .route(
            &request,
            get(openid4vp::request_object::<S, Q>).post(openid4vp::request_object_by_post::<S, Q>),
        )
        .route(Addresses::RESPONSE_PATH, post(openid4vp::response::<S, Q>))
        .route("/.well-known/did.json", get(did_document::<S, Q>))
        .route(WELL_KNOWN, get(entity_configuration::<S, Q>))
        .with_state(service.clone())
        .merge(page::routes(&service))
        .merge(health);
    let routes = match &service.counter {
        Some(counter) => routes.merge(counter::routes(&service, counter)),
        None => routes,
    };
    let audience = Audience::PersonBelow(&[counter::BASE, page::BASE]);
    harden_within(routes, Limits { audience, ..Limits::default() })
}

async fn did_document<S, Q>(State(service): State<Arc<Service<S, Q>>>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/did+json"), (header::CACHE_CONTROL, "max-age=60")];
    (headers, Json(&service.did_document)).into_response()
}

/// The Entity Configuration (OpenID Federation 1.0 §9).
async fn entity_configuration<S, Q>(State(service): State<Arc<Service<S, Q>>>) -> Result<Response, Refusal> {
    FederationMember::answer(service.federation.as_ref(), service.clock.now())
}

/// Ours or the world's: the peer may try again.
fn unavailable(error: impl std::fmt::Display) -> Refusal {
    Refusal::unavailable().logging(error)
}
