use portage_catalog::{Catalog, CredentialType, Language, Text, message, plain, reason_sentence};
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
        let time = ui::credential::minute(event.at);
        let line = history_line(event, &held, &context.catalog, context.language, &time);
        context.answer(&[line], &json::event(event));
    }
    Ok(())
}

/// One entry in words; `time` is when, as it is told there.
pub(crate) fn history_line(
    event: &Event,
    held: &[StoredCredential],
    catalog: &Catalog,
    language: Language,
    time: &str,
) -> String {
    let party = event.counterpart.as_ref().map_or_else(String::new, |party| match &party.name {
        Some(name) => ui::named(name, language),
        None => plain(&party.host),
    });
    let about = event.credentials.iter().map(|credential| &credential.name).chain(&event.type_name);
    let names: Vec<String> = about.map(|name| ui::named(name, language)).collect();
    let claims: Vec<String> =
        event.credentials.iter().map(|credential| claims(credential, held, catalog, language)).collect();
    let sentence = event.reason.map_or("", |reason| reason_sentence(reason, language));
    let (names, claims) = (names.join(", "), claims.join("; "));
    let values = [
        ("time", time),
        ("party", party.as_str()),
        ("type", names.as_str()),
        ("claims", claims.as_str()),
        ("sentence", sentence),
    ];
    let line = message(key(event, sentence), language, &values);
    if event.beyond_purpose.is_empty() || event.what != EventKind::Presented {
        return line;
    }
    let places = beyond(event, catalog, language);
    format!("{line}. {}", message("wallet.history_beyond", language, &[("places", &places)]))
}

/// What a person calls the places that went beyond the purpose: the claims' labels, where a type that was shown knows them.
pub(crate) fn beyond(event: &Event, catalog: &Catalog, language: Language) -> String {
    let shown = |known: &&CredentialType| event.credentials.iter().any(|one| one.name == known.name);
    let called = |place: &String| {
        let claim = place.rsplit('.').next().unwrap_or(place);
        let known = catalog.types().filter(shown).find_map(|known| known.claim(claim));
        known.map_or_else(|| plain(place), |claim| ui::named(&claim.label, language))
    };
    event.beyond_purpose.iter().map(called).collect::<Vec<_>>().join(", ")
}

const fn key(event: &Event, sentence: &str) -> &'static str {
    match (event.what, event.outcome) {
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
    }
}

/// `Person (Over 19)`; the name alone where nothing that can be withheld was shown.
fn claims(
    credential: &EventCredential,
    held: &[StoredCredential],
    catalog: &Catalog,
    language: Language,
) -> String {
    let name = ui::named(&credential.name, language);
    let labels = claim_labels(credential, held, catalog);
    let labels: Vec<String> = labels.iter().map(|label| ui::named(label, language)).collect();
    if labels.is_empty() { name } else { format!("{name} ({})", labels.join(", ")) }
}

/// What a person calls the claims of an entry; of what was deleted since, the names of its members.
pub(crate) fn claim_labels(
    credential: &EventCredential,
    held: &[StoredCredential],
    catalog: &Catalog,
) -> Vec<Text> {
    let definition = catalog.types().find(|known| known.name == credential.name);
    let still_held = held.iter().find(|held| held.id == credential.id);
    let shown = still_held.map(|held| held.shown_claims(catalog)).unwrap_or_default();
    let label = |path: &String| {
        let claim = path.rsplit('.').next().unwrap_or(path);
        let shown = shown.iter().find(|shown| shown.name.path.join(".") == *path);
        let known = definition.and_then(|known| known.claim(claim)).map(|known| &known.label);
        match known.or(shown.map(|shown| &shown.name.label)) {
            Some(label) => label.clone(),
            None => Text { en: claim.to_owned(), fr: claim.to_owned() },
        }
    };
    credential.claims.iter().map(label).collect()
}
