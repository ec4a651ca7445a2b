//! One record: found by its number, never by what it says; its status, and changes of it.

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use maud::{Markup, html};
use portage_catalog::CredentialType;
use portage_issuer::{
    ChangeBy, Changed, ClerkStore, Proposed, Reference, Stage, Standing, Status, StatusChange, Why,
};
use portage_service::staff::{Role, Visit};
use portage_web::page::{
    Choice, Choices, FieldError, Notice, TextField, button, danger_button, form, notice, see_other,
    summary_list,
};

use super::{Desk, FIND, RECORD, WAITING, failed, only};

/// Who may look at a record.
const READERS: &[Role] = &[Role::Clerk, Role::Approver];

/// `GET /find`.
pub(super) async fn find_page<S: ClerkStore + 'static>(
    State(_desk): State<Desk<S>>,
    visit: Visit,
) -> Result<Response, Response> {
    only(&visit, READERS)?;
    Ok(show_find(&visit, "", Vec::new(), html! {}))
}

/// `POST /find`: the number is in no address.
pub(super) async fn find<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    request: Request,
) -> Result<Response, Response> {
    only(&visit, READERS)?;
    let form = visit.form(request).await?;
    let key = form.text("record").trim();
    if key.is_empty() {
        let errors = vec![FieldError::of("record", "page_clerk.record_missing", &visit.words)];
        return Err(show_find(&visit, "", errors, html! {}));
    }
    let found = desk.service.issuer.find_record(key, visit.now()).await;
    let found = found.map_err(|error| failed(&error, &visit))?;
    let words = &visit.words;
    let told = html! {
        @if found.is_empty() { (notice(Notice::Information, &words.say("page_clerk.find_none"), html! { p { (words.say("page_clerk.find_none_todo")) } }, words)) }
        @else {
            h2 { (words.count("page_clerk.found", u64::try_from(found.len()).unwrap_or(u64::MAX), &[])) }
            ul {
                @for standing in &found {
                    li {
                        a href=(visit.href_of(RECORD, standing.reference.as_str())) {
                            span translate="no" { (type_name(&desk, standing, &visit)) } ", " code translate="no" { (standing.format.name()) }
                        }
                        ": " (stage(standing, &visit))
                    }
                }
            }
        }
    };
    Ok(show_find(&visit, key, Vec::new(), told))
}

fn show_find(visit: &Visit, key: &str, errors: Vec<FieldError>, below: Markup) -> Response {
    let words = &visit.words;
    let field = TextField {
        name: "record",
        label: "page_clerk.record",
        hint: Some("page_clerk.find_hint"),
        value: key,
        errors: &errors,
        ..TextField::default()
    };
    let body = html! {
        (form(&visit.href(FIND), visit.token(), html! { (field.render(words)) (button(&words.say("page_clerk.find_go"))) }))
        (below)
    };
    visit.page(FIND.path, "page_clerk.find_title").with_errors(errors.clone()).with_body(body).answer()
}

fn type_name<S>(desk: &Desk<S>, standing: &Standing, visit: &Visit) -> Markup {
    match desk.credential_type(&standing.credential_type) {
        Some(credential_type) => visit.words.text(&credential_type.name),
        None => html! { (visit.words.plain(&standing.credential_type)) },
    }
}

fn stage(standing: &Standing, visit: &Visit) -> String {
    let words = &visit.words;
    match standing.stage {
        Stage::Offered(until) => words.say_with("page_clerk.stage_offered", &[("day", &words.day_of(until))]),
        Stage::Over => words.say("page_clerk.stage_over"),
        Stage::Withdrawn => words.say("page_clerk.stage_withdrawn"),
        Stage::Issued(status) => words.say(&format!("page_clerk.stage_{}", status.name())),
    }
}

/// The changes that make sense now.
fn changes(stage: Stage) -> &'static [StatusChange] {
    match stage {
        Stage::Offered(_) => &[StatusChange::Revoke],
        Stage::Issued(Status::Valid) => &[StatusChange::Suspend, StatusChange::Revoke],
        Stage::Issued(Status::Suspended) => &[StatusChange::Reinstate, StatusChange::Revoke],
        Stage::Issued(Status::Revoked) | Stage::Over | Stage::Withdrawn => &[],
    }
}

async fn standing<S: ClerkStore + 'static>(
    desk: &Desk<S>,
    visit: &Visit,
    reference: &str,
) -> Result<Standing, Response> {
    let found = desk.service.issuer.store().standing(vec![Reference::new(reference)], visit.now()).await;
    let found = found.map_err(|error| failed(&error, visit))?;
    found.into_iter().next().ok_or_else(|| visit.not_here())
}

/// `GET /record/{reference}`.
pub(super) async fn page<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path(reference): Path<String>,
) -> Result<Response, Response> {
    only(&visit, READERS)?;
    let standing = standing(&desk, &visit, &reference).await?;
    Ok(show(&desk, &standing, &visit, Vec::new()))
}

/// `POST /record/{reference}`.
pub(super) async fn change<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path(reference): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    only(&visit, &[Role::Clerk])?;
    let form = visit.form(request).await?;
    let before = standing(&desk, &visit, &reference).await?;
    let words = &visit.words;
    let change =
        StatusChange::from_name(form.text("change")).filter(|change| changes(before.stage).contains(change));
    let why = Why::from_name(form.text("why"));
    let (Some(change), Some(why)) = (change, why) else {
        let mut errors = Vec::new();
        if change.is_none() {
            errors.push(FieldError::of("change", "page_clerk.change_missing", words));
        }
        if why.is_none() {
            errors.push(FieldError::of("why", "page_clerk.why_missing", words));
        }
        return Err(show(&desk, &before, &visit, errors));
    };
    let by = ChangeBy {
        reference: before.reference.clone(),
        change,
        why: Some(why),
        who: visit.signed().name.as_str().to_owned(),
    };
    let store = desk.service.issuer.store();
    let error = |key| show(&desk, &before, &visit, vec![FieldError::of("change", key, words)]);
    // An offer that nobody collected is withdrawn by one person: there is nothing yet to take away.
    let is_issued = matches!(before.stage, Stage::Issued(_));
    let needs_second =
        desk.credential_type(&before.credential_type).is_some_and(|of| needs_second(of, change));
    if is_issued && needs_second {
        match store.propose(by, visit.now()).await.map_err(|error| failed(&error, &visit))? {
            Proposed::Waits => {}
            Proposed::WaitsAlready => return Err(error("page_clerk.waits_already")),
            Proposed::Absent => return Err(visit.not_here()),
        }
    } else {
        match store.change_by(by, visit.now()).await.map_err(|error| failed(&error, &visit))? {
            Changed::Done(_) | Changed::Unchanged(_) | Changed::Withdrawn => {}
            Changed::RevokedForEver | Changed::NotIssued | Changed::Absent => {
                return Err(error("page_clerk.change_gone"));
            }
        }
    }
    Ok(see_other(&visit.href_of(RECORD, before.reference.as_str())))
}

/// Whether the type wants two people for it.
fn needs_second(credential_type: &CredentialType, change: StatusChange) -> bool {
    credential_type.second_person.iter().any(|second| second.name() == change.name())
}

fn show<S>(desk: &Desk<S>, standing: &Standing, visit: &Visit, errors: Vec<FieldError>) -> Response {
    let words = &visit.words;
    let rows = [
        (
            words.say("page_clerk.record_type"),
            html! { span translate="no" { (type_name(desk, standing, visit)) } },
        ),
        (words.say("page_clerk.record_stage"), html! { strong { (stage(standing, visit)) } }),
        (words.say("page_clerk.reference"), html! { code translate="no" { (standing.reference.as_str()) } }),
    ];
    let body = html! {
        (summary_list(&rows))
        @if let Some(proposal) = &standing.proposal {
            (notice(Notice::Information, &words.say("page_clerk.waits"), html! {
                p { (words.say_with("page_clerk.waits_what", &[("change", &change_word(proposal.change.change, visit)), ("who", &proposal.change.who)])) }
                p { a href=(visit.href(WAITING)) { (words.say("page_clerk.waits_go")) } }
            }, words))
        } @else if visit.signed().role == Role::Clerk && !changes(standing.stage).is_empty() {
            h2 { (words.say("page_clerk.change_title")) }
            (change_form(desk, standing, visit, &errors))
        }
    };
    let path = RECORD.path_of(standing.reference.as_str());
    visit.page(&path, "page_clerk.record_title").with_errors(errors.clone()).with_body(body).answer()
}

pub(super) fn change_word(change: StatusChange, visit: &Visit) -> String {
    visit.words.say(&format!("page_clerk.change_{}", change.name()))
}

pub(super) fn why_word(why: Why, visit: &Visit) -> String {
    visit.words.say(&format!("page_clerk.why_{}", why.name()))
}

fn change_form<S>(desk: &Desk<S>, standing: &Standing, visit: &Visit, errors: &[FieldError]) -> Markup {
    let words = &visit.words;
    let is_issued = matches!(standing.stage, Stage::Issued(_));
    let of = desk.credential_type(&standing.credential_type);
    let choice = |change: &StatusChange| {
        let second = is_issued && of.is_some_and(|of| needs_second(of, *change));
        let hint = match change {
            _ if second => "page_clerk.hint_second",
            StatusChange::Revoke if !is_issued => "page_clerk.hint_withdraw",
            StatusChange::Revoke => "page_clerk.hint_revoke",
            StatusChange::Suspend => "page_clerk.hint_suspend",
            StatusChange::Reinstate => "page_clerk.hint_reinstate",
        };
        Choice {
            value: change.name().to_owned(),
            label: html! { (change_word(*change, visit)) },
            hint: Some(html! { (words.say(hint)) }),
            is_chosen: false,
        }
    };
    let all: Vec<_> = changes(standing.stage).iter().map(choice).collect();
    let whys: Vec<_> = Why::ALL
        .into_iter()
        .map(|why| Choice {
            value: why.name().to_owned(),
            label: html! { (why_word(why, visit)) },
            hint: None,
            is_chosen: false,
        })
        .collect();
    let (what, why) = (words.say("page_clerk.change_what"), words.say("page_clerk.why"));
    let what = Choices { name: "change", legend: &what, hint: None, choices: &all, errors };
    let why = Choices { name: "why", legend: &why, hint: None, choices: &whys, errors };
    form(
        &visit.href_of(RECORD, standing.reference.as_str()),
        visit.token(),
        html! { (what.render(words)) (why.render(words)) (danger_button(&words.say("page_clerk.change_go"))) },
    )
}
