//! What was decided today for whoever looks: no value, nobody's name.

use axum::{extract::State, http::StatusCode, response::Response};
use jiff::Timestamp;
use maud::{Markup, html};
use portage_catalog::{Catalog, reason_sentence};
use portage_reason::Reason;
use portage_service::staff::Visit;
use portage_verification::Sources;
use portage_verifier::{
    AskedBy,
    ports::{Event, SessionStore},
};
use portage_web::page::{Words, problem};

use super::{Desk, TODAY};

/// `GET /today`.
pub(super) async fn page<S: SessionStore, Q: Sources>(
    State(desk): State<Desk<S, Q>>,
    visit: Visit,
) -> Response {
    let words = &visit.words;
    let asked_by = AskedBy(visit.signed().name.as_str().to_owned());
    let verifier = &desk.service.verifier;
    let events = match verifier.store.events_asked_by(asked_by, start_of_day(&visit)).await {
        Ok(events) => events,
        Err(failure) => {
            tracing::error!(error = %failure, "the store cannot be used");
            return problem(StatusCode::SERVICE_UNAVAILABLE, words.language());
        }
    };
    let body = html! {
        p class="lead" { (words.say_with("page_counter.today_lead", &[("day", &words.day_of(visit.now()))])) }
        @if events.is_empty() {
            p { (words.say("page_counter.today_nothing")) }
        } @else {
            p { (words.count("page_counter.today_count", u64::try_from(events.len()).unwrap_or(u64::MAX), &[])) }
            ol class="list" reversed { @for event in events.iter().rev() { li { (line(event, &verifier.catalog, words)) } } }
        }
    };
    visit.page(TODAY.path, "page_counter.today_title").with_body(body).answer()
}

fn start_of_day(visit: &Visit) -> Timestamp {
    let (now, zone) = (visit.now(), visit.door.zone());
    let midnight = zone.to_datetime(now).date().at(0, 0, 0, 0);
    zone.to_timestamp(midnight).unwrap_or(now)
}

fn line(event: &Event, catalog: &Catalog, words: &Words) -> Markup {
    let outcome = match (event.decision.as_str(), event.reasons.as_slice()) {
        ("accepted", _) => "page_counter.accepted",
        ("rejected", [Reason::ConsentRequired]) => "page_counter.nothing_shown",
        ("rejected", _) => "page_counter.rejected",
        _ => "page_counter.indeterminate",
    };
    let reason = event.reasons.first().filter(|reason| **reason != Reason::ConsentRequired);
    html! {
        span class="nowrap quiet" { (words.time_of(event.at)) } " "
        strong { (words.say(outcome)) } " – "
        span translate="no" {
            @match catalog.purpose(&event.purpose) {
                Some(purpose) => (words.text(&purpose.name)),
                None => (words.plain(&event.purpose.0)),
            }
        }
        @if let Some(reason) = reason { div class="small" { (reason_sentence(*reason, words.language())) } }
    }
}
