//! Entries in plain words, for people who never heard of a log: the messages `log.…` of `specs/messages/`.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use portage_catalog::{Language, joined, message, name_at};

use crate::entry::{
    Ask, Event, KeyChange, KeyEvent, LogEntry, Mark, Named, ReadEntry, Recognition, RegisteredPurpose, Right,
    Role,
};

impl LogEntry {
    /// The event in one or a few sentences. Names and reasons are the authority's own words: whoever shows them escapes them
    /// for where they go.
    ///
    /// ```
    /// # use portage_transparency_log::*; use portage_catalog::{Language, Text};
    /// # let text = |en: &str, fr: &str| Text { en: en.into(), fr: fr.into() };
    /// # let named = |id: &str, en: &str, fr: &str| Named { id: id.into(), name: text(en, fr) };
    /// # let entity = |id: &str, en: &str, fr: &str| Entity { id: id.into(), name: text(en, fr) };
    /// let entry = LogEntry {
    ///     at: "2026-11-24T10:00:00Z".parse()?,
    ///     authority: entity("https://bc.example", "Province of British Columbia", "Province de la Colombie-Britannique"),
    ///     subject: entity("https://vancouver.example", "the City of Vancouver", "la Ville de Vancouver"),
    ///     event: Event::Right(Right {
    ///         types: vec![named("https://bc.example/business-licence", "Business Licence", "Permis d’entreprise")],
    ///         place: Some(named("5915022", "Vancouver", "Vancouver")),
    ///         until: Some("2027-03-31".parse()?),
    ///         ..Right::default()
    ///     }),
    /// };
    /// assert_eq!(
    ///     entry.sentence(Language::En),
    ///     "From 2026-11-24, the City of Vancouver may issue “Business Licence” for Vancouver until 2027-03-31."
    /// );
    /// # Ok::<(), jiff::Error>(())
    /// ```
    pub fn sentence(&self, language: Language) -> String {
        let say = Words { entry: self, language };
        match &self.event {
            Event::Registration(registration) => {
                let roles = registration.roles.iter().map(|role| role_words(*role, language)).collect();
                say.with("log.registration", &[("roles", &joined(roles, language))])
            }
            Event::Right(right) => say.right(right),
            Event::Purpose(purpose) => say.purpose("log.purpose", purpose, &purpose.asks),
            Event::PurposeWithdrawn(withdrawn) => say
                .with("log.purpose_withdrawn", &[("purpose", withdrawn.purpose.name.in_language(language))]),
            Event::Suspension(suspension) => {
                say.with("log.suspension", &[("why", suspension.why.in_language(language))])
            }
            Event::Reinstatement(_) => say.with("log.reinstatement", &[]),
            Event::Recognition(recognition) => say.recognition(recognition),
            Event::KeyChange(KeyChange { key, change }) => {
                let key_of = match change {
                    KeyEvent::Added => "log.key_added",
                    KeyEvent::Retired => "log.key_retired",
                    KeyEvent::Compromised => "log.key_compromised",
                };
                say.with(key_of, &[("key", key)])
            }
            Event::Mark(Mark { mark, until: last }) => {
                let key_of = if last.is_some() { "log.mark_until" } else { "log.mark" };
                let name = mark.name.in_language(language);
                say.with(key_of, &[("mark", name), ("until", &until(*last))])
            }
            Event::MarkWithdrawn(Mark { mark, .. }) => {
                say.with("log.mark_withdrawn", &[("mark", mark.name.in_language(language))])
            }
        }
    }
}

impl ReadEntry {
    /// The same for whatever stands at `index`.
    pub fn sentence(&self, index: u64, language: Language) -> String {
        let index = index.to_string();
        match self {
            ReadEntry::Known(entry) => entry.sentence(language),
            ReadEntry::Unknown { kind: Some(kind) } => {
                message("log.unknown_kind", language, &[("index", &index), ("kind", kind)])
            }
            ReadEntry::Unknown { kind: None } => message("log.unknown", language, &[("index", &index)]),
        }
    }
}

/// One entry in one language.
pub(crate) struct Words<'a> {
    pub(crate) entry: &'a LogEntry,
    pub(crate) language: Language,
}

impl Words<'_> {
    /// A message with the day, the authority and the subject, and what else it needs.
    fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        let day = day(self.entry.at);
        let (authority, subject) = self.parties();
        let mut all =
            vec![("day", day.as_str()), ("authority", authority.as_str()), ("subject", subject.as_str())];
        all.extend_from_slice(values);
        sentence_case(message(key, self.language, &all))
    }

    /// The authority and the subject by their names; by their hosts as well where two have one name.
    fn parties(&self) -> (String, String) {
        let LogEntry { authority, subject, .. } = self.entry;
        let names = [authority, subject].map(|entity| entity.name.in_language(self.language));
        match names {
            [one, other] if one == other && authority.id != subject.id => {
                (name_at(one, &authority.id), name_at(other, &subject.id))
            }
            [one, other] => (one.to_owned(), other.to_owned()),
        }
    }

    fn right(&self, right: &Right) -> String {
        let types = names(&right.types, self.language);
        let place = right.place.as_ref().map_or("", |place| place.name.in_language(self.language));
        let until = until(right.until);
        let key = match (right.types.is_empty(), &right.place, right.until) {
            (true, _, _) => "log.right_none",
            (false, None, None) => "log.right",
            (false, Some(_), None) => "log.right_for",
            (false, None, Some(_)) => "log.right_until",
            (false, Some(_), Some(_)) => "log.right_for_until",
        };
        self.with(key, &[("types", &types), ("place", place), ("until", &until)])
    }

    /// A purpose, or what of it is new, under that message.
    pub(crate) fn purpose(&self, key: &str, purpose: &RegisteredPurpose, asks: &[Ask]) -> String {
        let asks = asks.iter().map(|ask| asked(ask, self.language)).collect();
        let values = [
            ("asks", joined(asks, self.language)),
            ("purpose", purpose.purpose.name.in_language(self.language).to_owned()),
            ("law", purpose.law.in_language(self.language).to_owned()),
        ];
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut sentence = self.with(key, &values);
        if let Some(last) = purpose.until {
            let last = message("log.last_day", self.language, &[("until", &last.to_string())]);
            sentence = format!("{sentence} {last}");
        }
        sentence
    }

    fn recognition(&self, recognition: &Recognition) -> String {
        let types = recognition.types.as_deref().map(|types| names(types, self.language));
        let until = until(recognition.until);
        let key = match (&types, recognition.until) {
            (None, None) => "log.recognition",
            (None, Some(_)) => "log.recognition_until",
            (Some(_), None) => "log.recognition_types",
            (Some(_), Some(_)) => "log.recognition_types_until",
        };
        self.with(key, &[("types", &types.unwrap_or_default()), ("until", &until)])
    }
}

fn asked(ask: &Ask, language: Language) -> String {
    let ty = ask.credential_type.name.in_language(language);
    if ask.claims.is_empty() {
        return message("log.ask_existence", language, &[("type", ty)]);
    }
    let claims = names(&ask.claims, language);
    message("log.ask_claims", language, &[("type", ty), ("claims", &claims)])
}

fn role_words(role: Role, language: Language) -> String {
    match role {
        Role::Issuer => message("log.role_issuer", language, &[]),
        Role::Verifier => message("log.role_verifier", language, &[]),
        Role::Authority => message("log.role_authority", language, &[]),
    }
}

/// Quoted and joined.
fn names(names: &[Named], language: Language) -> String {
    let quoted =
        |named: &Named| message("log.quoted", language, &[("name", named.name.in_language(language))]);
    joined(names.iter().map(quoted).collect(), language)
}

/// A sentence may begin with a name that is written small inside one ("the Province …").
fn sentence_case(sentence: String) -> String {
    let mut characters = sentence.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => sentence,
    }
}

/// Days are those of UTC: the log is read everywhere, and the entry has the second.
fn day(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).date().to_string()
}

fn until(until: Option<Date>) -> String {
    until.map_or_else(String::new, |day| day.to_string())
}
