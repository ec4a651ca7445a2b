use portage_catalog::plain;
use portage_oid4vp::AuthorizationRequest;
use portage_reason::Reason;
use portage_wallet::{
    Agreement, CredentialId, DataLeft, DisclosurePlan, PresentError, Presented, Review, ReviewError,
};
use serde_json::json;

use crate::{
    args::{PresentArgs, RequestArgs},
    context::{Context, Session, with_causes},
    json,
    refusal::Refusal,
    ui,
};

/// `wallet review`.
pub(crate) async fn review(args: &RequestArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let session = context.open()?;
    match look(args, &session, context).await? {
        Review::Answerable(plan) => {
            let lines = ui::disclosure::plan(&plan, &context.catalog, context.language);
            context.answer(&lines, &json::plan(&plan));
            Ok(())
        }
        Review::Unanswerable { asker, missing } => {
            let lines = ui::disclosure::unanswerable(&asker, &missing, &context.catalog, context.language);
            context.answer(&lines, &json::unanswerable(&asker, &missing));
            Err(no_match(context))
        }
    }
}

/// `wallet present`: the review, a yes, the answer.
pub(crate) async fn present(args: &PresentArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let session = context.open()?;
    let plan = match look(&args.request, &session, context).await? {
        Review::Answerable(plan) => plan,
        Review::Unanswerable { asker, missing } => {
            context.show(&ui::disclosure::unanswerable(&asker, &missing, &context.catalog, context.language));
            return Err(no_match(context));
        }
    };
    context.show(&ui::disclosure::plan(&plan, &context.catalog, context.language));
    if plan.is_protected() {
        return Err(refused(&plan, Reason::ProtectedType, &session, context));
    }
    if args.yes && plan.is_beyond_purpose() && !args.beyond_purpose_too {
        return Err(refused(&plan, Reason::BeyondPurpose, &session, context));
    }
    let Some(agreement) = ask(args, &plan, context)? else {
        let noted = session.wallet().decline(&plan, context.now());
        noted.map_err(|failure| context.store_refusal(&failure))?;
        return Err(Refusal::no(context.words("consent.refused", &[])));
    };
    let consent = plan.consent(agreement).map_err(|missing| context.refusal(missing.reason()))?;
    let verifier = ui::disclosure::asker_name(plan.asker(), context.language);
    let asker = json::verifier(plan.asker());
    let shown = json::shown(&plan);
    let presented = session.wallet().present(*plan, consent, context.now()).await;
    match presented.map_err(|error| present_refusal(&error, context))? {
        Presented::Delivered { continue_at, not_opened } => {
            let mut lines = vec![context.words("consent.sent", &[("verifier", &verifier)])];
            if let Some(url) = &continue_at {
                lines.push(context.words("wallet.continue_at", &[("url", url.as_str())]));
            }
            if not_opened {
                lines.push(context.words("wallet.not_opened", &[]));
            }
            let object = json!({ "delivered": true, "verifier": asker, "shown": shown, "redirect_uri": continue_at.map(String::from) });
            context.answer(&lines, &object);
            Ok(())
        }
        Presented::Refused { code, .. } => {
            let sentence = context.words("wallet.not_taken", &[("verifier", &verifier)]);
            Err(Refusal::by_peer(sentence, code.map_or("invalid_request", |code| code.name())))
        }
    }
}

pub(crate) async fn look(
    args: &RequestArgs,
    session: &Session,
    context: &Context<'_, '_>,
) -> Result<Review, Refusal> {
    let request =
        AuthorizationRequest::parse(&args.request).map_err(|error| context.refusal(error.reason()))?;
    let choices: Vec<(String, CredentialId)> =
        args.choices.iter().map(|(query, id)| (query.clone(), CredentialId(id.clone()))).collect();
    let review = session.wallet().review_request(request, &choices, context.now()).await;
    review.map_err(|error| review_refusal(&error, context))
}

/// One yes, or two where nobody vouches for whoever asks; `None` is a no.
fn ask(
    args: &PresentArgs,
    plan: &DisclosurePlan,
    context: &mut Context<'_, '_>,
) -> Result<Option<Agreement>, Refusal> {
    let verifier = ui::disclosure::asker_name(plan.asker(), context.language);
    let question = context.words("consent.question", &[("verifier", &verifier)]);
    if !context.agrees(args.yes, &question)? {
        return Ok(None);
    }
    if !plan.needs_second_agreement() {
        return Ok(Some(Agreement::ToThis));
    }
    if plan.is_beyond_purpose() {
        let question = context.words("wallet.question_beyond", &[]);
        let agreed = context.agrees(args.beyond_purpose_too, &question)?;
        return Ok(agreed.then_some(Agreement::ToThisAndBeyondThePurpose));
    }
    let log = plan.asker().log;
    let key = if log.is_ok() { "consent.question_unknown" } else { "wallet.question_log" };
    let question = context.words(key, &[]);
    let agreed = match (context.agrees(args.unknown_verifier_too, &question), log) {
        // Where nobody can be asked, the reason is the log, and not that nobody agreed.
        (Err(_), Err(reason)) => {
            return Err(context.refusal(reason).saying(context.words("wallet.nothing_sent", &[])));
        }
        (agreed, _) => agreed?,
    };
    Ok(agreed.then_some(Agreement::ToThisAndToAnUnknownVerifier))
}

/// The wallet's own no: it stands in the history, and the service learns nothing.
fn refused(plan: &DisclosurePlan, reason: Reason, session: &Session, context: &Context<'_, '_>) -> Refusal {
    match session.wallet().refuse(plan, reason, context.now()) {
        Ok(()) => context.refusal(reason).saying(context.words("wallet.nothing_sent", &[])),
        Err(failure) => context.store_refusal(&failure),
    }
}

fn no_match(context: &Context<'_, '_>) -> Refusal {
    context.refusal(Reason::QueryNotSatisfied).saying(context.words("consent.no_match", &[]))
}

fn review_refusal(error: &ReviewError, context: &Context<'_, '_>) -> Refusal {
    match (error, error.reason()) {
        (ReviewError::Choice(id), _) => {
            let id = plain(&id.0);
            Refusal::usage(context.words("wallet.choice_not_possible", &[("id", &id)]))
        }
        (_, Some(reason)) => context.refusal(reason),
        (ReviewError::Store(failure), None) => context.store_refusal(failure),
        (_, None) => {
            Refusal::fault(context.words("wallet.verifier_unreachable", &[])).saying(with_causes(error))
        }
    }
}

fn present_refusal(error: &PresentError, context: &Context<'_, '_>) -> Refusal {
    let what_left = match error.data_left() {
        DataLeft::No => context.words("consent.failed_before", &[]),
        DataLeft::Perhaps => context.words("consent.failed_after", &[]),
    };
    match error.reason() {
        Some(reason) => context.refusal(reason).saying(what_left),
        None => Refusal::fault(what_left).saying(with_causes(error)),
    }
}
