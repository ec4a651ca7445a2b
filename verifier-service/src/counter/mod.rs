//! The counter: where staff ask somebody in front of them for a proof, and read what was decided.
//!
//! Behind the staff's door ([`portage_service::staff`]). Somebody chooses a purpose ([`ask`]), shows its code and waits ([`request`]), and reads the decision in words
//! ([`decision`]), with no claim but those that the purpose shows to staff. Waiting needs no script: a link looks again, and whoever wants it has the page
//! look by itself. A request is found by an id of its own that only the one who asked can use; it is in the memory of this process, as the session is.

mod ask;
pub(crate) mod decision;
mod request;
mod today;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Router, extract::FromRef, routing::get};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use portage_catalog::{Purpose, PurposeId};
use portage_clock::Clock;
use portage_service::staff::{PASSWORD, SIGN_IN, StaffDoor, StaffName, StaffStore};
use portage_verification::Sources;
use portage_verifier::ports::SessionStore;
use portage_web::page::{MenuEntry, PageEntry, Site};
use url::Url;

use crate::routes::Service;

/// Where the counter stands.
pub const BASE: &str = "/counter";

const ASK: PageEntry = PageEntry::signed_in("ask", "/");
const REQUEST: PageEntry = PageEntry::signed_in("request", "/request/{id}");
const WATCH: PageEntry = PageEntry::signed_in("watch", "/request/{id}/watch");
const TODAY: PageEntry = PageEntry::signed_in("today", "/today");

/// Every page of the counter, in both languages below [`BASE`].
pub const PAGES: &[PageEntry] = &[SIGN_IN, ASK, REQUEST, WATCH, TODAY, PASSWORD];

static SITE: Site = Site {
    name: "page_counter.service",
    base: BASE,
    menu: &[
        MenuEntry { label: "page_counter.menu_ask", path: ASK.path },
        MenuEntry { label: "page_counter.menu_today", path: TODAY.path },
    ],
    extra_style: None,
};

/// How long a request can be found again.
const KEPT: SignedDuration = SignedDuration::from_hours(12);
/// Most requests at once: beyond it the oldest is forgotten.
const MOST: usize = 10_000;

/// What the counter of one process holds.
pub struct Counter {
    door: Arc<StaffDoor>,
    /// What may be asked here; empty: every purpose there is.
    purposes: Vec<PurposeId>,
    asked: Mutex<HashMap<String, Asked>>,
}

/// One request, for whoever made it.
#[derive(Debug, Clone)]
struct Asked {
    by: StaffName,
    at: Timestamp,
    purpose: PurposeId,
    transaction: String,
    request_uri: String,
    expires: Timestamp,
}

impl Counter {
    /// The counter of the service at `url`, for the accounts of `store`.
    pub fn new(store: StaffStore, url: &Url, clock: (Clock, TimeZone), purposes: Vec<PurposeId>) -> Self {
        let door = Arc::new(StaffDoor::new(store, url, &SITE, ASK, clock));
        Counter { door, purposes, asked: Mutex::default() }
    }

    /// The door of its staff.
    pub fn door(&self) -> &Arc<StaffDoor> {
        &self.door
    }

    fn keep(&self, id: String, asked: Asked) {
        let mut all = self.all();
        all.retain(|_, kept| asked.at.duration_since(kept.at) <= KEPT);
        while all.len() >= MOST {
            let oldest = all.iter().min_by_key(|(_, kept)| kept.at).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { break };
            all.remove(&oldest);
        }
        all.insert(id, asked);
    }

    /// The request of this id, if `name` made it.
    fn asked_by(&self, name: &StaffName, id: &str) -> Option<Asked> {
        self.all().get(id).filter(|asked| asked.by == *name).cloned()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service with its counter: what the pages are made from.
pub(crate) struct Desk<S, Q> {
    service: Arc<Service<S, Q>>,
    counter: Arc<Counter>,
}

impl<S, Q> Clone for Desk<S, Q> {
    fn clone(&self) -> Self {
        Desk { service: self.service.clone(), counter: self.counter.clone() }
    }
}

impl<S, Q> FromRef<Desk<S, Q>> for Arc<StaffDoor> {
    fn from_ref(desk: &Desk<S, Q>) -> Self {
        desk.counter.door.clone()
    }
}

impl<S, Q> Desk<S, Q> {
    /// The purposes that may be asked here, in the order of the configuration, else of their ids.
    fn purposes(&self) -> Vec<&Purpose> {
        let catalog = &self.service.verifier.catalog;
        match self.counter.purposes.as_slice() {
            [] => catalog.purposes().collect(),
            chosen => chosen.iter().filter_map(|id| catalog.purpose(id)).collect(),
        }
    }
}

/// The counter's routes, behind its door.
pub(crate) fn routes<S, Q>(service: &Arc<Service<S, Q>>, counter: &Arc<Counter>) -> Router
where
    S: SessionStore + 'static,
    Q: Sources + 'static,
{
    let pages = Router::new()
        .route(ASK.path, get(ask::page::<S, Q>).post(ask::ask::<S, Q>))
        .route(REQUEST.path, get(request::page::<S, Q>))
        .route(WATCH.path, get(request::watch::<S, Q>))
        .route(TODAY.path, get(today::page::<S, Q>))
        .with_state(Desk { service: service.clone(), counter: counter.clone() });
    counter.door.routes(pages)
}
