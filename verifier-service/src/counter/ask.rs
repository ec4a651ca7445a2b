//! What somebody came for.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};
use portage_catalog::{Catalog, Purpose};
use portage_service::staff::{Role, Visit};
use portage_verification::Sources;
use portage_verifier::{AskedBy, CreateError, Device, ports::SessionStore};
use portage_web::page::{Choice, Choices, FieldError, Words, button, form, problem, see_other};

use super::{ASK, Asked, Desk, REQUEST};

/// `GET /`.
pub(super) async fn page<S: SessionStore, Q: Sources>(
    State(desk): State<Desk<S, Q>>,
    visit: Visit,
) -> Response {
    visit.refusal_unless(&[Role::Counter]).unwrap_or_else(|| show(&desk, &visit, Vec::new()))
}

/// `POST /`: asks for a purpose and goes to its code.
pub(super) async fn ask<S: SessionStore, Q: Sources>(
    State(desk): State<Desk<S, Q>>,
    visit: Visit,
    request: Request,
) -> Result<Response, Response> {
    if let Some(refusal) = visit.refusal_unless(&[Role::Counter]) {
        return Err(refusal);
    }
    let form = visit.form(request).await?;
    let chosen = form.text("purpose");
    let wrong = |key| show(&desk, &visit, vec![FieldError::of("purpose", key, &visit.words)]);
    let Some(purpose) = desk.purposes().into_iter().find(|purpose| purpose.id.0 == chosen) else {
        return Err(wrong("page_counter.ask_missing"));
    };
    let verifier = &desk.service.verifier;
    let by = &visit.signed().name;
    let asked_by = Some(AskedBy(by.as_str().to_owned()));
    let now = visit.now();
    match verifier.create_request_by(&purpose.id, Device::Cross, asked_by, now).await {
        Ok(created) => {
            let id = verifier.entropy.token();
            desk.counter.keep(
                id.clone(),
                Asked {
                    by: by.clone(),
                    at: now,
                    purpose: purpose.id.clone(),
                    transaction: created.transaction,
                    request_uri: created.request_uri,
                    expires: created.expires,
                },
            );
            Ok(see_other(&visit.href_of(REQUEST, &id)))
        }
        Err(CreateError::Store(failure)) => {
            tracing::error!(error = %failure, "the store cannot be used");
            Err(problem(StatusCode::SERVICE_UNAVAILABLE, visit.words.language()))
        }
        Err(CreateError::Request(error)) => {
            tracing::error!(error = %error, "the request could not be made");
            Err(problem(StatusCode::SERVICE_UNAVAILABLE, visit.words.language()))
        }
        Err(CreateError::PurposeNotRegistered | CreateError::PurposeUnsupported(_)) => {
            Err(wrong("page_counter.ask_unsupported"))
        }
    }
}

fn show<S, Q>(desk: &Desk<S, Q>, visit: &Visit, errors: Vec<FieldError>) -> Response {
    let words = &visit.words;
    let catalog = &desk.service.verifier.catalog;
    let purposes = desk.purposes();
    let choices: Vec<Choice> = purposes
        .iter()
        .map(|purpose| Choice {
            value: purpose.id.0.clone(),
            label: html! { span translate="no" { (words.text(&purpose.name)) } },
            hint: Some(what_it_asks(purpose, catalog, words)),
            // With one purpose there is nothing to choose.
            is_chosen: purposes.len() == 1,
        })
        .collect();
    let legend = words.say("page_counter.ask_legend");
    let question =
        Choices { name: "purpose", legend: &legend, hint: None, choices: &choices, errors: &errors };
    let body = html! {
        p class="lead" { (words.say("page_counter.ask_lead")) }
        @if choices.is_empty() {
            p { (words.say("page_counter.ask_nothing")) }
        } @else {
            (form(&visit.href(ASK), visit.token(), html! {
                div class="purposes" { (question.render(words)) }
                (button(&words.say("page_counter.ask_go")))
            }))
        }
    };
    visit.page(ASK.path, "page_counter.ask_title").with_errors(errors).with_body(body).answer()
}

/// In words: of which credential, which claims. Its names are other people's.
pub(super) fn what_it_asks(purpose: &Purpose, catalog: &Catalog, words: &Words) -> Markup {
    // A purpose that does not read here cannot be asked either, and says so then.
    let asked = purpose.asked(catalog).unwrap_or_default();
    html! {
        ul class="asks" {
            @for (kind, claims) in asked {
                @let labels: Vec<String> = claims.iter()
                    .map(|name| kind.claim(name).map_or_else(|| (*name).to_owned(), |claim| words.name(&claim.label)))
                    .collect();
                li {
                    @if labels.is_empty() {
                        (words.say("page_counter.ask_held")) " " span translate="no" { (words.text(&kind.name)) }
                    } @else {
                        span translate="no" { (labels.join(", ")) } " " span class="quiet" { "(" span translate="no" { (words.text(&kind.name)) } ")" }
                    }
                }
            }
        }
    }
}
