//! Who asks for a page: somebody at the door, or somebody inside.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::Response,
};
use jiff::Timestamp;
use maud::{Markup, html};
use portage_catalog::{Catalog, Language};
use portage_fetch::Fetcher;
use portage_storage::wallet::SealedWallet;
use portage_wallet::{Wallet, ports::StoreFailure};
use portage_web::page::{
    Heading, Page, PageEntry, Session, Submitted, SubmittedError, Words, form, problem, read_form, see_other,
};
use tokio::sync::OwnedMutexGuard;

use super::{
    Desk, SITE, UNLOCK,
    desk::{IDLE, Unlocked},
    flow::Flow,
    opening::no_way_in,
    trouble::Trouble,
    unlock,
};

/// So long after the wallet has locked itself its last page leaves the screen: a browser's clock and ours are not one.
const AFTER_THE_LOCK: Duration = Duration::from_secs(5);

/// Somebody with a session; the wallet may be locked.
pub(crate) struct AtDoor {
    pub(crate) desk: Arc<Desk>,
    pub(crate) words: Words,
    pub(crate) session: Session<()>,
}

/// Somebody whose wallet is unlocked.
pub(crate) struct Inside {
    pub(crate) desk: Arc<Desk>,
    pub(crate) words: Words,
    session: Session<()>,
    pub(crate) inside: Arc<Unlocked>,
}

impl FromRequestParts<Arc<Desk>> for AtDoor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Response> {
        let words = parts.extensions.get::<Words>().cloned();
        let words = words.unwrap_or_else(|| desk.words(Language::En));
        match desk.sessions.of(&parts.headers, desk.now()) {
            Some(session) => Ok(AtDoor { desk: desk.clone(), words, session }),
            None => Err(no_way_in(desk, &parts.headers)),
        }
    }
}

impl FromRequestParts<Arc<Desk>> for Inside {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Response> {
        let AtDoor { desk, words, session } = AtDoor::from_request_parts(parts, desk).await?;
        match desk.inside() {
            Some(inside) => Ok(Inside { desk, words, session, inside }),
            None => Err(see_other(&UNLOCK.address(words.language()))),
        }
    }
}

/// Reads a form, or answers for it: 403 without this session's token.
async fn submitted(request: Request, session: &Session<()>, words: &Words) -> Result<Submitted, Response> {
    read_form(request, session).await.map_err(|error| {
        let status = match error {
            SubmittedError::Forged => StatusCode::FORBIDDEN,
            SubmittedError::Malformed => StatusCode::BAD_REQUEST,
        };
        problem(status, words.language())
    })
}

/// The end of the menu of somebody inside.
pub(crate) fn lock_button(words: &Words, token: &str) -> Markup {
    form(&words.path("/lock"), token, html! { button type="submit" { (words.say("page_wallet.lock")) } })
}

impl AtDoor {
    /// The form that was sent.
    pub(crate) async fn form(&self, request: Request) -> Result<Submitted, Response> {
        submitted(request, &self.session, &self.words).await
    }
}

impl Inside {
    /// The form that was sent.
    pub(crate) async fn form(&self, request: Request) -> Result<Submitted, Response> {
        submitted(request, &self.session, &self.words).await
    }

    /// The token that a form carries.
    pub(crate) fn token(&self) -> &str {
        self.session.token()
    }

    /// A page with the menu. When nobody is there any more, it leaves the screen as the wallet locks itself.
    pub(crate) fn page(&self, path: &str, title: impl Into<Heading>) -> Page<'_> {
        Page::new(&SITE, &self.words, path, title)
            .with_menu(lock_button(&self.words, self.token()))
            .put_away_after(IDLE + AFTER_THE_LOCK, unlock::PUT_AWAY)
    }

    /// The use cases.
    pub(crate) fn wallet(&self) -> Wallet<'_, Fetcher, SealedWallet> {
        self.inside.session.wallet()
    }

    pub(crate) fn store(&self) -> &SealedWallet {
        &self.inside.session.store
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.inside.session.catalog
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.desk.now()
    }

    /// A page's address in the visitor's language.
    pub(crate) fn href(&self, page: PageEntry) -> String {
        page.address(self.words.language())
    }

    /// The address of the page about `id`.
    pub(crate) fn href_of(&self, page: PageEntry, id: &str) -> String {
        page.address_of(id, self.words.language())
    }

    /// A line that leads somewhere else.
    pub(crate) fn link(&self, page: PageEntry, key: &'static str) -> Markup {
        html! { a href=(self.href(page)) { (self.words.say(key)) } }
    }

    /// The story of this id: nobody else moves it while the guard is held. 404 where there is none.
    pub(crate) async fn flow(&self, id: &str) -> Result<OwnedMutexGuard<Flow>, Response> {
        match self.inside.flows.of(id) {
            Some(cell) => Ok(cell.lock_owned().await),
            None => Err(self.not_here()),
        }
    }

    /// On to the page where the story of this id stands.
    pub(crate) fn onward(&self, flow: &Flow, id: &str) -> Response {
        see_other(&self.href_of(flow.page(), id))
    }

    /// That the wallet's own file failed, in place of `page`.
    pub(crate) fn store_failed(&self, page: PageEntry, failure: StoreFailure) -> Response {
        let trouble = Trouble::from(failure).notice(None, &self.words);
        self.page(page.path, "page_wallet.broken_title").with_body(trouble).answer()
    }

    /// 404, with the menu.
    pub(crate) fn not_here(&self) -> Response {
        let body = html! { p { (self.words.say("page.not_found_todo")) } };
        self.page("/", "page.not_found").without_switch().with_body(body).respond(StatusCode::NOT_FOUND)
    }
}
