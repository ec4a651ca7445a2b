//! How a story ended.

use axum::{extract::Path, response::Response};
use maud::{Markup, html};
use portage_catalog::Text;
use portage_wallet::{Asker, CredentialId, EventId, IssuerOnRecord};
use portage_web::page::{Notice, notice, plain_link_button};
use url::Url;

use super::{CREDENTIAL, HOME, RECEIPT, RESULT, flow::Flow, shown, trouble::Trouble, visit::Inside};

/// What is told at the end, in either language.
pub(crate) enum Told {
    /// Kept in the wallet.
    Kept(Vec<(CredentialId, Text)>),
    /// The person did not keep it.
    NotKept,
    /// The person did not want to fetch it.
    OfferDeclined,
    /// The offer does not hold, or its issuer is not trusted.
    OfferRefused { host: String, trouble: Trouble },
    /// Nothing arrived that could be kept.
    ArrivalRefused { issuer: IssuerOnRecord, trouble: Trouble },
    /// Sent.
    Sent { asker: Box<Asker>, continue_at: Option<Url>, not_opened: bool, event: Option<EventId> },
    /// Sent, and not taken.
    NotTaken { asker: Box<Asker>, code: Option<&'static str>, event: Option<EventId> },
    /// The person said no.
    Declined,
    /// The wallet said no, or the request does not hold.
    RequestRefused(Trouble),
    /// It did not work before anything left.
    NotSent(Trouble),
    /// It did not work, and what was agreed to may have arrived.
    Perhaps(Trouble),
    /// The wallet's own file.
    Broken(Trouble),
}

/// `GET /result/{id}`.
pub(super) async fn page(inside: Inside, Path(id): Path<String>) -> Result<Response, Response> {
    let flow = inside.flow(&id).await?;
    Ok(match &*flow {
        Flow::Told(told) => {
            let body = html! {
                (body(told, &inside))
                div class="actions" { (next(told, &inside)) }
            };
            inside.page(&RESULT.path_of(&id), title(told)).with_body(body).answer()
        }
        other => inside.onward(other, &id),
    })
}

const fn title(told: &Told) -> &'static str {
    match told {
        Told::Kept(_) => "page_wallet.kept_title",
        Told::NotKept | Told::OfferDeclined => "page_wallet.not_kept_title",
        Told::OfferRefused { .. } | Told::ArrivalRefused { .. } => "page_wallet.offer_refused_title",
        Told::Sent { .. } => "page_wallet.sent_title",
        Told::NotTaken { .. } => "page_wallet.not_taken_title",
        Told::Declined => "page_wallet.declined_title",
        Told::RequestRefused(_) => "page_wallet.request_refused_title",
        Told::NotSent(_) => "page_wallet.not_sent_title",
        Told::Perhaps(_) => "page_wallet.perhaps_title",
        Told::Broken(_) => "page_wallet.broken_title",
    }
}

fn body(told: &Told, inside: &Inside) -> Markup {
    let words = &inside.words;
    let done = |heading: String, body: Markup| notice(Notice::Done, &heading, body, words);
    let calm = |heading: String, body: Markup| notice(Notice::Information, &heading, body, words);
    match told {
        Told::Kept(kept) => done(
            words.say("page_wallet.kept"),
            html! {
                ul { @for (id, name) in kept { li { a href=(inside.href_of(CREDENTIAL, &id.0)) { (words.proper(name)) } } } }
                p { (words.say("page_wallet.kept_where")) }
            },
        ),
        Told::NotKept | Told::OfferDeclined => {
            calm(words.say("offer.refused"), html! { p { (words.say("page_wallet.not_kept_why")) } })
        }
        Told::OfferRefused { host, trouble } => html! {
            (trouble.notice(Some(&words.say("page_wallet.offer_refused")), words))
            p { (words.say_with("page_wallet.offer_refused_host", &[("host", host)])) }
        },
        Told::ArrivalRefused { issuer, trouble } => html! {
            (trouble.notice(Some(&words.say("page_wallet.arrival_refused")), words))
            p { (words.say_naming("page_wallet.arrival_refused_issuer", &[("issuer", &shown::issuer_name(issuer, words))])) }
        },
        Told::Sent { asker, continue_at, not_opened, event } => {
            let who = shown::asker(asker, words);
            done(
                words.say_with("consent.sent", &[("verifier", &who)]),
                html! {
                    p { (words.say("page_wallet.sent_why")) }
                    @if let Some(url) = continue_at {
                        p { a href=(url.as_str()) rel="noreferrer noopener" { (words.say_naming("page_wallet.sent_continue", &[("service", &who)])) } }
                    }
                    @if *not_opened { p { strong { (words.say("wallet.not_opened")) } } }
                    (receipt_of(event.as_ref(), inside))
                },
            )
        }
        Told::NotTaken { asker, code, event } => {
            let who = shown::asker(asker, words);
            let trouble = Trouble::Told { key: "page_wallet.not_taken", code: *code };
            html! {
                (trouble.notice(None, words))
                p { (words.say_naming("wallet.not_taken", &[("verifier", &who)])) }
                (receipt_of(event.as_ref(), inside))
            }
        }
        Told::Declined => {
            calm(words.say("consent.refused"), html! { p { (words.say("page_wallet.declined_why")) } })
        }
        Told::RequestRefused(trouble) => trouble.notice(Some(&words.say("wallet.nothing_sent")), words),
        Told::NotSent(trouble) => trouble.notice(Some(&words.say("consent.failed_before")), words),
        Told::Perhaps(trouble) => trouble.notice(Some(&words.say("consent.failed_after")), words),
        Told::Broken(trouble) => trouble.notice(None, words),
    }
}

fn receipt_of(event: Option<&EventId>, inside: &Inside) -> Markup {
    html! {
        @if let Some(event) = event {
            p { a href=(inside.href_of(RECEIPT, &event.0)) { (inside.words.say("page_wallet.see_receipt")) } }
        }
    }
}

fn next(told: &Told, inside: &Inside) -> Markup {
    let key = match told {
        Told::Kept(_) => "page_wallet.see_wallet",
        _ => "page_wallet.back_home",
    };
    plain_link_button(&inside.href(HOME), &inside.words.say(key))
}
