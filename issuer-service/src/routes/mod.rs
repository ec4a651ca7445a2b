//! What the service answers.

mod credential;
mod discovery;
mod offer;
mod status_list;
mod token;

use std::{fmt::Display, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use portage_clock::Clock;
use portage_federation::WELL_KNOWN;
use portage_issuer::{ClerkStore, IssuanceStore, Issuer};
use portage_service::FederationMember;
use portage_web::{Audience, Limits, Readiness, Refusal, harden_within, health_routes};
use serde_json::Value;

use crate::{
    clerk::{self, Clerk},
    did_log::LiveLog,
};

/// What the routes need: the issuer and the time.
pub struct Service<S> {
    /// The use cases.
    pub issuer: Issuer<S>,
    /// The time.
    pub clock: Clock,
    /// The issuer's DID document; none where its DID needs none, or where it follows from a log.
    pub did_document: Option<Value>,
    /// The log of its DID; none where the DID has no log. Read at each request: an entry is published when it is there, and the keys that it
    /// names sign from then on.
    pub did_log: Option<LiveLog>,
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
    let mut issuing = Router::new()
        .route("/.well-known/openid-credential-issuer", get(discovery::issuer_metadata::<S>))
        .route("/.well-known/oauth-authorization-server", get(discovery::authorization_server::<S>))
        .route("/offers/{link}", get(offer::open::<S>))
        .route("/token", post(token::redeem::<S>))
        .route("/nonce", post(token::nonce::<S>))
        .route("/credential", post(credential::issue::<S>));
    if service.issuer.profile().notification {
        issuing = issuing.route("/notification", post(credential::notify::<S>));
    }
    let issuing =
        issuing.route_layer(middleware::from_fn_with_state(service.clone(), while_the_did_lasts::<S>));
    let routes = Router::new()
        .route("/.well-known/did.json", get(discovery::did_document::<S>))
        .route("/.well-known/did.jsonl", get(discovery::did_log::<S>))
        .route("/.well-known/did-witness.json", get(discovery::did_witness::<S>))
        .route("/types/{id}/logo", get(discovery::logo::<S>))
        .route(WELL_KNOWN, get(discovery::entity_configuration::<S>))
        .route("/status/{kind}/{list}", get(status_list::read::<S>))
        .merge(issuing);
    let mut routes = routes.with_state(service.clone()).merge(health);
    if let Some(clerk) = &service.clerk {
        routes = routes.merge(clerk::routes(&service, clerk));
    }
    let audience = Audience::PersonBelow(&[clerk::BASE]);
    harden_within(routes, Limits { bodies: clerk::UPLOADS, audience, ..Limits::default() })
}

impl<S: IssuanceStore + 'static> Service<S> {
    /// Goes on to the keys of the log as it stands now, where there is one; the document of the did:web beside it.
    async fn follow_log(self: &Arc<Self>) -> Option<Value> {
        let service = self.clone();
        let followed = tokio::task::spawn_blocking(move || {
            service.did_log.as_ref().and_then(|log| log.follow(&service.issuer, service.clock.now()))
        });
        followed.await.ok().flatten()
    }
}

/// An issuer whose DID has ended issues nothing: what leads to a credential is not there any more.
async fn while_the_did_lasts<S: IssuanceStore + 'static>(
    State(service): State<Arc<Service<S>>>,
    request: Request,
    next: Next,
) -> Response {
    service.follow_log().await;
    if service.issuer.has_ended() { Refusal::not_found().into_response() } else { next.run(request).await }
}

/// 200 with a JSON body.
fn json(value: Value) -> Response {
    Json(value).into_response()
}

/// Ours or the world's: the peer may try again.
fn unavailable(error: impl Display) -> Refusal {
    Refusal::unavailable().logging(error)
}
