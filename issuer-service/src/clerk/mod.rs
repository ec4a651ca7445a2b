//! The clerks' pages: types, registers, offers, records, and the trail of all of it.
//!
//! Behind the staff's door ([`portage_service::staff`]). A clerk offers records ([`offer`], [`register`]), hands out what came of it ([`made`]), and looks after
//! a record's status ([`record`]); an approver agrees to what a clerk proposed ([`waiting`]); an auditor reads the trail ([`trail`]). Each
//! handler asks for the role first: a page that shows no button is not what keeps somebody out.
//!
//! A register that was looked through and a list of offers that were made stand in the memory of this process for half an hour, for whoever made
//! them: claims of an upload reach the store when they are offered, and not before.

#![expect(clippy::result_large_err, reason = "an answer is what a handler gives, whichever way it went")]

mod home;
mod made;
mod offer;
mod record;
mod register;
mod trail;
mod waiting;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::FromRef,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use maud::html;
use portage_catalog::CredentialType;
use portage_clock::Clock;
use portage_issuer::{ClerkStore, OfferData, OfferDelivery, Record, StandingOffer, StoreFailure};
use portage_keys::{Entropy, OsEntropy};
use portage_letter::Office;
use portage_service::staff::{PASSWORD, Role, SIGN_IN, StaffDoor, StaffName, StaffStore, Visit};
use portage_web::page::{MenuEntry, PageEntry, Site, Submitted, problem};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use url::Url;

use crate::{paper::Posted, routes::Service};

/// Where the pages stand.
pub const BASE: &str = "/clerk";

const HOME: PageEntry = PageEntry::signed_in("home", "/");
const OFFER: PageEntry = PageEntry::signed_in("offer", "/offer/{id}");
const REGISTER: PageEntry = PageEntry::signed_in("register", "/register/{id}");
const PREVIEW: PageEntry = PageEntry::signed_in("preview", "/preview/{id}");
const MADE: PageEntry = PageEntry::signed_in("made", "/made/{id}");
const FIND: PageEntry = PageEntry::signed_in("find", "/find");
const RECORD: PageEntry = PageEntry::signed_in("record", "/record/{id}");
const WAITING: PageEntry = PageEntry::signed_in("waiting", "/waiting");
const TRAIL: PageEntry = PageEntry::signed_in("trail", "/trail");

/// Every page of the clerks, in both languages below [`BASE`].
pub const PAGES: &[PageEntry] =
    &[SIGN_IN, HOME, OFFER, REGISTER, PREVIEW, MADE, FIND, RECORD, WAITING, TRAIL, PASSWORD];

/// Longest register that is uploaded; a longer one is for the command.
pub(crate) const UPLOADS: &[(&str, usize)] =
    &[("/clerk/en/register", MOST_BYTES), ("/clerk/fr/register", MOST_BYTES)];
const MOST_BYTES: usize = 4 << 20;
/// Most rows of it.
const MOST_ROWS: u64 = 500;

static SITE: Site = Site {
    name: "page_clerk.service",
    base: BASE,
    menu: &[
        MenuEntry { label: "page_clerk.menu_types", path: HOME.path },
        MenuEntry { label: "page_clerk.menu_find", path: FIND.path },
        MenuEntry { label: "page_clerk.menu_waiting", path: WAITING.path },
        MenuEntry { label: "page_clerk.menu_trail", path: TRAIL.path },
    ],
    extra_style: None,
};

/// How long what was uploaded or made can be found again.
const KEPT: SignedDuration = SignedDuration::from_mins(30);
/// How long an offer from these pages lives.
const OFFER_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Most of these at once, of all clerks together.
const MOST_KEPT: usize = 16;

/// What the pages of one process hold.
pub struct Clerk {
    door: Arc<StaffDoor>,
    office: Office,
    kept: Mutex<HashMap<String, Kept>>,
    /// One register is read at a time.
    reading: Semaphore,
}

struct Kept {
    by: StaffName,
    at: Timestamp,
    what: What,
}

#[derive(Clone)]
enum What {
    /// A register that was looked through.
    Preview(Arc<register::Looked>),
    /// Offers that were made.
    Made(Arc<Made>),
}

/// Offers that were made, and how they are handed out.
pub(crate) struct Made {
    credential_type: CredentialType,
    how: How,
    posted: Vec<Posted>,
    unchanged: u64,
    refused: u64,
    at: Timestamp,
}

/// How an offer reaches the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Screen,
    Link,
    Letter,
}

impl How {
    fn read(name: &str) -> Option<Self> {
        match name {
            "screen" => Some(How::Screen),
            "link" => Some(How::Link),
            "letter" => Some(How::Letter),
            _ => None,
        }
    }
}

/// What a form says of the offers that it makes.
struct Wanted {
    how: How,
    tx_code: bool,
    standing: StandingOffer,
}

impl Wanted {
    /// Reads the fields of [`offer::how_fields`]; `None` where no way was chosen.
    fn read(form: &Submitted) -> Option<Self> {
        Some(Wanted {
            how: How::read(form.text("how"))?,
            tx_code: form.text("code") == "yes",
            standing: if form.text("again") == "yes" { StandingOffer::Replace } else { StandingOffer::Keep },
        })
    }

    /// An offer of this record: by reference, and for as long as a letter may lie about.
    fn offer(
        &self,
        credential_type: &CredentialType,
        record: String,
        claims: Map<String, Value>,
    ) -> OfferData {
        OfferData {
            credential_type: credential_type.id.clone(),
            format: None,
            record: Record::Key(record),
            claims,
            valid_from: None,
            valid_until: None,
            as_of: None,
            life: OFFER_LIFE,
            tx_code: self.tx_code,
            delivery: OfferDelivery::ByReference,
            standing: self.standing,
        }
    }
}

impl Clerk {
    /// The pages of the issuer at `url`, for the accounts of `store`.
    pub fn new(store: StaffStore, url: &Url, clock: (Clock, TimeZone), office: Office) -> Self {
        let door = Arc::new(StaffDoor::new(store, url, &SITE, HOME, clock));
        Clerk { door, office, kept: Mutex::default(), reading: Semaphore::new(1) }
    }

    /// The door of its staff.
    pub fn door(&self) -> &Arc<StaffDoor> {
        &self.door
    }

    /// Keeps it for `by`, and gives its id. One upload a person: the one before goes.
    fn keep(&self, by: &StaffName, what: What, now: Timestamp) -> String {
        let id = OsEntropy.token();
        let is_upload = |what: &What| matches!(what, What::Preview(_));
        let mut all = self.all();
        all.retain(|_, kept| {
            let again = is_upload(&kept.what) && is_upload(&what) && kept.by == *by;
            now.duration_since(kept.at) <= KEPT && !again
        });
        while all.len() >= MOST_KEPT {
            let oldest = all.iter().min_by_key(|(_, kept)| kept.at).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { break };
            all.remove(&oldest);
        }
        all.insert(id.clone(), Kept { by: by.clone(), at: now, what });
        id
    }

    /// What `by` keeps under this id.
    fn kept(&self, by: &StaffName, id: &str, now: Timestamp) -> Option<What> {
        let all = self.all();
        let kept = all.get(id).filter(|kept| kept.by == *by && now.duration_since(kept.at) <= KEPT)?;
        Some(kept.what.clone())
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service with its clerks: what the pages are made from.
pub(crate) struct Desk<S> {
    service: Arc<Service<S>>,
    clerk: Arc<Clerk>,
}

impl<S> Clone for Desk<S> {
    fn clone(&self) -> Self {
        Desk { service: self.service.clone(), clerk: self.clerk.clone() }
    }
}

impl<S> FromRef<Desk<S>> for Arc<StaffDoor> {
    fn from_ref(desk: &Desk<S>) -> Self {
        desk.clerk.door.clone()
    }
}

impl<S> Desk<S> {
    /// The types that this issuer offers.
    fn types(&self) -> Vec<&CredentialType> {
        let issuer = &self.service.issuer;
        issuer.profile().types.iter().filter_map(|id| issuer.catalog().credential_type(id)).collect()
    }

    fn credential_type(&self, id: &str) -> Option<&CredentialType> {
        self.types().into_iter().find(|credential_type| credential_type.id == id)
    }
}

/// The routes, behind the door.
pub(crate) fn routes<S: ClerkStore + 'static>(service: &Arc<Service<S>>, clerk: &Arc<Clerk>) -> Router {
    let pages = Router::new()
        .route(HOME.path, get(home::page::<S>))
        .route(OFFER.path, get(offer::page::<S>).post(offer::offer::<S>))
        .route(REGISTER.path, get(register::page::<S>).post(register::upload::<S>))
        .route(PREVIEW.path, get(register::preview::<S>).post(register::offer::<S>))
        .route(MADE.path, get(made::page::<S>))
        .route("/made/{id}/{file}", get(made::file::<S>))
        .route(FIND.path, get(record::find_page::<S>).post(record::find::<S>))
        .route(RECORD.path, get(record::page::<S>).post(record::change::<S>))
        .route(WAITING.path, get(waiting::page::<S>))
        .route("/waiting/{id}", post(waiting::decide::<S>))
        .route(TRAIL.path, get(trail::page::<S>))
        .route("/trail/export", post(trail::export::<S>))
        .with_state(Desk { service: service.clone(), clerk: clerk.clone() });
    clerk.door.routes(pages)
}

/// The answer for everybody but these roles.
fn only(visit: &Visit, roles: &[Role]) -> Result<(), Response> {
    visit.refusal_unless(roles).map_or(Ok(()), Err)
}

/// The page for a store that cannot be used. The log has the cause.
fn failed(error: &StoreFailure, visit: &Visit) -> Response {
    tracing::error!(error = %error, "the store cannot be used");
    problem(StatusCode::SERVICE_UNAVAILABLE, visit.words.language())
}

/// A line of words, not of data.
fn line(visit: &Visit, key: &str) -> maud::Markup {
    html! { p { (visit.words.say(key)) } }
}
