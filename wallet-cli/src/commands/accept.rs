use portage_catalog::plain;
use portage_oid4vci::CredentialOfferUri;
use portage_reason::Reason;
use portage_wallet::{AcceptError, NextStep, OfferError, OfferReview};

use crate::{
    args::AcceptArgs,
    context::{Context, with_causes},
    json,
    refusal::Refusal,
    ui,
};

/// `wallet accept`: who offers what; yes; what arrived; yes; stored.
pub(crate) async fn accept(args: AcceptArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let offer =
        CredentialOfferUri::parse(args.offer.trim()).map_err(|error| context.refusal(error.reason()))?;
    let host = host_of(&offer);
    let session = context.open()?;
    let reviewed = session.wallet().receive_offer(offer, context.now()).await;
    let reviewed = reviewed.and_then(|review| match args.key {
        Some(algorithm) => review.bound_to(algorithm),
        None => Ok(review),
    });
    let review = match reviewed {
        Ok(review) => review,
        Err(error) => {
            let noted = session.wallet().note_refused_offer(&host, &error, context.now());
            noted.map_err(|failure| context.store_refusal(&failure))?;
            return Err(offer_refusal(&error, &host, context));
        }
    };
    context.show(&ui::credential::offer(&review, context.language));
    let code = tx_code(args.tx_code, &review, context)?;
    let question = context.words("wallet.fetch_question", &[]);
    if !context.agrees(args.yes, &question)? {
        return Err(Refusal::no(context.words("offer.refused", &[])));
    }

    let arrived = session.wallet().accept_offer(&review, code.as_deref(), context.now()).await;
    let arrived = match arrived {
        Ok(arrived) => arrived,
        Err(error) => {
            let noted = session.wallet().note_refused_arrival(&review, &error, context.now());
            noted.map_err(|failure| context.store_refusal(&failure))?;
            return Err(accept_refusal(&error, &review, context));
        }
    };
    let claims: Vec<_> = arrived.credentials().iter().map(|arrived| json::claims(arrived.claims())).collect();
    context.show(&ui::credential::arrival(&arrived, &context.catalog, context.language));
    let question = context.words("offer.question", &[]);
    if !context.agrees(args.yes, &question)? {
        let noted = session.wallet().decline_arrival(arrived, context.now()).await;
        noted.map_err(|failure| context.store_refusal(&failure))?;
        return Err(Refusal::no(context.words("offer.refused", &[])));
    }
    let stored = session.wallet().store(arrived, context.now()).await;
    let stored = stored.map_err(|failure| context.store_refusal(&failure))?;
    for (credential, claims) in stored.iter().zip(claims) {
        let name = ui::named(&credential.name(&context.catalog), context.language);
        let line = context.words("offer.stored", &[("type", &name), ("id", &credential.id.0)]);
        let mut object = json::credential(credential, &context.catalog);
        object["claims"] = claims;
        context.answer(&[line], &object);
    }
    Ok(())
}

/// The code that goes with the offer: given, or asked for.
fn tx_code(
    given: Option<String>,
    review: &OfferReview,
    context: &mut Context<'_, '_>,
) -> Result<Option<String>, Refusal> {
    match (given, review.next_step()) {
        (given @ Some(_), NextStep::NeedsTxCode(_)) => Ok(given),
        (Some(_), NextStep::Ready) => Err(Refusal::usage(context.words("wallet.code_not_needed", &[]))),
        (None, NextStep::Ready) => Ok(None),
        (None, NextStep::NeedsTxCode(_)) => {
            let prompt = context.words("offer.needs_code", &[]);
            match context.ask(&prompt)? {
                Some(code) => Ok(Some(code)),
                None => Err(context
                    .refusal(Reason::ValueMissing)
                    .saying(context.words("wallet.code_missing", &[]))),
            }
        }
    }
}

/// Who the offer says it is from, for the words of a refusal.
pub(crate) fn host_of(offer: &CredentialOfferUri) -> String {
    match offer {
        CredentialOfferUri::ByValue(offer) => plain(offer.credential_issuer.as_str()),
        CredentialOfferUri::ByReference(url) => plain(&url.origin().ascii_serialization()),
    }
}

pub(crate) fn offer_refusal(error: &OfferError, host: &str, context: &Context<'_, '_>) -> Refusal {
    match error.reason() {
        Some(reason @ Reason::IssuerNotTrusted) => {
            let said = vec![
                context.words("offer.issuer_unknown", &[("host", host)]),
                context.words("wallet.offer_not_accepted", &[]),
                context.words("wallet.trust_hint", &[]),
            ];
            Refusal::in_words(reason, said)
        }
        Some(reason) => context.refusal(reason).saying(context.words("wallet.offer_not_accepted", &[])),
        None => Refusal::fault(context.words("wallet.issuer_unreachable", &[])).saying(with_causes(error)),
    }
}

fn accept_refusal(error: &AcceptError, review: &OfferReview, context: &Context<'_, '_>) -> Refusal {
    let nothing_kept = context.words("wallet.nothing_kept", &[]);
    match error {
        AcceptError::Token(_) => Refusal::by_peer(
            context.words("wallet.code_refused", &[]),
            error.code().unwrap_or("invalid_grant"),
        ),
        AcceptError::Credential(_) => {
            let issuer = ui::issuer_name(review.issuer(), context.language);
            let sentence = context.words("wallet.not_issued", &[("issuer", &issuer)]);
            Refusal::by_peer(sentence, error.code().unwrap_or("credential_request_denied"))
        }
        other => match other.reason() {
            Some(reason) => context.refusal(reason).saying(nothing_kept),
            None => {
                Refusal::fault(context.words("wallet.issuer_unreachable", &[])).saying(with_causes(other))
            }
        },
    }
}
