//! A link from an issuer or a service: pasted, or in the picture of a QR code. Reading it asks nobody.

use axum::{
    extract::{Path, Request},
    response::Response,
};
use maud::{Markup, html};
use portage_catalog::plain;
use portage_oid4vci::CredentialOfferUri;
use portage_oid4vp::AuthorizationRequest;
use portage_reason::Reason;
use portage_web::page::{
    FieldError, FileField, InputKind, TextField, button, form, plain_button, see_other, summary_list,
    upload_form,
};

use super::{
    HOME, LINK, LINK_FOUND, consent,
    flow::{Flow, Link},
    offer, qr,
    result::Told,
    trouble::Trouble,
    visit::Inside,
};
use crate::commands::host_of;

/// `GET /link`.
pub(super) async fn page(inside: Inside) -> Response {
    show(&inside, "", Vec::new())
}

/// `POST /link`: reads the link, or the QR code of a picture.
pub(super) async fn read(inside: Inside, request: Request) -> Result<Response, Response> {
    let form = inside.form(request).await?;
    let typed = form.text("link").trim().to_owned();
    let error = |field, key| vec![FieldError::of(field, key, &inside.words)];
    let (text, field) = match (typed.is_empty(), form.file("picture")) {
        (false, _) => (typed, "link"),
        (true, Some(picture)) => match qr::read(picture.bytes.clone()).await {
            Ok(text) => (text, "picture"),
            Err(key) => return Err(show(&inside, "", error("picture", key))),
        },
        (true, None) => return Err(show(&inside, "", error("link", "page_wallet.link_missing"))),
    };
    match parse(&text) {
        Ok(found) => {
            let id = inside.inside.flows.begin(Flow::Found(found), inside.desk.entropy());
            Ok(see_other(&inside.href_of(LINK_FOUND, &id)))
        }
        Err(_) => {
            let typed = if field == "link" { text.as_str() } else { "" };
            Err(show(&inside, typed, error(field, "page_wallet.link_wrong")))
        }
    }
}

/// A link in either form of either kind. Pure.
pub(super) fn parse(text: &str) -> Result<Link, Reason> {
    match CredentialOfferUri::parse(text.trim()) {
        Ok(offer) => Ok(Link::Offer(offer)),
        Err(error) => AuthorizationRequest::parse(text).map(Link::Request).map_err(|_| error.reason()),
    }
}

fn show(inside: &Inside, typed: &str, errors: Vec<FieldError>) -> Response {
    let words = &inside.words;
    let link = TextField {
        name: "link",
        label: "page_wallet.link_field",
        hint: Some("page_wallet.link_hint"),
        value: typed,
        errors: &errors,
        kind: InputKind::Lines,
        ..TextField::default()
    };
    let picture = FileField {
        name: "picture",
        label: "page_wallet.picture_field",
        hint: Some("page_wallet.picture_hint"),
        accept: "image/png,image/jpeg",
        errors: &errors,
    };
    let body = html! {
        p class="lead" { (words.say("page_wallet.link_lead")) }
        (upload_form(&inside.href(LINK), inside.token(), html! {
            (link.render(words))
            (picture.render(words))
            (button(&words.say("page_wallet.link_read")))
        }))
    };
    inside.page(LINK.path, "page_wallet.link_title").with_errors(errors).with_body(body).answer()
}

/// `GET /link/{id}`: what was found, before anybody is asked.
pub(super) async fn found(inside: Inside, Path(id): Path<String>) -> Result<Response, Response> {
    let flow = inside.flow(&id).await?;
    Ok(match &*flow {
        Flow::Found(link) => {
            let key = match link {
                Link::Offer(_) => "page_wallet.found_offer",
                Link::Request(_) => "page_wallet.found_request",
            };
            inside.page(&LINK_FOUND.path_of(&id), key).with_body(found_body(link, &id, &inside)).answer()
        }
        other => inside.onward(other, &id),
    })
}

fn found_body(link: &Link, id: &str, inside: &Inside) -> Markup {
    let words = &inside.words;
    let (host, go_on, what) = match link {
        Link::Offer(offer) => (host_of(offer), "page_wallet.found_offer_go", "page_wallet.found_offer_what"),
        Link::Request(request) => {
            (host_asking(request), "page_wallet.found_request_go", "page_wallet.found_request_what")
        }
    };
    html! {
        (summary_list(&[(words.say("page_wallet.found_host"), html! { code { (host) } })]))
        p { (words.say(what)) }
        p { (words.say("page_wallet.found_nothing_yet")) }
        (form(&inside.href_of(LINK_FOUND, id), inside.token(), html! {
            div class="actions" {
                (button(&words.say(go_on)))
                (plain_button(&words.say("page_wallet.found_stop"), "answer", "stop"))
            }
        }))
    }
}

/// The host that would be asked, in ASCII.
fn host_asking(request: &AuthorizationRequest) -> String {
    match request {
        AuthorizationRequest::ByReference { request_uri, .. } => {
            plain(&request_uri.origin().ascii_serialization())
        }
        AuthorizationRequest::ByValue { .. } | AuthorizationRequest::Unsigned { .. } => {
            plain(request.client_id().without_prefix())
        }
    }
}

/// `POST /link/{id}`: the person wants to know more. Now somebody is asked.
pub(super) async fn look(
    inside: Inside,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let form = inside.form(request).await?;
    let mut flow = inside.flow(&id).await?;
    if let Flow::Found(link) = &*flow {
        if form.text("answer") == "stop" {
            return Ok(see_other(&inside.href(HOME)));
        }
        let link = link.clone();
        *flow = match link {
            Link::Offer(offer) => offer::review(offer, &inside).await,
            Link::Request(request) => consent::review(request, &[], &inside).await,
        };
    }
    Ok(inside.onward(&flow, &id))
}

/// The end of a story that the wallet's own file ended.
pub(super) fn broken(failure: portage_wallet::ports::StoreFailure) -> Flow {
    Flow::Told(Told::Broken(Trouble::from(failure)))
}
