//! What changed, as the entries of the public log tell it: one event an entry, about organizations and never about a person.

use jiff::Timestamp;
use portage_catalog::{Catalog, Language, Text};
use portage_federation::{
    EntityId, Jurisdiction, Relation, RetiredKey, RetiredReason, Rights, Role, TypeName, in_both_languages,
};
use portage_transparency_log::{
    Entity, EntryError, Event, KeyChange, KeyEvent, LogEntry, Registration as Registered, Role as LoggedRole,
};

use crate::{Authority, NewEntry, Proves, Registration};

impl<S> Authority<S> {
    /// What the log would say of this: what a clerk sees before saying yes.
    pub fn foretold(
        &self,
        registration: &Registration,
        event: Event,
        now: Timestamp,
        language: Language,
    ) -> String {
        let authority = entity(&self.profile.id, &self.profile.name);
        let subject = entity(&registration.id, &registration.name);
        LogEntry { at: whole_second(now), authority, subject, event }.sentence(language)
    }

    /// The entries that tell a change of one entity, in order.
    pub(crate) fn entries(
        &self,
        registration: &Registration,
        events: Vec<(Event, Proves)>,
        now: Timestamp,
    ) -> Result<Vec<NewEntry>, EntryError> {
        let entry = |(event, proves)| {
            let entry = LogEntry {
                at: whole_second(now),
                authority: entity(&self.profile.id, &self.profile.name),
                subject: entity(&registration.id, &registration.name),
                event,
            };
            Ok(NewEntry { bytes: entry.to_bytes()?, proves })
        };
        events.into_iter().map(entry).collect()
    }
}

/// What the log tells when a registration takes the place of another, or of none.
pub(crate) fn events(
    known: Option<&Registration>,
    new: &Registration,
    catalog: &Catalog,
) -> Vec<(Event, Proves)> {
    let mut events = Vec::new();
    let said = known.map(|known| &known.rights);
    let rights = &new.rights;
    if rights.relation == Relation::Below && said.is_none_or(|said| said.roles != rights.roles) {
        events.push((Event::Registration(Registered { roles: roles(rights) }), Proves::Nothing));
    }
    let thumbprints = |registration: &Registration| -> Vec<String> {
        registration.keys.iter().map(portage_jose::Jwk::thumbprint).collect()
    };
    let before = known.map(thumbprints).unwrap_or_default();
    let now = thumbprints(new);
    let gone = before.iter().filter(|key| !now.contains(key));
    events.extend(gone.map(|key| (key_event(key, KeyEvent::Retired), Proves::Nothing)));
    let added = now.iter().filter(|key| !before.contains(key));
    events.extend(added.map(|key| (key_event(key, KeyEvent::Added), Proves::Nothing)));
    events.push((right(new, catalog), Proves::Rights));
    events
}

/// What the log says of the rights as a whole: the entry that a statement carries the proof of.
pub(crate) fn right(registration: &Registration, catalog: &Catalog) -> Event {
    let rights = &registration.rights;
    let place = named_place(&rights.jurisdiction);
    rights.to_event(registration.log.as_ref(), |name| type_name(name, catalog), place)
}

/// What the log says of a key that no longer counts.
pub fn retired(key: &RetiredKey) -> Event {
    let change = match key.reason {
        RetiredReason::Superseded => KeyEvent::Retired,
        RetiredReason::Compromised => KeyEvent::Compromised,
    };
    key_event(&key.thumbprint, change)
}

fn key_event(key: &str, change: KeyEvent) -> Event {
    Event::KeyChange(KeyChange { key: key.to_owned(), change })
}

fn roles(rights: &Rights) -> Vec<LoggedRole> {
    let role = |role: &Role| match role {
        Role::Issuer => LoggedRole::Issuer,
        Role::Verifier => LoggedRole::Verifier,
        Role::Authority => LoggedRole::Authority,
    };
    let mut roles: Vec<_> = rights.roles.iter().map(role).collect();
    roles.sort();
    roles
}

/// What a type is called, in the words of the catalogue where it knows the type.
fn type_name(name: &TypeName, catalog: &Catalog) -> Text {
    let id = name.as_str();
    let known = catalog.named(id);
    match (known, id) {
        (Some(known), _) => in_both_languages(&known.name),
        (None, "*") => Text { en: "every type".to_owned(), fr: "tous les types".to_owned() },
        (None, _) => same_in_both(id),
    }
}

fn named_place(jurisdiction: &Jurisdiction) -> Text {
    let code = jurisdiction.as_str();
    let known = PLACES.iter().find(|(known, ..)| *known == code);
    let (en, fr) = known.map_or((code, code), |(_, en, fr)| (en, fr));
    Text { en: en.to_owned(), fr: fr.to_owned() }
}

/// What a jurisdiction is called: ISO 3166-2:CA.
const PLACES: [(&str, &str, &str); 14] = [
    ("CA", "Canada", "le Canada"),
    ("CA-NL", "Newfoundland and Labrador", "Terre-Neuve-et-Labrador"),
    ("CA-PE", "Prince Edward Island", "l’Île-du-Prince-Édouard"),
    ("CA-NS", "Nova Scotia", "la Nouvelle-Écosse"),
    ("CA-NB", "New Brunswick", "le Nouveau-Brunswick"),
    ("CA-QC", "Quebec", "le Québec"),
    ("CA-ON", "Ontario", "l’Ontario"),
    ("CA-MB", "Manitoba", "le Manitoba"),
    ("CA-SK", "Saskatchewan", "la Saskatchewan"),
    ("CA-AB", "Alberta", "l’Alberta"),
    ("CA-BC", "British Columbia", "la Colombie-Britannique"),
    ("CA-YT", "Yukon", "le Yukon"),
    ("CA-NT", "the Northwest Territories", "les Territoires du Nord-Ouest"),
    ("CA-NU", "Nunavut", "le Nunavut"),
];

pub(crate) fn entity(id: &EntityId, name: &Text) -> Entity {
    Entity { id: id.as_str().to_owned(), name: in_both_languages(name) }
}

pub(crate) fn whole_second(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// A name that has no language.
pub(crate) fn same_in_both(text: &str) -> Text {
    Text { en: text.to_owned(), fr: text.to_owned() }
}
