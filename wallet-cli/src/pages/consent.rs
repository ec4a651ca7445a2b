//! The most important page: who asks, by what right, what for, what they learn and what they do not, how long they keep it, how to do it without a
//! wallet. Nothing is ticked already, and "no" sends nothing.

mod sections;

use axum::{
    extract::{Path, Request},
    response::Response,
};
use portage_oid4vp::AuthorizationRequest;
use portage_reason::Reason;
use portage_wallet::{
    Agreement, CredentialId, DataLeft, DisclosurePlan, EventKind, PresentError, Presented, Review,
    ReviewError, history,
};
use portage_web::page::{FieldError, see_other};

pub(super) use self::sections::contact;
use self::sections::{show, show_beyond};
use super::{
    BEYOND, CONSENT, HOME,
    flow::{Asked, Flow},
    link::broken,
    result::Told,
    trouble::Trouble,
    visit::Inside,
};

/// Asks for the request and finds out who asks. Nothing about the person is sent.
pub(super) async fn review(
    link: AuthorizationRequest,
    choices: &[(String, CredentialId)],
    inside: &Inside,
) -> Flow {
    match inside.wallet().review_request(link.clone(), choices, inside.now()).await {
        Ok(review) => Flow::Request(Box::new(Asked { link, review, ticked: Vec::new() })),
        Err(ReviewError::Store(failure)) => broken(failure),
        Err(error) => {
            Flow::Told(Told::RequestRefused(Trouble::of(error.reason(), "page_wallet.service_unreachable")))
        }
    }
}

/// `GET /consent/{id}`.
pub(super) async fn page(inside: Inside, Path(id): Path<String>) -> Result<Response, Response> {
    let flow = inside.flow(&id).await?;
    Ok(match &*flow {
        Flow::Request(asked) => show(asked, &id, Vec::new(), &inside),
        other => inside.onward(other, &id),
    })
}

/// `POST /consent/{id}`: yes, no, or another credential.
pub(super) async fn answer(
    inside: Inside,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let form = inside.form(request).await?;
    let mut flow = inside.flow(&id).await?;
    let Flow::Request(asked) = &mut *flow else { return Ok(inside.onward(&flow, &id)) };
    if let Some((query, other)) = form.text("use").split_once('=') {
        let choices = [(query.to_owned(), CredentialId(other.to_owned()))];
        let link = asked.link.clone();
        *flow = review(link, &choices, &inside).await;
        return Ok(inside.onward(&flow, &id));
    }
    let Review::Answerable(plan) = &asked.review else { return Ok(see_other(&inside.href(HOME))) };
    if form.text("answer") != "yes" {
        *flow = declined(plan, &inside);
        return Ok(inside.onward(&flow, &id));
    }
    if plan.is_protected() {
        *flow = refused(plan, Reason::ProtectedType, &inside);
        return Ok(inside.onward(&flow, &id));
    }
    let ticked: Vec<String> = form.all("optional").map(str::to_owned).collect();
    if plan.is_beyond_purpose() {
        asked.ticked = ticked;
        return Ok(see_other(&inside.href_of(BEYOND, &id)));
    }
    let agreement = match (plan.needs_second_agreement(), form.text("unknown")) {
        (false, _) => Agreement::ToThis,
        (true, "yes") => Agreement::ToThisAndToAnUnknownVerifier,
        (true, _) => {
            let error = FieldError::of("unknown", "page_wallet.unknown_missing", &inside.words);
            return Err(show(asked, &id, vec![error], &inside));
        }
    };
    *flow = present(flow_plan(&mut flow), &ticked, agreement, &inside).await;
    Ok(inside.onward(&flow, &id))
}

/// `GET /consent/{id}/beyond`: what goes beyond the purpose, one by one.
pub(super) async fn beyond(inside: Inside, Path(id): Path<String>) -> Result<Response, Response> {
    let flow = inside.flow(&id).await?;
    Ok(match &*flow {
        Flow::Request(asked) => match &asked.review {
            Review::Answerable(plan) if plan.is_beyond_purpose() => {
                show_beyond(plan, &id, Vec::new(), &inside)
            }
            _ => see_other(&inside.href_of(CONSENT, &id)),
        },
        other => inside.onward(other, &id),
    })
}

/// `POST /consent/{id}/beyond`: yes to each of them, or no.
pub(super) async fn answer_beyond(
    inside: Inside,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let form = inside.form(request).await?;
    let mut flow = inside.flow(&id).await?;
    let Flow::Request(asked) = &*flow else { return Ok(inside.onward(&flow, &id)) };
    let Review::Answerable(plan) = &asked.review else { return Ok(see_other(&inside.href(HOME))) };
    if form.text("answer") != "yes" {
        *flow = declined(plan, &inside);
        return Ok(inside.onward(&flow, &id));
    }
    let all = plan.asker().beyond_purpose.len();
    let agreed = (0..all).filter(|at| form.all("beyond").any(|value| value == at.to_string())).count();
    if agreed < all {
        let error = FieldError::of("beyond", "page_wallet.beyond_missing", &inside.words);
        return Err(show_beyond(plan, &id, vec![error], &inside));
    }
    let ticked = asked.ticked.clone();
    *flow = present(flow_plan(&mut flow), &ticked, Agreement::ToThisAndBeyondThePurpose, &inside).await;
    Ok(inside.onward(&flow, &id))
}

/// Takes the plan out of its flow: it can be answered once. What stays is what would be told if the program ended in between.
fn flow_plan(flow: &mut Flow) -> Option<Box<DisclosurePlan>> {
    let interrupted = Flow::Told(Told::Perhaps(Trouble::Told { key: "page_wallet.interrupted", code: None }));
    match std::mem::replace(flow, interrupted) {
        Flow::Request(asked) => match asked.review {
            Review::Answerable(plan) => Some(plan),
            Review::Unanswerable { .. } => None,
        },
        _ => None,
    }
}

async fn present(
    plan: Option<Box<DisclosurePlan>>,
    ticked: &[String],
    agreement: Agreement,
    inside: &Inside,
) -> Flow {
    let Some(plan) = plan else { return Flow::Told(Told::Declined) };
    let plan = plan.with_optional(ticked);
    let asker = plan.asker().clone();
    let consent = match plan.consent(agreement) {
        Ok(consent) => consent,
        Err(missing) => return refused(&plan, missing.reason(), inside),
    };
    let presented = inside.wallet().present(plan, consent, inside.now()).await;
    let noted = || {
        let events = history(inside.store()).unwrap_or_default();
        events.into_iter().find(|event| event.what == EventKind::Presented).map(|event| event.id)
    };
    Flow::Told(match presented {
        Ok(Presented::Delivered { continue_at, not_opened }) => {
            Told::Sent { asker: Box::new(asker), continue_at, not_opened, event: noted() }
        }
        Ok(Presented::Refused { code, .. }) => Told::NotTaken {
            asker: Box::new(asker),
            code: code.map(portage_oid4vp::ErrorCode::name),
            event: noted(),
        },
        Err(error) => not_sent(&error),
    })
}

fn not_sent(error: &PresentError) -> Told {
    let trouble = Trouble::of(error.reason(), "page_wallet.not_delivered");
    match error.data_left() {
        DataLeft::No => Told::NotSent(trouble),
        DataLeft::Perhaps => Told::Perhaps(trouble),
    }
}

/// The person's no: it stands in the history, and nothing is sent.
fn declined(plan: &DisclosurePlan, inside: &Inside) -> Flow {
    match inside.wallet().decline(plan, inside.now()) {
        Ok(()) => Flow::Told(Told::Declined),
        Err(failure) => broken(failure),
    }
}

/// The wallet's own no.
fn refused(plan: &DisclosurePlan, reason: Reason, inside: &Inside) -> Flow {
    match inside.wallet().refuse(plan, reason, inside.now()) {
        Ok(()) => Flow::Told(Told::RequestRefused(Trouble::Refused(reason))),
        Err(failure) => broken(failure),
    }
}
