//! What the service answers.

mod federation;
mod resolve;

use std::{fmt::Display, sync::Arc};

use axum::{Router, routing::get};
use portage_authority::{Authority, FETCH_PATH, LIST_PATH, RESOLVE_PATH, RegistryStore};
use portage_clock::Clock;
use portage_federation::WELL_KNOWN;
use portage_fetch::HttpSources;
use portage_web::{Readiness, Refusal, harden, health_routes};

/// What the routes need: the authority and the time.
pub struct Service<S> {
    /// The use cases.
    pub authority: Authority<S>,
    /// The way to those below, for questions about somebody further down.
    pub sources: HttpSources,
    /// The time.
    pub clock: Clock,
}

/// The service's routes with everything [`harden`] puts around them.
pub fn routes<S: RegistryStore + 'static>(service: Arc<Service<S>>, readiness: Readiness) -> Router {
    let store = service.clone();
    let health = health_routes(readiness, move || {
        let service = store.clone();
        async move { service.authority.registration(&service.authority.profile().id).await.is_ok() }
    });
    let routes = Router::new()
        .route(WELL_KNOWN, get(federation::entity_configuration::<S>))
        .route(FETCH_PATH, get(federation::fetch::<S>))
        .route(LIST_PATH, get(federation::list::<S>))
        .route(RESOLVE_PATH, get(resolve::resolve::<S>));
    harden(routes.with_state(service).merge(health))
}

/// Ours or the world's: the peer may try again.
fn unavailable(error: impl Display) -> Refusal {
    Refusal::unavailable().logging(error)
}
