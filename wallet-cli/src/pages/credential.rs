//! One credential: what it says, who issued it and how that is known, how it is deleted.

use axum::{
    extract::{Path, Request},
    response::Response,
};
use maud::{Markup, html};
use portage_wallet::{CredentialId, StoredCredential, credential, history, times_presented};
use portage_web::page::{
    Heading, danger_button, form, link_button, plain_link_button, see_other, summary_list,
};

use super::{CREDENTIAL, DELETE, EXPLAIN, HOME, home::card, shown, trouble::Trouble, visit::Inside};

/// `GET /credential/{id}`.
pub(super) async fn page(inside: Inside, Path(id): Path<String>) -> Response {
    let found = match find(&inside, &id) {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let words = &inside.words;
    let events = history(inside.store()).unwrap_or_default();
    let mut card = card(&found, times_presented(&events, &found.id), &inside);
    card.href = None;
    let how = if found.format().is_selective() { "format.selective" } else { "format.whole" };
    let body = html! {
        (card.render())
        h2 { (words.say("page_wallet.says")) }
        (shown::claims(&found.shown_claims(inside.catalog()), Some(&found.id), words))
        p { (words.say(how)) }
        h2 { (words.say("page_wallet.about")) }
        (about(&found, &inside))
        div class="actions" {
            (link_button(&inside.href_of(EXPLAIN, &id), &words.say("page_wallet.explain_go")))
            a href=(inside.href_of(DELETE, &id)) { (words.say("page_wallet.delete_go")) }
        }
        p class="small quiet" { (words.say("page_wallet.explain_asks")) }
    };
    let name = Heading::Name(words.name(&found.name(inside.catalog())));
    inside.page(&CREDENTIAL.path_of(&id), name).with_body(body).answer()
}

fn about(found: &StoredCredential, inside: &Inside) -> Markup {
    let words = &inside.words;
    let mut rows = vec![(words.say("page_wallet.issuer"), shown::issuer(&found.issuer, words))];
    if let Some(tier) = shown::tier(&found.issuer, words) {
        rows.push((words.say("page_wallet.tier"), html! { (tier) }));
    }
    rows.push((words.say("page_wallet.arrived_on"), html! { (words.day_of(found.received)) }));
    if let Some(from) = found.valid_from {
        rows.push((words.say("page_wallet.valid_from"), html! { (words.day_of(from)) }));
    }
    if let Some(until) = found.valid_until {
        rows.push((words.say("page_wallet.valid_until"), html! { (shown::last_day(until, words)) }));
    }
    rows.push((words.say("page_wallet.its_name_here"), html! { code { (found.id) } }));
    summary_list(&rows)
}

/// `GET /credential/{id}/explain`: who issued it, by what right, and whether it still holds. Asks for what the check needs, and writes nothing.
pub(super) async fn explain(inside: Inside, Path(id): Path<String>) -> Response {
    let found = match find(&inside, &id) {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let words = &inside.words;
    let explained = inside.wallet().explain_credential(&found, inside.now()).await;
    let body = match explained {
        Err(failure) => Trouble::from(failure).notice(None, words),
        Ok(explained) => html! {
            p class="lead" { (words.say_naming("page_wallet.explain_lead", &[("type", &words.name(&found.name(inside.catalog())))])) }
            ul class="list" { @for line in explained.lines(words.language()) { li { (line) } } }
        },
    };
    let body = html! {
        (body)
        div class="actions" { (plain_link_button(&inside.href_of(CREDENTIAL, &id), &words.say("page_wallet.back_credential"))) }
    };
    inside.page(&EXPLAIN.path_of(&id), "page_wallet.explain_title").with_body(body).answer()
}

/// `GET /credential/{id}/delete`.
pub(super) async fn delete_page(inside: Inside, Path(id): Path<String>) -> Response {
    let found = match find(&inside, &id) {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let words = &inside.words;
    let name = words.name(&found.name(inside.catalog()));
    let title = Heading::Naming("page_wallet.delete_title", vec![("type", name)]);
    let body = html! {
        p class="lead" { (words.say_naming("page_wallet.delete_what", &[("issuer", &shown::issuer_name(&found.issuer, words))])) }
        p { (words.say("page_wallet.delete_nobody")) }
        (form(&inside.href_of(DELETE, &id), inside.token(), html! {
            div class="actions" {
                (danger_button(&words.say("page_wallet.delete_yes")))
                a href=(inside.href_of(CREDENTIAL, &id)) { (words.say("page_wallet.delete_no")) }
            }
        }))
    };
    inside.page(&DELETE.path_of(&id), title).with_body(body).answer()
}

/// `POST /credential/{id}/delete`.
pub(super) async fn delete(
    inside: Inside,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    inside.form(request).await?;
    match inside.wallet().delete(&CredentialId(id), inside.now()) {
        Ok(_) => Ok(see_other(&inside.href(HOME))),
        Err(failure) => Err(inside.store_failed(HOME, failure)),
    }
}

fn find(inside: &Inside, id: &str) -> Result<StoredCredential, Box<Response>> {
    match credential(inside.store(), &CredentialId(id.to_owned())) {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(Box::new(inside.not_here())),
        Err(failure) => Err(Box::new(inside.store_failed(HOME, failure))),
    }
}
