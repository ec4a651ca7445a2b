//! An offer: who offers what, by what right; then what arrived, before it is kept.

use axum::{
    extract::{Path, Request},
    response::Response,
};
use maud::{Markup, html};
use portage_catalog::plain;
use portage_oid4vci::{CredentialOfferUri, InputMode, TxCode};
use portage_reason::Reason;
use portage_wallet::{AcceptError, NextStep, OfferReview, OfferedCredential, Words as Whose};
use portage_web::page::{
    Card, FieldError, Heading, InputKind, Notice, TextField, button, details, form, notice, plain_button,
    summary_list,
};

use super::{
    ARRIVED, OFFER, flow::Flow, link::broken, picture, result::Told, shown, trouble::Trouble, visit::Inside,
};
use crate::commands::host_of;

/// Asks who offers what. A refusal is noted in the history, as at the command.
pub(super) async fn review(offer: CredentialOfferUri, inside: &Inside) -> Flow {
    let host = host_of(&offer);
    let now = inside.now();
    match inside.wallet().receive_offer(offer, now).await {
        Ok(review) => Flow::Offer(Box::new(review)),
        Err(error) => match inside.wallet().note_refused_offer(&host, &error, now) {
            Err(failure) => broken(failure),
            Ok(()) => {
                let trouble = Trouble::of(error.reason(), "page_wallet.issuer_unreachable");
                Flow::Told(Told::OfferRefused { trouble, host })
            }
        },
    }
}

/// `GET /offer/{id}`.
pub(super) async fn page(inside: Inside, Path(id): Path<String>) -> Result<Response, Response> {
    let flow = inside.flow(&id).await?;
    Ok(match &*flow {
        Flow::Offer(review) => show(review, &id, Vec::new(), &inside),
        other => inside.onward(other, &id),
    })
}

/// `POST /offer/{id}`: fetch it, or not. A wrong code may be tried again.
pub(super) async fn accept(
    inside: Inside,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let form = inside.form(request).await?;
    let mut flow = inside.flow(&id).await?;
    if let Flow::Offer(review) = &*flow {
        if form.text("answer") == "no" {
            *flow = Flow::Told(Told::OfferDeclined);
            return Ok(inside.onward(&flow, &id));
        }
        let code = match review.next_step() {
            NextStep::Ready => None,
            NextStep::NeedsTxCode(_) => Some(form.text("tx_code").trim().to_owned()),
        };
        if code.as_deref().is_some_and(str::is_empty) {
            let error = FieldError::of("tx_code", "page_wallet.code_missing", &inside.words);
            return Err(show(review, &id, vec![error], &inside));
        }
        match fetch(review, code.as_deref(), &inside).await {
            Ok(next) => *flow = next,
            Err(WrongCode) => {
                let error = FieldError::of("tx_code", "page_wallet.code_wrong", &inside.words);
                return Err(show(review, &id, vec![error], &inside));
            }
        }
    }
    Ok(inside.onward(&flow, &id))
}

/// The issuer did not take the code, and one is asked for.
struct WrongCode;

async fn fetch(review: &OfferReview, code: Option<&str>, inside: &Inside) -> Result<Flow, WrongCode> {
    let now = inside.now();
    let error = match inside.wallet().accept_offer(review, code, now).await {
        Ok(arrived) => return Ok(Flow::Arrived(Box::new(arrived))),
        Err(error) => error,
    };
    if let Err(failure) = inside.wallet().note_refused_arrival(review, &error, now) {
        return Ok(broken(failure));
    }
    let trouble = match &error {
        AcceptError::Token(_) if code.is_some() => return Err(WrongCode),
        AcceptError::Token(_) => Trouble::Told { key: "page_wallet.offer_over", code: error.code() },
        AcceptError::Credential(_) => Trouble::Told { key: "page_wallet.not_issued", code: error.code() },
        other => Trouble::of(other.reason(), "page_wallet.issuer_unreachable"),
    };
    Ok(Flow::Told(Told::ArrivalRefused { issuer: review.issuer().clone(), trouble }))
}

fn show(review: &OfferReview, id: &str, errors: Vec<FieldError>, inside: &Inside) -> Response {
    let words = &inside.words;
    let issuer = shown::issuer_name(review.issuer(), words);
    let title = Heading::Naming("page_wallet.offer_title", vec![("issuer", issuer)]);
    let body = html! {
        ul class="cards" { @for offered in review.offered() { li { (card(offered, review, inside).render()) } } }
        h2 { (words.say("page_wallet.offer_who")) }
        (who(review, inside))
        @for offered in review.offered() { (would_say(offered, inside)) }
        (details(&words.say("page_wallet.explain"), explained(review, inside)))
        (question(review, id, &errors, inside))
    };
    inside.page(&OFFER.path_of(id), title).with_errors(errors).with_body(body).answer()
}

fn card<'c>(offered: &'c OfferedCredential, review: &'c OfferReview, inside: &'c Inside) -> Card<'c> {
    let words = &inside.words;
    let definition = offered.catalog_type.as_deref().and_then(|id| inside.catalog().credential_type(id));
    let description = definition.map(|definition| &definition.description);
    let description = description.or(offered.words.as_ref().and_then(|words| words.description.as_ref()));
    let mut lines: Vec<Markup> = description.map(|text| words.text_up_to(text, 1000)).into_iter().collect();
    if offered.words.is_some() {
        lines.push(html! { (words.say("wallet.issuers_words")) });
    }
    Card {
        type_id: offered.catalog_type.as_deref(),
        logo: definition.and_then(picture::logo_of),
        name: words.proper(&offered.name),
        issuer: shown::issuer(review.issuer(), words),
        lines,
        href: None,
    }
}

fn who(review: &OfferReview, inside: &Inside) -> Markup {
    let words = &inside.words;
    let mut rows = vec![
        (words.say("page_wallet.issuer"), shown::issuer(review.issuer(), words)),
        (words.say("page_wallet.address"), html! { code { (review.host()) } }),
    ];
    if let Some(tier) = shown::tier(review.issuer(), words) {
        let issuer = shown::issuer_name(review.issuer(), words);
        let right = words.say_naming("offer.right", &[("issuer", &issuer), ("tier", &tier)]);
        rows.push((words.say("page_wallet.by_what_right"), right));
    }
    summary_list(&rows)
}

fn would_say(offered: &OfferedCredential, inside: &Inside) -> Markup {
    let words = &inside.words;
    let how = if offered.is_shown_whole() { "format.whole" } else { "format.selective" };
    html! {
        @if !offered.claims.is_empty() {
            h2 { (words.say("page_wallet.offer_would_say")) }
            (shown::labels(offered.claims.iter().map(|claim| &claim.label), "", words))
        }
        p { (words.say(how)) }
    }
}

fn explained(review: &OfferReview, inside: &Inside) -> Markup {
    let lines = review.explained(inside.catalog()).lines(inside.words.language());
    html! { ul { @for line in lines { li { (line) } } } }
}

fn question(review: &OfferReview, id: &str, errors: &[FieldError], inside: &Inside) -> Markup {
    let words = &inside.words;
    html! {
        h2 { (words.say("page_wallet.offer_question")) }
        p { (words.say("page_wallet.offer_next")) }
        (form(&inside.href_of(OFFER, id), inside.token(), html! {
            @if let NextStep::NeedsTxCode(code) = review.next_step() { (code_field(code, errors, inside)) }
            div class="actions" {
                (button(&words.say("page_wallet.offer_yes")))
                (plain_button(&words.say("page_wallet.offer_no"), "answer", "no"))
            }
        }))
    }
}

fn code_field(code: &TxCode, errors: &[FieldError], inside: &Inside) -> Markup {
    let words = &inside.words;
    let kind = if code.input_mode == InputMode::Numeric { InputKind::Code } else { InputKind::Line };
    let field = TextField {
        name: "tx_code",
        label: "page_wallet.code_field",
        hint: Some("page_wallet.code_hint"),
        errors,
        kind,
        autocomplete: "one-time-code",
        ..TextField::default()
    };
    html! {
        @if let Some(description) = &code.description {
            p { (words.say_with("page_wallet.code_says", &[("text", &plain(description))])) }
        }
        (field.render(words))
    }
}

/// `GET /arrived/{id}`: what it says, before it is kept.
pub(super) async fn arrived(inside: Inside, Path(id): Path<String>) -> Result<Response, Response> {
    let flow = inside.flow(&id).await?;
    let arrived = match &*flow {
        Flow::Arrived(arrived) => arrived,
        other => return Ok(inside.onward(other, &id)),
    };
    let words = &inside.words;
    let issuer = shown::issuer_name(arrived.issuer(), words);
    let body = html! {
        (notice(Notice::Done, &words.say("page_wallet.arrived_checked"), html! {
            p { (words.say_naming("page_wallet.arrived_checked_why", &[("issuer", &issuer)])) }
        }, words))
        @for one in arrived.credentials() {
            @let credential = one.credential();
            h2 { (words.proper(&credential.name(inside.catalog()))) }
            @if matches!(credential.words(inside.catalog()), Whose::Issuer(_)) { p { (words.say("wallet.issuers_words")) } }
            (shown::claims(one.claims(), None, words))
            p { (shown::until(credential, &inside)) }
        }
        h2 { (words.say("page_wallet.arrived_question")) }
        p { (words.say("page_wallet.arrived_right")) }
        (form(&inside.href_of(ARRIVED, &id), inside.token(), html! {
            div class="actions" {
                (button(&words.say("page_wallet.arrived_yes")))
                (plain_button(&words.say("page_wallet.arrived_no"), "answer", "no"))
            }
        }))
    };
    Ok(inside.page(&ARRIVED.path_of(&id), "page_wallet.arrived_title").with_body(body).answer())
}

/// `POST /arrived/{id}`: keep it, or not.
pub(super) async fn keep(
    inside: Inside,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let form = inside.form(request).await?;
    let mut flow = inside.flow(&id).await?;
    if matches!(&*flow, Flow::Arrived(_)) {
        let interrupted = Flow::Told(Told::Broken(Trouble::Refused(Reason::ConsentRequired)));
        let Flow::Arrived(arrived) = std::mem::replace(&mut *flow, interrupted) else {
            return Err(inside.not_here());
        };
        let now = inside.now();
        *flow = if form.text("answer") == "no" {
            match inside.wallet().decline_arrival(*arrived, now).await {
                Ok(()) => Flow::Told(Told::NotKept),
                Err(failure) => broken(failure),
            }
        } else {
            match inside.wallet().store(*arrived, now).await {
                Ok(kept) => Flow::Told(Told::Kept(
                    kept.iter().map(|kept| (kept.id.clone(), kept.name(inside.catalog()))).collect(),
                )),
                Err(failure) => broken(failure),
            }
        };
    }
    Ok(inside.onward(&flow, &id))
}
