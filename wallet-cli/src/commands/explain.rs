use portage_explain::Explanation;
use portage_oid4vci::CredentialOfferUri;
use serde_json::json;

use super::{accept, credentials, request};
use crate::{
    args::{ExplainArgs, RequestArgs},
    context::Context,
    refusal::Refusal,
};

/// `wallet explain`: a credential, a request or an offer, in plain words. Answers nothing and writes nothing.
pub(crate) async fn explain(args: &ExplainArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let what = args.what.trim();
    let explained = match (CredentialOfferUri::parse(what), what.contains(['?', ':'])) {
        (Ok(offer), _) => of_offer(offer, context).await?,
        (Err(_), true) => of_request(what, context).await?,
        (Err(_), false) => of_credential(what, context).await?,
    };
    let lines = explained.lines(context.language);
    context.answer(&lines, &json!({ "explanation": explained.to_json(context.language) }));
    Ok(())
}

async fn of_credential(id: &str, context: &mut Context<'_, '_>) -> Result<Explanation, Refusal> {
    let session = context.open()?;
    let found = credentials::find(id, &session, context)?;
    let explained = session.wallet().explain_credential(&found, context.now()).await;
    explained.map_err(|failure| context.store_refusal(&failure))
}

async fn of_request(link: &str, context: &mut Context<'_, '_>) -> Result<Explanation, Refusal> {
    let session = context.open()?;
    let args = RequestArgs { request: link.to_owned(), choices: Vec::new() };
    Ok(request::look(&args, &session, context).await?.explained(&context.catalog))
}

async fn of_offer(offer: CredentialOfferUri, context: &mut Context<'_, '_>) -> Result<Explanation, Refusal> {
    let host = accept::host_of(&offer);
    let session = context.open()?;
    let reviewed = session.wallet().receive_offer(offer, context.now()).await;
    let review = reviewed.map_err(|error| accept::offer_refusal(&error, &host, context))?;
    Ok(review.explained(&context.catalog))
}
