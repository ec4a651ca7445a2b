use portage_catalog::{plain, reason_sentence};
use portage_wallet::{Event, EventCredential, EventKind, Outcome, StoredCredential, credentials};

use crate::{context::Context, json, refusal::Refusal, ui};

/// `wallet history`.
pub(crate) fn history(context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let session = context.open()?;
    let events =
        portage_wallet::history(&session.store).map_err(|failure| context.store_refusal(&failure))?;
    if events.is_empty() && !context.is_json() {
        context.print(&[context.words("wallet.history_empty", &[])]);
    }
    // What was deleted since is told by the names of its claims.
    let held = credentials(&session.store).map_err(|failure| context.store_refusal(&failure))?;
    for event in &events {
        let line = line(event, &held, context);
        context.answer(&[line], &json::event(event));
    }
    Ok(())
}

fn line(event: &Event, held: &[StoredCredential], context: &Context<'_, '_>) -> String {
    let time = ui::credential::minute(event.at);
    let party = event.counterpart.as_ref().map_or_else(String::new, |party| match &party.name {
        Some(name) => ui::named(name, context.language),
        None => plain(&party.host),
    });
    let about = event.credentials.iter().map(|credential| &credential.name).chain(&event.type_name);
    let names: Vec<String> = about.map(|name| ui::named(name, context.language)).collect();
    let claims: Vec<String> =
        event.credentials.iter().map(|credential| claims(credential, held, context)).collect();
    let sentence = event.reason.map_or("", |reason| reason_sentence(reason, context.language));
    let (names, claims) = (names.join(", "), claims.join("; "));
    let values = [
        ("time", time.as_str()),
        ("party", party.as_str()),
        ("type", names.as_str()),
        ("claims", claims.as_str()),
        ("sentence", sentence),
    ];
    let key = match (event.what, event.outcome) {
        (EventKind::Received, Outcome::Done) => "history.received",
        (EventKind::Received, Outcome::Refused) if !sentence.is_empty() => "history.failed",
        (EventKind::Received, _) => "wallet.history_not_kept",
        (EventKind::Presented, Outcome::Done) => "history.presented",
        (EventKind::Presented, Outcome::Unknown) => "history.unknown",
        (EventKind::Presented, Outcome::Refused) => "wallet.history_not_taken",
        (EventKind::Presented, Outcome::NothingSent) => "wallet.history_not_sent",
        (EventKind::Declined, _) => "history.refused",
        (EventKind::Deleted, _) => "history.deleted",
        (EventKind::Exported, _) => "wallet.history_exported",
        (EventKind::Imported, _) => "wallet.history_imported",
        (EventKind::TrustImported, _) => "wallet.history_trust",
        (EventKind::TypeAdded, _) => "wallet.history_type_added",
        (EventKind::TypeRemoved, _) => "wallet.history_type_removed",
    };
    let line = context.words(key, &values);
    if event.beyond_purpose.is_empty() || event.what != EventKind::Presented {
        return line;
    }
    let places = plain(&event.beyond_purpose.join(", "));
    format!("{line} {}", context.words("wallet.history_beyond", &[("places", &places)]))
}

/// `Person (Over 19)`; the name alone where nothing that can be withheld was shown.
fn claims(credential: &EventCredential, held: &[StoredCredential], context: &Context<'_, '_>) -> String {
    let name = ui::named(&credential.name, context.language);
    let definition = context.catalog.types().find(|known| known.name == credential.name);
    let still_held = held.iter().find(|held| held.id == credential.id);
    let shown = still_held.map(|held| held.shown_claims(&context.catalog)).unwrap_or_default();
    let labels: Vec<String> = credential
        .claims
        .iter()
        .map(|path| {
            let claim = path.rsplit('.').next().unwrap_or(path);
            let shown = shown.iter().find(|shown| shown.name.path.join(".") == *path);
            let known = definition.and_then(|known| known.claim(claim)).map(|known| &known.label);
            match known.or(shown.map(|shown| &shown.name.label)) {
                Some(label) => ui::named(label, context.language),
                None => plain(claim),
            }
        })
        .collect();
    if labels.is_empty() { name } else { format!("{name} ({})", labels.join(", ")) }
}
