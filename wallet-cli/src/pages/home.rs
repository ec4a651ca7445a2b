//! What is in the wallet.

use axum::response::Response;
use maud::html;
use portage_wallet::{StoredCredential, Words as Whose, credentials, history, times_presented};
use portage_web::page::{Card, link_button};

use super::{CREDENTIAL, HOME, LINK, picture, shown, trouble::Trouble, visit::Inside};

/// `GET /`.
pub(super) async fn page(inside: Inside) -> Response {
    let words = &inside.words;
    let held = credentials(inside.store()).and_then(|held| Ok((held, history(inside.store())?)));
    let body = match held {
        Err(failure) => Trouble::from(failure).notice(None, words),
        Ok((held, _)) if held.is_empty() => html! {
            p class="lead" { (words.say("page_wallet.home_empty")) }
            p { (words.say("page_wallet.home_empty_todo")) }
        },
        Ok((held, events)) => html! {
            ul class="cards" {
                @for credential in &held {
                    li { (card(credential, times_presented(&events, &credential.id), &inside).render()) }
                }
            }
        },
    };
    let body = html! {
        (body)
        div class="actions" { (link_button(&inside.href(LINK), &words.say("page_wallet.home_add"))) }
    };
    inside.page(HOME.path, "page_wallet.home_title").with_body(body).answer()
}

/// A credential's card.
pub(super) fn card<'c>(credential: &'c StoredCredential, shown_times: usize, inside: &'c Inside) -> Card<'c> {
    let words = &inside.words;
    let definition = credential.definition(inside.catalog());
    let times = u64::try_from(shown_times).unwrap_or(u64::MAX);
    let mut lines = vec![shown::until(credential, inside)];
    lines.push(html! {
        @if times == 0 { (words.say("page_wallet.never_shown")) } @else { (words.count("page_wallet.shown_times", times, &[])) }
    });
    if matches!(credential.words(inside.catalog()), Whose::Issuer(_)) {
        lines.push(html! { (words.say("wallet.issuers_words")) });
    }
    Card {
        type_id: definition.map(|definition| definition.id.as_str()),
        logo: definition.and_then(picture::logo_of),
        name: words.proper(&credential.name(inside.catalog())),
        issuer: shown::issuer(&credential.issuer, words),
        lines,
        href: Some(inside.href_of(CREDENTIAL, &credential.id.0)),
    }
}
