//! What a person can ask for afterwards: erasure from the service, help from a commissioner. Letters to copy; nothing is sent from here.

use axum::{
    extract::{Path, Request},
    response::Response,
};
use maud::{Markup, html};
use portage_catalog::{Commissioner, plain};
use portage_wallet::{Event, credentials};
use portage_web::page::{Choice, Choices, button, form, plain_link_button, summary_list};

use super::{
    COMPLAINT, ERASURE, RECEIPT,
    consent::contact,
    history::{party, presentation},
    visit::Inside,
};
use crate::commands::claim_labels;

/// `GET /history/{id}/erasure`.
pub(super) async fn erasure(inside: Inside, Path(id): Path<String>) -> Response {
    let event = match presentation(&inside, &id) {
        Ok(event) => event,
        Err(response) => return *response,
    };
    let words = &inside.words;
    let address = event.promise.as_ref().map(|promise| contact(&promise.contact));
    let body = html! {
        p class="lead" { (words.say_naming("page_wallet.erasure_lead", &[("service", &party(&event, &inside))])) }
        @match address {
            Some(address) => p { (words.say("page_wallet.erasure_to")) " " (address) },
            None => p { (words.say("page_wallet.erasure_to_unknown")) },
        }
        div class="letter" { (letter("page_wallet.erasure_letter", &event, &inside)) }
        p { (words.say("page_wallet.letter_why")) }
        (back(&id, &inside))
    };
    inside.page(&ERASURE.path_of(&id), "page_wallet.erasure_title").printed().with_body(body).answer()
}

/// `GET /history/{id}/complaint`: to the commissioner of the place that is known, or to be chosen.
pub(super) async fn page(inside: Inside, Path(id): Path<String>) -> Response {
    match presentation(&inside, &id) {
        Ok(event) => {
            let place = event.promise.as_ref().and_then(|promise| promise.jurisdiction.clone());
            show(&event, &id, place.as_deref(), &inside)
        }
        Err(response) => *response,
    }
}

/// `POST /history/{id}/complaint`: another place.
pub(super) async fn choose(
    inside: Inside,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let form = inside.form(request).await?;
    let event = presentation(&inside, &id).map_err(|response| *response)?;
    Ok(show(&event, &id, Some(form.text("place")), &inside))
}

fn show(event: &Event, id: &str, place: Option<&str>, inside: &Inside) -> Response {
    let words = &inside.words;
    let found = place.and_then(|place| inside.catalog().commissioner(place));
    let body = html! {
        p class="lead" { (words.say("page_wallet.complaint_lead")) }
        @if let Some(commissioner) = found {
            h2 { (words.say("page_wallet.complaint_to")) }
            (whom(commissioner, inside))
            div class="letter" { (letter("page_wallet.complaint_letter", event, inside)) }
            p { (words.say("page_wallet.letter_why")) }
        }
        h2 { (words.say(if found.is_some() { "page_wallet.complaint_other" } else { "page_wallet.complaint_where" })) }
        (places(id, found, inside))
        (back(id, inside))
    };
    inside.page(&COMPLAINT.path_of(id), "page_wallet.complaint_title").with_body(body).answer()
}

fn whom(commissioner: &Commissioner, inside: &Inside) -> Markup {
    let words = &inside.words;
    let web = &commissioner.web;
    summary_list(&[
        (words.say("page_wallet.name"), words.proper(&commissioner.name)),
        (words.say("page_wallet.web"), html! { a href=(web) rel="noreferrer noopener" { (web) } }),
        (words.say("page_wallet.covers"), words.text(&commissioner.covers)),
    ])
}

fn places(id: &str, chosen: Option<&Commissioner>, inside: &Inside) -> Markup {
    let words = &inside.words;
    let choices: Vec<Choice> = inside
        .catalog()
        .commissioners()
        .iter()
        .map(|commissioner| Choice {
            value: commissioner.place.clone(),
            label: html! { (words.say(&commissioner.place_key())) },
            hint: None,
            is_chosen: chosen.is_some_and(|chosen| chosen.place == commissioner.place),
        })
        .collect();
    let legend = words.say("page_wallet.complaint_place");
    let question = Choices {
        name: "place",
        legend: &legend,
        hint: Some("page_wallet.complaint_place_hint"),
        choices: &choices,
        errors: &[],
    };
    form(
        &inside.href_of(COMPLAINT, id),
        inside.token(),
        html! {
            (question.render(words))
            (button(&words.say("page_wallet.complaint_choose")))
        },
    )
}

/// A letter: what was shown when, for what, by what promise. No value.
fn letter(key: &str, event: &Event, inside: &Inside) -> String {
    let words = &inside.words;
    let held = credentials(inside.store()).unwrap_or_default();
    let shown: Vec<String> = event
        .credentials
        .iter()
        .map(|credential| {
            let labels = claim_labels(credential, &held, inside.catalog());
            let labels: Vec<String> = labels.iter().map(|label| words.name(label)).collect();
            let name = words.name(&credential.name);
            if labels.is_empty() { name } else { format!("{name} ({})", labels.join(", ")) }
        })
        .collect();
    let promise = event.promise.as_ref();
    let purpose = promise
        .map_or_else(|| words.say("page_wallet.letter_no_purpose"), |promise| words.name(&promise.name));
    let kept = match promise.map(|promise| promise.kept_until(event.at)) {
        None => words.say("consent.kept_unknown"),
        Some(None) => words.say("consent.not_kept"),
        Some(Some(until)) => words.say_with("page_wallet.kept_until", &[("date", &words.day_of(until))]),
    };
    let mark =
        promise.and_then(|promise| promise.request_digest.as_deref()).map_or_else(|| "–".to_owned(), plain);
    let host = event.counterpart.as_ref().map(|party| plain(&party.host)).unwrap_or_default();
    words.say_with(
        key,
        &[
            ("service", &party(event, inside)),
            ("host", &host),
            ("date", &words.instant(event.at)),
            ("shown", &shown.join("; ")),
            ("purpose", &purpose),
            ("kept", &kept),
            ("mark", &mark),
        ],
    )
}

fn back(id: &str, inside: &Inside) -> Markup {
    html! { div class="actions" { (plain_link_button(&inside.href_of(RECEIPT, id), &inside.words.say("page_wallet.back_receipt"))) } }
}
