//! What the service answers.

mod asking;
mod federation;
mod log;
mod marks;
mod page;
mod read_log;
mod resolve;
mod wire;

use std::{fmt::Display, sync::Arc};

use axum::{
    Router,
    routing::{get, post},
};
use portage_authority::{
    Authority, FETCH_PATH, HISTORICAL_KEYS_PATH, LIST_PATH, PURPOSES_PATH, RESOLVE_PATH,
    TRUST_MARK_LIST_PATH, TRUST_MARK_PATH, TRUST_MARK_STATUS_PATH,
};
use portage_clock::Clock;
use portage_federation::WELL_KNOWN;
use portage_fetch::HttpSources;
use portage_storage::{authority::SqliteRegistry, log::PublishError};
use portage_transparency_log::SignedCheckpoint;
use portage_web::{Audience, Limits, Readiness, Refusal, harden_within, health_routes};

use crate::{PublicLog, public_log};

use self::{
    asking::{Misses, WaysOut},
    read_log::ReadLog,
};

/// What the routes need: the authority, its published log, the time.
pub struct Service {
    authority: Authority<SqliteRegistry>,
    log: PublicLog,
    /// The way to those below, for questions about somebody further down.
    sources: HttpSources,
    clock: Clock,
    /// The log as the page tells it.
    read_log: ReadLog,
    /// About whom nobody below or beside knew anything a moment ago.
    misses: Misses,
    /// How many may be asked at one time, whoever wants to know.
    ways_out: WaysOut,
}

impl Service {
    /// The authority with its published log, asking others over `sources`.
    pub fn new(
        authority: Authority<SqliteRegistry>,
        log: PublicLog,
        sources: HttpSources,
        clock: Clock,
    ) -> Self {
        let (read_log, misses, ways_out) = Default::default();
        Service { authority, log, sources, clock, read_log, misses, ways_out }
    }

    /// Publishes what the store holds.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn publish(&self) -> Result<SignedCheckpoint, PublishError> {
        self.log.publish(self.authority.store()).await
    }

    /// The checkpoint of all that is in the store: what is said is published first.
    async fn published(&self) -> Result<SignedCheckpoint, Refusal> {
        self.publish().await.map_err(unavailable)
    }
}

/// The service's routes with everything [`harden_within`] puts around them.
pub fn routes(service: Arc<Service>, readiness: Readiness) -> Router {
    let store = service.clone();
    let health = health_routes(readiness, move || {
        let service = store.clone();
        async move { service.authority.registration(&service.authority.profile().id).await.is_ok() }
    });
    let routes = Router::new()
        .route(WELL_KNOWN, get(federation::entity_configuration))
        .route(FETCH_PATH, get(federation::fetch))
        .route(LIST_PATH, get(federation::list))
        .route(HISTORICAL_KEYS_PATH, get(federation::historical_keys))
        .route(RESOLVE_PATH, get(resolve::resolve))
        .route(PURPOSES_PATH, get(federation::purposes))
        .route(TRUST_MARK_PATH, get(marks::trust_mark))
        .route(TRUST_MARK_LIST_PATH, get(marks::list))
        .route(TRUST_MARK_STATUS_PATH, post(marks::status))
        .route(&format!("{}/{{*path}}", public_log::PATH), get(log::read));
    let routes = routes.with_state(service.clone()).merge(page::routes(&service)).merge(health);
    let audience = Audience::PersonBelow(page::PATHS);
    harden_within(routes, Limits { audience, ..Limits::default() })
}

/// Ours or the world's: the peer may try again.
fn unavailable(error: impl Display) -> Refusal {
    Refusal::unavailable().logging(error)
}
