use portage_catalog::plain;
use portage_wallet::{CredentialId, StoredCredential, credential, credentials, history, times_presented};
use serde_json::json;

use crate::{
    args::{CredentialArgs, DeleteArgs},
    context::{Context, Session},
    json,
    refusal::Refusal,
    ui,
};

/// `wallet list`.
pub(crate) fn list(context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let session = context.open()?;
    let held = credentials(&session.store).map_err(|failure| context.store_refusal(&failure))?;
    let events = history(&session.store).map_err(|failure| context.store_refusal(&failure))?;
    let held: Vec<(StoredCredential, usize)> = held
        .into_iter()
        .map(|held| (times_presented(&events, &held.id), held))
        .map(|(shown, held)| (held, shown))
        .collect();
    if context.is_json() {
        for (credential, shown) in &held {
            let mut object = json::credential(credential, &context.catalog);
            object["times_presented"] = (*shown).into();
            context.answer(&[], &object);
        }
    } else if held.is_empty() {
        context.print(&[context.words("wallet.empty", &[])]);
    } else {
        let table = ui::credential::table(&held, &context.catalog, context.now(), context.language);
        context.print(&[table]);
    }
    Ok(())
}

/// `wallet show`.
pub(crate) fn show(args: &CredentialArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let session = context.open()?;
    let found = find(&args.id, &session, context)?;
    let claims = found.shown_claims(&context.catalog);
    let lines = ui::credential::stored(&found, &claims, &context.catalog, context.language);
    let mut object = json::credential(&found, &context.catalog);
    object["claims"] = json::claims(&claims);
    context.answer(&lines, &object);
    Ok(())
}

/// `wallet delete`.
pub(crate) fn delete(args: &DeleteArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let session = context.open()?;
    let found = find(&args.id, &session, context)?;
    let name = ui::named(&found.name(&context.catalog), context.language);
    let issuer = ui::issuer_name(&found.issuer, context.language);
    let question = context.words("wallet.delete_question", &[("type", &name), ("issuer", &issuer)]);
    if !context.agrees(args.yes, &question)? {
        return Err(Refusal::no(context.words("wallet.not_deleted", &[])));
    }
    let deleted = session.wallet().delete(&found.id, context.now());
    deleted.map_err(|failure| context.store_refusal(&failure))?;
    let lines = [context.words("wallet.deleted", &[])];
    context.answer(&lines, &json!({ "deleted": found.id }));
    Ok(())
}

pub(crate) fn find(
    id: &str,
    session: &Session,
    context: &Context<'_, '_>,
) -> Result<StoredCredential, Refusal> {
    let found = credential(&session.store, &CredentialId(id.to_owned()));
    found
        .map_err(|failure| context.store_refusal(&failure))?
        .ok_or_else(|| Refusal::usage(context.words("wallet.no_credential", &[("id", &plain(id))])))
}
