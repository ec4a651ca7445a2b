//! The code on the screen, and what became of it.

use axum::{
    extract::{Path, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use maud::{Markup, html};
use portage_catalog::Purpose;
use portage_service::staff::Visit;
use portage_verification::Sources;
use portage_verifier::ports::SessionStore;
use portage_web::page::{
    Notice, button, details, form, link_button, notice, plain_link_button, problem, qr_code,
};

use super::{ASK, Asked, Desk, REQUEST, WATCH, ask::what_it_asks, decision};

/// How often a page that looks by itself looks, in seconds.
const LOOK_AGAIN: HeaderValue = HeaderValue::from_static("4");
const REFRESH: HeaderName = HeaderName::from_static("refresh");

/// Whether the page looks by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looks {
    WhenAsked,
    ByItself,
}

/// `GET /request/{id}`.
pub(super) async fn page<S: SessionStore, Q: Sources>(
    State(desk): State<Desk<S, Q>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    stands(&desk, &visit, &id, Looks::WhenAsked).await
}

/// `GET /request/{id}/watch`: the same, and looks again by itself while nobody has answered. Somebody chose that, and can end it.
pub(super) async fn watch<S: SessionStore, Q: Sources>(
    State(desk): State<Desk<S, Q>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    stands(&desk, &visit, &id, Looks::ByItself).await
}

async fn stands<S: SessionStore, Q: Sources>(
    desk: &Desk<S, Q>,
    visit: &Visit,
    id: &str,
    looks: Looks,
) -> Response {
    let Some(asked) = desk.counter.asked_by(&visit.signed().name, id) else { return visit.not_here() };
    let verifier = &desk.service.verifier;
    let Some(purpose) = verifier.catalog.purpose(&asked.purpose) else { return visit.not_here() };
    let now = visit.now();
    // Explained first: fetching the result may shorten how long it is kept.
    let explained = verifier.explain(&asked.transaction, now).await;
    let result = verifier.result(&asked.transaction, None, now).await;
    let (explained, result) = match (explained, result) {
        (Ok(explained), Ok(result)) => (explained, result),
        (Err(failure), _) | (_, Err(failure)) => {
            tracing::error!(error = %failure, "the store cannot be used");
            return problem(StatusCode::SERVICE_UNAVAILABLE, visit.words.language());
        }
    };
    let path = if looks == Looks::ByItself { WATCH } else { REQUEST }.path_of(id);
    let words = &visit.words;
    let (title, body, waits) = match &result {
        None => ("page_counter.over_title", html! { p { (words.say("page_counter.over_why")) } }, false),
        Some(result) => match &result.verdict {
            Some(verdict) => {
                let told = decision::Told {
                    verdict,
                    purpose: Some(purpose),
                    explained: explained.as_ref(),
                    session_bound: result.session_bound,
                };
                let shown = verifier.shown_to_staff(purpose, verdict);
                (told.title(), told.at_counter(&shown, words), false)
            }
            None if result.state == "expired" => {
                ("page_counter.expired_title", expired(purpose, visit), false)
            }
            None => {
                let received = result.state == "received";
                (
                    "page_counter.waiting_title",
                    waiting(&asked, purpose, received, id, looks, desk, visit),
                    true,
                )
            }
        },
    };
    let body = html! {
        p class="lead" { span translate="no" { (words.text(&purpose.name)) } }
        (body)
        @if !waits { (next(purpose, visit)) }
    };
    let mut response = visit.page(&path, title).with_body(body).answer();
    if waits && looks == Looks::ByItself {
        response.headers_mut().insert(REFRESH, LOOK_AGAIN);
    }
    response
}

fn waiting<S, Q>(
    asked: &Asked,
    purpose: &Purpose,
    received: bool,
    id: &str,
    looks: Looks,
    desk: &Desk<S, Q>,
    visit: &Visit,
) -> Markup {
    let words = &visit.words;
    let status = if received { "page_counter.received" } else { "page_counter.nobody_yet" };
    let until = words.time_of(asked.expires);
    html! {
        div class="beside" {
            div {
                @if let Some(code) = qr_code(&asked.request_uri, &words.say("page_counter.code_label")) { (code) }
                p class="small quiet" { (words.say_with("page_counter.until", &[("time", &until)])) }
            }
            div {
                p { strong { (words.say("page_counter.scan")) } }
                p { (words.say("page_counter.it_asks")) }
                (what_it_asks(purpose, &desk.service.verifier.catalog, words))
                p role="status" { strong { (words.say(status)) } }
                div class="actions" {
                    @match looks {
                        Looks::WhenAsked => {
                            (link_button(&visit.href_of(REQUEST, id), &words.say("page_counter.look")))
                            (plain_link_button(&visit.href_of(WATCH, id), &words.say("page_counter.look_by_itself")))
                        }
                        Looks::ByItself => (plain_link_button(&visit.href_of(REQUEST, id), &words.say("page_counter.look_no_more"))),
                    }
                }
                @if looks == Looks::ByItself { p class="small quiet" { (words.say("page_counter.looks_by_itself")) } }
            }
        }
        h2 { (words.say("page_counter.no_phone")) }
        p translate="no" { (words.text(&purpose.alternative)) }
        (details(&words.say("page_counter.link"), html! {
            p { (words.say("page_counter.link_why")) }
            p { a href=(asked.request_uri) { (words.say("page_counter.link_open")) } }
            p { code { (asked.request_uri) } }
        }))
        p { a href=(visit.href(ASK)) { (words.say("page_counter.other")) } }
    }
}

fn expired(purpose: &Purpose, visit: &Visit) -> Markup {
    let words = &visit.words;
    html! {
        (notice(Notice::Information, &words.say("page_counter.expired"), html! { p { (words.say("page_counter.expired_why")) } }, words))
        (decision::without_a_wallet(purpose, words))
    }
}

/// On to the next person.
fn next(purpose: &Purpose, visit: &Visit) -> Markup {
    let words = &visit.words;
    html! {
        div class="actions" {
            (form(&visit.href(ASK), visit.token(), html! {
                input type="hidden" name="purpose" value=(purpose.id);
                (button(&words.say("page_counter.next")))
            }))
            (plain_link_button(&visit.href(ASK), &words.say("page_counter.other")))
        }
    }
}
