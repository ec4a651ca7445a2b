//! The wallet as pages, served on loopback by `wallet open`: one file a page, the same calls as the commands.
//!
//! A one-time link begins the session ([`opening`]), the passphrase unlocks the wallet ([`unlock`]), and everything else is [`visit::Inside`]: after
//! ten minutes in which nobody asked for anything the wallet is locked, and what was begun is forgotten.
//!
//! What takes several pages is a [`flow::Flow`]: a link that was read, an offer that was reviewed, a request. It has one place at a time; a page of another step leads
//! there, so that going back and sending a form twice change nothing.

mod backup;
mod complaint;
mod consent;
mod credential;
mod desk;
mod flow;
mod guesses;
mod help;
mod history;
mod home;
mod link;
mod offer;
mod opening;
mod picture;
mod qr;
mod result;
mod settings;
mod shown;
mod trouble;
mod unlock;
mod visit;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};
use portage_web::{
    Audience, Limits, harden_within,
    page::{GuardRule, MenuEntry, PageEntry, Site, guard, in_both_languages, static_routes},
};

pub(crate) use desk::Desk;
pub(crate) use opening::OpeningLink;

/// The page that a language switch, the menu and `wallet open` lead to.
pub(crate) const HOME: PageEntry = PageEntry::signed_in("home", "/");
const UNLOCK: PageEntry = PageEntry::in_session("unlock", "/unlock");
const LINK: PageEntry = PageEntry::signed_in("link", "/link");
const LINK_FOUND: PageEntry = PageEntry::signed_in("link-found", "/link/{id}");
const OFFER: PageEntry = PageEntry::signed_in("offer", "/offer/{id}");
const ARRIVED: PageEntry = PageEntry::signed_in("arrived", "/arrived/{id}");
const CONSENT: PageEntry = PageEntry::signed_in("consent", "/consent/{id}");
const BEYOND: PageEntry = PageEntry::signed_in("beyond", "/consent/{id}/beyond");
const RESULT: PageEntry = PageEntry::signed_in("result", "/result/{id}");
const CREDENTIAL: PageEntry = PageEntry::signed_in("credential", "/credential/{id}");
const EXPLAIN: PageEntry = PageEntry::signed_in("explain", "/credential/{id}/explain");
const DELETE: PageEntry = PageEntry::signed_in("delete", "/credential/{id}/delete");
const HISTORY: PageEntry = PageEntry::signed_in("history", "/history");
const RECEIPT: PageEntry = PageEntry::signed_in("receipt", "/history/{id}");
const ERASURE: PageEntry = PageEntry::signed_in("erasure", "/history/{id}/erasure");
const COMPLAINT: PageEntry = PageEntry::signed_in("complaint", "/history/{id}/complaint");
const BACKUP: PageEntry = PageEntry::signed_in("backup", "/backup");
const SHEET: PageEntry = PageEntry::signed_in("sheet", "/backup/sheet");
const SETTINGS: PageEntry = PageEntry::signed_in("settings", "/settings");
const HELP: PageEntry = PageEntry::open("help", "/help");

/// Every page of the wallet, in both languages under `/en` and `/fr`: what a test walks, and what pictures are taken of.
pub const PAGES: &[PageEntry] = &[
    UNLOCK, HOME, LINK, LINK_FOUND, OFFER, ARRIVED, CONSENT, BEYOND, RESULT, CREDENTIAL, EXPLAIN, DELETE,
    HISTORY, RECEIPT, ERASURE, COMPLAINT, BACKUP, SHEET, SETTINGS, HELP,
];

/// What the wallet's pages share.
static SITE: Site = Site {
    name: "page_wallet.service",
    base: "",
    menu: &[
        MenuEntry { label: "page_wallet.menu_home", path: "/" },
        MenuEntry { label: "page_wallet.menu_link", path: "/link" },
        MenuEntry { label: "page_wallet.menu_history", path: "/history" },
        MenuEntry { label: "page_wallet.menu_backup", path: "/backup" },
        MenuEntry { label: "page_wallet.menu_settings", path: "/settings" },
        MenuEntry { label: "page_wallet.menu_help", path: "/help" },
    ],
    extra_style: Some("/cards.css"),
};

/// Longest picture, and longest copy of a wallet, that somebody may upload.
const UPLOADS: &[(&str, usize)] =
    &[("/en/link", 16 << 20), ("/fr/link", 16 << 20), ("/en/backup", 64 << 20), ("/fr/backup", 64 << 20)];

/// Everything that is served, for requests to a loopback name with this port.
pub(crate) fn routes(desk: &Arc<Desk>, port: u16) -> Router {
    let pages = Router::new()
        .route(UNLOCK.path, get(unlock::page).post(unlock::unlock))
        .route("/lock", post(unlock::lock))
        .route(unlock::PUT_AWAY, get(unlock::put_away))
        .route(HOME.path, get(home::page))
        .route(LINK.path, get(link::page).post(link::read))
        .route(LINK_FOUND.path, get(link::found).post(link::look))
        .route(OFFER.path, get(offer::page).post(offer::accept))
        .route(ARRIVED.path, get(offer::arrived).post(offer::keep))
        .route(CONSENT.path, get(consent::page).post(consent::answer))
        .route(BEYOND.path, get(consent::beyond).post(consent::answer_beyond))
        .route(RESULT.path, get(result::page))
        .route(CREDENTIAL.path, get(credential::page))
        .route(EXPLAIN.path, get(credential::explain))
        .route(DELETE.path, get(credential::delete_page).post(credential::delete))
        .route(HISTORY.path, get(history::page))
        .route(RECEIPT.path, get(history::receipt))
        .route(ERASURE.path, get(complaint::erasure))
        .route(COMPLAINT.path, get(complaint::page).post(complaint::choose))
        .route(BACKUP.path, get(backup::page))
        .route("/backup/copy", post(backup::copy))
        .route("/backup/restore", post(backup::restore))
        .route(SHEET.path, get(backup::sheet))
        .route(SETTINGS.path, get(settings::page))
        .route(HELP.path, get(help::page))
        .with_state(desk.clone());
    let for_words = desk.clone();
    let others = Router::new()
        .route("/", get(opening::front))
        .route("/open/{secret}", get(opening::open))
        .route("/cards.css", get(picture::card_colours))
        .route("/logo/{id}", get(picture::logo))
        .route("/picture/{id}/{claim}", get(picture::of_claim))
        .with_state(desk.clone());
    let all = in_both_languages(&pages, move |language| for_words.words(language))
        .merge(others)
        .merge(static_routes());
    let limits = Limits { bodies: UPLOADS, time: desk::ANSWER_TIME, audience: Audience::Person };
    guard(harden_within(all, limits), GuardRule::loopback(port))
}
