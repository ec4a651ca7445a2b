//! What happened, and the receipt of each presentation: never a value.

use axum::{extract::Path, response::Response};
use maud::{Markup, html};
use portage_catalog::{plain, reason_sentence};
use portage_wallet::{Event, EventId, EventKind, Outcome, StoredCredential, credentials, event, history};
use portage_web::page::{link_button, summary_list};

use super::{COMPLAINT, ERASURE, HISTORY, RECEIPT, consent::contact, trouble::Trouble, visit::Inside};
use crate::commands::{beyond, claim_labels, history_line};

/// `GET /history`.
pub(super) async fn page(inside: Inside) -> Response {
    let words = &inside.words;
    let body = match read(&inside) {
        Err(trouble) => trouble.notice(None, words),
        Ok((events, _)) if events.is_empty() => html! { p { (words.say("wallet.history_empty")) } },
        Ok((events, held)) => html! {
            p class="lead" { (words.say("page_wallet.history_lead")) }
            ul class="list" {
                @for event in &events {
                    li {
                        (line(event, &held, &inside))
                        @if has_receipt(event) {
                            " " a href=(inside.href_of(RECEIPT, &event.id.0)) {
                                (words.say("page_wallet.receipt")) span class="hidden" { " " (words.instant(event.at)) }
                            }
                        }
                    }
                }
            }
        },
    };
    inside.page(HISTORY.path, "page_wallet.history_title").with_body(body).answer()
}

type Read = (Vec<Event>, Vec<StoredCredential>);

fn read(inside: &Inside) -> Result<Read, Trouble> {
    let events = history(inside.store()).map_err(Trouble::from)?;
    Ok((events, credentials(inside.store()).map_err(Trouble::from)?))
}

fn line(event: &Event, held: &[StoredCredential], inside: &Inside) -> String {
    let words = &inside.words;
    history_line(event, held, inside.catalog(), words.language(), &words.instant(event.at))
}

/// Whether something left the wallet, or may have.
pub(super) fn has_receipt(event: &Event) -> bool {
    event.what == EventKind::Presented && event.outcome != Outcome::NothingSent
}

/// The presentation of this id; `Err`: there is none.
pub(super) fn presentation(inside: &Inside, id: &str) -> Result<Event, Box<Response>> {
    match event(inside.store(), &EventId(id.to_owned())) {
        Ok(Some(event)) if has_receipt(&event) => Ok(event),
        Ok(_) => Err(Box::new(inside.not_here())),
        Err(failure) => Err(Box::new(inside.store_failed(HISTORY, failure))),
    }
}

/// With whom, as a person calls them.
pub(super) fn party(event: &Event, inside: &Inside) -> String {
    event.counterpart.as_ref().map_or_else(String::new, |party| match &party.name {
        Some(name) => inside.words.name(name),
        None => plain(&party.host),
    })
}

/// `GET /history/{id}`: the receipt.
pub(super) async fn receipt(inside: Inside, Path(id): Path<String>) -> Response {
    let event = match presentation(&inside, &id) {
        Ok(event) => event,
        Err(response) => return *response,
    };
    let words = &inside.words;
    let held = credentials(inside.store()).unwrap_or_default();
    let body = html! {
        p class="lead" { (words.say("page_wallet.receipt_lead")) }
        (summary_list(&rows(&event, &inside)))
        h2 { (words.say("page_wallet.receipt_shown")) }
        @for credential in &event.credentials {
            h3 { (words.proper(&credential.name)) }
            @let labels = claim_labels(credential, &held, inside.catalog());
            @if labels.is_empty() { p { (words.say("consent.learn_exists")) } }
            @else { ul { @for label in &labels { li { (words.text(label)) } } } }
        }
        @if !event.beyond_purpose.is_empty() {
            @let places = beyond(&event, inside.catalog(), words.language());
            p { strong { (words.say_with("wallet.history_beyond", &[("places", &places)])) } }
        }
        (promised(&event, &inside))
        h2 { (words.say("page_wallet.rights")) }
        p { (words.say("page_wallet.rights_why")) }
        div class="actions" {
            (link_button(&inside.href_of(ERASURE, &id), &words.say("page_wallet.erasure_go")))
            a href=(inside.href_of(COMPLAINT, &id)) { (words.say("page_wallet.complaint_go")) }
        }
    };
    inside.page(&RECEIPT.path_of(&id), "page_wallet.receipt_title").printed().with_body(body).answer()
}

fn rows(event: &Event, inside: &Inside) -> Vec<(String, Markup)> {
    let words = &inside.words;
    let host = event.counterpart.as_ref().map(|party| plain(&party.host)).unwrap_or_default();
    let outcome = match event.outcome {
        Outcome::Done => words.say("page_wallet.outcome_done"),
        Outcome::Refused => words.say("page_wallet.outcome_not_taken"),
        Outcome::Unknown | Outcome::NothingSent => words.say("page_wallet.outcome_unknown"),
    };
    let mut rows = vec![
        (words.say("page_wallet.receipt_to"), html! { span translate="no" { (party(event, inside)) } }),
        (words.say("page_wallet.address"), html! { code { (host) } }),
        (words.say("page_wallet.receipt_when"), html! { (words.instant(event.at)) }),
        (words.say("page_wallet.receipt_outcome"), html! { (outcome) }),
    ];
    if let Some(reason) = event.reason {
        rows.push((
            words.say("page_wallet.receipt_reason"),
            html! { (reason_sentence(reason, words.language())) },
        ));
    }
    rows
}

fn promised(event: &Event, inside: &Inside) -> Markup {
    let words = &inside.words;
    let Some(promise) = &event.promise else {
        return html! { h2 { (words.say("page_wallet.promised")) } p { (words.say("page_wallet.promised_nothing")) } };
    };
    let kept = match promise.kept_until(event.at) {
        None => words.say("consent.not_kept"),
        Some(until) => words.say_with("page_wallet.kept_until", &[("date", &words.day_of(until))]),
    };
    let mut rows = vec![
        (words.say("page_wallet.why"), words.text(&promise.text)),
        (words.say("page_wallet.by_what_right"), words.proper(&promise.law)),
        (words.say("page_wallet.how_long"), html! { (kept) }),
        (words.say("page_wallet.contact"), contact(&promise.contact)),
    ];
    if let Some(authority) = &promise.vouched_by {
        rows.push((words.say("page_wallet.vouched_by"), words.proper(authority)));
    }
    if let Some(digest) = &promise.request_digest {
        rows.push((words.say("page_wallet.request_mark"), html! { code { (plain(digest)) } }));
    }
    html! {
        h2 { (words.say("page_wallet.promised")) }
        @if promise.told { p { (words.say("wallet.purpose_told")) } }
        (summary_list(&rows))
        @if promise.request_digest.is_some() { p class="small quiet" { (words.say("page_wallet.request_mark_why")) } }
    }
}
