//! What the service answers.

mod credential;
mod discovery;
mod offer;
mod status_list;
mod token;

use std::{fmt::Display, path::PathBuf, sync::Arc};

use axum::{
    Json, Router,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use portage_clock::Clock;
use portage_federation::WELL_KNOWN;
use portage_issuer::{ClerkStore, Issuer};
use portage_service::FederationMember;
use portage_web::{Audience, Limits, Readiness, Refusal, harden_within, health_routes};
use serde_json::Value;

use crate::clerk::{self, Clerk};

/// What the routes need: the issuer and the time.
pub struct Service<S> {
    /// The use cases.
    pub issuer: Issuer<S>,
    /// The time.
    pub clock: Clock,
    /// The issuer's DID document; none where its DID needs none.
    pub did_document: Option<Value>,
    /// The folder with `did.jsonl`, and `did-witness.json` where there are witnesses; none where the DID has no log. Read at each request: an
    /// entry is published when it is there.
    pub did_log: Option<PathBuf>,
    /// What it says of itself in a federation; none where its address cannot be an Entity Identifier.
    pub federation: Option<FederationMember>,
    /// The pages of its clerks; none where it has none.
    pub clerk: Option<Arc<Clerk>>,
}

/// The service's routes with everything [`harden_within`] puts around them.
pub fn routes<S: ClerkStore + 'static>(service: Arc<Service<S>>, readiness: Readiness) -> Router {
    let store = service.clone();
    let health = health_routes(readiness, move || {
        let service = store.clone();
        async move { service.issuer.store().list_version(1).await.is_ok() }
    });
    let mut routes = Router::new()
        .route("/.well-known/openid-credential-issuer", get(discovery::issuer_metadata::<S>))
        .route("/.well-known/oauth-authorization-server", get(discovery::authorization_server::<S>))
        .route("/.well-known/did.json", get(discovery::did_document::<S>))
        .route("/.well-known/did.jsonl", get(discovery::did_log::<S>))
        .route("/.well-known/did-witness.json", get(discovery::did_witness::<S>))
        .route("/types/{id}/logo", get(discovery::logo::<S>))
        .route(WELL_KNOWN, get(discovery::entity_configuration::<S>))
        .route("/offers/{link}", get(offer::open::<S>))
        .route("/token", post(token::redeem::<S>))
        .route("/nonce", post(token::nonce::<S>))
        .route("/credential", post(credential::issue::<S>))
        .route("/status/{kind}/{list}", get(status_list::read::<S>));
    if service.issuer.profile().notification {
        routes = routes.route("/notification", post(credential::notify::<S>));
    }
    let mut routes = routes.with_state(service.clone()).merge(health);
    if let Some(clerk) = &service.clerk {
        routes = routes.merge(clerk::routes(&service, clerk));
    }
    let audience = Audience::PersonBelow(&[clerk::BASE]);
    harden_within(routes, Limits { bodies: clerk::UPLOADS, audience, ..Limits::default() })
}

/// 200 with a JSON body.
fn json(value: Value) -> Response {
    Json(value).into_response()
}

/// Ours or the world's: the peer may try again.
fn unavailable(error: impl Display) -> Refusal {
    Refusal::unavailable().logging(error)
}
