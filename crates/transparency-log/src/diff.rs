use std::collections::BTreeMap;

use jiff::Timestamp;
use portage_catalog::Language;

use crate::{
    entry::{Ask, Event, KeyEvent, LogEntry, ReadEntry, RegisteredPurpose},
    words::Words,
};

/// What one service became allowed to ask people for, or no longer is, which keys no longer count and which marks it has, in the order of the log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ServiceChanges {
    /// The service's entity identifier.
    pub service: String,
    /// Its name.
    pub name: String,
    /// One sentence a change, with the index of its entry.
    pub changes: Vec<(u64, String)>,
}

/// What each service became allowed to ask since a moment, in plain words, by service. `entries` is the whole log, in order, from entry 0: what
/// is new is told against what was there before.
///
/// From the first entry of that moment or later on everything counts, whatever later entries say of their time: an
/// authority cannot hide an entry by dating it back.
pub fn diff_since(entries: &[ReadEntry], since: Timestamp, language: Language) -> Vec<ServiceChanges> {
    let mut known: BTreeMap<(&str, &str), &RegisteredPurpose> = BTreeMap::new();
    let mut changes: BTreeMap<&str, ServiceChanges> = BTreeMap::new();
    let mut counts = false;
    for (index, entry) in (0..).zip(entries.iter().map(ReadEntry::known)) {
        let Some(entry) = entry else { continue };
        counts |= entry.at >= since;
        let Some(sentence) = change(entry, &mut known, language) else { continue };
        if counts {
            let service = changes.entry(&entry.subject.id).or_insert_with(|| ServiceChanges {
                service: entry.subject.id.clone(),
                name: String::new(),
                changes: Vec::new(),
            });
            entry.subject.name.in_language(language).clone_into(&mut service.name);
            service.changes.push((index, sentence));
        }
    }
    changes.into_values().collect()
}

/// What an entry changes in what its subject may ask in what its keys are worth or in its marks, if anything.
fn change<'e>(
    entry: &'e LogEntry,
    known: &mut BTreeMap<(&'e str, &'e str), &'e RegisteredPurpose>,
    language: Language,
) -> Option<String> {
    let subject = entry.subject.id.as_str();
    match &entry.event {
        Event::Purpose(purpose) => {
            let before = known.insert((subject, &purpose.purpose.id), purpose);
            let words = Words { entry, language };
            let Some(before) = before else { return Some(entry.sentence(language)) };
            let new = beyond(&purpose.asks, &before.asks);
            let key = if new.is_empty() { "log.purpose_no_more" } else { "log.purpose_also" };
            Some(words.purpose(key, purpose, &new))
        }
        Event::PurposeWithdrawn(withdrawn) => {
            known.remove(&(subject, withdrawn.purpose.id.as_str()));
            Some(entry.sentence(language))
        }
        Event::Suspension(_) | Event::Reinstatement(_) => {
            let asks = known.keys().any(|(service, _)| *service == subject);
            asks.then(|| entry.sentence(language))
        }
        // The authority's own keys, and keys that no longer count: what was signed with them may be in somebody's hands.
        Event::KeyChange(key) => {
            let counts = entry.authority.id == subject || key.change != KeyEvent::Added;
            counts.then(|| entry.sentence(language))
        }
        Event::Mark(_) | Event::MarkWithdrawn(_) => Some(entry.sentence(language)),
        Event::Registration(_) | Event::Right(_) | Event::Recognition(_) => None,
    }
}

/// What `asks` has and `before` has not.
fn beyond(asks: &[Ask], before: &[Ask]) -> Vec<Ask> {
    let mut new = Vec::new();
    for ask in asks {
        let Some(known) = before.iter().find(|known| known.credential_type.id == ask.credential_type.id)
        else {
            new.push(ask.clone());
            continue;
        };
        let is_new = |id: &str| known.claims.iter().all(|claim| claim.id != id);
        let claims: Vec<_> = ask.claims.iter().filter(|claim| is_new(&claim.id)).cloned().collect();
        if !claims.is_empty() {
            new.push(Ask { claims, ..ask.clone() });
        }
    }
    new
}

#[cfg(test)]
mod tests;
