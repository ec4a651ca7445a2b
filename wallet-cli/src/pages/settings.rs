//! Whom the wallet trusts, which types it knows, where it is.

use axum::response::Response;
use maud::{Markup, html};
use portage_web::page::{Words, details, summary_list};

use super::{SETTINGS, desk::IDLE, visit::Inside};
use crate::ui;

/// `GET /settings`.
pub(super) async fn page(inside: Inside) -> Response {
    let words = &inside.words;
    let file = inside.desk.file.display().to_string();
    let minutes = IDLE.as_secs() / 60;
    let body = html! {
        h2 { (words.say("page_wallet.settings_this")) }
        (summary_list(&[
            (words.say("page_wallet.settings_file"), html! { code { (file) } }),
            (words.say("page_wallet.settings_lock"), html! { (words.count("page_wallet.settings_minutes", minutes, &[])) }),
            (words.say("page_wallet.settings_language"), html! { (words.say("page_wallet.settings_language_how")) }),
        ]))
        h2 { (words.say("page_wallet.trusted")) }
        p { (words.say("page_wallet.trusted_why")) }
        (trusted(&inside))
        h2 { (words.say("page_wallet.types")) }
        p { (words.say("page_wallet.types_why")) }
        (details(&words.say("page_wallet.types_show"), types(&inside)))
    };
    inside.page(SETTINGS.path, "page_wallet.settings_title").with_body(body).answer()
}

fn trusted(inside: &Inside) -> Markup {
    let words = &inside.words;
    let list = inside.inside.session.trust.list();
    if list.is_empty() {
        return html! { p { strong { (words.say("wallet.trust_empty")) } } };
    }
    html! {
        @if list.anchors().len() > 0 {
            h3 { (words.say("page_wallet.trusted_authorities")) }
            ul { @for anchor in list.anchors() { li { (words.proper(&anchor.name)) (id(&anchor.id, words)) } } }
        }
        @if list.issuers().len() > 0 {
            h3 { (words.say("page_wallet.trusted_issuers")) }
            ul {
                @for issuer in list.issuers() {
                    li { (words.proper(&issuer.name)) ", " (ui::tier_name(issuer.tier, words.language())) (id(&issuer.id, words)) }
                }
            }
        }
        @if list.verifiers().len() > 0 {
            h3 { (words.say("page_wallet.trusted_services")) }
            ul { @for verifier in list.verifiers() { li { (words.proper(&verifier.name)) (id(&verifier.id, words)) } } }
        }
    }
}

fn id(id: &str, words: &Words) -> Markup {
    html! { br; code class="small quiet" { (words.plain(id)) } }
}

fn types(inside: &Inside) -> Markup {
    let words = &inside.words;
    html! {
        ul {
            @for known in inside.catalog().types() {
                li { (words.proper(&known.name)) ". " span class="quiet" { (words.text(&known.description)) } }
            }
        }
    }
}
