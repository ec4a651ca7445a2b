//! The way in: a link that is good once.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use maud::html;
use portage_keys::{
    Entropy,
    digest::{constant_time_eq, sha256},
};
use portage_web::page::{Page, looks_ahead, preferred_language, see_other};

use super::{Desk, HOME, SITE};

/// How long the link is good.
const GOOD_FOR: Duration = Duration::from_secs(600);

/// The one-time link of this run: what is kept of it is a digest.
pub(crate) struct OpeningLink {
    digest: Mutex<Option<[u8; 32]>>,
    made: Duration,
}

impl OpeningLink {
    /// A new link's secret, and what is kept of it.
    pub(crate) fn new(entropy: &dyn Entropy, now: Duration) -> (Self, String) {
        let secret = format!("{}{}", entropy.token(), entropy.token());
        let digest = Mutex::new(Some(sha256(secret.as_bytes())));
        (OpeningLink { digest, made: now }, secret)
    }

    /// Whether this is the secret. The first that asks with it is the only one.
    fn redeem(&self, secret: &str, now: Duration) -> bool {
        let mut kept = self.digest.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = kept.is_some_and(|digest| constant_time_eq(&digest, &sha256(secret.as_bytes())));
        if is_it {
            *kept = None;
        }
        is_it && now.saturating_sub(self.made) <= GOOD_FOR
    }
}

/// `GET /open/…`: the link for a session. What only looks ahead (a preview, a prefetch) does not use it up.
pub(super) async fn open(
    State(desk): State<Arc<Desk>>,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Response {
    let language = preferred_language(&headers);
    let now = desk.now();
    // Somebody who is in already, and loads the link again, stays in.
    let is_in = desk.sessions.of(&headers, now).is_some();
    if !is_in && (looks_ahead(&headers) || !desk.opening.redeem(&secret, desk.since_start())) {
        return no_way_in(&desk, &headers);
    }
    let mut response = see_other(&HOME.address(language));
    if !is_in {
        let (_, cookie) = desk.sessions.begin((), now, desk.entropy());
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// `GET /`: home, in the language that somebody looked at last.
pub(super) async fn front(headers: HeaderMap) -> Response {
    see_other(&HOME.address(preferred_language(&headers)))
}

/// Nobody is in without the link.
pub(super) fn no_way_in(desk: &Desk, headers: &HeaderMap) -> Response {
    let words = desk.words(preferred_language(headers));
    let body = html! {
        p class="lead" { (words.say("page_wallet.door_why")) }
        p { (words.say("page_wallet.door_todo")) }
        p { code { "wallet open" } }
    };
    Page::new(&SITE, &words, "/", "page_wallet.door_title").with_body(body).respond(StatusCode::FORBIDDEN)
}
