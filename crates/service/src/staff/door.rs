use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use maud::html;
use portage_catalog::Language;
use portage_clock::Clock;
use portage_keys::{Entropy, OsEntropy, PasswordHash, vault::KdfParams};
use portage_storage::{
    DatabaseError,
    staff::{Account, Role, StaffName, StaffStore, TRAIL_KEPT},
};
use portage_web::page::{
    GuardRule, Page, PageEntry, Session, SessionCookie, Sessions, Site, Words, guard, in_both_languages,
    looks_ahead, preferred_language, problem, see_other, static_routes,
};
use tokio::sync::Mutex;
use url::Url;

use super::pages;

/// The page at the door.
pub const SIGN_IN: PageEntry = PageEntry::open("sign-in", "/sign-in");
/// Where somebody chooses their password.
pub const PASSWORD: PageEntry = PageEntry::signed_in("password", "/password");

/// After how long without a request somebody is signed out.
const IDLE: SignedDuration = SignedDuration::from_mins(20);
/// After how long somebody is signed out whatever they do.
const LONGEST: SignedDuration = SignedDuration::from_hours(10);
/// How long a form at the door may be left open.
const AT_DOOR: SignedDuration = SignedDuration::from_hours(1);

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Their name.
    pub name: StaffName,
    /// What they may do.
    pub role: Role,
    /// The number of changes of their account when they signed in.
    pub(super) version: i64,
    /// Whether they came with a one-time code: they may choose a password without the old one.
    pub(super) by_code: bool,
}

impl Signed {
    pub(super) fn of(account: &Account, by_code: bool) -> Self {
        Signed { name: account.name.clone(), role: account.role, version: account.version, by_code }
    }
}

/// The door to a service's own pages.
pub struct StaffDoor {
    pub(super) site: &'static Site,
    /// Where somebody comes in.
    pub(super) home: PageEntry,
    pub(super) store: StaffStore,
    pub(super) inside: Sessions<Signed>,
    /// Somebody who looks at the form at the door: so that nobody signs another in from another page.
    pub(super) outside: Sessions<()>,
    /// One guess at a time: each takes its memory.
    pub(super) guessing: Mutex<()>,
    /// What a guess at nobody's password is held against, made when it is first needed.
    pub(super) nobody: std::sync::OnceLock<PasswordHash>,
    pub(super) kdf: KdfParams,
    guard: GuardRule,
    clock: Clock,
    zone: TimeZone,
}

impl StaffDoor {
    /// The door of the service at `url` to the pages of `site`; times are told in `zone`.
    pub fn new(
        store: StaffStore,
        url: &Url,
        site: &'static Site,
        home: PageEntry,
        (clock, zone): (Clock, TimeZone),
    ) -> Self {
        // Cookies do not tell ports apart.
        let port = url.port_or_known_default().unwrap_or_default();
        let cookie = |place: &str| SessionCookie {
            name: format!("portage{}-{place}-{port}", site.base.replace('/', "-")),
            path: site.base,
            secure: url.scheme() == "https",
        };
        StaffDoor {
            site,
            home,
            store,
            inside: Sessions::new(cookie("staff"), IDLE).ending_after(LONGEST),
            outside: Sessions::new(cookie("door"), AT_DOOR),
            guessing: Mutex::default(),
            nobody: std::sync::OnceLock::new(),
            kdf: KdfParams::default(),
            guard: GuardRule::of_url(url),
            clock,
            zone,
        }
    }

    /// With another cost of new passwords.
    #[must_use]
    pub fn with_kdf(mut self, kdf: KdfParams) -> Self {
        self.kdf = kdf;
        self
    }

    /// The accounts and the trail.
    pub fn store(&self) -> &StaffStore {
        &self.store
    }

    /// Everything below the site's base: `pages` in both languages beside the door's own, and the stylesheet.
    pub fn routes(self: &Arc<Self>, pages: Router) -> Router {
        let own = Router::new()
            .route(SIGN_IN.path, get(pages::sign_in_page).post(pages::sign_in))
            .route("/sign-in/code", post(pages::sign_in_by_code))
            .route("/sign-out", post(pages::sign_out))
            .route(PASSWORD.path, get(pages::password_page).post(pages::choose_password))
            .with_state(self.clone());
        let others = Router::new()
            .route("/", get(front))
            .route("/open/{code}", get(open))
            .with_state(self.clone())
            .merge(static_routes());
        let all = in_both_languages(&own.merge(pages), |language| self.words(language)).merge(others);
        guard(Router::new().nest(self.site.base, all), self.guard.clone())
    }

    /// Forgets what of the trail is old: run it with the other retention jobs.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn sweep(&self) -> Result<(), DatabaseError> {
        self.store.forget(self.now().checked_sub(TRAIL_KEPT).unwrap_or(Timestamp::MIN)).await
    }

    /// The words of a language, in the service's time zone.
    pub fn words(&self, language: Language) -> Words {
        Words::new(language).in_zone(self.zone.clone())
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The service's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// A page's address in a language.
    pub fn href(&self, page: PageEntry, language: Language) -> String {
        format!("{}{}", self.site.base, page.address(language))
    }

    pub(super) fn entropy(&self) -> &dyn Entropy {
        &OsEntropy
    }

    /// Who is signed in, if their account still stands as it did when they came.
    pub(super) async fn signed(&self, headers: &HeaderMap) -> Result<Option<Session<Signed>>, DatabaseError> {
        let Some(session) = self.inside.of(headers, self.now()) else { return Ok(None) };
        let signed = session.value();
        let stands = self
            .store
            .account(&signed.name)
            .await?
            .is_some_and(|account| (account.version, account.role) == (signed.version, signed.role));
        if !stands {
            self.inside.end(&session);
        }
        Ok(stands.then_some(session))
    }

    /// Lets somebody in, on the first page.
    pub(super) fn let_in(&self, account: &Account, by_code: bool, language: Language) -> Response {
        let (_, cookie) = self.inside.begin(Signed::of(account, by_code), self.now(), self.entropy());
        let mut response = see_other(&self.href(self.home, language));
        response.headers_mut().append(header::SET_COOKIE, cookie);
        response
    }
}

/// `GET {base}`: home, in the language that somebody looked at last.
async fn front(State(door): State<Arc<StaffDoor>>, headers: HeaderMap) -> Response {
    see_other(&door.href(door.home, preferred_language(&headers)))
}

/// `GET {base}/open/…`: a one-time code as a link. What only looks ahead does not use it up.
async fn open(State(door): State<Arc<StaffDoor>>, Path(code): Path<String>, headers: HeaderMap) -> Response {
    let language = preferred_language(&headers);
    match door.signed(&headers).await {
        Err(error) => return unavailable(&error, language),
        // Somebody who is in already, and loads the link again, stays in.
        Ok(Some(_)) => return see_other(&door.href(door.home, language)),
        Ok(None) => {}
    }
    if !looks_ahead(&headers) {
        match door.store.redeem_code(&code, door.now()).await {
            Err(error) => return unavailable(&error, language),
            Ok(Some(account)) => return door.let_in(&account, true, language),
            Ok(None) => {}
        }
    }
    let words = door.words(language);
    let body = html! {
        p { (words.say("page_staff.code_wrong")) }
        p { a href=(door.href(SIGN_IN, language)) { (words.say("page_staff.sign_in")) } }
    };
    Page::new(door.site, &words, SIGN_IN.path, "page_staff.open_title")
        .with_body(body)
        .respond(StatusCode::FORBIDDEN)
}

/// The page for a store that cannot be used. The log has the cause.
pub(super) fn unavailable(error: &DatabaseError, language: Language) -> Response {
    tracing::error!(error = %error, "the accounts of the staff cannot be used");
    problem(StatusCode::SERVICE_UNAVAILABLE, language)
}
