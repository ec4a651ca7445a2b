//! What waits for a second person.

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use maud::{Markup, html};
use portage_issuer::{ClerkStore, Decided, Proposal, Verdict};
use portage_service::staff::{Role, Visit};
use portage_web::page::{Notice, form, notice, plain_button, see_other, summary_list};

use super::{
    Desk, RECORD, WAITING, failed, only,
    record::{change_word, why_word},
};

/// `GET /waiting`.
pub(super) async fn page<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
) -> Result<Response, Response> {
    only(&visit, &[Role::Clerk, Role::Approver])?;
    show(&desk, &visit, html! {}).await
}

async fn show<S: ClerkStore + 'static>(
    desk: &Desk<S>,
    visit: &Visit,
    above: Markup,
) -> Result<Response, Response> {
    let words = &visit.words;
    let waiting = desk.service.issuer.store().proposals().await.map_err(|error| failed(&error, visit))?;
    let body = html! {
        (above)
        p class="lead" { (words.say("page_clerk.waiting_lead")) }
        @if waiting.is_empty() { p { (words.say("page_clerk.waiting_none")) } }
        @for proposal in &waiting { (one(desk, proposal, visit)) }
    };
    Ok(visit.page(WAITING.path, "page_clerk.waiting_title").with_body(body).answer())
}

fn one<S>(desk: &Desk<S>, proposal: &Proposal, visit: &Visit) -> Markup {
    let words = &visit.words;
    let by = &proposal.change;
    let type_name = desk.credential_type(&proposal.credential_type).map(|of| words.text(&of.name));
    let rows = [
        (words.say("page_clerk.why"), html! { @if let Some(why) = by.why { (why_word(why, visit)) } }),
        (
            words.say("page_clerk.asked_by"),
            html! { span translate="no" { (by.who) } ", " (words.instant(proposal.at)) },
        ),
        (
            words.say("page_clerk.reference"),
            html! {
                a href=(visit.href_of(RECORD, by.reference.as_str())) { code translate="no" { (by.reference.as_str()) } }
            },
        ),
    ];
    let own = by.who == visit.signed().name.as_str();
    let address = format!("{}/{}", visit.href(WAITING), proposal.id);
    html! {
        h2 { (change_word(by.change, visit)) ": " span translate="no" { @if let Some(name) = type_name { (name) } } }
        (summary_list(&rows))
        @if visit.signed().role == Role::Approver && !own {
            (form(&address, visit.token(), html! {
                div class="actions" {
                    (plain_button(&words.say("page_clerk.agree"), "verdict", "agree"))
                    (plain_button(&words.say("page_clerk.decline"), "verdict", "decline"))
                }
            }))
        }
    }
}

/// `POST /waiting/{id}`.
pub(super) async fn decide<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path(id): Path<i64>,
    request: Request,
) -> Result<Response, Response> {
    only(&visit, &[Role::Approver])?;
    let form = visit.form(request).await?;
    let verdict = match form.text("verdict") {
        "agree" => Verdict::Agree,
        "decline" => Verdict::Decline,
        _ => return Err(see_other(&visit.href(WAITING))),
    };
    let who = visit.signed().name.as_str().to_owned();
    let decided = desk.service.issuer.store().decide(id, verdict, who, visit.now()).await;
    let (kind, key) = match decided.map_err(|error| failed(&error, &visit))? {
        Decided::Agreed(_) => (Notice::Done, "page_clerk.agreed"),
        Decided::Declined => (Notice::Done, "page_clerk.declined"),
        Decided::OwnProposal => (Notice::Refused, "page_clerk.own_proposal"),
        Decided::Absent => (Notice::Information, "page_clerk.waits_no_more"),
    };
    let told = notice(kind, &visit.words.say(key), html! {}, &visit.words);
    show(&desk, &visit, told).await
}
